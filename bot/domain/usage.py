"""Readings of the cluster's cumulative counter, and what was used in a window between two moments."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

PACE_WINDOW = timedelta(days=7)
PACE_NEEDS = timedelta(days=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """The counter was `core_hours` at `at`, and still was at `confirmed_at` (>= at)."""

    core_hours: float
    at: datetime
    confirmed_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Usage:
    """Core-hours used in a window; `since` is set when readings begin only inside it."""

    core_hours: float
    since: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Window:
    """The half-open time [start, end)."""

    start: datetime
    end: datetime


def month_around(now: datetime, zone: ZoneInfo) -> Window:
    """Return the calendar month of `now` in the cluster's time zone."""
    local = now.astimezone(zone)
    start = local.replace(day=1, hour=0, minute=0, second=0, microsecond=0, fold=0)
    following = (start.replace(day=28) + timedelta(days=4)).replace(day=1)
    # In UTC: subtracting two moments of one time zone would count wall-clock hours, not real ones.
    return Window(start=start.astimezone(UTC), end=following.astimezone(UTC))


def usage_in(window: Window, readings: Sequence[Reading]) -> Usage | None:
    """Sum the counter's increases inside the window; None without any reading that speaks of it.

    `readings` are in order of time and may begin before the window. Between neighbours the use is spread
    evenly; a drop is a reset of the counter, and what it shows after the drop is new use.
    """
    points = [(time, r.core_hours) for r in readings for time in dict.fromkeys((r.at, r.confirmed_at))]
    if not points or points[0][0] >= window.end or points[-1][0] < window.start:
        return None
    used = 0.0
    for (before, low), (after, high) in pairwise(points):
        gained = high - low if high >= low else high
        span = (after - before).total_seconds()
        inside = (min(after, window.end) - max(before, window.start)).total_seconds()
        if gained and span > 0 and inside > 0:
            used += gained * (inside / span)
    first = points[0][0]
    return Usage(core_hours=used, since=first if first > window.start else None)


def pace_per_day(readings: Sequence[Reading], *, now: datetime) -> float | None:
    """Return core-hours per day over the last seven days; None before a day's worth of readings."""
    if not readings:
        return None
    newest = min(readings[-1].confirmed_at, now)
    start = max(newest - PACE_WINDOW, readings[0].at)
    if newest - start < PACE_NEEDS:
        return None
    used = usage_in(Window(start=start, end=newest), readings)
    return used.core_hours / ((newest - start) / timedelta(days=1)) if used else None
