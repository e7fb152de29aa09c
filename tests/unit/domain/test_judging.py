"""From readings to what is said."""

from datetime import datetime, timedelta

import pytest

from bot.domain.alerts import AlertState, Decision, Form, Reason, Telling
from bot.domain.judging import judge, judge_when_set
from bot.domain.limits import Limit
from bot.domain.measuring import Series, measure, stale_after
from bot.domain.periods import DAY as DAILY
from bot.domain.periods import MONTH, TOTAL, Period, window
from bot.domain.usage import Reading
from tests.unit.domain.kit import DAY, HOUR, INTERVAL, NOON, SHANGHAI, limit, quiet, reading, readings

MIDNIGHT = NOON + 12 * HOUR
MINUTES = timedelta(minutes=1)


def series(*history: Reading, gap: timedelta = INTERVAL) -> Series:
    return Series(readings=history, planned_gap=gap)


def judged(allowed: Limit, state: AlertState, *all_series: Series, now: datetime) -> tuple[Decision, ...]:
    return judge(allowed, state, all_series, zone=SHANGHAI, poll_interval=INTERVAL, now=now)


@pytest.mark.parametrize(("gap", "minutes"), [(2, 30), (10, 30), (15, 30), (60, 120)])
def test_stale_is_older_than_3_intervals_and_than_2_planned_gaps(gap: int, minutes: int) -> None:
    assert stale_after(gap * MINUTES, poll_interval=INTERVAL) == minutes * MINUTES


def test_a_sum_is_as_old_as_its_oldest_fresh_link_and_counts_who_is_missing() -> None:
    month = window(MONTH, NOON, SHANGHAI)
    fresh = series(*readings((0, NOON - DAY), (10, NOON - 9 * MINUTES)))
    fresher = series(*readings((0, NOON - HOUR), (5, NOON - MINUTES)))
    stale = series(*readings((0, NOON - 2 * DAY), (7, NOON - DAY)))
    found = measure(MONTH, month, [fresh, fresher, stale, series()], poll_interval=INTERVAL, now=NOON)
    assert (found.core_hours, found.as_of, found.missing) == (22, NOON - 9 * MINUTES, 2)
    assert found.since == NOON - HOUR


def test_a_sum_of_stale_links_only_is_stale() -> None:
    old = series(*readings((0, NOON - 2 * DAY), (900, NOON - DAY)))
    (decision,) = judged(limit(), quiet(), old, old, now=NOON)
    assert (decision.reason, decision.owed) == (Reason.STALE, ())


def test_without_readings_a_limit_is_incomplete() -> None:
    (decision,) = judged(limit(), quiet(), series(), now=NOON)
    assert decision.reason is Reason.INCOMPLETE


def test_total_is_compared_with_the_counter_itself() -> None:
    (decision,) = judged(limit(period=TOTAL), quiet(period=TOTAL), series(reading(850, NOON)), now=NOON)
    assert [owed.threshold for owed in decision.owed] == [80]


def test_what_was_used_before_the_first_reading_is_not_counted() -> None:
    (decision,) = judged(limit(), quiet(), series(reading(850, NOON)), now=NOON)
    assert (decision.reason, decision.state.core_hours) == (Reason.UNCHANGED, 0)


def test_a_period_turns_with_its_first_reading_and_the_old_ones_last_word_comes_first() -> None:
    """85 % at 23:50, 105 % by midnight, told at 00:10; of the new day only what is left is counted."""
    allowed, state = limit(period=DAILY), quiet(period=DAILY)
    before = readings((0, NOON), (490, MIDNIGHT - 10 * MINUTES))
    (quiet_one,) = judged(allowed, state, series(*before), now=MIDNIGHT + 5 * MINUTES)
    assert quiet_one.state.window == state.window
    after = (*before, *readings((510, MIDNIGHT), (530, MIDNIGHT + 10 * MINUTES)))
    last, first = judged(allowed, quiet_one.state, series(*after), now=MIDNIGHT + 10 * MINUTES)
    assert [(owed.telling, owed.window) for owed in last.owed] == [(Telling.CROSSED, state.window)]
    assert (first.reason, first.state.core_hours) == (Reason.PERIOD_START, 20)
    assert first.state.window.start == MIDNIGHT


def test_an_outage_over_midnight_may_end_with_a_word_on_each_day() -> None:
    allowed, state = limit(period=DAILY), quiet(period=DAILY)
    history = readings((0, NOON), (0, MIDNIGHT - HOUR), (2000, MIDNIGHT + HOUR))
    last, first = judged(allowed, state, series(*history), now=MIDNIGHT + HOUR)
    assert [owed.form for owed in (*last.owed, *first.owed)] == [Form.MESSAGE, Form.MESSAGE]
    assert [owed.window.end for owed in last.owed] == [MIDNIGHT]


def test_who_comes_under_a_limit_that_is_passed_is_not_told_so() -> None:
    one = series(*readings((0, NOON - HOUR), (850, NOON)))
    decision = judge_when_set(limit(), None, [one], by="U1", zone=SHANGHAI, poll_interval=INTERVAL, now=NOON)
    assert (decision.owed, decision.state.told) == ((), 80)
    assert judged(limit(), decision.state, one, now=NOON)[0].reason is Reason.UNCHANGED


@pytest.mark.parametrize("period", [MONTH, DAILY])
def test_setting_again_in_another_kind_of_period_starts_anew(period: Period) -> None:
    one = series(*readings((0, NOON - HOUR), (850, NOON)))
    firing = judged(limit(), quiet(), one, now=NOON)[0].state
    decision = judge_when_set(
        limit(1500, period=period), firing, [one], by="U1", zone=SHANGHAI, poll_interval=INTERVAL, now=NOON
    )
    assert decision.state.is_open == (period is MONTH)
    assert decision.state.revision == firing.revision + 1
