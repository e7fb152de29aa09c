"""A team's tables as things stand now, as far as its channel may be told."""

from dataclasses import dataclass
from datetime import datetime

from bot.domain.clusters import Cluster
from bot.domain.team_usage import (
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
class GatherTeam:
    """Gather a team's tables, one for each cluster that somebody of it is linked to; asks no cluster."""

    counting: Counting
    limits: Limits
    guard: GuardAudience

    async def __call__(
        self, workspace: str, channel: str, *, asked_by: str | None = None, now: datetime
    ) -> TeamUsage:
        """Return the tables, with the name of who asked for them; raises ChannelClosed or AudienceUnknown."""
        guard = await self.guard(workspace, channel, now=now)
        roster = sorted(guard.agreed | guard.lapsed)
        may_name = guard.may_name(roster)
        tables = [
            table
            for cluster in self.counting.clusters
            if (table := await self._table(workspace, channel, roster, cluster, now)).people
        ]
        linked = {row.user for table in tables for row in table.rows}
        named = {*(roster if may_name else ()), asked_by or ""} - {""}
        return TeamUsage(
            channel=channel,
            audience=guard.audience,
            people=len(roster),
            lapsed=len(guard.lapsed),
            tables=tuple(tables if may_name else [only_sums(table, guard) for table in tables]),
            unlinked=tuple(user for user in roster if user not in linked) if may_name else (),
            names=dict(await self.guard.audiences.names(workspace, sorted(named))),
        )

    async def _table(
        self, workspace: str, channel: str, roster: list[str], cluster: Cluster, now: datetime
    ) -> TeamTable:
        of_channel = await self.limits.of(workspace, user="", channel=channel)
        on_cluster = [limit for limit in of_channel if limit.cluster == cluster.name]
        limits = team_limits(on_cluster, cluster, channel, now=now)
        since = readings_since(limits, cluster, now=now)
        polled = await self.counting.polls.series(workspace, roster, cluster.name)
        team = await self.counting.teammates(polled, since)
        return team_table(team, limits, cluster, poll_interval=self.counting.poll_interval, now=now)
