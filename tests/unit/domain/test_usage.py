"""Use in a window, checked against an oracle that walks minute by minute."""

from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.usage import Reading, Window, follow, pace_per_day, thin, total, usage_in
from tests.unit.domain.kit import DAY, HOUR, NOON, SHANGHAI, reading, readings
from tests.unit.kit import table

MINUTE = timedelta(minutes=1)


@st.composite
def histories(draw: st.DrawFn, *, unit: timedelta = MINUTE, longest: int = 90) -> tuple[Reading, ...]:
    """Readings on whole units of time, with plateaus, gaps and resets; whole core-hours."""
    at, counter, made = NOON, 100, []
    for _ in range(draw(st.integers(1, 12))):
        plateau = draw(st.integers(0, longest))
        made.append(reading(float(counter), at, at + plateau * unit))
        at += (plateau + draw(st.integers(1, longest))) * unit
        step = draw(st.integers(0, 50))
        counter = step if draw(st.integers(0, 9)) == 0 else counter + step
    return tuple(made)


def minutes(start: datetime, end: datetime) -> int:
    return int((end - start) / MINUTE)


def oracle(window: Window, history: tuple[Reading, ...]) -> float:
    """Spread every gain over its minutes, then count the minutes inside."""
    gained_in: dict[int, float] = {}
    for one, other in pairwise(history):
        gained = other.core_hours if other.core_hours < one.core_hours else other.core_hours - one.core_hours
        first, last = minutes(NOON, one.confirmed_at), minutes(NOON, other.at)
        for minute in range(first, last):
            gained_in[minute] = gained_in.get(minute, 0.0) + gained / (last - first)
    return sum(gained_in.get(m, 0.0) for m in range(minutes(NOON, window.start), minutes(NOON, window.end)))


@given(histories(), st.integers(-60, 1500), st.integers(1, 1500))
def test_use_in_a_window_is_what_the_oracle_counts(
    history: tuple[Reading, ...], start: int, length: int
) -> None:
    window = Window(start=NOON + start * MINUTE, end=NOON + (start + length) * MINUTE)
    found = usage_in(window, history)
    if window.end <= NOON:
        assert found is None
        return
    assert found is not None
    assert found.core_hours == pytest.approx(oracle(window, history))
    assert found.since == (NOON if start < 0 else None)


@given(histories(), st.lists(st.integers(0, 1500), min_size=1, max_size=6))
def test_windows_side_by_side_add_up(history: tuple[Reading, ...], cuts: list[int]) -> None:
    ends = [NOON, *(NOON + cut * MINUTE for cut in sorted(set(cuts) - {0})), NOON + 5000 * MINUTE]
    parts = [usage_in(Window(start=start, end=end), history) for start, end in pairwise(ends)]
    whole = usage_in(Window(start=ends[0], end=ends[-1]), history)
    assert whole is not None
    assert sum(part.core_hours for part in parts if part) == pytest.approx(whole.core_hours)


def test_a_drop_is_a_reset_and_what_shows_after_it_is_new_use() -> None:
    history = readings((100, NOON), (130, NOON + HOUR), (20, NOON + 2 * HOUR))
    found = usage_in(Window(start=NOON, end=NOON + DAY), history)
    assert found is not None
    assert found.core_hours == 50


def test_a_reading_after_the_clock_stepped_back_is_counted_once_and_whole() -> None:
    """Confirmed until 13:00, then the clock says 12:20 again and the counter has grown."""
    history = (reading(100, NOON, NOON + HOUR), reading(130, NOON + HOUR / 3))
    found = usage_in(Window(start=NOON, end=NOON + DAY), history)
    assert found is not None
    assert found.core_hours == 30


def test_a_gain_in_no_time_belongs_to_one_of_two_windows() -> None:
    history = (reading(100, NOON, NOON + HOUR), reading(130, NOON + HOUR))
    halves = [
        usage_in(Window(start=NOON, end=NOON + HOUR), history),
        usage_in(Window(start=NOON + HOUR, end=NOON + DAY), history),
    ]
    assert [half.core_hours for half in halves if half] == [0, 30]


def test_total_is_the_counter_as_reported() -> None:
    found = total(readings((100, NOON), (20, NOON + HOUR)))
    assert found is not None
    assert found.core_hours == 20
    assert total(()) is None


def test_a_fresh_reading_confirms_follows_or_begins() -> None:
    first = reading(10, NOON)
    assert follow(None, first) == (first, True)
    assert follow(first, reading(10, NOON + HOUR)) == (reading(10, NOON, NOON + HOUR), False)
    assert follow(first, reading(11, NOON + HOUR)) == (reading(11, NOON + HOUR), True)


SECOND = timedelta(seconds=1)


@table(
    "asked answered core_hours",
    {
        "asked before the last one was answered, answered after it": (-9, 3, 4.0),
        "asked before the last one was asked": (-14, 1, 4.0),
        "a higher one may be from before a reset": (-9, 3, 99.0),
        "however little they overlap": (-0.1, 14, 4.0),
    },
)
def test_an_answer_that_was_overtaken_is_no_reset_and_no_use(
    asked: float, answered: float, core_hours: float
) -> None:
    """The last one was asked for ten seconds before noon and answered at noon."""
    last, _ = follow(None, reading(10, NOON - 10 * SECOND, NOON))
    fresh = reading(core_hours, NOON + asked * SECOND, NOON + answered * SECOND)
    assert follow(last, fresh) == (last, False)


def test_an_answer_that_was_overtaken_confirms_what_it_agrees_with() -> None:
    last, _ = follow(None, reading(10, NOON - 10 * SECOND, NOON))
    standing, is_new = follow(last, reading(10, NOON - 9 * SECOND, NOON + 3 * SECOND))
    assert (standing, is_new) == (reading(10, NOON, NOON + 3 * SECOND), False)


def test_a_reading_stands_at_the_moment_of_its_answer() -> None:
    last, _ = follow(None, reading(10, NOON - 10 * SECOND, NOON))
    assert last == reading(10, NOON)
    assert follow(last, reading(4, NOON, NOON + 2 * SECOND)) == (reading(4, NOON + 2 * SECOND), True)


def test_a_fresh_reading_never_stands_before_the_last_one() -> None:
    last = reading(10, NOON, NOON + HOUR)
    standing, is_new = follow(last, reading(12, NOON + HOUR / 2))
    assert is_new
    assert standing.at > last.confirmed_at
    assert follow(last, reading(10, NOON)) == (last, False)


def test_pace_is_told_from_a_days_readings_on() -> None:
    history = readings((0, NOON), (10, NOON + DAY / 2), (20, NOON + DAY), (160, NOON + 8 * DAY))
    assert pace_per_day((), now=NOON) is None
    assert pace_per_day(history[:2], now=NOON + DAY / 2) is None
    assert pace_per_day(history[:3], now=NOON + DAY) == pytest.approx(20)
    assert pace_per_day(history, now=NOON + 8 * DAY) == pytest.approx(20)


OLD = NOON + 800 * DAY


@given(histories(unit=10 * MINUTE, longest=12), st.integers(0, 300), st.integers(1, 300))
def test_thinning_changes_a_window_by_no_more_than_the_thinned_steps(
    history: tuple[Reading, ...], start: int, length: int
) -> None:
    kept = thin(history, now=OLD, zone=SHANGHAI)
    window = Window(start=NOON + start * 10 * MINUTE, end=NOON + (start + length) * 10 * MINUTE)
    before, after = usage_in(window, history), usage_in(window, kept)
    assert before is not None
    assert after is not None
    assert (
        abs(before.core_hours - after.core_hours)
        <= step_at(window.start, kept) + step_at(window.end, kept) + 1e-9
    )
    assert before.since == after.since


def step_at(moment: datetime, kept: tuple[Reading, ...]) -> float:
    """Return what was used between the kept neighbours of a moment."""
    around = [pair for pair in pairwise(kept) if pair[0].at <= moment <= pair[1].at]
    return max((abs(other.core_hours - one.core_hours) for one, other in around), default=0.0)


@given(histories(unit=10 * MINUTE, longest=12), st.sampled_from([10, 36, 50, 401, 800]))
def test_thinning_keeps_the_whole_and_is_done_once(history: tuple[Reading, ...], days: int) -> None:
    now = NOON + days * DAY
    kept = thin(history, now=now, zone=SHANGHAI)
    ever = Window(start=NOON - DAY, end=now)
    assert usage_in(ever, kept) == usage_in(ever, history)
    assert thin(kept, now=now, zone=SHANGHAI) == kept
    assert set(kept) <= set(history)


@pytest.mark.parametrize(("age", "left"), [(DAY, 6 * 24 * 3), (36 * DAY, 24 * 3 + 1), (401 * DAY, 3 + 1)])
def test_what_is_old_is_kept_once_an_hour_and_then_once_a_day(age: timedelta, left: int) -> None:
    start = NOON + 12 * HOUR  # a local midnight
    history = readings(*((float(n), start + n * 10 * MINUTE) for n in range(6 * 24 * 3)))
    assert len(thin(history, now=history[-1].at + age, zone=SHANGHAI)) == left
