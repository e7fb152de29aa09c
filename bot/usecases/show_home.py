"""The Home tab: a person's links, usage, alerts, limits, teams and language, from what is stored."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.domain.answers import ChannelStatus, LinkHealth, LinkUsage
from bot.domain.home import LIMITS_PER_PAGE, Asked, Home, HomeFacts, HomeLimit, HomeLink, pages_of
from bot.domain.limit_answers import OpenAlert
from bot.domain.limits import Limit, Place, PlaceKind, ScopeKind
from bot.domain.people import Person
from bot.ports import Languages
from bot.ports.alerting import Alert, Alerts, Limits, Teams
from bot.usecases.answer_usage import AnswerUsage
from bot.usecases.show_status import ShowStatus


@dataclass(frozen=True, kw_only=True, slots=True)
class ShowHome:
    """Gather what Home shows.

    Nobody asks Slack whether the person is still in the channels that they joined: of those Home shows what
    counts or concerns this person alone, and no team's sum.
    """

    answer_usage: AnswerUsage
    show_status: ShowStatus
    limits: Limits
    alerts: Alerts
    teams: Teams
    languages: Languages

    async def facts(self, person: Person) -> HomeFacts:
        """Look up all that takes little time: while it is the same, so is the Home, for some minutes."""
        status = await self.show_status(person, None)
        channels = await self.teams.channels_of(person)
        limits = await self._counting(person, channels)
        return HomeFacts(
            links=status.links,
            alerts=await self._open(person, channels, status.links),
            limits=limits,
            teams=tuple([await self._team(person, channel, limits) for channel in channels]),
            language=await self.languages.chosen(person.workspace, _direct(person)),
        )

    async def __call__(
        self,
        person: Person,
        facts: HomeFacts,
        *,
        page: int,
        is_admin: bool,
        asked: Asked | None,
        now: datetime,
    ) -> Home:
        """Return everything without asking a cluster; `asked` is what the last `ask` returned."""
        usage = await self.answer_usage.last_known(person, asked=asked, now=now)
        by_cluster = {one.link.cluster: one for one in usage}
        shown = min(max(page, 0), pages_of(len(facts.limits)) - 1)
        start = shown * LIMITS_PER_PAGE
        return Home(
            links=tuple(
                HomeLink(health=health, usage=by_cluster.get(health.link.cluster)) for health in facts.links
            ),
            alerts=facts.alerts,
            limits=tuple(
                [
                    await self._limit(
                        limit, person, by_cluster.get(limit.cluster), is_admin=is_admin, now=now
                    )
                    for limit in facts.limits[start : start + LIMITS_PER_PAGE]
                ]
            ),
            limits_in_all=len(facts.limits),
            page=shown,
            teams=facts.teams,
            language=facts.language,
            is_admin=is_admin,
        )

    async def ask(self, person: Person, *, now: datetime) -> Asked:
        """Ask the clusters, within the usual patience; what they say is stored."""
        return await self.answer_usage.ask(person, now=now)

    async def _counting(self, person: Person, channels: Sequence[str]) -> tuple[Limit, ...]:
        """Return the limits that count this person: their own, then those of each channel."""
        found = list(await self.limits.of(person.workspace, user=person.user, channel=None))
        for channel in channels:
            found += [
                limit
                for limit in await self.limits.of(person.workspace, user=person.user, channel=channel)
                if limit.scope.channel == channel and limit.scope.user in (None, person.user)
            ]
        return tuple(found)

    async def _limit(
        self, limit: Limit, person: Person, usage: LinkUsage | None, *, is_admin: bool, now: datetime
    ) -> HomeLimit:
        cluster = self.answer_usage.counting.cluster(limit.cluster)
        share = None
        if (
            cluster is not None
            and limit.scope.kind is not ScopeKind.TEAM
            and usage is not None
            and usage.reading is not None
        ):
            share = await self.answer_usage.share(limit, person.user, cluster, now)
        is_mine = limit.scope.channel is None or limit.set_by == person
        return HomeLimit(
            limit=limit,
            cluster=cluster,
            share=share,
            may_change=is_mine,
            may_remove=is_mine or is_admin,
        )

    async def _open(
        self, person: Person, channels: Sequence[str], links: Sequence[LinkHealth]
    ) -> tuple[OpenAlert, ...]:
        """Return the open alerts about this person, the fullest first."""
        found: list[Alert] = list(
            await self.alerts.open_for(person.workspace, user=person.user, channel=None)
        )
        for channel in channels:
            found += [
                alert
                for alert in await self.alerts.open_for(person.workspace, user=person.user, channel=channel)
                if alert.limit.scope.channel == channel and alert.subject == person.user
            ]
        usernames = {one.link.cluster: one.link.username for one in links}
        found.sort(key=lambda alert: -alert.limit.percent(alert.state.core_hours))
        return tuple(
            OpenAlert(
                limit=alert.limit,
                cluster=self.answer_usage.counting.cluster(alert.limit.cluster),
                subject=alert.subject,
                username=usernames.get(alert.limit.cluster, ""),
                state=alert.state,
            )
            for alert in found
        )

    async def _team(self, person: Person, channel: str, limits: Sequence[Limit]) -> ChannelStatus:
        return ChannelStatus(
            channel=channel,
            limits=sum(limit.scope.channel == channel for limit in limits),
            members=len(await self.teams.members(person.workspace, channel)),
            is_member=True,
        )


def _direct(person: Person) -> Place:
    return Place(kind=PlaceKind.DM, slack_id=person.user)
