"""How a counter of core-hours grows when somebody works: pure, exact, and the same in every process.

Everything is counted in whole core-seconds, so that windows of time add up without rounding.
A week's total is known from one hash; its jobs are drawn only when somebody looks into that week.
"""

from array import array
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from itertools import accumulate
from math import exp, log
from random import Random
from statistics import NormalDist
from typing import Final, Literal, NamedTuple

Sizes = Literal["small", "mixed", "large"]

HOUR: Final = 3600
DAY: Final = 24 * HOUR
WEEK: Final = 7 * DAY
LONGEST_RUN: Final = 3 * DAY
LONGEST_WAIT: Final = DAY
MOST_CORES: Final = 65_536
MOST_CORE_HOURS_PER_WEEK: Final = 1e7

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST_MONDAY = 4 * DAY
_SECOND = timedelta(seconds=1)
_USUAL_JOBS_AT_MOST = 60
_CURVES_KEPT = 4


@dataclass(frozen=True, kw_only=True)
class Work:
    """How somebody works: from when on, how much in an average week, in jobs of which sizes.

    `utc_offset` places the working hours; raises ValueError for an amount outside 0..10 million a week.
    """

    start: datetime
    core_hours_per_week: float = 400.0
    sizes: Sizes = "mixed"
    utc_offset: timedelta = timedelta(hours=8)

    def __post_init__(self) -> None:
        if not 0 <= self.core_hours_per_week <= MOST_CORE_HOURS_PER_WEEK:
            raise ValueError(f"core_hours_per_week: {self.core_hours_per_week} is not in 0..10 million")


class Job(NamedTuple):
    """One job: moments in whole Unix seconds, its cores, and its run time in seconds."""

    submitted: int
    started: int
    cores: int
    runs: int


class _Habit(NamedTuple):
    """Log-normal sizes: cores by powers of two, run time by its median in seconds."""

    cores_log2: float
    cores_spread: float
    runs_median: float
    runs_spread: float

    @property
    def usual_core_seconds(self) -> float:
        cores = 2**self.cores_log2 * exp((self.cores_spread * log(2)) ** 2 / 2)
        return cores * self.runs_median * exp(self.runs_spread**2 / 2)


_HABITS: Final[dict[Sizes, _Habit]] = {
    "small": _Habit(cores_log2=2.0, cores_spread=1.1, runs_median=0.5 * HOUR, runs_spread=0.9),
    "mixed": _Habit(cores_log2=3.0, cores_spread=1.5, runs_median=1.0 * HOUR, runs_spread=1.0),
    "large": _Habit(cores_log2=6.0, cores_spread=1.3, runs_median=4.0 * HOUR, runs_spread=0.8),
}


# How likely a job is submitted in each hour of the week, from Monday's first; 1.0 is the middle of a workday.
_HOURS = [*[0.05] * 9, *[1.0] * 10, *[0.35] * 4, 0.05]
_DAYS = [*[1.0] * 5, *[0.3] * 2]
_EAGERNESS = [day * hour for day in _DAYS for hour in _HOURS]
_EAGERNESS_BEFORE = [0.0, *accumulate(_EAGERNESS)]


def _eagerness_spent(second_of_week: int) -> float:
    hour, rest = divmod(second_of_week, HOUR)
    return _EAGERNESS_BEFORE[hour] + (_EAGERNESS[hour] * rest / HOUR if rest else 0.0)


def _second_at(spent: float) -> int:
    """Turn eagerness spent since Monday back into a second of the week."""
    hour = min(bisect_right(_EAGERNESS_BEFORE, spent) - 1, 167)
    return min(int((hour + (spent - _EAGERNESS_BEFORE[hour]) / _EAGERNESS[hour]) * HOUR), WEEK - 1)


class _Curve:
    """Core-seconds spent by one week's jobs, at any second: a line that bends where a job starts or ends."""

    def __init__(self, jobs: Iterator[Job]) -> None:
        bends: dict[int, int] = {}
        for job in jobs:
            bends[job.started] = bends.get(job.started, 0) + job.cores
            end = job.started + job.runs
            bends[end] = bends.get(end, 0) - job.cores
        self._at = array("q", sorted(bends))
        self._spent = array("q")
        self._cores = array("q")
        spent = cores = before = 0
        for at in self._at:
            spent += cores * (at - before)
            cores += bends[at]
            before = at
            self._spent.append(spent)
            self._cores.append(cores)

    def __call__(self, second: int) -> int:
        bend = bisect_right(self._at, second) - 1
        if bend < 0:
            return 0
        return self._spent[bend] + self._cores[bend] * (second - self._at[bend])


class Growth:
    """The counter of one user's work. Its answers depend on seed, username, work and moment only."""

    def __init__(self, work: Work, *, seed: int, username: str) -> None:
        self._work = work
        self._habit = _HABITS[work.sizes]
        self._name = f"{seed}\x1f{username}\x1f".encode("utf-8", "surrogatepass")
        self._monday = _FIRST_MONDAY - work.utc_offset // _SECOND
        self._start = -((_EPOCH - work.start) // _SECOND)  # rounded up: nothing runs before the start
        self._first_week = self._week_of(self._start)
        self._before = [0]  # core-seconds of all weeks before the first, the second, ...
        self._curves: dict[int, _Curve] = {}

    def core_seconds(self, at: datetime) -> int:
        """Whole core-seconds spent from the start until `at` (aware); running jobs count as they run."""
        second = (at - _EPOCH) // _SECOND
        if second < self._start:
            return 0
        week = self._week_of(second)
        # A job ends within the week after its submission, so of all earlier weeks the totals are enough.
        return self._total_before(week - 1) + self._curve(week - 1)(second) + self._curve(week)(second)

    def core_hours_between(self, begin: datetime, end: datetime) -> float:
        """Core-hours spent in the window from `begin` to `end`."""
        return (self.core_seconds(end) - self.core_seconds(begin)) / HOUR

    def jobs(self, at: datetime) -> list[Job]:
        """Jobs submitted in the week, Monday to Sunday, that `at` lies in; in no particular order."""
        return list(self._jobs(self._week_of((at - _EPOCH) // _SECOND)))

    def _week_of(self, second: int) -> int:
        return (second - self._monday) // WEEK

    def _opens(self, week: int) -> int:
        """Second of the week at which work begins: 0 in all weeks but the first."""
        return max(0, self._start - self._monday - week * WEEK)

    def _digest(self, week: int, purpose: str) -> int:
        return int.from_bytes(
            blake2b(self._name + f"{week}{purpose}".encode(), digest_size=8).digest(), "big"
        )

    def _budget(self, week: int) -> int:
        """Core-seconds that the jobs submitted in this week spend, all together."""
        if week < self._first_week:
            return 0
        luck = (self._digest(week, "budget") + 0.5) / 2**64
        mood = exp(0.5 * NormalDist().inv_cdf(min(max(luck, 0.001), 0.999)) - 0.125)
        left = 1 - _eagerness_spent(self._opens(week)) / _EAGERNESS_BEFORE[-1]
        return int(self._work.core_hours_per_week * mood * left * HOUR)

    def _total_before(self, week: int) -> int:
        """Core-seconds of all weeks before this one."""
        index = week - self._first_week
        if index <= 0:
            return 0
        while len(self._before) <= index:
            self._before.append(self._before[-1] + self._budget(self._first_week + len(self._before) - 1))
        return self._before[index]

    def _curve(self, week: int) -> _Curve:
        curve = self._curves.get(week)
        if curve is None:
            while len(self._curves) >= _CURVES_KEPT:
                del self._curves[next(iter(self._curves))]
            curve = self._curves[week] = _Curve(self._jobs(week))
        return curve

    def _jobs(self, week: int) -> Iterator[Job]:
        """Draw jobs until the week's budget is spent to the core-second."""
        left = self._budget(week)
        if not left:
            return
        habit = self._habit
        dice = Random(self._digest(week, "jobs"))  # noqa: S311 - repeatable is the point
        wider = max(1, int(left / (_USUAL_JOBS_AT_MOST * habit.usual_core_seconds)))
        opens = self._opens(week)
        spent, whole = _eagerness_spent(opens), _EAGERNESS_BEFORE[-1]
        monday = self._monday + week * WEEK
        while left:
            cores = wider * 2 ** max(0, round(dice.gauss(habit.cores_log2, habit.cores_spread)))
            cores = min(cores, MOST_CORES)
            runs = int(habit.runs_median * exp(dice.gauss(0, habit.runs_spread)))
            runs = min(max(runs, 60), LONGEST_RUN)
            if cores * runs > left:
                # The last job is cut short; what does not divide by its cores is a small one after it.
                runs = left // cores
                if not runs:
                    cores, runs = 1, left
            left -= cores * runs
            second = max(opens, _second_at(spent + dice.random() * (whole - spent)))
            queue = 300 + 1800 * _EAGERNESS[second // HOUR]
            waits = min(int(dice.expovariate(1 / queue)), LONGEST_WAIT)
            yield Job(monday + second, monday + second + waits, cores, runs)
