"""What a limit counts: whose links, their readings, and what they measure."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from bot.domain.alerts import AlertState, Decision, Measured
from bot.domain.clusters import Cluster, named
from bot.domain.judging import judge_when_set
from bot.domain.limit_answers import UseNow
from bot.domain.limits import Limit, ScopeKind
from bot.domain.measuring import Series, measure
from bot.domain.people import Link
from bot.domain.periods import PeriodKind, previous_window, window
from bot.domain.team_usage import Teammate
from bot.ports import Readings
from bot.ports.alerting import Alerts, Notice, NoticeKind, Polled, Polls, Teams

LOOK_BACK: Final = timedelta(days=35)


@dataclass(frozen=True, kw_only=True, slots=True)
class Counted:
    """The links that count for one subject of a limit, each with its series of readings."""

    subject: str
    links: tuple[Link, ...]
    series: tuple[Series, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Counting:
    """Gather what limits count."""

    clusters: Sequence[Cluster]
    poll_interval: timedelta
    readings: Readings
    teams: Teams
    polls: Polls

    def cluster(self, name: str) -> Cluster | None:
        """Return a configured cluster."""
        return named(name, self.clusters)

    async def subjects(self, limit: Limit) -> Mapping[str, tuple[str, ...]]:
        """Return each subject with the users whose links it sums."""
        scope = limit.scope
        if scope.channel is None:
            return {str(scope.user): (str(scope.user),)}
        members = await self.teams.members(limit.workspace, scope.channel)
        if scope.kind is ScopeKind.TEAM:
            return {"": members}
        return {user: (user,) for user in members if scope.user in (None, user)}

    async def all_of(self, limit: Limit, *, now: datetime) -> tuple[Counted, ...]:
        """Return every subject of a limit that has a link on its cluster; a team's sum always."""
        found = [await self.one(limit, subject, now=now) for subject in await self.subjects(limit)]
        return tuple(one for one in found if one.links or limit.scope.kind is ScopeKind.TEAM)

    async def one(
        self, limit: Limit, subject: str, *, now: datetime, since: datetime | None = None
    ) -> Counted:
        """Return what counts for one subject; `since` asks for more readings than the limit needs."""
        users = (await self.subjects(limit)).get(subject, (subject,) if subject else ())
        polled = await self.polls.series(limit.workspace, users, limit.cluster)
        start = min(since or now, self._since(limit, now))
        series = await self.series(polled, start)
        return Counted(subject=subject, links=tuple(one.link for one in polled), series=series)

    async def series(self, polled: Sequence[Polled], start: datetime) -> tuple[Series, ...]:
        """Return the readings of each link from `start` on, and the one before it."""
        found = await self.readings.covering([one.link for one in polled], start)
        return tuple(Series(readings=found[one.link.link_id], planned_gap=one.planned_gap) for one in polled)

    async def teammates(self, polled: Sequence[Polled], start: datetime) -> list[Teammate]:
        """Return whose links these are, each with its series from `start` on."""
        return [
            Teammate(user=one.link.person.user, username=one.link.username, series=series)
            for one, series in zip(polled, await self.series(polled, start), strict=True)
        ]

    def measure(self, limit: Limit, counted: Counted, cluster: Cluster, *, now: datetime) -> Measured:
        """Measure a subject's use in the period of now."""
        inside = window(limit.period, now, cluster.timezone)
        return measure(limit.period, inside, counted.series, poll_interval=self.poll_interval, now=now)

    def when_set(
        self,
        limit: Limit,
        previous: AlertState | None,
        counted: Counted,
        cluster: Cluster,
        *,
        by: str,
        now: datetime,
    ) -> tuple[Decision, UseNow]:
        """Decide what counts as told as a subject comes under a limit, and say where it stands."""
        decision = judge_when_set(
            limit,
            previous,
            counted.series,
            by=by,
            zone=cluster.timezone,
            poll_interval=self.poll_interval,
            now=now,
        )
        measured = self.measure(limit, counted, cluster, now=now)
        use = UseNow(
            subject=counted.subject,
            username=counted.links[0].username if counted.subject and counted.links else "",
            core_hours=measured.core_hours,
            percent=limit.percent(measured.core_hours),
            told=decision.state.told,
            as_of=measured.as_of,
            since=measured.since,
            missing=measured.missing,
        )
        return decision, use

    def _since(self, limit: Limit, now: datetime) -> datetime:
        """Return how far back readings matter: the last period, this one and, for the pace, a month."""
        cluster = self.cluster(limit.cluster)
        if limit.period.kind is PeriodKind.TOTAL or cluster is None:
            return now - LOOK_BACK
        # The period before is judged once more when a reading from the new one arrives.
        inside = window(limit.period, now, cluster.timezone)
        before = previous_window(limit.period, inside, cluster.timezone) or inside
        return min(before.start, now - LOOK_BACK)


async def previous_state(alerts: Alerts, limit: Limit | None, subject: str) -> AlertState | None:
    """Return what was said about a limit and subject so far."""
    alert = None if limit is None else await alerts.one(limit, subject)
    return None if alert is None else alert.state


def alert_notices(limit: Limit, subject: str, decision: Decision, *, now: datetime) -> Sequence[Notice]:
    """Turn what a decision owes into notices; their ids are the same however often this is computed."""
    return [
        Notice(
            workspace=limit.workspace,
            notice_id=derived_id(limit.limit_id, subject, str(decision.state.revision), str(place)),
            place=limit.tells,
            kind=NoticeKind.ALERT,
            created_at=now,
            limit_id=limit.limit_id,
            subject=subject,
            owed=owed,
        )
        for place, owed in enumerate(decision.owed)
    ]


def derived_id(*parts: str) -> str:
    """Return an id of 32 characters that these parts always give."""
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:32]
