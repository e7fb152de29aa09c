"""The measure of polling finds what came late, never, or twice for one due time."""

from datetime import UTC, datetime, timedelta

from benchmarks.poll_times import Interval, intervals, latest_of, longest_gap

START = datetime(2026, 11, 29, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
GAP = 10 * MINUTE


def found(*minutes: float, end: float = 60) -> list[Interval]:
    asked = {"u1": [START + minute * MINUTE for minute in minutes]}
    return list(intervals(asked, {"u1": GAP, "never asked": GAP}, end=START + end * MINUTE))


def test_an_interval_may_be_a_tenth_too_long_and_no_longer() -> None:
    assert [one.is_kept for one in found(0, 11, 22.1, end=30)] == [True, False]


def test_a_poll_that_is_due_and_does_not_come_is_late_until_the_end() -> None:
    assert [(one.due - START, one.late) for one in found(5)] == [(15 * MINUTE, 45 * MINUTE)]
    assert found(55) == []


def test_a_poll_before_its_time_is_a_double() -> None:
    assert [one.is_double for one in found(0, 9.5, 10, 20, end=25)] == [False, True, False]


def test_lateness_belongs_to_the_last_blow_before_the_poll_was_due() -> None:
    blows = [START + 5 * MINUTE, START + 25 * MINUTE]
    assert latest_of(found(0, 12, 23, 36, end=40), blows) == [2 * MINUTE, 3 * MINUTE]


def test_links_are_spread_over_the_last_tenth_of_the_longest_gap() -> None:
    assert longest_gap("0000", MINUTE) == 6 * MINUTE
    assert longest_gap("ffff", MINUTE) == 5.4 * MINUTE
