"""`join` and `leave`: who will see what, and that it is done."""

from typing import Final

from slackblocks import Button

from bot.domain.audience import Consent
from bot.domain.standing import Audience
from bot.views.audience import grown_words, readers_words
from bot.views.kit import Message, buttons, say
from bot.views.language import tr

TEAM_JOIN_CONFIRM: Final = "team.join.confirm"


def join_question(channel: str, audience: Audience, *, again: bool = False) -> Message:
    """Say who will see what before somebody joins; `again` when others can read than they agreed to."""
    who = readers_words(audience)
    if again:
        start = tr(
            "You are in the team of <#{channel}>, but you joined before the channel could be read as it is now. "
            "Agree to share your numbers with all who read it?",
            channel=channel,
        )
    else:
        start = tr("Join the team of <#{channel}>?", channel=channel)
    text = start + tr(
        " Who reads this channel will see your name in Slack, your username on each linked cluster, your "
        "core-hours, your pace and when they were read; never your token. That is: {who}. "
        "Limits of this channel may count your core-hours. You can leave at any time.",
        who=who,
    )
    button = Button(
        text=tr("Agree") if again else tr("Join"),
        action_id=TEAM_JOIN_CONFIRM,
        # Who is agreed to: if that has changed by the time of the click, it is asked again.
        value=f"{channel} {Consent.to(audience).digest}",
        style="primary",
    )
    return say(text, buttons(button))


def read_join(value: str) -> tuple[str, str]:
    """Return the channel, and the digest of the audience, that a button to join stands for."""
    channel, _, digest = value.partition(" ")
    return channel, digest


def already_joined_message(channel: str) -> Message:
    """Say that there is nothing to do."""
    return say(tr("You are in the team of <#{channel}> already.", channel=channel))


def joined_message(channel: str, audience: Audience) -> Message:
    """Say that it is done, and how to undo it."""
    return say(
        tr(
            "You are in the team of <#{channel}> now: {who} see your username and core-hours. "
            "To stop, type “leave” there.",
            channel=channel,
            who=readers_words(audience),
        )
    )


def left_with_channel_message(channel: str) -> Message:
    """Say to somebody who left a channel that they left its team with it."""
    return say(
        tr(
            "You are no longer in <#{channel}>, so I took you off its team: nobody there sees your core-hours any "
            "more. If you come back and want to share them again, type “join” there.",
            channel=channel,
        )
    )


def left_message(channel: str, *, was_in: bool) -> Message:
    """Say that it is done."""
    if not was_in:
        return say(tr("You are not in the team of <#{channel}>.", channel=channel))
    return say(
        tr(
            "You have left the team of <#{channel}>: your usage is no longer shared or counted there.",
            channel=channel,
        )
    )


def ask_again_sentence(channel: str, audience: Audience) -> str:
    """Ask somebody who joined before others could read the channel."""
    return tr(
        "You joined the team of <#{channel}> before it could be read by {who}. Your own numbers are not shown "
        "there until you agree: type “join” after the command, in that channel. "
        "To stop sharing altogether, type “leave” there. If you do nothing, only sums are shown.",
        channel=channel,
        who=grown_words(audience),
    )


def withheld_alert_message(audience: Audience) -> Message:
    """Stand in the channel for an alert of a single person, when it must not say whose and how much."""
    return say(
        tr(
            "A threshold of a limit of this channel is crossed by one person of its team. Whose use it is, and how "
            "much, is not told here: the channel can be read by {who}, and that person has not agreed to it.",
            who=grown_words(audience),
        )
    )
