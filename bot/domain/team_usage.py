"""A team's table on one cluster: who used how much in the team's period, the most first, and the sum."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Self

from bot.domain.alerts import Measured
from bot.domain.audience import Guard
from bot.domain.clusters import Cluster
from bot.domain.limits import Limit, ScopeKind
from bot.domain.measuring import Series, measure, stale_after, usage_of
from bot.domain.periods import MONTH, Period, PeriodKind, previous_window, window
from bot.domain.standing import Audience
from bot.domain.table_pages import TablePage, cut
from bot.domain.usage import PACE_WINDOW, Window, pace_per_day, usage_in

# A table takes 100 rows and 10,000 characters; a row has at most 145 of them, the last one is the sum.
MOST_ROWS: Final = 65


@dataclass(frozen=True, kw_only=True, slots=True)
class Teammate:
    """Somebody on the roster with their link on the cluster and its readings."""

    user: str
    username: str
    series: Series


@dataclass(frozen=True, kw_only=True, slots=True)
class TeamRow:
    """One person's line. Without `core_hours` there is no data for this period.

    `before` is what was used by this time of the period before, None when that is not known in full.
    `since` is set when readings begin only inside the period.
    """

    user: str
    username: str
    core_hours: float | None
    before: float | None
    pace_per_day: float | None
    as_of: datetime | None
    since: datetime | None
    is_stale: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class TeamTable:
    """The team on one cluster. `rows` are empty where single people are not to be named.

    `people` is how many are linked here, `without_data` how many of them have no data in this period.
    `core_hours` is None where even the sum would tell on a single person.
    """

    cluster: Cluster
    period: Period
    window: Window
    limit: Limit | None
    rows: tuple[TeamRow, ...]
    people: int
    without_data: int
    core_hours: float | None
    before: float | None
    pace_per_day: float | None
    as_of: datetime | None
    since: datetime | None

    @property
    def whole(self) -> float | None:
        """What shares are taken of: the team's limit, else the sum."""
        return self.core_hours if self.limit is None else self.limit.core_hours

    @property
    def pages(self) -> tuple[TablePage, ...]:
        """Return its pages in order; where single people are not named there is one without rows."""
        users = cut([row.user for row in self.rows], first=MOST_ROWS, most=MOST_ROWS) or [()]
        return tuple(TablePage(cluster=self.cluster.name, users=page) for page in users)

    def rows_of(self, page: TablePage) -> tuple[TeamRow, ...]:
        """Return the rows of a page's people."""
        wanted = frozenset(page.users)
        return tuple(row for row in self.rows if row.user in wanted)


@dataclass(frozen=True, kw_only=True, slots=True)
class TeamUsage:
    """All that `team` answers. `names` are what Slack calls the people, and who posts it, by user.

    `unlinked` are on the roster and on no cluster. Where single people are not named (`lapsed` of them have
    not agreed to the `audience`) they are not in `names`, and `unlinked` is empty.
    """

    channel: str
    audience: Audience
    people: int
    lapsed: int
    tables: tuple[TeamTable, ...]
    unlinked: tuple[str, ...]
    names: dict[str, str]

    def table_on(self, cluster: str) -> TeamTable:
        """Return the table of a cluster; of one that is gone the first there is."""
        return next((one for one in self.tables if one.cluster.name == cluster), self.tables[0])

    def rows_of(self, page: TablePage) -> tuple[TeamRow, ...]:
        """Return the rows of a page; none if they are not to be shown any more."""
        on = [one for one in self.tables if one.cluster.name == page.cluster]
        return on[0].rows_of(page) if on else ()


@dataclass(frozen=True, kw_only=True, slots=True)
class OwedTable:
    """Which table is owed to a channel, and who asked for it."""

    cluster: str
    asked_by: str

    def write(self) -> str:
        """Return it as a notice's text."""
        return f"{self.cluster} {self.asked_by}"

    @classmethod
    def read(cls, text: str) -> Self:
        """Read a notice's text."""
        cluster, asked_by = text.split()
        return cls(cluster=cluster, asked_by=asked_by)


def readings_since(limits: Sequence[Limit], cluster: Cluster, *, now: datetime) -> datetime:
    """Return how far back readings matter for a table under one of these limits."""
    starts = [now - PACE_WINDOW]
    for period in (MONTH, *(limit.period for limit in limits)):
        if period.kind is not PeriodKind.TOTAL:
            inside = window(period, now, cluster.timezone)
            starts.append((previous_window(period, inside, cluster.timezone) or inside).start)
    return min(starts)


def team_limits(limits: Sequence[Limit], cluster: Cluster, channel: str, *, now: datetime) -> list[Limit]:
    """Return the limits of the channel's team on this cluster whose period is now."""

    def is_running(limit: Limit) -> bool:
        inside = window(limit.period, now, cluster.timezone)
        return inside.start <= now < inside.end

    return [
        limit
        for limit in limits
        if limit.scope.kind is ScopeKind.TEAM
        and (limit.scope.channel, limit.cluster) == (channel, cluster.name)
        and is_running(limit)
    ]


def team_table(
    team: Sequence[Teammate],
    limits: Sequence[Limit],
    cluster: Cluster,
    *,
    poll_interval: timedelta,
    now: datetime,
) -> TeamTable:
    """Make the table; of several limits of the team that one counts which is the fullest."""
    zone, series = cluster.timezone, [mate.series for mate in team]

    def measured_in(period: Period) -> Measured:
        inside = window(period, now, zone)
        return measure(period, inside, series, poll_interval=poll_interval, now=now)

    limit = max(
        limits,
        key=lambda one: one.percent(measured_in(one.period).core_hours),
        default=None,
    )
    period = MONTH if limit is None else limit.period
    measured = measured_in(period)
    inside = measured.window
    before = previous_window(period, inside, zone)
    rows = sorted(
        (_row(mate, period, inside, before, poll_interval=poll_interval, now=now) for mate in team),
        key=lambda row: (row.core_hours is None, -(row.core_hours or 0.0), row.username, row.user),
    )
    counted = [row for row in rows if row.core_hours is not None]
    befores = [row.before for row in counted if row.before is not None]
    paces = [row.pace_per_day for row in counted if row.pace_per_day is not None]
    return TeamTable(
        cluster=cluster,
        period=period,
        window=inside,
        limit=limit,
        rows=tuple(rows),
        people=len(team),
        without_data=len(team) - len(counted),
        core_hours=sum(row.core_hours for row in counted if row.core_hours is not None),
        before=sum(befores) if counted and len(befores) == len(counted) else None,
        pace_per_day=sum(paces) if paces else None,
        as_of=measured.as_of,
        since=max((row.since for row in counted if row.since is not None), default=None),
    )


def only_sums(table: TeamTable, guard: Guard) -> TeamTable:
    """Take the single people out of a table, and the sum too where it would tell on one of them."""
    summed = [row.user for row in table.rows if row.core_hours is not None]
    if summed and guard.may_sum(summed):
        return replace(table, rows=())
    return replace(table, rows=(), core_hours=None, before=None, pace_per_day=None, since=None)


def _row(
    mate: Teammate,
    period: Period,
    inside: Window,
    before: Window | None,
    *,
    poll_interval: timedelta,
    now: datetime,
) -> TeamRow:
    readings = mate.series.readings
    as_of = readings[-1].confirmed_at if readings else None
    used = usage_of(period, inside, readings)
    # Readings that end before the period say nothing about it.
    if used is None or as_of is None or (period.kind is not PeriodKind.TOTAL and as_of < inside.start):
        return TeamRow(
            user=mate.user,
            username=mate.username,
            core_hours=None,
            before=None,
            pace_per_day=None,
            as_of=as_of,
            since=None,
            is_stale=True,
        )
    return TeamRow(
        user=mate.user,
        username=mate.username,
        core_hours=used.core_hours,
        before=_before(mate, inside, before, as_of),
        pace_per_day=pace_per_day(readings, now=now),
        as_of=as_of,
        since=used.since,
        is_stale=now - as_of > stale_after(mate.series.planned_gap, poll_interval=poll_interval),
    )


def _before(mate: Teammate, inside: Window, before: Window | None, as_of: datetime) -> float | None:
    """Return the use of the period before, up to the same time after its start; only if known in full."""
    if before is None:
        return None
    elapsed = Window(start=before.start, end=min(before.start + (as_of - inside.start), before.end))
    used = usage_in(elapsed, mate.series.readings)
    return used.core_hours if used is not None and used.since is None else None
