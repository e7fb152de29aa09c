"""From readings to decisions: the one way that polls, the limit form and its replay judge a limit."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.domain.alerts import AlertState, Decision, Reason
from bot.domain.decisions import decide, when_set
from bot.domain.forecast import forecast
from bot.domain.limits import FULL, Limit
from bot.domain.measuring import Series, measure
from bot.domain.periods import window


def judge(
    limit: Limit,
    state: AlertState,
    series: Sequence[Series],
    *,
    zone: ZoneInfo,
    poll_interval: timedelta,
    now: datetime,
) -> tuple[Decision, ...]:
    """Decide on the newest readings; the last decision holds what stands, all of them hold what is owed.

    The period turns when a reading from the new one arrives, not before: the old one's last hours are then
    known, and its last word comes first. `series` is the one link of a person, or all links of a team.
    """
    decisions = []
    measured = measure(limit.period, state.window, series, poll_interval=poll_interval, now=now)
    if measured.as_of is not None:
        current = window(limit.period, measured.as_of, zone)
        if current.start > state.window.start:
            last = decide(limit, measured, state, now=now)
            if last.owed or last.reason is Reason.SNOOZED:
                decisions.append(last)
            state = last.state
            measured = measure(limit.period, current, series, poll_interval=poll_interval, now=now)
    room = limit.core_hours - measured.core_hours
    # Only new use brings a date nearer; who is idle needs no new forecast.
    grew = measured.core_hours > state.core_hours
    wanted = grew and state.forecast_at is None and state.told < FULL and not measured.missing
    projected = forecast([one.readings for one in series], room=room, now=now) if wanted else None
    decisions.append(decide(limit, measured, state, now=now, forecast=projected))
    return tuple(decisions)


def judge_when_set(
    limit: Limit,
    previous: AlertState | None,
    series: Sequence[Series],
    *,
    by: str,
    zone: ZoneInfo,
    poll_interval: timedelta,
    now: datetime,
) -> Decision:
    """Decide as a limit is made or changed, or as somebody comes under it; `previous` is what stood."""
    around = window(limit.period, now, zone)
    measured = measure(limit.period, around, series, poll_interval=poll_interval, now=now)
    return when_set(limit, measured, previous, by=by, now=now)
