"""What a digest says: a team's days, the limits that are near, and what needs care."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, Self
from zoneinfo import ZoneInfo

from bot.domain.audience import Guard
from bot.domain.clusters import Cluster
from bot.domain.forecast import TOLD_WITHIN, Forecast, forecast, is_worth_telling
from bot.domain.limits import FULL, Limit, ScopeKind
from bot.domain.measuring import Series, measure
from bot.domain.periods import DAY, previous_window, window
from bot.domain.standing import Audience
from bot.domain.standups import Standup
from bot.domain.table_pages import TablePage, cut
from bot.domain.team_usage import Teammate, TeamRow, TeamTable
from bot.domain.usage import Window, pace_per_day, usage_in

NEAR_PERCENT: Final = 80
DAYS_SHOWN: Final = 7
# What was used since the last digest, when there was none.
FIRST_LOOKS_BACK: Final = timedelta(days=1)
# A table takes 100 rows and 10,000 characters; beside the first one there has to be room for the rest.
FIRST_ROWS: Final = 25
MOST_ROWS: Final = 75
# A limit that needs more than this many times the pace is not projected: it costs, and nothing would be told.
_PROJECTED_WITHIN: Final = 4.0


@dataclass(frozen=True, kw_only=True, slots=True)
class OwedDigest:
    """Which digest is owed: for which local date, since when, and who asked, if somebody did."""

    day: date
    due_at: datetime
    asked_by: str = ""

    def write(self) -> str:
        """Return it as a notice's text."""
        return f"{self.day} {self.due_at.isoformat()} {self.asked_by}".strip()

    @classmethod
    def read(cls, text: str) -> Self:
        """Read a notice's text."""
        day, due_at, *asked_by = text.split()
        return cls(
            day=date.fromisoformat(day), due_at=datetime.fromisoformat(due_at), asked_by="".join(asked_by)
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Days:
    """A team's use by day: yesterday by user (missing: no data), and the sums that may be told.

    `week` are the last seven whole days, the oldest first, in the cluster's time zone.
    """

    yesterday: Window
    by_user: Mapping[str, float]
    yesterday_sum: float | None
    since_sum: float | None
    week: tuple[float, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class DigestTable:
    """One cluster: the team's table in its period, and its days."""

    table: TeamTable
    days: Days


@dataclass(frozen=True, kw_only=True, slots=True)
class NearLimit:
    """A limit that is nearly full, or projected to be soon; `user` is whose use it counts, "" the team's."""

    limit: Limit
    cluster: Cluster
    user: str
    percent: float
    window: Window
    forecast: Forecast | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Crossing:
    """A threshold that was crossed since the last digest."""

    limit: Limit
    cluster: Cluster
    user: str
    threshold: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Care:
    """A link without fresh data; `needs_token` when only its owner can help."""

    user: str
    cluster: Cluster
    as_of: datetime | None
    needs_token: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Digest:
    """All that a digest says. `names` are what Slack calls the people, by user.

    Where single people are not named (`lapsed` of them have not agreed to the `audience`) only sums and
    numbers of people are in it.
    """

    channel: str
    day: date
    zone: ZoneInfo
    standup: Standup | None
    asked_by: str
    audience: Audience
    people: int
    lapsed: int
    tables: tuple[DigestTable, ...]
    unlinked: tuple[str, ...]
    names: Mapping[str, str]
    near: tuple[NearLimit, ...]
    crossed: tuple[Crossing, ...]
    limits_set: tuple[Limit, ...]
    care: tuple[Care, ...]
    care_unnamed: int
    is_idle: bool

    @property
    def since(self) -> datetime | None:
        """Return when the last digest was told."""
        return self.standup.told_at if self.standup is not None else None

    @property
    def skipped(self) -> tuple[date, ...]:
        """Return the dates whose digests were skipped since then."""
        return self.standup.skipped if self.standup is not None else ()

    @property
    def pages(self) -> tuple[TablePage, ...]:
        """Return its tables in order: the first stands in the message, the others in the thread."""
        return tuple(
            TablePage(cluster=one.table.cluster.name, users=users)
            for place, one in enumerate(self.tables)
            for users in cut(
                [row.user for row in one.table.rows], first=MOST_ROWS if place else FIRST_ROWS, most=MOST_ROWS
            )
        )

    def table_of(self, page: TablePage) -> DigestTable | None:
        """Return the table that a page is of; None if nobody is linked there any more."""
        return next((one for one in self.tables if one.table.cluster.name == page.cluster), None)

    def rows_of(self, page: TablePage) -> tuple[TeamRow, ...]:
        """Return the rows of a page; none if they are not to be shown any more."""
        one = self.table_of(page)
        return () if one is None else one.table.rows_of(page)


def days_of(
    team: Sequence[Teammate], cluster: Cluster, guard: Guard, *, since: datetime | None, now: datetime
) -> Days:
    """Count a team's days: sums where single people are not named, nothing where a sum tells on one."""
    days = _whole_days(cluster, DAYS_SHOWN, now)
    yesterday, lately = days[-1], Window(start=since or now - FIRST_LOOKS_BACK, end=now)
    by_user = _used(team, yesterday)
    week = [_used(team, day) for day in days]

    def summed(used: Mapping[str, float]) -> float | None:
        return sum(used.values()) if used and guard.may_sum(list(used)) else None

    return Days(
        yesterday=yesterday,
        by_user=by_user if guard.may_name([mate.user for mate in team]) else {},
        yesterday_sum=summed(by_user),
        since_sum=summed(_used(team, lately)),
        week=tuple(summed(day) or 0.0 for day in week)
        if all(guard.may_sum(list(day)) for day in week if day)
        else (),
    )


def near_limits(
    limits: Sequence[Limit],
    team: Sequence[Teammate],
    cluster: Cluster,
    guard: Guard,
    *,
    poll_interval: timedelta,
    now: datetime,
) -> list[NearLimit]:
    """Return the limits that are 80 % used or projected to be full soon, as far as they may be told."""
    found = []
    for limit in limits:
        inside = window(limit.period, now, cluster.timezone)
        for user, mates in _counted(limit, team).items():
            users = [mate.user for mate in mates]
            if not inside.start <= now < inside.end or not (
                guard.may_name(users) if user else guard.may_sum(users)
            ):
                continue
            series = [mate.series for mate in mates]
            measured = measure(limit.period, inside, series, poll_interval=poll_interval, now=now)
            percent = limit.percent(measured.core_hours)
            room = limit.core_hours - measured.core_hours
            coming = _foreseen(series, room, inside, now) if percent < FULL else None
            if percent >= NEAR_PERCENT or coming is not None:
                found.append(
                    NearLimit(
                        limit=limit,
                        cluster=cluster,
                        user=user,
                        percent=percent,
                        window=inside,
                        forecast=coming,
                    )
                )
    return sorted(found, key=lambda one: -one.percent)


def is_idle(
    team: Sequence[Teammate], *, stale: frozenset[str], since: datetime | None, now: datetime
) -> bool:
    """Tell whether nobody used anything lately; where data is missing nobody knows."""
    lately = Window(start=since or now - FIRST_LOOKS_BACK, end=now)
    return not stale and not any(_used(team, lately).values())


def _used(team: Sequence[Teammate], inside: Window) -> dict[str, float]:
    """Return what each used in a window; who has no readings that speak of it is missing."""
    found = {}
    for mate in team:
        readings = mate.series.readings
        used = usage_in(inside, readings) if readings and readings[-1].confirmed_at > inside.start else None
        if used is not None:
            found[mate.user] = used.core_hours
    return found


def _whole_days(cluster: Cluster, count: int, now: datetime) -> list[Window]:
    """Return the last days that are over, the oldest first."""
    found: list[Window] = []
    day = window(DAY, now, cluster.timezone)
    while len(found) < count and (before := previous_window(DAY, day, cluster.timezone)) is not None:
        found.insert(0, before)
        day = before
    return found


def _counted(limit: Limit, team: Sequence[Teammate]) -> dict[str, list[Teammate]]:
    """Return whose use a channel's limit counts, by user; "" is everybody together."""
    if limit.scope.kind is ScopeKind.TEAM:
        return {"": list(team)} if team else {}
    return {mate.user: [mate] for mate in team if limit.scope.user in (None, mate.user)}


def _foreseen(series: Sequence[Series], room: float, inside: Window, now: datetime) -> Forecast | None:
    """Return the forecast if it is worth telling; where the pace is far too slow it is not even made."""
    readings = [one.readings for one in series]
    pace = sum(pace_per_day(one, now=now) or 0.0 for one in readings)
    if room > pace * (TOLD_WITHIN / timedelta(days=1)) * _PROJECTED_WITHIN:
        return None
    made = forecast(readings, room=room, now=now)
    return made if made is not None and is_worth_telling(made, inside, now=now) else None
