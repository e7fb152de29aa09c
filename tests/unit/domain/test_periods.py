"""Windows of periods, checked against a walk through the local calendar."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.periods import (
    DAY,
    EVER,
    MONTH,
    QUARTER,
    TOTAL,
    WEEK,
    YEAR,
    Period,
    PeriodKind,
    day_start,
    next_window,
    previous_window,
    window,
)
from bot.domain.usage import Window

REPEATING = (DAY, WEEK, MONTH, QUARTER, YEAR)
ZONES = (
    *("Asia/Shanghai", "UTC", "Europe/Berlin", "America/Los_Angeles", "Asia/Kolkata", "Australia/Lord_Howe"),
    # Clocks that change at midnight, go back over it, or leave a whole day out.
    *("America/Havana", "Asia/Beirut", "America/St_Johns", "Pacific/Apia", "America/Sao_Paulo", "Asia/Gaza"),
)
zones = st.sampled_from(ZONES).map(ZoneInfo)
moments = st.datetimes(datetime(2000, 1, 3), datetime(2037, 12, 1)).map(lambda at: at.replace(tzinfo=UTC))  # noqa: DTZ001 (made aware)


def starts(period: Period, day: date) -> bool:
    """Say, as plainly as can be, whether a period begins with this local date."""
    match period.kind:
        case PeriodKind.DAY:
            return True
        case PeriodKind.WEEK:
            return day.isoweekday() == 1
        case PeriodKind.MONTH:
            return day.day == 1
        case PeriodKind.QUARTER:
            return (day.month, day.day) in {(1, 1), (4, 1), (7, 1), (10, 1)}
        case _:
            return (day.month, day.day) == (1, 1)


@given(st.sampled_from(REPEATING), moments, zones)
def test_a_window_holds_its_moment_and_touches_its_neighbours(
    period: Period, now: datetime, zone: ZoneInfo
) -> None:
    found = window(period, now, zone)
    following = next_window(period, found, zone)
    before = previous_window(period, found, zone)
    assert found.start <= now < found.end
    assert following is not None
    assert following.start == found.end
    assert before is not None
    assert before.end == found.start
    assert window(period, found.start, zone) == found
    assert window(period, found.end - timedelta(microseconds=1), zone) == found


@given(st.sampled_from(REPEATING), moments, zones)
def test_a_window_starts_and_ends_where_the_calendar_says(
    period: Period, now: datetime, zone: ZoneInfo
) -> None:
    found = window(period, now, zone)
    first, after = found.start.astimezone(zone).date(), found.end.astimezone(zone).date()
    skipped = {date(2011, 12, 30)} if zone.key == "Pacific/Apia" else set()
    assert starts(period, first) or first - timedelta(days=1) in skipped
    inside = [first + timedelta(days=n) for n in range(1, (after - first).days)]
    assert not [day for day in inside if starts(period, day)]
    assert starts(period, after) or after - timedelta(days=1) in skipped


@given(moments.map(lambda at: at.date()), zones)
def test_a_day_starts_with_the_first_second_that_shows_its_date(day: date, zone: ZoneInfo) -> None:
    start = day_start(day, zone)
    second = timedelta(seconds=1)
    assert (start - second).astimezone(zone).date() < day <= start.astimezone(zone).date()


def test_days_of_23_and_25_hours_are_one_day() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    lengths = [
        (found.end - found.start) / timedelta(hours=1)
        for day in (datetime(2026, 3, 29, 12, tzinfo=UTC), datetime(2026, 10, 25, 12, tzinfo=UTC))
        for found in (window(DAY, day, berlin),)
    ]
    assert lengths == [23, 25]


def test_the_month_in_shanghai_begins_at_16_00_utc() -> None:
    found = window(MONTH, datetime(2026, 11, 30, 17, tzinfo=UTC), ZoneInfo("Asia/Shanghai"))
    assert found == Window(
        start=datetime(2026, 11, 30, 16, tzinfo=UTC), end=datetime(2026, 12, 31, 16, tzinfo=UTC)
    )


def test_a_range_holds_both_its_dates() -> None:
    autumn = Period.between(date(2026, 9, 1), date(2026, 12, 31))
    found = window(autumn, datetime(2020, 1, 1, tzinfo=UTC), ZoneInfo("Asia/Shanghai"))
    assert found.start == datetime(2026, 8, 31, 16, tzinfo=UTC)
    assert found.end == datetime(2026, 12, 31, 16, tzinfo=UTC)
    assert next_window(autumn, found, ZoneInfo("UTC")) is None
    assert previous_window(autumn, found, ZoneInfo("UTC")) is None


def test_total_is_always_the_same_window() -> None:
    assert window(TOTAL, datetime(2026, 1, 1, tzinfo=UTC), ZoneInfo("Asia/Shanghai")) == EVER


@pytest.mark.parametrize(
    ("kind", "first", "last"),
    [
        (PeriodKind.RANGE, None, None),
        (PeriodKind.RANGE, date(2026, 1, 1), None),
        (PeriodKind.RANGE, date(2026, 1, 2), date(2026, 1, 1)),
        (PeriodKind.MONTH, date(2026, 1, 1), date(2026, 1, 2)),
    ],
)
def test_only_a_range_has_dates(kind: PeriodKind, first: date | None, last: date | None) -> None:
    with pytest.raises(ValueError, match="range"):
        Period(kind=kind, first=first, last=last)
