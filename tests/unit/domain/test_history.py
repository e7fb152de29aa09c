"""Use per local day, checked against `usage_in` and a clock that walks minute by minute."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.errors import HistoryWordUnknown
from bot.domain.history import DayUse, Known, Trend, find, last_days, limit_per_day, together, use_per_day
from bot.domain.history_words import HistoryWish, parse_history
from bot.domain.periods import DAY, MONTH, TOTAL, WEEK, Period, day_start
from bot.domain.usage import Reading, Window, usage_in
from tests.unit.domain.kit import NOON, SHANGHAI, limit, reading
from tests.unit.kit import table

HOUR = timedelta(hours=1)
BERLIN = ZoneInfo("Europe/Berlin")
ZONES = (SHANGHAI, BERLIN, ZoneInfo("America/New_York"), ZoneInfo("Australia/Lord_Howe"), ZoneInfo("UTC"))
# Both changes of each year's clocks, north and south, and days without one.
MOMENTS = st.integers(0, 365 * 24 * 60).map(
    lambda minutes: datetime(2026, 1, 1, tzinfo=UTC) + minutes * HOUR / 60
)


@st.composite
def pasts(draw: st.DrawFn) -> tuple[Reading, ...]:
    """Readings with plateaus, gaps of up to four days and resets."""
    at, counter, made = draw(MOMENTS), 100, []
    for _ in range(draw(st.integers(0, 12))):
        plateau = timedelta(minutes=draw(st.integers(0, 3000)))
        made.append(reading(float(counter), at, at + plateau))
        at += plateau + timedelta(minutes=draw(st.integers(1, 6000)))
        step = draw(st.integers(0, 50))
        counter = step if draw(st.integers(0, 9)) == 0 else counter + step
    return tuple(made)


def window_of(day: date, zone: ZoneInfo) -> Window:
    return Window(start=day_start(day, zone), end=day_start(day + timedelta(days=1), zone))


@given(pasts(), MOMENTS, st.sampled_from(ZONES), st.sampled_from((7, 30)))
def test_each_day_is_what_usage_in_counts_or_unknown(
    past: tuple[Reading, ...], now: datetime, zone: ZoneInfo, count: int
) -> None:
    days = last_days(count, now=now, zone=zone)
    for use in use_per_day(past, days, zone):
        inside = window_of(use.day, zone)
        said = past and past[0].at < inside.end and past[-1].confirmed_at > inside.start
        if not said or past[0].at == past[-1].confirmed_at:
            assert (use.core_hours, use.known) == (None, Known.NOTHING)
            continue
        counted = usage_in(inside, past)
        assert counted is not None
        assert use.core_hours == pytest.approx(counted.core_hours, abs=1e-6)
        whole = past[0].at <= inside.start and past[-1].confirmed_at >= inside.end
        seen = any(one.at < inside.end and one.confirmed_at >= inside.start for one in past)
        assert use.known is (Known.PART if not whole else Known.WHOLE if seen else Known.SPREAD)


@given(MOMENTS, st.sampled_from(ZONES), st.sampled_from((7, 14, 30, 90)))
def test_the_last_days_lie_side_by_side_and_end_today(now: datetime, zone: ZoneInfo, count: int) -> None:
    days = last_days(count, now=now, zone=zone)
    assert len(days) == count
    assert days[-1] == now.astimezone(zone).date()
    for one, following in pairwise(days):
        assert window_of(one, zone).end == window_of(following, zone).start


@table(
    "noon hours",
    {
        "the day the clocks go forward has 23 hours": (datetime(2026, 3, 29, 10, tzinfo=UTC), 23),
        "the day they go back has 25": (datetime(2026, 10, 25, 10, tzinfo=UTC), 25),
        "any other has 24": (datetime(2026, 10, 24, 10, tzinfo=UTC), 24),
    },
)
def test_a_day_is_as_long_as_the_zone_makes_it(noon: datetime, hours: int) -> None:
    """One core-hour an hour, read once an hour for three days."""
    start = noon - 40 * HOUR
    past = tuple(reading(float(hour), start + hour * HOUR) for hour in range(80))
    today = last_days(1, now=noon, zone=BERLIN)
    (use,) = use_per_day(past, today, BERLIN)
    assert (use.day, use.known) == (noon.date(), Known.WHOLE)
    assert use.core_hours == pytest.approx(hours)


def test_a_date_that_the_zone_skipped_is_no_day() -> None:
    samoa = ZoneInfo("Pacific/Apia")
    days = last_days(3, now=datetime(2011, 12, 31, 12, tzinfo=UTC), zone=samoa)
    assert [day.isoformat() for day in days] == ["2011-12-29", "2011-12-31", "2012-01-01"]


def test_a_single_reading_says_nothing_of_any_day() -> None:
    (use,) = use_per_day((reading(5, NOON),), [NOON.date()], SHANGHAI)
    assert use.core_hours is None


def uses(*core_hours: float | None, known: Known = Known.WHOLE) -> tuple[DayUse, ...]:
    first = date(2026, 11, 1)
    return tuple(
        DayUse(
            day=first + timedelta(days=place),
            core_hours=value,
            known=Known.NOTHING if value is None else known,
        )
        for place, value in enumerate(core_hours)
    )


def test_people_add_up_and_a_day_without_anybody_is_unknown() -> None:
    summed = together([uses(None, 1, 2), uses(None, None, 3, known=Known.SPREAD)])
    assert [use.core_hours for use in summed] == [None, 1, 5]
    assert [use.known for use in summed] == [Known.NOTHING, Known.WHOLE, Known.SPREAD]


@table(
    "core_hours trend change",
    {
        "the newer half more": ((10, 10, 20, 20), Trend.RISING, 1.0),
        "the newer half less": ((20, 20, 5, 5), Trend.FALLING, -0.75),
        "a tenth is about as much": ((100, 100, 110, 109), Trend.STEADY, 0.095),
        "the middle of an odd number is in neither": ((10, 10, 99, 20, 20), Trend.RISING, 1.0),
        "three days say nothing": ((1, 2, 3), None, None),
        "nothing to compare with": ((0, 0, 20, 20), None, None),
    },
)
def test_the_trend(core_hours: tuple[float, ...], trend: Trend | None, change: float | None) -> None:
    found = find(uses(*core_hours), limit_per_day=None)
    assert found.trend is trend
    assert found.change == (None if change is None else pytest.approx(change))


def test_what_stands_out_and_todays_part_moves_no_mean() -> None:
    today = DayUse(day=date(2026, 11, 5), core_hours=1.0, known=Known.PART)
    found = find((*uses(None, 10, 30, 20), today), limit_per_day=15)
    assert (found.core_hours, found.mean, found.days, found.over) == (61, 20, 3, 2)
    assert found.busiest == DayUse(day=date(2026, 11, 3), core_hours=30, known=Known.WHOLE)


def test_nothing_stands_out_where_nothing_was_used_or_known() -> None:
    assert find(uses(0, 0), limit_per_day=None).busiest is None
    empty = find(uses(None, None), limit_per_day=5)
    assert (empty.mean, empty.busiest, empty.core_hours, empty.over) == (None, None, 0, 0)


@table(
    "periods per_day",
    {
        "a day's limit is itself": ([(24, DAY)], 24),
        "a month's is spread over its days": ([(3000, MONTH)], 100),
        "the tightest counts": ([(3000, MONTH), (70, WEEK)], 10),
        "a range while it lasts": ([(30, Period.between(date(2026, 11, 10), date(2026, 11, 15)))], 5),
        "a range that is over": ([(30, Period.between(date(2026, 10, 1), date(2026, 10, 5)))], None),
        "the total has no days": ([(30, TOTAL)], None),
        "no limit": ([], None),
    },
)
def test_a_limit_as_core_hours_a_day(periods: list[tuple[float, Period]], per_day: float | None) -> None:
    limits = [limit(core_hours, period=period) for core_hours, period in periods]
    assert limit_per_day(limits, now=NOON, zone=SHANGHAI) == (
        None if per_day is None else pytest.approx(per_day)
    )


@table(
    "text wish",
    {
        "nothing is mine of two weeks": ("", HistoryWish()),
        "days alone": ("30d", HistoryWish(span=30)),
        "a bare number": ("90", HistoryWish(span=90)),
        "days in words": ("7 days", HistoryWish(span=7)),
        "the team": ("Team 90D", HistoryWish(team=True, span=90)),
        "days first": ("7d team", HistoryWish(team=True, span=7)),
        "a person": ("<@U1ANNA|anna b> 7d", HistoryWish(user="U1ANNA", span=7)),
        "me": ("me", HistoryWish()),
        "in Chinese": ("团队 30天", HistoryWish(team=True, span=30)),
    },
)
def test_the_words_of_history(text: str, wish: HistoryWish) -> None:
    assert parse_history(text) == wish


@table(
    "text word",
    {
        "another number of days": ("15d", "15d"),
        "a name without a mention": ("anna", "anna"),
        "two spans": ("7d 14d", "14d"),
        "two people": ("team <@U1>", "<@U1>"),
        "a unit of nothing": ("days", "days"),
        "a channel": ("<#C1|hpc>", "<#C1|hpc>"),
    },
)
def test_a_word_that_does_not_fit_is_named(text: str, word: str) -> None:
    with pytest.raises(HistoryWordUnknown) as raised:
        parse_history(text)
    assert raised.value.word == word


@given(
    st.builds(
        HistoryWish,
        user=st.none() | st.from_regex(r"[UW][A-Z0-9]{1,10}", fullmatch=True),
        span=st.sampled_from((7, 14, 30, 90)),
        cluster=st.none() | st.from_regex(r"[a-z][a-z0-9-]{0,31}", fullmatch=True),
    )
    | st.builds(HistoryWish, team=st.just(True), span=st.sampled_from((7, 14, 30, 90)))
)
def test_a_button_s_value_is_read_back(wish: HistoryWish) -> None:
    assert HistoryWish.read(wish.write()) == wish


@given(st.text(max_size=60))
def test_any_value_of_a_button_is_a_wish(value: str) -> None:
    assert isinstance(HistoryWish.read(value), HistoryWish)
