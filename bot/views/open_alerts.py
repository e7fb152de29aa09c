"""`alerts`: what is open, what a click did, and the test alert."""

from datetime import datetime
from typing import Final

from slackblocks import Block, SectionBlock

from bot.domain.alert_keys import AlertKey
from bot.domain.limit_answers import AlertActed, OpenAlert, OpenAlerts
from bot.domain.limits import Place, PlaceKind
from bot.views.alert_buttons import alert_buttons
from bot.views.alert_words import status_words
from bot.views.format import escape
from bot.views.kit import Message, say, small_print
from bot.views.language import ntr, tr
from bot.views.limits import amount, share, used_words, whose
from bot.views.why import when

MOST_SHOWN: Final = 20


def open_alerts_message(found: OpenAlerts, *, now: datetime) -> Message:
    """Draw the open alerts, each with its buttons; the fullest first."""
    alerts = found.alerts
    hidden = _hidden(found.hidden) if found.hidden else ""
    if not alerts:
        none = tr("No open alerts here: nothing that you or this channel limit is over a threshold.")
        return say(hidden or none)
    ordered = sorted(alerts, key=lambda alert: -alert.limit.percent(alert.state.core_hours))
    blocks: list[Block] = []
    for alert in ordered[:MOST_SHOWN]:
        blocks += open_alert_blocks(alert, now)
    more = len(alerts) - MOST_SHOWN
    if more > 0:
        blocks.append(small_print(ntr("{count} more, each lower.", "{count} more, each lower.", more)))
    spoken = [ntr("{count} open:", "{count} open:", len(alerts))]
    spoken += [_line(alert, now) for alert in ordered[:MOST_SHOWN]]
    if hidden:
        blocks.append(small_print(hidden))
        spoken.append(hidden)
    return Message(text="\n".join(spoken), blocks=tuple(blocks))


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
    alert, state = acted.alert, acted.alert.state
    if acted.fresh:
        return say(
            tr(
                "Acknowledged: no reminders of {alert} at {told} %. Higher thresholds still speak.",
                alert=_subject(alert),
                told=state.told,
            )
        )
    return say(
        tr("<@{user}> had acknowledged this before; nothing changed.", user=state.acknowledged_by),
    )


def snoozed_message(acted: AlertActed, *, now: datetime) -> Message:
    """Say until when the alert is quiet."""
    state = acted.alert.state
    until = state.snoozed_until or now
    return say(
        tr(
            "Snoozed: nothing is said about {alert} until {when}. If it is still over then, I speak.",
            alert=_subject(acted.alert),
            when=when(until, acted.alert.cluster),
        )
    )


def alert_test_sentence(user: str) -> str:
    """Say the test alert, where alerts are told."""
    return tr(
        "This is a test alert that <@{user}> asked for: it came the whole way that real alerts come. "
        "No limit was crossed.",
        user=user,
    )


def alert_test_message(place: Place) -> Message:
    """Say to who asked where the test alert will arrive."""
    where = tr("your direct messages") if place.kind is PlaceKind.DM else f"<#{place.slack_id}>"
    return say(
        tr("A test alert is on its way to {place}. It should arrive within a minute.", place=where),
    )


def _line(alert: OpenAlert, now: datetime) -> str:
    state = alert.state
    used = used_words(state.core_hours)
    if state.as_of is not None:
        used = tr("{used} as of {when}", used=used, when=when(state.as_of, alert.cluster))
    return tr(
        "{alert}: {share}, {used}; {status}.",
        alert=_subject(alert),
        share=share(alert.limit.percent(state.core_hours)),
        used=used,
        status=status_words(state, now),
    )


def _subject(alert: OpenAlert) -> str:
    label = alert.cluster.label if alert.cluster else alert.limit.cluster
    return tr(
        "{who}, limit of {amount}",
        who=f"*{escape(alert.username)}*" if alert.username else whose(alert.limit),
        amount=amount(alert.limit, label),
    )
