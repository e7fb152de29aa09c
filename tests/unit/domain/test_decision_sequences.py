"""Whatever happens: no threshold of a period is told twice, and none crossed on fresh data stays untold."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from math import inf
from typing import NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.alerts import (
    AlertState,
    Decision,
    Form,
    Reason,
    SnoozeLength,
    Telling,
    acknowledge,
    snooze,
)
from bot.domain.judging import judge, judge_when_set
from bot.domain.limits import Limit
from bot.domain.measuring import Series, measure
from bot.domain.periods import DAY as DAILY
from bot.domain.periods import TOTAL, WEEK, Period, window
from bot.domain.usage import Reading, follow
from tests.unit.domain.kit import INTERVAL, NOON, SHANGHAI, limit, reading


@dataclass
class Bot:
    """The shell around the rules, as small as it can be: one link, one limit, everything that was said."""

    limit: Limit
    now: datetime = NOON
    counter: float = 0.0
    readings: list[Reading] = field(default_factory=list)
    state: AlertState | None = None
    decisions: list[Decision] = field(default_factory=list)

    @property
    def series(self) -> list[Series]:
        return [Series(readings=tuple(self.readings), planned_gap=INTERVAL)]

    def poll(self) -> None:
        last = self.readings[-1] if self.readings else None
        standing, is_new = follow(last, reading(self.counter, self.now))
        self.readings = [*self.readings, standing] if is_new else [*self.readings[:-1], standing]
        self.judge()

    def judge(self) -> None:
        assert self.state is not None
        found = judge(
            self.limit, self.state, self.series, zone=SHANGHAI, poll_interval=INTERVAL, now=self.now
        )
        for decision in found:
            self._keep(decision)

    def set_limit(self, core_hours: float) -> None:
        self.limit = replace(self.limit, core_hours=core_hours)
        self._keep(
            judge_when_set(
                self.limit,
                self.state,
                self.series,
                by="U1",
                zone=SHANGHAI,
                poll_interval=INTERVAL,
                now=self.now,
            )
        )

    def click(self, button: str) -> None:
        assert self.state is not None
        if not self.state.is_open:
            return
        if button == "ack":
            self._keep(acknowledge(self.limit, self.state, by="U2", now=self.now))
        else:
            length = SnoozeLength(button)
            self._keep(snooze(self.limit, self.state, length=length, by="U2", now=self.now))

    def _keep(self, decision: Decision) -> None:
        self.decisions.append(decision)
        self.state = decision.state


class Step(NamedTuple):
    """Some work, some time, and then something happens."""

    used: float
    minutes: int
    happens: str
    amount: float


HAPPENS = (
    *("poll", "poll", "poll", "poll", "poll", "poll", "judge", "outage", "clock back", "reset"),
    *("set", "ack", "1h", "1d", "period"),
)
STEPS = st.lists(
    st.builds(
        Step,
        used=st.sampled_from([0.0, 1.0, 30.0, 120.0, 300.0]),
        minutes=st.sampled_from([1, 10, 20, 70, 700]),
        happens=st.sampled_from(HAPPENS),
        amount=st.sampled_from([400.0, 900.0, 1000.0, 1015.0, 3000.0]),
    ),
    min_size=20,
    max_size=60,
)


def play(bot: Bot, steps: list[Step]) -> None:
    bot.readings = [reading(0.0, bot.now)]
    bot.set_limit(bot.limit.core_hours)
    for step in steps:
        bot.counter += step.used
        bot.now += timedelta(minutes=step.minutes)
        match step.happens:
            case "poll":
                bot.poll()
                check_nothing_stays_untold(bot)
            case "judge":
                bot.judge()
            case "outage":
                bot.now += timedelta(hours=11)
                bot.judge()
            case "clock back":
                bot.now -= timedelta(hours=1)
            case "reset":
                bot.counter = step.used
            case "set":
                bot.set_limit(step.amount)
            case button:
                bot.click(button)


def check_nothing_stays_untold(bot: Bot) -> None:
    """Compare with the plainest reading of the rule, right after a successful poll."""
    state, around = bot.state, window(bot.limit.period, bot.readings[-1].confirmed_at, SHANGHAI)
    assert state is not None
    found = measure(bot.limit.period, around, bot.series, poll_interval=INTERVAL, now=bot.now)
    if bot.readings[-1].confirmed_at <= around.start or state.is_snoozed(bot.now):
        return
    over = [t for t in bot.limit.thresholds if found.core_hours / bot.limit.core_hours * 100 >= t]
    assert state.window == around
    assert state.told >= max(over, default=0)


def check_nothing_is_told_twice(bot: Bot) -> None:
    """Walk through all that was said; a resolve, or a change of the limit, takes back what stood above it."""
    told: dict[datetime, float] = {}
    messages: dict[datetime, int] = {}
    for decision in bot.decisions:
        start = decision.state.window.start
        step = decision.transition
        if step is not None and step.told_after < step.told_before:
            told[start] = min(told.get(start, 0), step.told_after)
        for owed in decision.owed:
            if owed.telling is Telling.CROSSED:
                assert decision.reason is Reason.CROSSED
                assert owed.threshold > told.get(owed.window.start, -inf)
                told[owed.window.start] = owed.threshold
                messages[start] = messages.get(start, 0) + (owed.form is Form.MESSAGE)
    assert all(count == 1 for count in messages.values() if count)


@settings(max_examples=3 * settings().max_examples)
@given(period=st.sampled_from([DAILY, WEEK, TOTAL]), steps=STEPS)
def test_no_threshold_is_told_twice_and_none_stays_untold(period: Period, steps: list[Step]) -> None:
    bot = Bot(limit=replace(limit(1000.0), period=period))
    play(bot, steps)
    check_nothing_is_told_twice(bot)


@given(waits=st.lists(st.integers(1, 40), min_size=1, max_size=30), seen_after=st.integers(0, 40))
def test_reminders_come_daily_three_times_until_acknowledged(waits: list[int], seen_after: int) -> None:
    """Full from the first poll on; somebody acknowledges before poll number `seen_after`."""
    bot = Bot(limit=limit(1000.0, period=TOTAL), readings=[reading(0.0, NOON - INTERVAL)])
    bot.set_limit(1000.0)
    bot.counter = 1000.0
    bot.poll()
    told_at = bot.now
    expected: list[datetime] = []
    reminded: list[datetime] = []
    for number, hours in enumerate(waits):
        if number == seen_after:
            bot.click("ack")
        bot.now += timedelta(hours=hours)
        bot.poll()
        if number < seen_after and bot.now - told_at >= timedelta(days=1) and len(expected) < 3:
            expected.append(bot.now)
            told_at = bot.now
        reminded += [bot.now for owed in bot.decisions[-1].owed if owed.telling is Telling.REMINDER]
    assert reminded == expected
