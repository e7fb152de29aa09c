"""Use per local day: what was used, on which days nothing is known, and what stands out."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import islice
from operator import itemgetter
from typing import Final
from zoneinfo import ZoneInfo

from bot.domain.limits import Limit
from bot.domain.periods import PeriodKind, day_start, window
from bot.domain.usage import Reading, Window, curve

SPANS: Final = (7, 14, 30, 90)
DEFAULT_SPAN: Final = 14
_DAY: Final = timedelta(days=1)
_TREND_NEEDS: Final = 4
_STEADY: Final = 0.1
_ENOUGH_TO_COMPARE: Final = 0.01


class Known(StrEnum):
    """How much the readings say of a day."""

    WHOLE = "whole"
    PART = "part"  # they begin or end inside it, as today
    SPREAD = "spread"  # none was taken in it: the use between its neighbours, spread evenly
    NOTHING = "nothing"


@dataclass(frozen=True, kw_only=True, slots=True)
class DayUse:
    """Core-hours used on a local date; None where nothing is known, which is not 0."""

    day: date
    core_hours: float | None
    known: Known


class Trend(StrEnum):
    """How the newer half of the days compares with the older."""

    RISING = "rising"
    FALLING = "falling"
    STEADY = "steady"


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """What stands out. Mean and trend are of whole days; `change` is a share, None without a trend.

    `days` is how many whole days there are, `over` on how many days more was used than the limit's day.
    """

    core_hours: float
    days: int
    mean: float | None
    busiest: DayUse | None
    trend: Trend | None
    change: float | None
    over: int


def last_days(count: int, *, now: datetime, zone: ZoneInfo) -> tuple[date, ...]:
    """Return the last local dates, today the last of them; a date that the zone skipped is none."""
    return tuple(reversed(list(islice(_back_from(now, zone), count))))


def days_start(days: Sequence[date], zone: ZoneInfo) -> datetime:
    """Return the moment at which the first of the days begins."""
    return day_start(days[0], zone)


def use_per_day(readings: Sequence[Reading], days: Sequence[date], zone: ZoneInfo) -> tuple[DayUse, ...]:
    """Return what was used on each day: the same as `usage_in` says, in one pass over the readings."""
    if not readings:
        return tuple(DayUse(day=day, core_hours=None, known=Known.NOTHING) for day in days)
    corners = curve(readings)
    began = [reading.at for reading in readings]
    return tuple(_day_use(day, _day(day, zone), readings, began, corners) for day in days)


def together(parts: Sequence[Sequence[DayUse]]) -> tuple[DayUse, ...]:
    """Sum people day by day: what is known of them. Before somebody's first reading nothing is theirs."""
    return tuple(_sum(day) for day in zip(*parts, strict=True))


def find(uses: Sequence[DayUse], *, limit_per_day: float | None) -> Finding:
    """Say what stands out in these days."""
    known = [use for use in uses if use.core_hours is not None]
    whole = [use.core_hours or 0.0 for use in known if use.known in {Known.WHOLE, Known.SPREAD}]
    busiest = max(known, key=lambda use: use.core_hours or 0.0, default=None)
    change = _change(whole)
    return Finding(
        core_hours=sum(use.core_hours or 0.0 for use in known),
        days=len(whole),
        mean=sum(whole) / len(whole) if whole else None,
        busiest=busiest if busiest is not None and busiest.core_hours else None,
        trend=None if change is None else _trend(change),
        change=change,
        over=0 if limit_per_day is None else sum((use.core_hours or 0.0) > limit_per_day for use in known),
    )


def limit_per_day(limits: Iterable[Limit], *, now: datetime, zone: ZoneInfo) -> float | None:
    """Return the tightest limit as core-hours a day: a month's is spread evenly over its days.

    The counter's total has no days, and a fixed range counts only while it lasts.
    """
    rates = []
    for limit in limits:
        if limit.period.kind is PeriodKind.TOTAL:
            continue
        inside = window(limit.period, now, zone)
        if inside.start <= now < inside.end:
            days = (inside.end.astimezone(zone).date() - inside.start.astimezone(zone).date()).days
            rates.append(limit.core_hours / max(days, 1))
    return min(rates, default=None)


def _back_from(now: datetime, zone: ZoneInfo) -> Iterator[date]:
    day = now.astimezone(zone).date()
    while True:
        inside = _day(day, zone)
        if inside.start < inside.end:
            yield day
        day -= _DAY


def _day(day: date, zone: ZoneInfo) -> Window:
    return Window(start=day_start(day, zone), end=day_start(day + _DAY, zone))


def _day_use(
    day: date,
    inside: Window,
    readings: Sequence[Reading],
    began: Sequence[datetime],
    corners: Sequence[tuple[datetime, float]],
) -> DayUse:
    first, last = corners[0][0], corners[-1][0]
    start, end = max(inside.start, first), min(inside.end, last)
    if start >= end:
        return DayUse(day=day, core_hours=None, known=Known.NOTHING)
    used = _used_until(corners, end) - _used_until(corners, start)
    if first > inside.start or last < inside.end:
        known = Known.PART
    else:
        # The last plateau that begins before the day's end reaches into the day, or none was seen in it.
        seen = readings[bisect_left(began, inside.end) - 1].confirmed_at >= inside.start
        known = Known.WHOLE if seen else Known.SPREAD
    return DayUse(day=day, core_hours=max(used, 0.0), known=known)


def _used_until(corners: Sequence[tuple[datetime, float]], moment: datetime) -> float:
    """Return the use since the first reading, linear between corners."""
    after = bisect_right(corners, moment, key=itemgetter(0))
    if after == len(corners):
        return corners[-1][1]
    (begin, low), (end, high) = corners[after - 1], corners[after]
    return low + (high - low) * ((moment - begin) / (end - begin))


def _sum(day: Sequence[DayUse]) -> DayUse:
    known = [use for use in day if use.core_hours is not None]
    if not known:
        return DayUse(day=day[0].day, core_hours=None, known=Known.NOTHING)
    kinds = {use.known for use in known}
    worst = next(kind for kind in (Known.PART, Known.SPREAD, Known.WHOLE) if kind in kinds)
    return DayUse(
        day=day[0].day,
        core_hours=sum(use.core_hours or 0.0 for use in known),
        known=worst,
    )


def _change(whole: Sequence[float]) -> float | None:
    """Compare the newer half of the days with the older; None if that says nothing."""
    if len(whole) < _TREND_NEEDS:
        return None
    half = len(whole) // 2
    older, newer = sum(whole[:half]), sum(whole[-half:])
    return newer / older - 1 if older > _ENOUGH_TO_COMPARE else None


def _trend(change: float) -> Trend:
    if abs(change) <= _STEADY:
        return Trend.STEADY
    return Trend.RISING if change > 0 else Trend.FALLING
