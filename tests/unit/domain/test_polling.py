"""When a link is polled next."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.alerts import AlertState
from bot.domain.polling import LEAST_INTERVALS, MOST_INTERVALS, Watched, next_gap
from bot.domain.usage import Reading, Window
from tests.unit.domain.kit import DAY, HOUR, NOON, limit, reading, readings

INTERVAL = timedelta(minutes=10)
LONGEST, SHORTEST = MOST_INTERVALS * INTERVAL, LEAST_INTERVALS * INTERVAL
MONTH = Window(start=NOON - 10 * DAY, end=NOON + 20 * DAY)


def watched(used: float, *, told: int = 0, window: Window = MONTH) -> Watched:
    """A limit of 1,000 core-hours with the usual thresholds."""
    return Watched(limit=limit(), state=AlertState(window=window, told=told, core_hours=used), window=window)


def gap(history: tuple[Reading, ...], *limits: Watched) -> timedelta:
    return next_gap(history, limits, poll_interval=INTERVAL, now=NOON)


STEADY = readings((100, NOON - 2 * HOUR), (110, NOON - HOUR), (120, NOON))  # 10 core-hours an hour


def test_without_limits_or_readings_or_use_the_gap_is_the_longest() -> None:
    assert gap(STEADY) == LONGEST
    assert gap((), watched(499)) == LONGEST
    assert gap((reading(100, NOON - DAY, NOON),), watched(499)) == LONGEST


def test_a_quarter_of_the_time_to_the_next_threshold() -> None:
    # 10 core-hours below 50 % on a pace of 10 an hour: an hour.
    assert gap(STEADY, watched(490)) == timedelta(minutes=15)
    assert gap(STEADY, watched(490), watched(495)) == timedelta(minutes=7.5)


def test_far_and_near_are_clamped() -> None:
    assert gap(STEADY, watched(10)) == LONGEST
    assert gap(STEADY, watched(499.9)) == SHORTEST


def test_told_thresholds_and_passed_ones_do_not_count() -> None:
    assert gap(STEADY, watched(499.9, told=50)) == LONGEST
    assert gap(STEADY, watched(500.1)) == LONGEST
    assert gap(STEADY, watched(2000, told=100)) == LONGEST


def test_the_steepest_recent_step_counts_and_old_ones_do_not() -> None:
    burst = readings((0, NOON - 3 * HOUR), (40, NOON - 2 * HOUR), (41, NOON))
    assert gap(burst, watched(460)) == timedelta(minutes=15)
    old = readings((0, NOON - 9 * HOUR), (40, NOON - 8 * HOUR), (41, NOON))
    assert gap(old, watched(460)) == LONGEST


def test_a_reset_is_new_use_and_steps_in_no_time_are_no_infinite_pace() -> None:
    reset = readings((500, NOON - HOUR), (10, NOON))
    assert gap(reset, watched(490)) == timedelta(minutes=15)
    tick = readings((0, NOON - timedelta(milliseconds=1)), (1, NOON))
    assert gap(tick, watched(10)) == pytest.approx(timedelta(minutes=60), abs=timedelta(minutes=1))


def test_no_gap_goes_past_the_end_of_a_window() -> None:
    short = Window(start=NOON - DAY, end=NOON + timedelta(minutes=20))
    assert gap(STEADY, watched(10, window=short)) == timedelta(minutes=20)


def test_a_state_of_the_last_period_counts_as_nothing_used() -> None:
    last = replace(watched(499), state=AlertState(window=Window(start=NOON - 40 * DAY, end=MONTH.start)))
    assert gap(STEADY, last) == LONGEST


@given(
    st.lists(st.floats(0, 1e9), max_size=6),
    st.floats(0, 1e9),
    st.sampled_from((0, 50, 80, 90, 100)),
)
def test_the_gap_is_always_within_its_bounds(values: list[float], used: float, told: int) -> None:
    history = tuple(reading(value, NOON - (6 - n) * HOUR) for n, value in enumerate(values))
    assert SHORTEST <= gap(history, watched(used, told=told)) <= LONGEST
