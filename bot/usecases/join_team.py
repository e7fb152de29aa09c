"""`join` and `leave`: share my usage with a channel's team, or stop."""

from dataclasses import dataclass
from datetime import datetime

from bot.domain.alerts import AlertState
from bot.domain.audience import Consent
from bot.domain.errors import NotFullMember
from bot.domain.limits import Place, PlaceKind, ScopeKind
from bot.domain.people import Person
from bot.domain.periods import window
from bot.domain.standing import Standing
from bot.ports.alerting import Alert, Alerts, Limits, Notice, NoticeKind, Teams
from bot.usecases.counting import Counting, derived_id


@dataclass(frozen=True, kw_only=True, slots=True)
class JoinTeam:
    """Join and leave the team of a channel."""

    teams: Teams
    limits: Limits
    alerts: Alerts
    counting: Counting

    async def consent(self, person: Person, channel: str) -> Consent | None:
        """Return what audience the person agreed to when they joined this channel; None if they did not."""
        return (await self.teams.consents(person.workspace, channel)).get(person.user)

    async def join(
        self, person: Person, channel: str, *, standing: Standing, consent: Consent, now: datetime
    ) -> bool:
        """Join, agreeing to the audience that was shown; False if they were in already.

        Guests of the channel may: it is their own usage.

        What they have passed of the channel's limits for each counts as told. Raises NotFullMember for
        somebody who is not in the channel.
        """
        if not (standing.is_member or standing.is_full_member):
            raise NotFullMember
        if not await self.teams.join(person, channel, consent=consent, now=now):
            return False
        for limit in await self.limits.of(person.workspace, user=person.user, channel=channel):
            cluster = self.counting.cluster(limit.cluster)
            if limit.scope.kind is not ScopeKind.EACH or limit.scope.channel != channel or cluster is None:
                continue
            counted = await self.counting.one(limit, person.user, now=now)
            found = await self.alerts.one(limit, person.user)
            if not counted.links:
                continue
            decision, _ = self.counting.when_set(
                limit, found.state if found else None, counted, cluster, by=person.user, now=now
            )
            quiet = AlertState(window=window(limit.period, now, cluster.timezone))
            alert = found or Alert(limit=limit, subject=person.user, state=quiet)
            # Lost to a poll that came between: it has decided on the same readings.
            await self.alerts.record(alert, [decision], notices=())
        return True

    async def leave(self, person: Person, channel: str, *, now: datetime) -> bool:
        """Leave; False if they were not in."""
        return await self.teams.leave(person, channel, now=now)

    async def left_channel(self, person: Person, channel: str, *, now: datetime) -> None:
        """Take somebody off the team whose channel they left, and tell them; back there they join anew."""
        await take_off(self.teams, person, channel, now=now)


async def take_off(teams: Teams, person: Person, channel: str, *, now: datetime) -> bool:
    """Take somebody off a team whose channel they are not in any more; False if they were not on it."""
    notice = Notice(
        workspace=person.workspace,
        notice_id=derived_id("left", channel, person.user, now.isoformat()),
        place=Place(kind=PlaceKind.DM, slack_id=person.user),
        kind=NoticeKind.TEAM_LEFT,
        created_at=now,
        text=channel,
    )
    return await teams.leave(person, channel, now=now, notice=notice)
