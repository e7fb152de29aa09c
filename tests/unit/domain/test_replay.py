"""What a limit would have told."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.alerts import Telling
from bot.domain.judging import judge
from bot.domain.measuring import Series
from bot.domain.periods import DAY as DAILY
from bot.domain.periods import TOTAL
from bot.domain.replay import replay
from bot.domain.usage import Reading
from tests.unit.domain.kit import DAY, HOUR, INTERVAL, NOON, SHANGHAI, limit, quiet, reading, readings


def test_each_day_that_crossed_is_an_alert() -> None:
    """Days of 600, 100 and 1,200 core-hours under a limit of 1,000 a day."""
    history = readings(
        (0, NOON), (600, NOON + HOUR), (600, NOON + DAY), (700, NOON + DAY + HOUR), (700, NOON + 2 * DAY),
        (1500, NOON + 2 * DAY + HOUR), (1900, NOON + 2 * DAY + 2 * HOUR),
    )  # fmt: skip
    found = replay(limit(period=DAILY), [history], zone=SHANGHAI, now=NOON + 3 * DAY)
    assert found is not None
    assert [one.threshold for one in found.told] == [50, 80, 100]
    assert (found.alerts, found.last_at, found.since) == (2, NOON + 2 * DAY + 2 * HOUR, NOON)


def test_a_team_is_judged_by_its_sum() -> None:
    half = readings((0, NOON), (300, NOON + HOUR))
    alone = replay(limit(period=DAILY), [half], zone=SHANGHAI, now=NOON + DAY)
    both = replay(limit(period=DAILY), [half, half, ()], zone=SHANGHAI, now=NOON + DAY)
    assert alone is not None
    assert both is not None
    assert (alone.alerts, both.alerts) == (0, 1)


def test_total_is_judged_by_the_counter_itself() -> None:
    found = replay(
        limit(period=TOTAL), [readings((400, NOON), (950, NOON + HOUR))], zone=SHANGHAI, now=NOON + DAY
    )
    assert found is not None
    assert [one.threshold for one in found.told] == [90]


def test_without_readings_there_is_nothing_to_tell() -> None:
    assert replay(limit(), [(), ()], zone=SHANGHAI, now=NOON) is None
    assert replay(limit(), [readings((0, NOON))], zone=SHANGHAI, now=NOON + 91 * DAY) is None


@given(st.lists(st.tuples(st.integers(1, 600), st.floats(0, 300)), min_size=1, max_size=40))
def test_replay_tells_what_polling_would_have_told(steps: list[tuple[int, float]]) -> None:
    allowed, state, at, counter = limit(period=DAILY), quiet(period=DAILY), NOON, 0.0
    history: list[Reading] = [reading(0, NOON)]
    told = []
    for minutes, used in steps:
        at, counter = at + timedelta(minutes=minutes), counter + used
        history.append(reading(counter, at))
        for decision in judge(
            allowed,
            state,
            [Series(readings=history, planned_gap=DAY)],
            zone=SHANGHAI,
            poll_interval=INTERVAL,
            now=at,
        ):
            state = decision.state
            told += [(at, owed.threshold) for owed in decision.owed if owed.telling is Telling.CROSSED]
    found = replay(allowed, [history], zone=SHANGHAI, now=at)
    assert found is not None
    assert [(one.at, one.threshold) for one in found.told] == told
