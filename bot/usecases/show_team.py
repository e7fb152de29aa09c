"""`team`: the roster of a channel with what everybody used, as far as the channel may be told."""

from dataclasses import dataclass
from datetime import datetime

from bot.domain.clusters import Cluster
from bot.domain.errors import NotFullMember, NotInChannel
from bot.domain.measuring import Series
from bot.domain.people import Person
from bot.domain.standing import Standing
from bot.domain.team_usage import (
    Teammate,
    TeamTable,
    TeamUsage,
    only_sums,
    readings_since,
    team_limits,
    team_table,
)
from bot.ports.alerting import Limits
from bot.usecases.counting import Counting
from bot.usecases.guard_audience import GuardAudience


@dataclass(frozen=True, kw_only=True, slots=True)
class ShowTeam:
    """Gather a team's tables, one for each cluster that somebody of it is linked to; asks no cluster."""

    counting: Counting
    limits: Limits
    guard: GuardAudience

    async def __call__(self, person: Person, channel: str, *, standing: Standing, now: datetime) -> TeamUsage:
        """Return the tables; raises NotInChannel, or ChannelClosed."""
        if not standing.is_member:
            raise NotInChannel
        guard = await self.guard(person.workspace, channel, now=now)
        roster = sorted(guard.agreed | guard.lapsed)
        tables = [
            table
            for cluster in self.counting.clusters
            if (table := await self._table(person.workspace, channel, roster, cluster, now)).people
        ]
        if not guard.may_name(roster):
            return TeamUsage(
                channel=channel,
                audience=guard.audience,
                people=len(roster),
                lapsed=len(guard.lapsed),
                tables=tuple(only_sums(table, guard) for table in tables),
                unlinked=(),
                names={},
            )
        linked = {row.user for table in tables for row in table.rows}
        return TeamUsage(
            channel=channel,
            audience=guard.audience,
            people=len(roster),
            lapsed=0,
            tables=tuple(tables),
            unlinked=tuple(user for user in roster if user not in linked),
            names=dict(await self.guard.audiences.names(person.workspace, roster)),
        )

    async def posted(self, person: Person, channel: str, *, standing: Standing, now: datetime) -> TeamUsage:
        """Return what may be posted to the channel; raises NotFullMember for guests, too."""
        if not standing.is_full_member:
            raise NotFullMember
        return await self(person, channel, standing=standing, now=now)

    async def _table(
        self, workspace: str, channel: str, roster: list[str], cluster: Cluster, now: datetime
    ) -> TeamTable:
        of_channel = await self.limits.of(workspace, user="", channel=channel)
        on_cluster = [limit for limit in of_channel if limit.cluster == cluster.name]
        limits = team_limits(on_cluster, cluster, channel, now=now)
        since = readings_since(limits, cluster, now=now)
        team = [
            Teammate(
                user=one.link.person.user,
                username=one.link.username,
                series=Series(
                    readings=await self.counting.readings.covering(one.link, since),
                    planned_gap=one.planned_gap,
                ),
            )
            for one in await self.counting.polls.series(workspace, roster, cluster.name)
        ]
        return team_table(team, limits, cluster, poll_interval=self.counting.poll_interval, now=now)
