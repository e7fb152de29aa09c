"""A digest as things stand now, as far as its channel may be told."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from bot.domain.audience import Guard
from bot.domain.clusters import Cluster
from bot.domain.digests import (
    DAYS_SHOWN,
    Care,
    Crossing,
    Digest,
    DigestTable,
    NearLimit,
    OwedDigest,
    days_of,
    is_idle,
    near_limits,
)
from bot.domain.limits import Limit
from bot.domain.people import LEFT
from bot.domain.standups import Standup
from bot.domain.team_usage import only_sums, readings_since, team_limits, team_table
from bot.ports.alerting import Alerts, Limits, Polled
from bot.ports.standups import Standups
from bot.usecases.counting import Counting
from bot.usecases.guard_audience import GuardAudience

_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Asked:
    """Of which team a digest is made, for whom, and since when."""

    workspace: str
    channel: str
    roster: Sequence[str]
    guard: Guard
    since: datetime | None
    now: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class _OnCluster:
    """What a team's digest says of one cluster."""

    table: DigestTable
    limits: Sequence[Limit]
    near: Sequence[NearLimit]
    care: Sequence[Care]
    linked: frozenset[str]
    is_idle: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class GatherDigest:
    """Gather what a digest says; asks Slack who reads the channel, and no cluster."""

    counting: Counting
    limits: Limits
    alerts: Alerts
    standups: Standups
    guard: GuardAudience

    async def __call__(self, workspace: str, channel: str, owed: OwedDigest, *, now: datetime) -> Digest:
        """Return the digest; raises ChannelClosed or AudienceUnknown."""
        guard = await self.guard(workspace, channel, now=now)
        standup = await self.standups.of(workspace, channel)
        roster = sorted(guard.agreed | guard.lapsed)
        may_name = guard.may_name(roster)
        since = standup.told_at if standup is not None else None
        asked = _Asked(workspace=workspace, channel=channel, roster=roster, guard=guard, since=since, now=now)
        found = [on for cluster in self.counting.clusters if (on := await self._on(asked, cluster)).linked]
        care = [each for on in found for each in on.care]
        crossed = await self._crossed(workspace, channel, guard, since)
        limits_set = [
            limit for on in found for limit in on.limits if since is not None and limit.set_at > since
        ]
        linked = frozenset[str]().union(*(on.linked for on in found))
        return Digest(
            channel=channel,
            day=owed.day,
            zone=self.zone_of(standup),
            standup=standup,
            asked_by=owed.asked_by,
            audience=guard.audience,
            people=len(roster),
            lapsed=len(guard.lapsed),
            tables=tuple(on.table for on in found),
            unlinked=tuple(user for user in roster if user not in linked) if may_name else (),
            names=await self._names(workspace, roster if may_name else (), standup, owed),
            near=tuple(sorted((one for on in found for one in on.near), key=lambda one: -one.percent)),
            crossed=crossed,
            limits_set=tuple(limits_set),
            care=tuple(care) if may_name else (),
            care_unnamed=0 if may_name else len(care),
            is_idle=all(on.is_idle for on in found) and not crossed and not limits_set,
        )

    async def may_name(self, workspace: str, channel: str, users: Collection[str], *, now: datetime) -> bool:
        """Tell whether these people may be named there now; raises ChannelClosed or AudienceUnknown."""
        return (await self.guard(workspace, channel, now=now)).may_name(users)

    async def standup(self, workspace: str, channel: str) -> Standup | None:
        """Return a channel's standup, on or off."""
        return await self.standups.of(workspace, channel)

    async def skip(self, workspace: str, channel: str, day: date) -> None:
        """Remember that a date's digest was not told, for the next one to say."""
        while (standup := await self.standups.of(workspace, channel)) is not None and standup.is_on:
            if await self.standups.put(standup.skip(day)):
                return

    def zone_of(self, standup: Standup | None) -> ZoneInfo:
        """Return whose dates a channel's digests have: without a schedule the first cluster's."""
        return standup.schedule.zone if standup is not None else self.counting.clusters[0].timezone

    async def _on(self, asked: _Asked, cluster: Cluster) -> _OnCluster:
        now, guard, since = asked.now, asked.guard, asked.since
        limits = [
            limit
            for limit in await self.limits.of(asked.workspace, user="", channel=asked.channel)
            if limit.cluster == cluster.name
        ]
        polled = await self.counting.polls.series(asked.workspace, asked.roster, cluster.name)
        start = min(readings_since(limits, cluster, now=now), now - (DAYS_SHOWN + 2) * _DAY, since or now)
        team = await self.counting.teammates(polled, start)
        interval = self.counting.poll_interval
        of_team = team_limits(limits, cluster, asked.channel, now=now)
        table = team_table(team, of_team, cluster, poll_interval=interval, now=now)
        care = await self._care(polled, {row.user: row.as_of for row in table.rows if row.is_stale}, cluster)
        return _OnCluster(
            table=DigestTable(
                table=table if guard.may_name(asked.roster) else only_sums(table, guard),
                days=days_of(team, cluster, guard, since=since, now=now),
            ),
            limits=limits,
            near=near_limits(limits, team, cluster, guard, poll_interval=interval, now=now),
            care=care,
            linked=frozenset(mate.user for mate in team),
            is_idle=is_idle(team, stale=frozenset(one.user for one in care), since=since, now=now),
        )

    async def _names(
        self, workspace: str, roster: Sequence[str], standup: Standup | None, owed: OwedDigest
    ) -> dict[str, str]:
        """Return what people are called, and who answers for the digest."""
        users = {*roster, owed.asked_by}
        users |= {standup.set_by.user} if standup is not None else set()
        return dict(await self.guard.audiences.names(workspace, sorted(users - {"", LEFT})))

    async def _crossed(
        self, workspace: str, channel: str, guard: Guard, since: datetime | None
    ) -> tuple[Crossing, ...]:
        """Return what was crossed since then and still is, as far as it may be told."""
        if since is None:
            return ()
        found = []
        for alert in await self.alerts.open_for(workspace, user="", channel=channel):
            cluster, state = self.counting.cluster(alert.limit.cluster), alert.state
            may_tell = guard.may_name([alert.subject]) if alert.subject else guard.may_sum(guard.agreed)
            if cluster and may_tell and state.told_at is not None and state.told_at > since:
                found.append(
                    Crossing(limit=alert.limit, cluster=cluster, user=alert.subject, threshold=state.told)
                )
        return tuple(found)

    async def _care(
        self, polled: Sequence[Polled], stale: dict[str, datetime | None], cluster: Cluster
    ) -> list[Care]:
        """Return the links that are stale; polling of those that ask for a new token has stopped."""
        return [
            Care(
                user=user,
                cluster=cluster,
                as_of=stale[user],
                needs_token=await self.counting.polls.next_due(one.link) is None,
            )
            for one in polled
            if (user := one.link.person.user) in stale
        ]
