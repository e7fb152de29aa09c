"""`join` and `leave`: share my usage with a channel's team, or stop."""

from dataclasses import dataclass
from datetime import datetime

from bot.domain.alerts import AlertState
from bot.domain.audience import Consent
from bot.domain.errors import NotFullMember
from bot.domain.limits import Limit, Place, PlaceKind, ScopeKind
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
            if limit.scope.kind is ScopeKind.EACH and limit.scope.channel == channel:
                await self._counts_as_told(limit, person, now)
        return True

    async def _counts_as_told(self, limit: Limit, person: Person, now: datetime) -> None:
        """Let what somebody has passed of a limit count as told."""
        standing: Limit | None = limit
        while standing is not None:
            limit, cluster = standing, self.counting.cluster(standing.cluster)
            counted = await self.counting.one(limit, person.user, now=now)
            if cluster is None or not counted.links:
                return
            found = await self.alerts.one(limit, person.user)
            decision, _ = self.counting.when_set(
                limit, found.state if found else None, counted, cluster, by=person.user, now=now
            )
            quiet = AlertState(window=window(limit.period, now, cluster.timezone))
            alert = found or Alert(limit=limit, subject=person.user, state=quiet)
            if await self.alerts.record(alert, [decision], notices=()):
                return
            # Lost to a poll that came between, it has decided on the same readings; or the limit was changed.
            standing = await self.limits.one(limit.workspace, limit.limit_id)
            if standing is not None and standing.set_at == limit.set_at:
                return

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
