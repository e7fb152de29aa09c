"""Periods: the calendar that limits are counted in, always in the cluster's time zone.

Everything is computed on local dates and turned into UTC last, so a day that has 23 or 25 hours is one day.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Final, Self
from zoneinfo import ZoneInfo

from bot.domain.usage import Window

# `total` has no ends of its own; these are far enough and still have a local time in every zone.
EVER: Final = Window(start=datetime(1970, 1, 2, tzinfo=UTC), end=datetime(9000, 1, 1, tzinfo=UTC))
_SECOND: Final = timedelta(seconds=1)
_MONTHS: Final = {"month": 1, "quarter": 3, "year": 12}


class PeriodKind(StrEnum):
    """How a limit counts."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"
    RANGE = "range"
    TOTAL = "total"

    @property
    def repeats(self) -> bool:
        """Tell whether another one follows."""
        return self not in {PeriodKind.RANGE, PeriodKind.TOTAL}


@dataclass(frozen=True, kw_only=True, slots=True)
class Period:
    """A kind of period; a fixed range has its first and last date, both inclusive."""

    kind: PeriodKind
    first: date | None = None
    last: date | None = None

    def __post_init__(self) -> None:
        is_range = self.kind is PeriodKind.RANGE
        if is_range != (self.first is not None) or is_range != (self.last is not None):
            raise ValueError("a range, and only a range, has two dates")
        if self.first is not None and self.last is not None and self.last < self.first:
            raise ValueError("the range ends before it starts")

    @classmethod
    def between(cls, first: date, last: date) -> Self:
        """Return the fixed range of these dates, both inclusive."""
        return cls(kind=PeriodKind.RANGE, first=first, last=last)


DAY: Final = Period(kind=PeriodKind.DAY)
WEEK: Final = Period(kind=PeriodKind.WEEK)
MONTH: Final = Period(kind=PeriodKind.MONTH)
QUARTER: Final = Period(kind=PeriodKind.QUARTER)
YEAR: Final = Period(kind=PeriodKind.YEAR)
TOTAL: Final = Period(kind=PeriodKind.TOTAL)


def window(period: Period, now: datetime, zone: ZoneInfo) -> Window:
    """Return the period's window that holds `now`; a range's and `total`'s only one, wherever `now` is."""
    if period.first is not None and period.last is not None:
        return _days(period.first, period.last + timedelta(days=1), zone)
    if period.kind is PeriodKind.TOTAL:
        return EVER
    found = _around(period.kind, now.astimezone(zone).date(), zone)
    # Clocks that go back over midnight show yesterday's date again; time itself never goes back into a day.
    while now >= found.end:
        found = _around(period.kind, _first_date(found.end, zone), zone)
    return found


def next_window(period: Period, after: Window, zone: ZoneInfo) -> Window | None:
    """Return the window that follows; None for a range and `total`."""
    if not period.kind.repeats:
        return None
    return window(period, after.end, zone)


def previous_window(period: Period, before: Window, zone: ZoneInfo) -> Window | None:
    """Return the window before this one; None for a range and `total`."""
    if not period.kind.repeats:
        return None
    return window(period, before.start - _SECOND, zone)


def day_start(day: date, zone: ZoneInfo) -> datetime:
    """Return the first moment, in UTC, of a local date: its midnight, or what the clocks leave of it."""
    midnight = datetime.combine(day, time(), tzinfo=zone)
    # fold=0 is the earlier of two midnights, and for one that was skipped lies at or after the change.
    latest = midnight.astimezone(UTC)
    earliest = midnight.replace(fold=1).astimezone(UTC)
    if earliest >= latest:
        return latest
    while latest - earliest > _SECOND:  # the clocks jumped over midnight: find the second of the change
        middle = (earliest + (latest - earliest) / 2).replace(microsecond=0)
        earliest, latest = (earliest, middle) if middle.astimezone(zone).date() >= day else (middle, latest)
    return latest


def _around(kind: PeriodKind, day: date, zone: ZoneInfo) -> Window:
    if kind is PeriodKind.DAY:
        return _days(day, day + timedelta(days=1), zone)
    if kind is PeriodKind.WEEK:
        monday = day - timedelta(days=day.weekday())
        return _days(monday, monday + timedelta(days=7), zone)
    months = _MONTHS[kind]
    first = day.replace(month=(day.month - 1) // months * months + 1, day=1)
    following = first.month - 1 + months
    return _days(first, date(first.year + following // 12, following % 12 + 1, 1), zone)


def _days(first: date, following: date, zone: ZoneInfo) -> Window:
    return Window(start=day_start(first, zone), end=day_start(following, zone))


def _first_date(start: datetime, zone: ZoneInfo) -> date:
    """Return the local date that starts at this moment."""
    return start.astimezone(zone).date()
