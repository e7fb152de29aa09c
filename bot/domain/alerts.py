"""What an alert is: what we last said about a limit, and what was decided."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from bot.domain.errors import AlertOver
from bot.domain.forecast import Forecast
from bot.domain.limits import Limit
from bot.domain.usage import Window

REMIND_EVERY: Final = timedelta(days=1)
MOST_REMINDERS: Final = 3
# A limit's last hours are known only after its period has ended. Later than this, saying so is no help:
# it is also when the owner has heard that there is no data.
LAST_WORD: Final = timedelta(hours=6)


class Reason(StrEnum):
    """Why we spoke or kept quiet."""

    CROSSED = "crossed"
    RESOLVED = "resolved"
    UNCHANGED = "unchanged"
    SNOOZED = "snoozed"
    STALE = "stale"
    INCOMPLETE = "incomplete"
    PERIOD_START = "period_start"


class Status(StrEnum):
    """How an alert stands; `quiet` has said nothing in this period."""

    QUIET = "quiet"
    FIRING = "firing"
    ACKNOWLEDGED = "acknowledged"
    SNOOZED = "snoozed"
    RESOLVED = "resolved"


class Telling(StrEnum):
    """What is to be said."""

    CROSSED = "crossed"
    RESOLVED = "resolved"
    REMINDER = "reminder"
    SNOOZE_OVER = "snooze_over"
    FORECAST = "forecast"
    CHANGED = "changed"


class Form(StrEnum):
    """How it is said. All but `message` also edit the alert's message to the newest state."""

    MESSAGE = "message"
    THREAD = "thread"
    THREAD_AND_CHANNEL = "thread_and_channel"
    EDIT = "edit"


class SnoozeLength(StrEnum):
    """How long a snooze holds."""

    HOUR = "1h"
    DAY = "1d"
    PERIOD = "period"


@dataclass(frozen=True, kw_only=True, slots=True)
class Measured:
    """Use of a limit in a window. Without `as_of` there is no reading at all.

    `missing` counts the links whose newest reading is stale or absent: with any, `core_hours` is a lower
    bound. Older than `stale_after`, all of it is stale. `since` is set when readings begin inside the window.
    """

    window: Window
    core_hours: float
    as_of: datetime | None
    stale_after: timedelta
    since: datetime | None = None
    missing: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class AlertState:
    """What was said about a limit (of one person, for `each`) in one period: one row, replaced whole.

    `told` is the highest threshold (%) that counts as told and has not been resolved, 0 for none.
    `forecast` is the one that was told, at `forecast_at`. `core_hours` and `as_of` are what the last decision
    saw. `revision` grows by one with every change: write only over the revision that was read, and of two
    processes one decides.
    """

    window: Window
    told: int = 0
    told_at: datetime | None = None
    opened_at: datetime | None = None
    resolved_at: datetime | None = None
    acknowledged_by: str | None = None
    acknowledged_at: datetime | None = None
    snoozed_by: str | None = None
    snoozed_until: datetime | None = None
    reminders: int = 0
    forecast_at: datetime | None = None
    forecast: Forecast | None = None
    core_hours: float = 0.0
    as_of: datetime | None = None
    revision: int = 0

    @property
    def is_open(self) -> bool:
        """Tell whether a message stands whose alert is not resolved."""
        return self.opened_at is not None and self.told > 0

    def is_snoozed(self, now: datetime) -> bool:
        """Tell whether next thresholds are held back."""
        return self.snoozed_until is not None and now < self.snoozed_until

    def status(self, now: datetime) -> Status:
        """Name the state in the words of section 4."""
        if not self.is_open:
            return Status.QUIET if self.opened_at is None else Status.RESOLVED
        if self.is_snoozed(now):
            return Status.SNOOZED
        return Status.FIRING if self.acknowledged_at is None else Status.ACKNOWLEDGED


@dataclass(frozen=True, kw_only=True, slots=True)
class Owed:
    """One thing to say about `threshold` (%) of the limit in this window."""

    telling: Telling
    form: Form
    threshold: int
    window: Window


@dataclass(frozen=True, kw_only=True, slots=True)
class Transition:
    """A step of an alert, for `alert.why`: the highest told threshold (%) before and after, and on what data.

    `by` is the person who clicked or typed; None when a poll decided.
    """

    at: datetime
    reason: Reason
    told_before: int
    told_after: int
    core_hours: float
    limit_core_hours: float
    as_of: datetime | None
    by: str | None = None
    note: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Decision:
    """Why, what stands now, what is owed; store state, transition and what is owed in one transaction."""

    reason: Reason
    state: AlertState
    owed: tuple[Owed, ...] = ()
    transition: Transition | None = None


def acknowledge(limit: Limit, state: AlertState, *, by: str, now: datetime) -> Decision:
    """Stop the reminders; who came first stays named. Raises AlertOver."""
    check_open(state, window_start=state.window.start)
    if state.acknowledged_at is not None:
        return Decision(reason=Reason.UNCHANGED, state=state)
    fresh = replace(state, acknowledged_by=by, acknowledged_at=now, revision=state.revision + 1)
    return _acted(limit, state, fresh, by=by, note="acknowledged", now=now)


def snooze(limit: Limit, state: AlertState, *, length: SnoozeLength, by: str, now: datetime) -> Decision:
    """Hold the next thresholds and the reminders back; a later snooze replaces it. Raises AlertOver."""
    check_open(state, window_start=state.window.start)
    lengths = {SnoozeLength.HOUR: timedelta(hours=1), SnoozeLength.DAY: timedelta(days=1)}
    until = now + lengths[length] if length in lengths else state.window.end
    until = min(until, state.window.end)
    fresh = replace(state, snoozed_by=by, snoozed_until=until, revision=state.revision + 1)
    return _acted(limit, state, fresh, by=by, note=f"snoozed {length}", now=now)


def check_open(state: AlertState, *, window_start: datetime) -> None:
    """Raise AlertOver for a button of a period that is over, or of an alert that is resolved."""
    if state.window.start != window_start or not state.is_open:
        raise AlertOver(resolved_at=state.resolved_at)


def _acted(
    limit: Limit, before: AlertState, after: AlertState, *, by: str, note: str, now: datetime
) -> Decision:
    step = Transition(
        at=now,
        reason=Reason.UNCHANGED,
        told_before=before.told,
        told_after=after.told,
        core_hours=after.core_hours,
        limit_core_hours=limit.core_hours,
        as_of=after.as_of,
        by=by,
        note=note,
    )
    owed = Owed(telling=Telling.CHANGED, form=Form.EDIT, threshold=after.told, window=after.window)
    return Decision(reason=Reason.UNCHANGED, state=after, owed=(owed,), transition=step)
