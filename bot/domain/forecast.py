"""When a limit will be full, projected as a range, as if the days to come were like days gone by.

Every moment of the last 3, 7, 14 and 28 days (a step of 6 hours apart) is taken as a possible now: how long
did it take from there until as much was used as is left now? The same weekday and time of day count more.
The four spans together are the spread: if the last three days differ from the month, nobody can know which
of them goes on. Measured by benchmarks/forecast_backtest.py.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate
from math import inf
from typing import Final

from bot.domain.usage import Reading, Window, use_per_hour

TOLD_WITHIN: Final = timedelta(days=7)
NEEDS_HOURS: Final = 3 * 24
SPANS: Final = (3 * 24, 7 * 24, 14 * 24, 28 * 24)
STEP_HOURS: Final = 6
_DAY: Final = 24
_WEEK: Final = 7 * 24
# How much another time of day, and another weekday, count. The log hardly tells these weights apart; they
# are here for people with weekends.
OTHER_TIME_WEIGHT: Final = 0.5
OTHER_WEEKDAY_WEIGHT: Final = 0.5
# "About" is a little before the middle: at three days' lead it errs by 2.7 days, the middle by 4.
ABOUT: Final = 0.4
# Past days alone are too sure of themselves (61 % held instead of 80 %): people change what they do. These
# margins make the range hold for 8 in 10.
EARLIEST: Final = 0.05
LATEST: Final = 0.95
EARLIEST_SHRINKS: Final = 2.5
LATEST_GROWS: Final = 1.5
# Beyond this a date would be made up.
HORIZON_HOURS: Final = 90 * 24.0
_SOONEST_HOURS: Final = 0.5
_ROUNDING: Final = 1e-9


@dataclass(frozen=True, kw_only=True, slots=True)
class Forecast:
    """When the limit is projected to be full: about then, 80 % sure in the range; `latest` None is open."""

    about: datetime
    earliest: datetime
    latest: datetime | None


def is_worth_telling(forecast: Forecast, window: Window, *, now: datetime) -> bool:
    """Tell whether the limit is projected to be full before the period's end and within seven days."""
    return now <= forecast.about < window.end and forecast.about - now <= TOLD_WITHIN


def forecast(series: Sequence[Sequence[Reading]], *, room: float, now: datetime) -> Forecast | None:
    """Project when `room` core-hours will be used up by these links together.

    None before three days of readings, without use, or when it is further off than any date is worth.
    """
    found = [readings for readings in series if readings]
    if not found or room <= 0:
        return None
    until = min(now, max(readings[-1].confirmed_at for readings in found))
    used = _sum_per_hour(found, until)
    if len(used) < NEEDS_HOURS:
        return None
    waits = [
        wait
        for span in SPANS
        if span <= len(used)
        for wait in _waits(used[-span:], room, weekly=span > _WEEK)
    ]
    waits.sort()
    about = _quantile(waits, ABOUT)
    if about > HORIZON_HOURS:
        return None
    earliest = _quantile(waits, EARLIEST) / EARLIEST_SHRINKS
    latest = _quantile(waits, LATEST) * LATEST_GROWS
    return Forecast(
        about=until + timedelta(hours=about),
        earliest=until + timedelta(hours=earliest),
        latest=until + timedelta(hours=latest) if latest <= HORIZON_HOURS else None,
    )


def _sum_per_hour(series: Sequence[Sequence[Reading]], until: datetime) -> list[float]:
    """Return the core-hours of all links per hour, the oldest hour first."""
    each = [use_per_hour(readings, now=until, hours=SPANS[-1]) for readings in series]
    longest = max(len(one) for one in each)
    return [sum(one[ago] for one in each if ago < len(one)) for ago in range(longest - 1, 0, -1)]


def _waits(used: Sequence[float], room: float, *, weekly: bool) -> list[tuple[float, float]]:
    """Return (hours until `room` was used, weight) from each start in a span that repeats for ever."""
    hours, total = len(used), sum(used)
    if total <= 0:
        return [(inf, 1.0)]
    cycles, rest = divmod(room, total)
    sums = [0.0, *accumulate([*used, *used])]
    waits = []
    for ago in range(STEP_HOURS, hours + 1, STEP_HOURS):
        start = hours - ago
        weight = 1.0 if ago % _DAY == 0 else OTHER_TIME_WEIGHT
        if weekly and _DAY < ago % _WEEK < _WEEK - _DAY:
            weight *= OTHER_WEEKDAY_WEIGHT
        end = bisect_left(sums, sums[start] + rest - _ROUNDING)
        waits.append((max(cycles * hours + max(end - start, 0), _SOONEST_HOURS), weight))
    all_weights = sum(weight for _, weight in waits)
    return [(wait, weight / all_weights) for wait, weight in waits]


def _quantile(waits: Sequence[tuple[float, float]], share: float) -> float:
    """Return the wait that this share of the weights does not exceed; `waits` are sorted."""
    wanted = share * sum(weight for _, weight in waits)
    sums = accumulate(weight for _, weight in waits)
    return next((wait for (wait, _), so_far in zip(waits, sums, strict=True) if so_far >= wanted), inf)
