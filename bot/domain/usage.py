"""Readings of the cluster's cumulative counter, and what was used in a window between two moments."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from operator import attrgetter
from typing import Final
from zoneinfo import ZoneInfo

PACE_WINDOW = timedelta(days=7)
PACE_NEEDS = timedelta(days=1)
HOURLY_AFTER: Final = timedelta(days=35)
DAILY_AFTER: Final = timedelta(days=400)
_BEGINNING: Final = datetime(1970, 1, 1, tzinfo=UTC)
# Of two requests under way at once, the answer that comes last may be the older one. No answer takes longer.
OVERTAKEN_WITHIN: Final = timedelta(minutes=1)
_HOUR: Final = timedelta(hours=1)
_TICK: Final = timedelta(milliseconds=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """The counter was `core_hours` at `at`, and still was at `confirmed_at` (>= at).

    Fresh from the cluster: asked for at `at`, answered at `confirmed_at`, and of some moment between.
    """

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


def usage_in(window: Window, readings: Sequence[Reading]) -> Usage | None:
    """Sum the counter's increases inside the window; None without any reading that speaks of it.

    `readings` are in order of time and may begin before the window. Between neighbours the use is spread
    evenly; a drop is a reset of the counter, and what it shows after the drop is new use.
    """
    if not readings or readings[0].at >= window.end:
        return None
    used = 0.0
    # There may be months of them, and windows are short.
    start = max(bisect_left(readings, window.start, key=attrgetter("at")) - 1, 0)
    end = bisect_left(readings, window.end, key=attrgetter("at")) + 1
    for (before, low), (after, high) in pairwise(_points(readings[start:end])):
        gained = high - low if high >= low else high
        if window.start <= before < window.end and after <= window.end:
            used += gained
        elif gained and before < window.end and after > window.start:
            inside = min(after, window.end) - max(before, window.start)
            used += gained * (inside / (after - before))
    first = readings[0].at
    return Usage(core_hours=used, since=first if first > window.start else None)


def total(readings: Sequence[Reading]) -> Usage | None:
    """Return the counter as the cluster reports it; None without readings."""
    return Usage(core_hours=readings[-1].core_hours, since=None) if readings else None


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


def curve(readings: Sequence[Reading]) -> list[tuple[datetime, float]]:
    """Return the corners of the use since the first reading: like the counter, but it never drops."""
    corners, used = [(readings[0].at, 0.0)], 0.0
    for (_, low), (after, high) in pairwise(_points(readings)):
        used += high - low if high >= low else high
        corners.append((after, used))
    return corners


def use_per_hour(readings: Sequence[Reading], *, now: datetime, hours: int) -> list[float]:
    """Return core-hours per past hour, at most so many: [1] is the hour that ends now, [0] is yet to come."""
    first = max(readings[0].at, now - hours * _HOUR)
    used = [0.0] * (max(int((now - first) / _HOUR), 0) + 1)
    for (before, low), (after, high) in pairwise(_points(readings)):
        gained = high - low if high >= low else high
        start, end = max((now - after) / _HOUR, 0.0), (now - before) / _HOUR
        if not gained or end <= 0 or start >= len(used) - 1:
            continue
        for ago in range(int(start) + 1, min(int(end) + 2, len(used))):
            inside = min(end, ago) - max(start, ago - 1)
            share = inside / (end - start) if end > start else float(ago - 1 <= start < ago)
            used[ago] += gained * max(share, 0.0)
    return used


def follow(last: Reading | None, fresh: Reading) -> tuple[Reading, bool]:
    """Join a fresh reading to the newest stored one: (what stands now, is it a new row).

    The same value confirms the last reading; another one follows it, and never stands before it, even if
    the clock has stepped back meanwhile. A fresh one that was asked for before the last one was answered may
    be older than that: taken for newer it would look like a reset of the counter. It says nothing.
    """
    if last is None:
        return replace(fresh, at=fresh.confirmed_at), True
    if fresh.core_hours == last.core_hours:
        return replace(last, confirmed_at=max(last.confirmed_at, fresh.confirmed_at)), False
    if timedelta(0) < last.confirmed_at - fresh.at < OVERTAKEN_WITHIN:
        return last, False
    at = max(fresh.confirmed_at, last.confirmed_at + _TICK)
    return replace(fresh, at=at, confirmed_at=at), True


def thin(readings: Sequence[Reading], *, now: datetime, zone: ZoneInfo) -> tuple[Reading, ...]:
    """Return the readings worth keeping: older than 35 days one per hour, older than 400 days one per day.

    The last of each local hour or day stays, so ends of periods stay sharp; so do the very first reading and
    both sides of every drop. What was used in any window then changes by no more than what was used between
    the kept neighbours of its two ends.
    """
    kept = []
    for index, reading in enumerate(readings):
        if index in {0, len(readings) - 1}:
            kept.append(reading)
            continue
        before, after = readings[index - 1], readings[index + 1]
        at_drop = before.core_hours > reading.core_hours or reading.core_hours > after.core_hours
        if at_drop or _bucket(reading, now, zone) != _bucket(after, now, zone):
            kept.append(reading)
    return tuple(kept)


def aged(thinned_at: datetime | None, *, now: datetime) -> tuple[Window, ...]:
    """Return the spans whose readings may have become superfluous since they were thinned last.

    Each begins a step and a day earlier than what grew old, so that no hour or day is cut in two.
    """
    spans = []
    for old_after in (HOURLY_AFTER, DAILY_AFTER):
        start = _BEGINNING if thinned_at is None else thinned_at - old_after - 2 * PACE_NEEDS
        spans.append(Window(start=start, end=now - old_after))
    return tuple(span for span in spans if span.start < span.end)


def _bucket(reading: Reading, now: datetime, zone: ZoneInfo) -> tuple[object, ...]:
    """Name the step of time of which only the last reading is kept."""
    age = now - reading.confirmed_at
    local = reading.at.astimezone(zone)
    if age > DAILY_AFTER:
        return (local.date(),)
    if age > HOURLY_AFTER:
        return (local.date(), local.hour, local.utcoffset())
    return (reading.at, reading.core_hours)


def _points(readings: Sequence[Reading]) -> Iterator[tuple[datetime, float]]:
    """Return the corners of the counter's curve, in order of time.

    A reading taken after the clock stepped back can stand inside the last one's plateau: the plateau ends.
    """
    for reading, following in pairwise(readings):
        yield reading.at, reading.core_hours
        yield max(reading.at, min(reading.confirmed_at, following.at)), reading.core_hours
    yield readings[-1].at, readings[-1].core_hours
    yield readings[-1].confirmed_at, readings[-1].core_hours
