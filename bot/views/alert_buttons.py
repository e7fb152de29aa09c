"""The buttons under an alert: the same in its message and in the list."""

from typing import Final

from slackblocks import ActionsBlock, Button, Option, StaticSelectMenu, Text, TextType

from bot.domain.alert_keys import AlertKey
from bot.domain.alerts import SnoozeLength
from bot.views.language import tr

ALERT_ACK: Final = "alert.ack"
ALERT_SNOOZE: Final = "alert.snooze"
ALERT_WHY: Final = "alert.why"
ALERT_RAISE_LIMIT: Final = "alert.raise_limit"


def alert_buttons(key: AlertKey, *, acknowledged: bool = False) -> ActionsBlock:
    """Acknowledge (until somebody did), Snooze, Why, Raise limit."""
    value = key.write()
    acknowledge = Button(text=tr("Acknowledge"), action_id=ALERT_ACK, value=value, style="primary")
    snooze = StaticSelectMenu(
        action_id=ALERT_SNOOZE,
        placeholder=tr("Snooze"),
        options=[
            Option(Text(_length_words(length), TextType.PLAINTEXT), key.write_snooze(length))
            for length in SnoozeLength
        ],
    )
    return ActionsBlock(
        [
            *(() if acknowledged else (acknowledge,)),
            snooze,
            why_button(key),
            raise_limit_button(key),
        ]
    )


def why_button(key: AlertKey) -> Button:
    """Opens everything behind the alert."""
    return Button(text=tr("Why?"), action_id=ALERT_WHY, value=key.write())


def raise_limit_button(key: AlertKey) -> Button:
    """Opens the form, filled with the alert's limit."""
    return Button(text=tr("Raise limit"), action_id=ALERT_RAISE_LIMIT, value=key.write())


def _length_words(length: SnoozeLength) -> str:
    match length:
        case SnoozeLength.HOUR:
            return tr("for 1 hour")
        case SnoozeLength.DAY:
            return tr("for 1 day")
        case SnoozeLength.PERIOD:
            return tr("until the period ends")
