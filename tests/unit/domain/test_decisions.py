"""What is said of a limit, and why."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot.domain.alerts import (
    AlertState,
    Decision,
    Form,
    Reason,
    SnoozeLength,
    Status,
    Telling,
    acknowledge,
    check_open,
    snooze,
)
from bot.domain.decisions import decide, when_set
from bot.domain.errors import AlertOver
from bot.domain.forecast import Forecast
from bot.domain.limits import Limit
from tests.unit.domain.kit import DAY, HOUR, NOON, limit, measured, quiet


class Story:
    """A limit, its state, and a clock that a test moves."""

    def __init__(self, allowed: Limit | None = None) -> None:
        self.limit = allowed or limit()
        self.state: AlertState = quiet()
        self.now = NOON
        self.last = Decision(reason=Reason.UNCHANGED, state=self.state)

    def wait(self, time: timedelta) -> "Story":
        self.now += time
        return self

    def sees(self, core_hours: float, *, age: timedelta = timedelta(minutes=1), missing: int = 0) -> "Story":
        found = measured(core_hours, now=self.now, age=age, missing=missing)
        return self._keep(decide(self.limit, found, self.state, now=self.now))

    def is_set_to(self, core_hours: float, *, used: float, missing: int = 0) -> "Story":
        self.limit = limit(core_hours)
        found = measured(used, now=self.now, missing=missing)
        return self._keep(when_set(self.limit, found, self.state, by="U1", now=self.now))

    def acknowledged(self) -> "Story":
        return self._keep(acknowledge(self.limit, self.state, by="U2", now=self.now))

    def snoozed(self, length: SnoozeLength) -> "Story":
        return self._keep(snooze(self.limit, self.state, length=length, by="U2", now=self.now))

    def _keep(self, decision: Decision) -> "Story":
        assert (decision.state == self.state) == (decision.state.revision == self.state.revision)
        self.last, self.state = decision, decision.state
        return self

    @property
    def said(self) -> list[tuple[Telling, Form, int]]:
        return [(owed.telling, owed.form, owed.threshold) for owed in self.last.owed]


CROSSED, RESOLVED = Telling.CROSSED, Telling.RESOLVED


def test_below_every_threshold_nothing_is_said() -> None:
    story = Story().sees(499.9)
    assert (story.last.reason, story.said) == (Reason.UNCHANGED, [])


def test_touching_a_threshold_is_a_crossing() -> None:
    story = Story().sees(500)
    assert (story.last.reason, story.said) == (Reason.CROSSED, [(CROSSED, Form.MESSAGE, 50)])
    assert story.state.status(story.now) is Status.FIRING


def test_a_sum_that_is_a_billionth_short_is_a_crossing() -> None:
    assert Story(limit(0.3)).sees(0.1 + 0.2 - 5.6e-17).said == [(CROSSED, Form.MESSAGE, 100)]


def test_said_once_is_said() -> None:
    story = Story().sees(500).wait(HOUR).sees(510)
    assert (story.last.reason, story.said) == (Reason.UNCHANGED, [])


def test_from_10_to_95_percent_in_one_reading_is_one_message() -> None:
    story = Story().sees(100).sees(950)
    assert story.said == [(CROSSED, Form.MESSAGE, 90)]
    assert story.sees(951).said == []


def test_a_higher_threshold_goes_into_the_thread_and_at_100_percent_to_the_channel_too() -> None:
    story = Story().sees(500).sees(800)
    assert story.said == [(CROSSED, Form.THREAD, 80)]
    assert story.sees(1000).said == [(CROSSED, Form.THREAD_AND_CHANNEL, 100)]


def test_flapping_within_2_percent_is_one_message() -> None:
    story = Story()
    said = [owed for used in (805, 790, 801, 781, 800, 785, 810) for owed in story.sees(used).said]
    assert said == [(CROSSED, Form.MESSAGE, 80)]


def test_falling_by_2_percent_resolves_and_crossing_again_is_told_in_the_thread() -> None:
    story = Story().sees(505).sees(480)
    assert (story.last.reason, story.said) == (Reason.RESOLVED, [(RESOLVED, Form.THREAD, 50)])
    assert story.state.status(story.now) is Status.RESOLVED
    assert story.sees(500).said == [(CROSSED, Form.THREAD, 50)]
    assert story.state.status(story.now) is Status.FIRING


def test_falling_from_100_to_85_percent_leaves_80_told() -> None:
    story = Story().sees(1000).sees(850)
    assert (story.last.reason, story.said, story.state.told) == (
        Reason.RESOLVED,
        [(RESOLVED, Form.THREAD, 100)],
        80,
    )
    assert story.state.status(story.now) is Status.FIRING
    assert story.sees(860).said == []
    assert story.sees(900).said == [(CROSSED, Form.THREAD, 90)]


def test_a_threshold_of_1_percent_can_resolve() -> None:
    story = Story(limit(thresholds=(1,))).sees(10)
    assert story.sees(6).last.reason is Reason.UNCHANGED
    assert story.sees(5).last.reason is Reason.RESOLVED


def test_stale_data_neither_fires_nor_resolves() -> None:
    old = timedelta(minutes=31)
    story = Story().sees(900, age=old)
    assert (story.last.reason, story.said) == (Reason.STALE, [])
    story.sees(900).sees(100, age=old)
    assert (story.last.reason, story.said) == (Reason.STALE, [])


def test_no_reading_at_all_is_incomplete() -> None:
    nothing = replace(measured(0), as_of=None, missing=1)
    assert decide(limit(), nothing, quiet(), now=NOON).reason is Reason.INCOMPLETE


def test_a_sum_with_somebody_missing_fires_but_does_not_resolve() -> None:
    story = Story().sees(500, missing=1)
    assert story.said == [(CROSSED, Form.MESSAGE, 50)]
    story.sees(300, missing=1)
    assert (story.last.reason, story.said) == (Reason.INCOMPLETE, [])
    assert story.sees(300).last.reason is Reason.RESOLVED


def test_older_data_than_we_decided_on_does_not_resolve() -> None:
    story = Story().sees(500).sees(300, age=timedelta(minutes=20))
    assert (story.last.reason, story.said) == (Reason.UNCHANGED, [])
    assert story.state.core_hours == 500  # what the alert's message shows


def test_a_new_period_is_armed_again() -> None:
    story = Story().sees(1000).wait(20 * DAY)
    assert story.state.window.end < story.now
    assert story.sees(10).last.reason is Reason.PERIOD_START
    assert story.state.status(story.now) is Status.QUIET
    assert story.sees(500).said == [(CROSSED, Form.MESSAGE, 50)]


def test_readings_from_before_its_start_cannot_fire_a_period() -> None:
    story = Story().sees(1000)
    story.now = story.state.window.end + timedelta(minutes=5)
    story.sees(1000, age=timedelta(minutes=10))
    assert (story.last.reason, story.said, story.state.told) == (Reason.PERIOD_START, [], 100)


def test_a_clock_that_steps_back_an_hour_tells_nothing_twice() -> None:
    story = Story().sees(500).wait(-HOUR).sees(505)
    assert (story.last.reason, story.said) == (Reason.UNCHANGED, [])


def test_a_clock_that_steps_back_over_midnight_does_not_bring_the_old_period_back() -> None:
    story = Story().sees(1000)
    month_end = story.state.window.end
    story.now = month_end + timedelta(minutes=10)
    story.sees(500)
    assert story.said == [(CROSSED, Form.MESSAGE, 50)]
    story.wait(-HOUR).sees(1000)
    assert (story.last.reason, story.said) == (Reason.UNCHANGED, [])
    assert story.wait(HOUR).sees(505).said == []


def test_the_last_crossing_of_a_period_is_told_after_its_end_but_not_much_later() -> None:
    allowed, state = limit(), quiet()
    for late, reason in ((timedelta(minutes=5), Reason.CROSSED), (7 * HOUR, Reason.UNCHANGED)):
        now = state.window.end + late
        found = replace(measured(1000), as_of=now)
        assert decide(allowed, found, state, now=now).reason is reason


def test_after_its_end_a_period_resolves_nothing() -> None:
    story = Story().sees(1000)
    now = story.state.window.end + timedelta(minutes=5)
    last = decide(story.limit, replace(measured(100), as_of=now), story.state, now=now)
    assert (last.reason, last.owed) == (Reason.UNCHANGED, ())


@pytest.mark.parametrize(("used", "told"), [(0, 0), (499, 0), (500, 50), (850, 80), (1300, 100)])
def test_thresholds_passed_when_the_limit_is_set_count_as_told(used: float, told: int) -> None:
    story = Story().is_set_to(1000, used=used)
    assert (story.said, story.state.told) == ([], told)
    assert story.state.status(story.now) is Status.QUIET
    assert story.sees(used + 0.5).said == []


def test_after_setting_the_next_threshold_speaks_as_a_message_of_its_own() -> None:
    assert Story().is_set_to(1000, used=850).sees(901).said == [(CROSSED, Form.MESSAGE, 90)]


def test_a_raised_limit_resolves() -> None:
    story = Story().sees(900).is_set_to(3000, used=900)
    assert (story.last.reason, story.said) == (Reason.RESOLVED, [(RESOLVED, Form.THREAD, 90)])
    assert story.sees(1500).said == [(CROSSED, Form.THREAD, 50)]


def test_a_limit_raised_a_little_edits_the_message_only() -> None:
    story = Story().sees(920).is_set_to(1010, used=920)
    assert (story.last.reason, story.said) == (Reason.UNCHANGED, [(Telling.CHANGED, Form.EDIT, 90)])


def test_a_limit_lowered_below_use_counts_as_told_and_edits_the_open_message() -> None:
    story = Story().sees(550).is_set_to(500, used=550)
    assert (story.said, story.state.told) == ([(Telling.CHANGED, Form.EDIT, 100)], 100)
    assert story.wait(HOUR).sees(560).said == []


def test_missing_data_does_not_lower_what_was_known_when_a_limit_changes() -> None:
    assert Story().sees(900).is_set_to(1100, used=0, missing=1).state.told == 80


def test_acknowledging_stops_reminders() -> None:
    story = Story().sees(1000).acknowledged()
    assert story.said == [(Telling.CHANGED, Form.EDIT, 100)]
    assert story.state.status(story.now) is Status.ACKNOWLEDGED
    assert story.wait(2 * DAY).sees(1010).said == []


def test_who_acknowledged_first_stays_named() -> None:
    story = Story().sees(1000).acknowledged()
    again = acknowledge(story.limit, story.state, by="U9", now=story.now + HOUR)
    assert (again.state, again.owed) == (story.state, ())


def test_an_acknowledgement_of_80_percent_is_none_of_100() -> None:
    story = Story().sees(800).acknowledged().wait(HOUR).sees(1000)
    assert story.state.status(story.now) is Status.FIRING
    assert story.wait(DAY).sees(1001).said == [(Telling.REMINDER, Form.THREAD, 100)]


def test_100_percent_is_repeated_daily_three_times() -> None:
    story = Story().sees(1000)
    said = [owed for _ in range(14 * 24) for owed in story.wait(HOUR).sees(1001).said]
    assert said == [(Telling.REMINDER, Form.THREAD, 100)] * 3


def test_90_percent_is_not_repeated() -> None:
    story = Story().sees(950)
    assert [owed for _ in range(5) for owed in story.wait(DAY).sees(950).said] == []


def test_no_reminder_on_stale_data_or_just_below_the_limit() -> None:
    story = Story().sees(1000).wait(DAY)
    assert story.sees(1000, age=HOUR).said == []
    assert story.sees(990).said == []
    assert story.sees(1000).said == [(Telling.REMINDER, Form.THREAD, 100)]


def test_a_snooze_holds_the_next_threshold_back_and_speaks_when_it_ends() -> None:
    story = Story().sees(500).snoozed(SnoozeLength.HOUR)
    assert story.state.status(story.now) is Status.SNOOZED
    story.wait(HOUR / 2).sees(850)
    assert (story.last.reason, story.said) == (Reason.SNOOZED, [])
    story.wait(HOUR / 2).sees(850)
    assert (story.last.reason, story.said) == (Reason.CROSSED, [(CROSSED, Form.THREAD, 80)])


def test_a_snooze_that_ends_with_nothing_new_speaks_if_still_over() -> None:
    story = Story().sees(500).snoozed(SnoozeLength.DAY).wait(DAY).sees(510)
    assert (story.last.reason, story.said) == (Reason.UNCHANGED, [(Telling.SNOOZE_OVER, Form.THREAD, 50)])
    assert story.wait(HOUR).sees(510).said == []


@pytest.mark.parametrize("used", [490.0, 400.0])
def test_a_snooze_that_ends_below_the_threshold_says_nothing_of_itself(used: float) -> None:
    story = Story().sees(500).snoozed(SnoozeLength.DAY).wait(HOUR).sees(used)
    assert Telling.SNOOZE_OVER not in [telling for telling, _, _ in story.wait(DAY).sees(used).said]
    assert story.state.snoozed_until is None


def test_a_snooze_holds_reminders_back() -> None:
    story = Story().sees(1000).wait(HOUR).snoozed(SnoozeLength.DAY)
    assert story.wait(DAY - HOUR).sees(1000).said == []
    assert story.wait(HOUR).sees(1000).said == [(Telling.SNOOZE_OVER, Form.THREAD, 100)]
    assert story.wait(DAY).sees(1000).said == [(Telling.REMINDER, Form.THREAD, 100)]


def test_a_resolve_is_told_while_snoozed_and_the_snooze_stays() -> None:
    story = Story().sees(500).snoozed(SnoozeLength.DAY).wait(HOUR).sees(400)
    assert story.last.reason is Reason.RESOLVED
    assert story.wait(HOUR).sees(600).last.reason is Reason.SNOOZED


def test_a_snooze_until_the_periods_end_is_quiet_until_then_and_the_next_is_armed() -> None:
    story = Story().sees(500).snoozed(SnoozeLength.PERIOD)
    assert story.state.snoozed_until == story.state.window.end
    assert story.wait(10 * DAY).sees(1000).last.reason is Reason.SNOOZED
    now = story.state.window.end + timedelta(minutes=5)
    last = decide(story.limit, replace(measured(1000), as_of=now), story.state, now=now)
    assert (last.reason, last.owed) == (Reason.SNOOZED, ())
    story.now = now
    assert story.sees(500).said == [(CROSSED, Form.MESSAGE, 50)]


def test_buttons_of_an_alert_that_is_over_say_so() -> None:
    story = Story().sees(500)
    check_open(story.state, window_start=story.state.window.start)
    with pytest.raises(AlertOver):
        check_open(story.state, window_start=NOON)
    story.sees(100)
    with pytest.raises(AlertOver):
        acknowledge(story.limit, story.state, by="U2", now=story.now)
    with pytest.raises(AlertOver):
        snooze(story.limit, story.state, length=SnoozeLength.DAY, by="U2", now=story.now)


def projected(about: datetime) -> Forecast:
    return Forecast(about=about, earliest=about - DAY, latest=about + DAY)


def test_the_forecast_is_told_once_per_period() -> None:
    allowed, state = limit(), quiet()
    soon = projected(NOON + 3 * DAY)
    first = decide(allowed, measured(300), state, now=NOON, forecast=soon)
    assert [(owed.telling, owed.form) for owed in first.owed] == [(Telling.FORECAST, Form.MESSAGE)]
    second = decide(allowed, measured(301), first.state, now=NOON, forecast=soon)
    assert second.owed == ()
    crossed = decide(allowed, measured(500), second.state, now=NOON, forecast=soon)
    assert [owed.form for owed in crossed.owed] == [Form.MESSAGE]


@pytest.mark.parametrize("about", [NOON + 8 * DAY, NOON + 40 * DAY, NOON - DAY])
def test_a_forecast_beyond_seven_days_or_the_period_is_not_told(about: datetime) -> None:
    assert decide(limit(), measured(300), quiet(), now=NOON, forecast=projected(about)).owed == ()


def test_a_crossing_carries_the_forecast_with_it() -> None:
    soon = projected(NOON + 3 * DAY)
    first = decide(limit(), measured(500), quiet(), now=NOON, forecast=soon)
    assert (first.state.forecast, first.state.forecast_at) == (soon, NOON)
    assert [owed.telling for owed in first.owed] == [Telling.CROSSED]
    assert decide(limit(), measured(501), first.state, now=NOON, forecast=soon).owed == ()


def test_an_open_alert_takes_the_forecast_into_its_thread() -> None:
    story = Story().sees(500)
    soon = projected(NOON + 3 * DAY)
    told = decide(story.limit, measured(510), story.state, now=NOON, forecast=soon)
    assert [owed.form for owed in told.owed] == [Form.THREAD]


def test_every_change_of_what_is_told_is_a_transition() -> None:
    story = Story().sees(500)
    step = story.last.transition
    assert step is not None
    assert (step.reason, step.told_before, step.told_after, step.core_hours) == (Reason.CROSSED, 0, 50, 500)
    assert story.sees(501).last.transition is None
