"""The decision: compare a limit's use with what we last said, and answer with a reason.

A period's alert in one picture (`told` is the highest told threshold, in percent):

    quiet ──crossed──> firing ──crossed a higher one──> firing     edit + thread, to the channel from 100 %
                         │ └──acknowledged: no reminders; snoozed: no next thresholds, speaks when it ends
                         └──fell 2 % below──> resolved ──crossed again──> firing     edit + thread
    any of them ──a reading from the next period──> quiet, everything armed again
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from bot.domain.alerts import (
    LAST_WORD,
    MOST_REMINDERS,
    REMIND_EVERY,
    AlertState,
    Decision,
    Form,
    Measured,
    Owed,
    Reason,
    Telling,
    Transition,
)
from bot.domain.forecast import Forecast, is_worth_telling
from bot.domain.limits import FULL, Limit

RESOLVE_MARGIN: Final = 2.0
# Sums of readings are floats: 80 % of 2,000 must not be missed by a billionth.
_ROUNDING: Final = 1e-9


def decide(
    limit: Limit, measured: Measured, state: AlertState, *, now: datetime, forecast: Forecast | None = None
) -> Decision:
    """Decide on one measurement; `forecast` is that of the same readings."""
    turned = measured.window.start > state.window.start
    if measured.window.start < state.window.start:
        return Decision(reason=Reason.UNCHANGED, state=state)  # data of a period that is over
    if measured.as_of is None:
        return Decision(reason=Reason.INCOMPLETE, state=state)
    if measured.as_of <= measured.window.start:
        return Decision(reason=Reason.PERIOD_START, state=state)
    if now - measured.as_of > measured.stale_after:
        return Decision(reason=Reason.STALE, state=state)
    if now - measured.window.end > LAST_WORD:
        return Decision(reason=Reason.UNCHANGED, state=state)
    if turned:
        armed = AlertState(window=measured.window, revision=state.revision)
    else:
        armed = replace(state, window=measured.window)
    return _Case(
        limit=limit,
        measured=measured,
        before=armed,
        as_of=measured.as_of,
        turned=turned,
        forecast=forecast,
        now=now,
    ).decide()


def when_set(
    limit: Limit, measured: Measured, previous: AlertState | None, *, by: str, now: datetime
) -> Decision:
    """Decide as a limit is made or changed: what is passed already counts as told, the next one speaks.

    The message that says the limit was set carries the state of now. An alert still open in this period is
    edited, or resolved if the new limit is that much higher. Missing data never lowers what was known.
    """
    known = previous if previous is not None and previous.window == measured.window else None
    before = known or AlertState(window=measured.window, revision=previous.revision if previous else 0)
    complete = measured.as_of is not None and not measured.missing
    core_hours = measured.core_hours if complete else max(measured.core_hours, before.core_hours)
    told = max(_reached(limit, core_hours), _standing(limit, core_hours, before.told))
    after = replace(
        before,
        told=told,
        told_at=now if told > before.told else before.told_at,
        core_hours=core_hours,
        as_of=_later(before.as_of, measured.as_of),
        revision=before.revision + 1,
    )
    reason, owed = (
        Reason.UNCHANGED,
        Owed(telling=Telling.CHANGED, form=Form.EDIT, threshold=told, window=measured.window),
    )
    if told < before.told:
        reason = Reason.RESOLVED
        owed = replace(owed, telling=Telling.RESOLVED, form=Form.THREAD, threshold=before.told)
        after = _resolved(after, now)
    step = Transition(
        at=now,
        reason=reason,
        told_before=before.told,
        told_after=told,
        core_hours=core_hours,
        limit_core_hours=limit.core_hours,
        as_of=measured.as_of,
        by=by,
        note="limit set",
    )
    return Decision(reason=reason, state=after, owed=(owed,) if before.is_open else (), transition=step)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Case:
    """Fresh data on the period that `before` is about."""

    limit: Limit
    measured: Measured
    before: AlertState
    as_of: datetime
    turned: bool
    forecast: Forecast | None
    now: datetime

    def decide(self) -> Decision:
        core_hours, told = self.measured.core_hours, self.before.told
        reached = _reached(self.limit, core_hours)
        standing = _standing(self.limit, core_hours, told)
        if reached > told:
            return self._quiet(Reason.SNOOZED) if self._is_held_back else self._crossed(reached)
        if standing < told and not self._is_over:
            if self.measured.missing:
                return self._quiet(Reason.INCOMPLETE)  # a lower bound does not prove a fall
            if self.before.as_of is None or self.as_of >= self.before.as_of:
                return self._fell(standing)
        return self._unchanged(core_hours)

    @property
    def _is_over(self) -> bool:
        """Tell whether the period has ended: its last crossing is still told, nothing else."""
        return self.now >= self.measured.window.end

    @property
    def _is_held_back(self) -> bool:
        """Tell whether a snooze holds; one that reaches the period's end holds its last crossing back too."""
        until = self.before.snoozed_until
        return until is not None and (
            self.now < until or (self._is_over and until >= self.measured.window.end)
        )

    def _crossed(self, reached: int) -> Decision:
        form = Form.MESSAGE
        if self.before.opened_at is not None:
            form = Form.THREAD_AND_CHANNEL if reached >= FULL else Form.THREAD
        # The alert's message says the forecast too: no second message for it.
        seen = self._seen()
        after = replace(
            self._with_forecast(seen) if self._forecast_is_due(reached) else seen,
            told=reached,
            told_at=self.now,
            opened_at=self.before.opened_at or self.now,
            resolved_at=None,
            # Who acknowledged 80 % has not seen 100 % yet.
            acknowledged_by=None,
            acknowledged_at=None,
            snoozed_by=None,
            snoozed_until=None,
        )
        return self._decided(Reason.CROSSED, after, self._owed(Telling.CROSSED, form, reached))

    def _fell(self, standing: int) -> Decision:
        after = replace(_resolved(self._seen(), self.now), told=standing)
        owed = self._owed(Telling.RESOLVED, Form.THREAD, self.before.told) if self.before.is_open else ()
        return self._decided(Reason.RESOLVED, after, owed)

    def _unchanged(self, core_hours: float) -> Decision:
        """Nothing crossed, nothing fell: a snooze may be over, a reminder or the forecast due."""
        before = self.before
        reason = Reason.INCOMPLETE if self.measured.missing else Reason.UNCHANGED
        if self._is_held_back or self._is_over:
            return self._quiet(reason)
        after, note = self._seen(), ""
        owed: tuple[Owed, ...] = ()
        still_over = before.is_open and _reached(self.limit, core_hours) == before.told
        unheard = still_over and before.acknowledged_at is None
        if before.snoozed_until is not None:
            after = replace(after, snoozed_by=None, snoozed_until=None)
            note = "snooze over"
            if unheard:
                after = replace(after, told_at=self.now)
                owed = self._owed(Telling.SNOOZE_OVER, Form.THREAD, before.told)
        elif unheard and self._reminder_is_due():
            after = replace(after, told_at=self.now, reminders=before.reminders + 1)
            owed, note = self._owed(Telling.REMINDER, Form.THREAD, before.told), "reminder"
        if not owed and self._forecast_is_due(before.told):
            form = Form.THREAD if before.is_open else Form.MESSAGE
            after = self._with_forecast(after)
            owed, note = self._owed(Telling.FORECAST, form, FULL), "forecast"
        return self._decided(reason, after, owed, note) if note else self._quiet(reason)

    def _reminder_is_due(self) -> bool:
        before = self.before
        return (
            before.told >= FULL
            and before.reminders < MOST_REMINDERS
            and before.told_at is not None
            and self.now - before.told_at >= REMIND_EVERY
        )

    def _forecast_is_due(self, told: int) -> bool:
        return (
            self.forecast is not None
            and told < FULL
            and self.before.forecast_at is None
            and not self.measured.missing
            and is_worth_telling(self.forecast, self.measured.window, now=self.now)
        )

    def _with_forecast(self, after: AlertState) -> AlertState:
        return replace(after, forecast_at=self.now, forecast=self.forecast)

    def _seen(self) -> AlertState:
        core_hours = self.measured.core_hours
        if self.before.as_of is not None and self.as_of < self.before.as_of:
            # Another process has seen newer readings meanwhile: what they showed is not taken back.
            core_hours = max(core_hours, self.before.core_hours)
        return replace(
            self.before,
            core_hours=core_hours,
            as_of=_later(self.before.as_of, self.as_of),
            revision=self.before.revision + 1,
        )

    def _quiet(self, reason: Reason) -> Decision:
        """Say nothing; a new period begins quietly, and is a transition."""
        if self.turned and reason is not Reason.SNOOZED:
            return self._decided(Reason.PERIOD_START, self._seen(), ())
        after = self._seen()
        if replace(after, revision=self.before.revision) == self.before:
            return Decision(reason=reason, state=self.before)
        return Decision(reason=reason, state=after)

    def _owed(self, telling: Telling, form: Form, threshold: int) -> tuple[Owed, ...]:
        return (Owed(telling=telling, form=form, threshold=threshold, window=self.measured.window),)

    def _decided(self, reason: Reason, after: AlertState, owed: tuple[Owed, ...], note: str = "") -> Decision:
        step = Transition(
            at=self.now,
            reason=reason,
            told_before=self.before.told,
            told_after=after.told,
            core_hours=self.measured.core_hours,
            limit_core_hours=self.limit.core_hours,
            as_of=self.as_of,
            note=note,
        )
        return Decision(reason=reason, state=after, owed=owed, transition=step)


def _reached(limit: Limit, core_hours: float) -> int:
    """Return the highest threshold (%) at or below this use, 0 for none."""
    percent = limit.percent(core_hours) * (1 + _ROUNDING)
    return max((threshold for threshold in limit.thresholds if percent >= threshold), default=0)


def _standing(limit: Limit, core_hours: float, told: int) -> int:
    """Return the highest told threshold (%) that this use has not fallen below by the margin."""
    percent = limit.percent(core_hours)
    told_ones = [threshold for threshold in limit.thresholds if threshold <= told]
    return max((t for t in told_ones if percent > t - min(RESOLVE_MARGIN, t / 2)), default=0)


def _resolved(state: AlertState, now: datetime) -> AlertState:
    """Forget what belonged to the crossing that is over; a snooze stays, it was meant for the next ones."""
    return replace(state, resolved_at=now, acknowledged_by=None, acknowledged_at=None, reminders=0)


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    moments = [moment for moment in (one, other) if moment is not None]
    return max(moments, default=None)
