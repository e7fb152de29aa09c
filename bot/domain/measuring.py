"""From readings to a measurement: what a limit has used, as of when, and how much of it is missing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from bot.domain.alerts import Measured
from bot.domain.periods import Period, PeriodKind
from bot.domain.usage import Reading, Usage, Window, total, usage_in

STALE_INTERVALS: Final = 3
STALE_GAPS: Final = 2


@dataclass(frozen=True, kw_only=True, slots=True)
class Series:
    """One link's readings in order of time, from before the period on, and the planned gap between polls."""

    readings: Sequence[Reading]
    planned_gap: timedelta


def stale_after(planned_gap: timedelta, *, poll_interval: timedelta) -> timedelta:
    """Return the age from which a reading is stale: over 3 poll intervals and over twice the planned gap."""
    return max(STALE_INTERVALS * poll_interval, STALE_GAPS * planned_gap)


def usage_of(period: Period, inside: Window, readings: Sequence[Reading]) -> Usage | None:
    """Return the use of one link in the window; the counter as reported for `total`."""
    return total(readings) if period.kind is PeriodKind.TOTAL else usage_in(inside, readings)


def measure(
    period: Period, inside: Window, series: Sequence[Series], *, poll_interval: timedelta, now: datetime
) -> Measured:
    """Measure one link, or the sum of several.

    A sum is as old as its oldest fresh link; links that are stale or have no reading count as missing.
    """
    found = [one for one in series if one.readings]
    ages = [
        (one.readings[-1].confirmed_at, stale_after(one.planned_gap, poll_interval=poll_interval))
        for one in found
    ]
    fresh = [(as_of, allowed) for as_of, allowed in ages if now - as_of <= allowed]
    usages = [usage for one in found if (usage := usage_of(period, inside, one.readings)) is not None]
    taken = fresh or ages
    moments = [as_of for as_of, _ in taken]
    return Measured(
        window=inside,
        core_hours=sum(usage.core_hours for usage in usages),
        as_of=min(moments) if fresh else max(moments, default=None),
        stale_after=max((allowed for _, allowed in taken), default=timedelta()),
        since=max((usage.since for usage in usages if usage.since is not None), default=None),
        missing=len(series) - len(fresh),
    )
