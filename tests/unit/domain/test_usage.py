"""Usage in a window, pace and months, held against an oracle that counts hour by hour."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.usage import Reading, Usage, Window, month_around, pace_per_day, usage_in
from tests.unit.kit import reading, table

START = datetime(2026, 3, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)

# (hour it was first seen, hours it stayed, value)
Row = tuple[int, int, int]


def at(hour: float) -> datetime:
    return START + hour * HOUR


def readings(*rows: Row) -> list[Reading]:
    return [reading(float(value), at(seen), at(seen + stayed)) for seen, stayed, value in rows]


def window(start: float, end: float) -> Window:
    return Window(start=at(start), end=at(end))


def oracle(rows: Sequence[Row], start: int, end: int) -> tuple[Fraction, int | None] | None:
    """Walk every hour, ask which two neighbouring points it lies between, and take its share."""
    points: list[tuple[int, int]] = []
    for seen, stayed, value in rows:
        points.append((seen, value))
        if stayed:
            points.append((seen + stayed, value))
    if not points or points[0][0] >= end or points[-1][0] < start:
        return None
    used = Fraction(0)
    for hour in range(start, end):
        for (before, low), (after, high) in pairwise(points):
            if before <= hour < after:
                used += Fraction(high - low if high >= low else high, after - before)
    return used, points[0][0] if points[0][0] > start else None


@st.composite
def histories(draw: st.DrawFn) -> list[Row]:
    """Readings in order of time, with gaps, resets, and values that stayed."""
    rows: list[Row] = []
    hour = draw(st.integers(-100, 50))
    for _ in range(draw(st.integers(0, 8))):
        stayed = draw(st.integers(0, 30))
        rows.append((hour, stayed, draw(st.integers(0, 500))))
        hour += stayed + draw(st.integers(1, 60))
    return rows


@given(rows=histories(), start=st.integers(-120, 120), length=st.integers(1, 150))
def test_usage_is_what_counting_hour_by_hour_gives(rows: list[Row], start: int, length: int) -> None:
    found = usage_in(window(start, start + length), readings(*rows))
    expected = oracle(rows, start, start + length)
    if expected is None:
        assert found is None
        return
    used, since = expected
    assert found is not None
    assert found.core_hours == pytest.approx(float(used), rel=1e-9, abs=1e-9)
    assert found.since == (None if since is None else at(since))


@given(rows=histories(), cuts=st.tuples(st.integers(0, 60), st.integers(1, 60), st.integers(1, 60)))
def test_two_halves_are_the_whole(rows: list[Row], cuts: tuple[int, int, int]) -> None:
    start, middle, end = cuts[0], cuts[0] + cuts[1], sum(cuts)
    halves = [usage_in(window(*each), readings(*rows)) for each in ((start, middle), (middle, end))]
    whole = usage_in(window(start, end), readings(*rows))
    assert sum(half.core_hours for half in halves if half) == pytest.approx(
        whole.core_hours if whole else 0, rel=1e-9, abs=1e-9
    )


@given(rows=histories(), start=st.integers(-100, 100), length=st.integers(1, 100))
def test_usage_is_never_negative(rows: list[Row], start: int, length: int) -> None:
    found = usage_in(window(start, start + length), readings(*rows))
    assert found is None or found.core_hours >= 0


@table(
    "rows start end used",
    {
        "no readings say nothing": ([], 0, 10, None),
        "readings that begin behind it say nothing": ([(10, 0, 5)], 0, 10, None),
        "readings that end before it say nothing, not zero": ([(-9, 1, 5), (-5, 1, 6)], 0, 10, None),
        "a reading that was confirmed in it says zero": (
            [(-9, 10, 5)],
            0,
            10,
            Usage(core_hours=0, since=None),
        ),
        "one reading in it says zero since then": ([(3, 0, 7)], 0, 10, Usage(core_hours=0, since=at(3))),
        "an increase within counts": ([(0, 0, 5), (8, 0, 9)], 0, 10, Usage(core_hours=4, since=None)),
        "an increase across its start counts in part": (
            [(-10, 0, 0), (10, 0, 20)],
            0,
            20,
            Usage(core_hours=10, since=None),
        ),
        "an increase across both ends counts in part": (
            [(-10, 0, 0), (30, 0, 40)],
            0,
            10,
            Usage(core_hours=10, since=None),
        ),
        "a value that stayed moves the increase to where it was": (
            [(-10, 20, 0), (20, 0, 10)],
            0,
            10,
            Usage(core_hours=0, since=None),
        ),
        "after a reset what shows is new": (
            [(0, 0, 100), (5, 0, 3), (6, 0, 4)],
            0,
            10,
            Usage(core_hours=4, since=None),
        ),
        "a reset to zero is no use": ([(0, 0, 100), (5, 0, 0)], 0, 10, Usage(core_hours=0, since=None)),
        "a reading at its start is before it": (
            [(0, 0, 5), (1, 0, 6)],
            0,
            10,
            Usage(core_hours=1, since=None),
        ),
        "a reading at its end is not in it": (
            [(0, 0, 5), (10, 0, 6)],
            0,
            5,
            Usage(core_hours=0.5, since=None),
        ),
    },
)
def test_usage_in_a_window(rows: list[Row], start: int, end: int, used: Usage | None) -> None:
    assert usage_in(window(start, end), readings(*rows)) == used


@table(
    "zone now start end",
    {
        "a month begins at the cluster's midnight": (
            "Asia/Shanghai",
            "2026-10-31T16:00+00:00",
            "2026-10-31T16:00+00:00",
            "2026-11-30T16:00+00:00",
        ),
        "a moment before it is the month before": (
            "Asia/Shanghai",
            "2026-10-31T15:59:59.999999+00:00",
            "2026-09-30T16:00+00:00",
            "2026-10-31T16:00+00:00",
        ),
        "December ends with the year": (
            "UTC",
            "2026-12-31T23:59:59+00:00",
            "2026-12-01T00:00+00:00",
            "2027-01-01T00:00+00:00",
        ),
        "February of a leap year": (
            "UTC",
            "2028-02-29T12:00+00:00",
            "2028-02-01T00:00+00:00",
            "2028-03-01T00:00+00:00",
        ),
        "a month that loses an hour": (
            "America/New_York",
            "2026-03-20T12:00+00:00",
            "2026-03-01T05:00+00:00",
            "2026-04-01T04:00+00:00",
        ),
        "a month that gains an hour": (
            "Europe/Berlin",
            "2026-10-25T00:30+00:00",
            "2026-09-30T22:00+00:00",
            "2026-10-31T23:00+00:00",
        ),
        "the second two o'clock of that night": (
            "Europe/Berlin",
            "2026-10-25T01:30+00:00",
            "2026-09-30T22:00+00:00",
            "2026-10-31T23:00+00:00",
        ),
        "a midnight that comes twice is the first": (
            "America/Havana",
            "2026-11-01T05:30+00:00",
            "2026-11-01T04:00+00:00",
            "2026-12-01T05:00+00:00",
        ),
        "half an hour of summer time": (
            "Australia/Lord_Howe",
            "2026-04-10T12:00+00:00",
            "2026-03-31T13:00+00:00",
            "2026-04-30T13:30+00:00",
        ),
        "a now of another zone": (
            "Asia/Shanghai",
            "2026-10-31T23:30-05:00",
            "2026-10-31T16:00+00:00",
            "2026-11-30T16:00+00:00",
        ),
    },
)
def test_the_month_around(zone: str, now: str, start: str, end: str) -> None:
    found = month_around(datetime.fromisoformat(now), ZoneInfo(zone))
    assert found == Window(start=datetime.fromisoformat(start), end=datetime.fromisoformat(end))
    assert (found.start.tzinfo, found.end.tzinfo) == (UTC, UTC)


@table(
    "zone month hours",
    {
        "spring": ("America/New_York", 3, 31 * 24 - 1),
        "autumn": ("America/New_York", 11, 30 * 24 + 1),
        "no change": ("Asia/Shanghai", 3, 31 * 24),
        "half an hour": ("Australia/Lord_Howe", 10, 31 * 24 - 0.5),
    },
)
def test_a_month_is_as_long_as_its_real_hours(zone: str, month: int, hours: float) -> None:
    found = month_around(datetime(2026, month, 15, tzinfo=UTC), ZoneInfo(zone))
    assert (found.end - found.start) / HOUR == hours
    steady = [reading(0.0, found.start), reading(hours, found.end)]
    used = usage_in(found, steady)
    assert used is not None
    assert used.core_hours == pytest.approx(hours)


@given(
    now=st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    zone=st.sampled_from(
        ["UTC", "Asia/Shanghai", "America/New_York", "Europe/Berlin", "Asia/Kathmandu", "Pacific/Chatham"]
    ),
)
def test_every_moment_is_in_its_month_and_months_leave_no_gap(now: datetime, zone: str) -> None:
    found = month_around(now, ZoneInfo(zone))
    assert found.start <= now < found.end
    local = found.start.astimezone(ZoneInfo(zone))
    assert (local.day, local.hour, local.minute) == (1, 0, 0)
    assert month_around(found.end, ZoneInfo(zone)).start == found.end
    assert month_around(found.end - timedelta(microseconds=1), ZoneInfo(zone)) == found


DAY = 24


@table(
    "rows now pace",
    {
        "nothing says nothing": ([], 0, None),
        "one reading says nothing": ([(0, 0, 5)], DAY, None),
        "less than a day says nothing": ([(0, 0, 5), (23, 0, 9)], 23, None),
        "a day is enough": ([(0, 0, 5), (DAY, 0, 9)], DAY, 4.0),
        "a value that stayed a day is no pace": ([(0, DAY, 5)], DAY, 0.0),
        "only the last seven days count": ([(0, 0, 0), (DAY, 0, 700), (8 * DAY, 0, 707)], 8 * DAY, 1.0),
        "days with no reading are no days": ([(0, 0, 0), (2 * DAY, 0, 10)], 30 * DAY, 5.0),
        "a reset does not count back": ([(0, 0, 100), (2 * DAY, 0, 8)], 2 * DAY, 4.0),
        "what is later than now is not known yet": ([(0, 0, 0), (4 * DAY, 0, 8)], 2 * DAY, 2.0),
        "readings all later than now say nothing": ([(DAY, 0, 0), (4 * DAY, 0, 8)], 0, None),
    },
)
def test_pace_per_day(rows: list[Row], now: int, pace: float | None) -> None:
    found = pace_per_day(readings(*rows), now=at(now))
    assert found == (None if pace is None else pytest.approx(pace))
