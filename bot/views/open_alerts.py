"""`alerts`: what is open, what a click did, and the test alert."""

from datetime import datetime
from typing import Final

from slackblocks import Block, SectionBlock

from bot.domain.alert_keys import AlertKey
from bot.domain.limit_answers import AlertActed, OpenAlert, OpenAlerts
from bot.domain.limits import Place, PlaceKind
from bot.views.alert_buttons import alert_buttons
from bot.views.format import escape, hours
from bot.views.kit import Message, say, small_print
from bot.views.language import ntr
from bot.views.limits import amount, share, whose
from bot.views.why import when

MOST_SHOWN: Final = 20


def open_alerts_message(found: OpenAlerts, *, now: datetime) -> Message:
    """Draw the open alerts, each with its buttons; the fullest first."""
    alerts = found.alerts
    hidden = _hidden(found.hidden) if found.hidden else ""
    if not alerts:
        return say(
            hidden or "No open alerts here: nothing that you or this channel limit is over a threshold."
        )
    ordered = sorted(alerts, key=lambda alert: -alert.limit.percent(alert.state.core_hours))
    blocks: list[Block] = []
    for alert in ordered[:MOST_SHOWN]:
        blocks += open_alert_blocks(alert, now)
    more = len(alerts) - MOST_SHOWN
    if more > 0:
        blocks.append(small_print(f"{more} more, each lower."))
    spoken = "\n".join(_line(alert, now) for alert in ordered[:MOST_SHOWN])
    if hidden:
        blocks.append(small_print(hidden))
        spoken = f"{spoken}\n{hidden}"
    return Message(text=f"{len(alerts)} open:\n{spoken}", blocks=tuple(blocks))


def _hidden(count: int) -> str:
    return ntr(
        "{count} open alert is of somebody who has not agreed to all who read this channel, and is not shown.",
        "{count} open alerts are of people who have not agreed to all who read this channel, and are not shown.",
        count,
    )


def open_alert_blocks(alert: OpenAlert, now: datetime) -> list[Block]:
    """Draw one open alert with its buttons."""
    state = alert.state
    key = AlertKey(limit_id=alert.limit.limit_id, subject=alert.subject, window_start=state.window.start)
    return [
        SectionBlock(_line(alert, now)),
        alert_buttons(key, acknowledged=state.acknowledged_at is not None),
    ]


def acknowledged_message(acted: AlertActed) -> Message:
    """Say to the clicker what their click did."""
    alert = acted.alert
    if acted.fresh:
        return say(
            f"Acknowledged: no reminders of {_subject(alert)} at {alert.state.told} %. Higher thresholds still speak."
        )
    return say(f"<@{alert.state.acknowledged_by}> had acknowledged this before; nothing changed.")


def snoozed_message(acted: AlertActed, *, now: datetime) -> Message:
    """Say until when the alert is quiet."""
    state = acted.alert.state
    until = state.snoozed_until or now
    return say(
        f"Snoozed: nothing is said about {_subject(acted.alert)} until {when(until, acted.alert.cluster)}. "
        "If it is still over then, I speak."
    )


def alert_test_sentence(user: str) -> str:
    """Say the test alert, where alerts are told."""
    return (
        f"This is a test alert that <@{user}> asked for: it came the whole way that real alerts come. "
        "No limit was crossed."
    )


def alert_test_message(place: Place) -> Message:
    """Say to who asked where the test alert will arrive."""
    where = "your direct messages" if place.kind is PlaceKind.DM else f"<#{place.slack_id}>"
    return say(f"A test alert is on its way to {where}. It should arrive within a minute.")


def _line(alert: OpenAlert, now: datetime) -> str:
    state = alert.state
    as_of = f" as of {when(state.as_of, alert.cluster)}" if state.as_of else ""
    words = (
        f"{_subject(alert)}: {share(alert.limit.percent(state.core_hours))}, {hours(state.core_hours)} core-hours "
        f"used{as_of}; {state.status(now)}"
    )
    if state.acknowledged_by:
        words += f" by <@{state.acknowledged_by}>"
    return f"{words}."


def _subject(alert: OpenAlert) -> str:
    label = alert.cluster.label if alert.cluster else alert.limit.cluster
    who = f"*{escape(alert.username)}*" if alert.username else whose(alert.limit)
    return f"{who}, limit of {amount(alert.limit, label)}"
