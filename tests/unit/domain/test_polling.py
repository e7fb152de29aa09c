"""When a link is polled next."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.polling import Watch, chance_of_use, next_gap, watch
from bot.domain.usage import Reading
from tests.unit.domain.kit import DAY, HOUR, INTERVAL, NOON, limit, measured, reading, readings

FAR = NOON + 20 * DAY
LONGEST, SHORTEST = 6 * INTERVAL, INTERVAL / 5
MINUTE = timedelta(minutes=1)
NOBODY_WORKS = (reading(100, NOON - 30 * DAY, NOON),)


def gap(room: float | None, *history: Reading, ends_in: timedelta = 20 * DAY) -> timedelta:
    one = Watch(room_core_hours=room, ends_at=NOON + ends_in)
    return next_gap(history, [one], poll_interval=INTERVAL, now=NOON)


def test_without_limits_a_link_is_polled_every_six_intervals() -> None:
    assert next_gap(readings((0, NOON)), [], poll_interval=INTERVAL, now=NOON) == LONGEST


def test_all_thresholds_passed_is_as_if_there_were_no_limit() -> None:
    assert gap(None, *readings((0, NOON - HOUR), (100, NOON))) == LONGEST


def test_who_never_works_is_polled_every_six_intervals() -> None:
    assert gap(10, *NOBODY_WORKS) == LONGEST


def test_who_is_new_is_watched_a_little() -> None:
    assert SHORTEST < gap(10, reading(100, NOON)) < LONGEST


def test_on_a_steep_pace_we_come_back_halfway_to_the_crossing() -> None:
    history = readings((0, NOON - 30 * DAY), (0, NOON - HOUR), (60, NOON))
    assert gap(10, *history) == 5 * MINUTE


def test_closer_than_a_fifth_of_the_interval_is_never_polled() -> None:
    history = readings((0, NOON - HOUR), (60, NOON))
    assert gap(0.1, *history) == SHORTEST


def test_a_pace_that_has_stopped_is_no_pace() -> None:
    working = readings((0, NOON - 30 * DAY), (0, NOON - HOUR), (60, NOON))
    stopped = (*working[:2], reading(60, NOON - 30 * MINUTE, NOON))
    assert gap(10, *stopped) > gap(10, *working)


def test_who_often_uses_as_much_in_an_hour_is_watched_though_idle() -> None:
    points = [(0.0, NOON - 14 * DAY - HOUR)]
    for day in range(14, 0, -1):
        points += [(points[-1][0], NOON - day * DAY), (points[-1][0] + 20, NOON - day * DAY + HOUR)]
    history = (*readings(*points[:-1]), reading(points[-1][0], points[-1][1], NOON))
    assert chance_of_use(history, 15, now=NOON) > 0.15
    assert chance_of_use(history, 15, now=NOON + 12 * HOUR) < 0.05
    assert gap(15, *history) < 2 * INTERVAL
    assert gap(2000, *history) == LONGEST


def test_the_next_reading_is_no_later_than_the_end_of_a_period() -> None:
    assert gap(10, *NOBODY_WORKS, ends_in=17 * MINUTE) == 17 * MINUTE
    assert gap(10, *NOBODY_WORKS, ends_in=timedelta(seconds=1)) == SHORTEST
    assert gap(10, *NOBODY_WORKS, ends_in=-MINUTE) == LONGEST


def test_a_limit_asks_for_its_next_threshold_and_of_a_sum_for_a_share() -> None:
    assert watch(limit(), measured(700)).room_core_hours == pytest.approx(100)
    assert watch(limit(), measured(700), share=0.25).room_core_hours == pytest.approx(25)
    assert watch(limit(), measured(1000)).room_core_hours is None
    assert watch(limit(), measured(0)).ends_at == measured(0).window.end


@given(
    st.lists(st.tuples(st.integers(1, 3000), st.floats(0, 1e6)), max_size=30),
    st.lists(st.floats(1e-6, 1e9) | st.none(), max_size=3),
    st.sampled_from([timedelta(seconds=1), INTERVAL, HOUR]),
)
def test_the_gap_is_always_between_a_fifth_and_six_intervals(
    steps: list[tuple[int, float]], rooms: list[float | None], interval: timedelta
) -> None:
    at, history = NOON - 10 * DAY, []
    for minutes, core_hours in steps:
        at = min(at + minutes * MINUTE, NOON)
        history.append(reading(core_hours, at))
    watches = [Watch(room_core_hours=room, ends_at=FAR) for room in rooms]
    assert interval / 5 <= next_gap(history, watches, poll_interval=interval, now=NOON) <= 6 * interval
