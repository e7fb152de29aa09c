"""When a limit will be full."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.forecast import Forecast, forecast, is_worth_telling
from bot.domain.usage import Reading, Window, usage_in, use_per_hour
from tests.unit.domain.kit import DAY, HOUR, NOON, reading, readings


def steady(days: int, per_day: float, *, start: datetime = NOON) -> tuple[Reading, ...]:
    return readings(*((per_day * n / 24, start + n * HOUR) for n in range(days * 24 + 1)))


def test_a_steady_pace_is_projected_straight_on() -> None:
    now = NOON + 10 * DAY
    found = forecast([steady(10, 24)], room=72, now=now)
    assert found is not None
    assert found.about == pytest.approx(now + 3 * DAY, abs=HOUR)
    assert found.latest is not None
    assert now < found.earliest < found.about < found.latest


def test_two_links_fill_a_limit_in_half_the_time() -> None:
    now = NOON + 10 * DAY
    found = forecast([steady(10, 24), steady(10, 24), ()], room=72, now=now)
    assert found is not None
    assert found.about == pytest.approx(now + 1.5 * DAY, abs=HOUR)


@pytest.mark.parametrize(
    ("series", "room"),
    [
        pytest.param([], 10.0, id="nobody"),
        pytest.param([()], 10.0, id="no readings"),
        pytest.param([steady(2, 24)], 10.0, id="less than three days"),
        pytest.param([steady(10, 0)], 10.0, id="no use"),
        pytest.param([steady(10, 24)], 0.0, id="full already"),
        pytest.param([steady(10, 24)], 1e6, id="too far for a date"),
    ],
)
def test_without_ground_there_is_no_forecast(series: list[tuple[Reading, ...]], room: float) -> None:
    assert forecast(series, room=room, now=NOON + 10 * DAY) is None


def test_work_on_weekdays_only_is_not_projected_into_the_weekend() -> None:
    """A Friday's close: by the mean, 20 core-hours more are used on Sunday; by the weekday, on Monday."""
    monday = datetime.fromisoformat("2026-10-19T00:00:00+00:00")
    points, counter = [(0.0, monday)], 0.0
    for hour in range(4 * 7 * 24):
        at = monday + hour * HOUR
        counter += 1.0 if at.weekday() < 5 else 0.0
        points.append((counter, at + HOUR))
    friday_night = monday + 26 * DAY - 2 * HOUR
    history = readings(*((value, at) for value, at in points if at <= friday_night))
    found = forecast([history], room=20, now=friday_night)
    assert found is not None
    assert found.latest is not None
    assert found.latest >= friday_night + 2 * DAY


@given(st.lists(st.floats(0, 50), min_size=80, max_size=200), st.floats(0.1, 2000))
def test_the_range_holds_its_middle(steps: list[float], room: float) -> None:
    counter, points = 0.0, [(0.0, NOON)]
    for n, step in enumerate(steps):
        counter += step
        points.append((counter, NOON + (n + 1) * HOUR))
    now = NOON + len(steps) * HOUR
    found = forecast([readings(*points)], room=room, now=now)
    if found is not None:
        assert now <= found.earliest <= found.about
        assert found.latest is None or found.about <= found.latest


@pytest.mark.parametrize(
    ("about", "worth"),
    [(DAY, True), (7 * DAY, True), (7 * DAY + HOUR, False), (-HOUR, False), (5 * DAY, True)],
)
def test_worth_telling_is_within_seven_days(about: timedelta, worth: bool) -> None:  # noqa: FBT001 (a table)
    found = Forecast(about=NOON + about, earliest=NOON, latest=None)
    assert is_worth_telling(found, Window(start=NOON - DAY, end=NOON + 30 * DAY), now=NOON) == worth
    assert not is_worth_telling(found, Window(start=NOON - DAY, end=NOON + about), now=NOON)


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(1, 200)), min_size=1, max_size=20))
def test_use_per_hour_is_the_use_in_each_of_the_past_hours(steps: list[tuple[int, int]]) -> None:
    counter, at, made = 100.0, NOON, [reading(100, NOON)]
    for gained, minutes in steps:
        counter, at = counter + gained, at + timedelta(minutes=minutes)
        made.append(reading(counter, at, at + timedelta(minutes=3)))
        at += timedelta(minutes=3)
    now = at + timedelta(minutes=7)
    found = use_per_hour(made, now=now, hours=24)
    assert len(found) <= 25
    for ago in range(1, len(found)):
        usage = usage_in(Window(start=now - ago * HOUR, end=now - (ago - 1) * HOUR), made)
        assert found[ago] == pytest.approx(usage.core_hours if usage else 0.0)
