"""The buttons under an alert: the same in its message and in the list."""

from typing import Final

from slackblocks import ActionsBlock, Button, Option, StaticSelectMenu, Text, TextType

from bot.domain.alert_keys import AlertKey
from bot.domain.alerts import SnoozeLength

ALERT_ACK: Final = "alert.ack"
ALERT_SNOOZE: Final = "alert.snooze"
ALERT_WHY: Final = "alert.why"
ALERT_RAISE_LIMIT: Final = "alert.raise_limit"

_LENGTHS: Final = {
    SnoozeLength.HOUR: "for 1 hour",
    SnoozeLength.DAY: "for 1 day",
    SnoozeLength.PERIOD: "until the period ends",
}


def alert_buttons(key: AlertKey, *, acknowledged: bool = False) -> ActionsBlock:
    """Acknowledge (until somebody did), Snooze, Why, Raise limit."""
    value = key.write()
    acknowledge = Button(text="Acknowledge", action_id=ALERT_ACK, value=value, style="primary")
    snooze = StaticSelectMenu(
        action_id=ALERT_SNOOZE,
        placeholder="Snooze",
        options=[
            Option(Text(words, TextType.PLAINTEXT), key.write_snooze(length))
            for length, words in _LENGTHS.items()
        ],
    )
    return ActionsBlock(
        [
            *(() if acknowledged else (acknowledge,)),
            snooze,
            Button(text="Why?", action_id=ALERT_WHY, value=value),
            Button(text="Raise limit", action_id=ALERT_RAISE_LIMIT, value=value),
        ]
    )
