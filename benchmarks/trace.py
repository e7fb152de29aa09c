"""A recorded accounting log as counters: core-hours of each user as a function of time.

Reads the Standard Workload Format, gzip-packed (`data/README.md` names the log and whom to thank for it).
"""

import gzip
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from pathlib import Path
from typing import Final, Literal, NamedTuple
from zoneinfo import ZoneInfo

from bot.domain.limits import DEFAULT_THRESHOLDS, Limit, Scope, ScopeKind, place_of
from bot.domain.people import Person
from bot.domain.periods import MONTH, TOTAL, WEEK, next_window, window
from bot.domain.usage import Window

ZONE: Final = ZoneInfo("America/Los_Angeles")
SECOND: Final = timedelta(seconds=1)
WEEKS: Final = 92 / 7
MONTHS: Final = 3
# Who used less has no use for a limit; everybody is polled all the same.
LEAST_USE: Final = 10.0

Charging = Literal["running", "ended"]


class Job(NamedTuple):
    """One job: seconds after the log's start, seconds of run time, processors."""

    start: int
    runs: int
    processors: int

    @property
    def core_hours(self) -> float:
        """Return what the job used."""
        return self.runs * self.processors / 3600


@dataclass(frozen=True, kw_only=True)
class Counter:
    """A user's counter, piecewise linear: `values[i]` core-hours `times[i]` seconds after the start."""

    user: str
    times: list[float]
    values: list[float]

    @property
    def total(self) -> float:
        """Return the core-hours at the log's end."""
        return self.values[-1]

    def at(self, seconds: float) -> float:
        """Return the core-hours shown at a moment."""
        right = bisect_right(self.times, seconds)
        if right == 0:
            return self.values[0]
        if right == len(self.times):
            return self.values[-1]
        before, after = self.times[right - 1], self.times[right]
        share = (seconds - before) / (after - before)
        return self.values[right - 1] + share * (self.values[right] - self.values[right - 1])

    def when(self, core_hours: float) -> float | None:
        """Return the first second at which the counter shows this much."""
        index = bisect_left(self.values, core_hours)
        if index == len(self.values):
            return None
        if index == 0:
            return self.times[0]
        low, high = self.values[index - 1], self.values[index]
        before, after = self.times[index - 1], self.times[index]
        return before + (after - before) * (core_hours - low) / (high - low)


@dataclass(frozen=True, kw_only=True)
class Trace:
    """The log: when it starts, how long it is, and a counter per user, the largest first."""

    start: datetime
    seconds: int
    counters: tuple[Counter, ...]

    def moment(self, seconds: float) -> datetime:
        """Return the moment so many seconds after the log's start."""
        return self.start + seconds * SECOND

    def offset(self, moment: datetime) -> float:
        """Return the seconds from the log's start to a moment."""
        return (moment - self.start) / SECOND


class Span(NamedTuple):
    """A piece of the log: its ends in seconds after the log's start, and how many of them pass in one."""

    first: float
    last: float
    speed: float


class Crossing(NamedTuple):
    """The true moment, in seconds after the log's start, at which a limit's threshold was reached."""

    at: float
    limit: Limit
    threshold: int
    window: Window


def read(path: Path, *, charging: Charging = "running") -> Trace:
    """Read a log. `charging`: a job counts while it runs, or all at once when it ends."""
    jobs: dict[str, list[Job]] = {}
    started, ended = 0, 0
    with gzip.open(path, "rt", encoding="ascii") as lines:
        for line in lines:
            if line.startswith("; UnixStartTime:"):
                started = int(line.split()[-1])
            if line.startswith(";") or not line.strip():
                continue
            columns = [int(column) for column in line.split()]
            job = Job(start=columns[1] + max(columns[2], 0), runs=columns[3], processors=columns[4])
            if job.runs > 0:
                jobs.setdefault(str(columns[11]), []).append(job)
                ended = max(ended, job.start + job.runs)
    counters = [_counter(user, theirs, charging) for user, theirs in jobs.items()]
    counters.sort(key=lambda counter: -counter.total)
    return Trace(
        start=datetime.fromtimestamp(started, tz=UTC), seconds=ended + 3600, counters=tuple(counters)
    )


def excerpt(counter: Counter, span: Span, *, user: str, scale: float, before: float) -> Counter:
    """Return a piece of a counter in fast motion, `scale` times as large, for somebody who used `before`."""
    inside = slice(bisect_right(counter.times, span.first), bisect_left(counter.times, span.last))
    times = [span.first, *counter.times[inside], span.last]
    start = counter.at(span.first)
    return Counter(
        user=user,
        times=[(at - span.first) / span.speed for at in times],
        values=[before + scale * (counter.at(at) - start) for at in times],
    )


def limits_of(counter: Counter, trace: Trace) -> tuple[Limit, ...]:
    """Return a month's and a week's limit of the size of the mean use: some weeks cross, some do not."""
    if counter.total < LEAST_USE:
        return ()
    sizes = ((MONTH, counter.total / MONTHS), (WEEK, counter.total / WEEKS))
    scope = Scope(kind=ScopeKind.ME, user=counter.user)
    return tuple(
        Limit(
            limit_id=f"{counter.user}/{period.kind}",
            workspace="T1",
            cluster="ipsc",
            scope=scope,
            core_hours=core_hours,
            period=period,
            thresholds=DEFAULT_THRESHOLDS,
            set_by=Person(workspace="T1", user=counter.user),
            set_at=trace.start,
            tells=place_of(scope),
        )
        for period, core_hours in sizes
    )


def crossings(counter: Counter, limit: Limit, trace: Trace) -> Iterator[Crossing]:
    """Return all true crossings of a limit, window by window."""
    current: Window | None = window(limit.period, trace.start, ZONE)
    while current is not None and trace.offset(current.start) < trace.seconds:
        base = 0.0 if limit.period == TOTAL else counter.at(trace.offset(current.start))
        for threshold in limit.thresholds:
            at = counter.when(base + limit.core_hours * threshold / 100)
            if at is not None and at < trace.offset(current.end):
                yield Crossing(at=at, limit=limit, threshold=threshold, window=current)
        current = next_window(limit.period, current, ZONE)


def _counter(user: str, jobs: list[Job], charging: Charging) -> Counter:
    """Sum jobs up: while they run, the slope is the number of busy processors."""
    if charging == "ended":
        ends: dict[int, float] = {}
        for job in jobs:
            ends[job.start + job.runs] = ends.get(job.start + job.runs, 0.0) + job.core_hours
        moments = sorted(ends)
        sums = list(accumulate(ends[end] for end in moments))
        steps = [
            step
            for end, before, after in zip(moments, [0.0, *sums], sums, strict=False)
            for step in ((end - 0.001, before), (float(end), after))
        ]
        return Counter(user=user, times=[at for at, _ in steps], values=[value for _, value in steps])
    changes: dict[int, int] = {}
    for job in jobs:
        changes[job.start] = changes.get(job.start, 0) + job.processors
        changes[job.start + job.runs] = changes.get(job.start + job.runs, 0) - job.processors
    times, values, busy, shown, last = [], [], 0, 0.0, 0
    for at in sorted(changes):
        shown += busy * (at - last) / 3600
        times.append(float(at))
        values.append(shown)
        busy += changes[at]
        last = at
    return Counter(user=user, times=times, values=values)
