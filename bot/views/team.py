"""`join` and `leave`: the question, and that it is done."""

from typing import Final

from slackblocks import Button

from bot.domain.standing import Audience
from bot.views.kit import Message, buttons, say

TEAM_JOIN_CONFIRM: Final = "team.join.confirm"


def join_question(channel: str, audience: Audience) -> Message:
    """Say who will see what before somebody joins."""
    outside = " This channel is shared with other organisations." if audience.is_shared_outside else ""
    text = (
        f"Join the team of <#{channel}>? Members of this channel, guests among them, will then see your "
        f"username on the cluster and your core-hours, and limits of this channel may count them.{outside} "
        "You can leave at any time."
    )
    return say(
        text, buttons(Button(text="Join", action_id=TEAM_JOIN_CONFIRM, value=channel, style="primary"))
    )


def already_joined_message(channel: str) -> Message:
    """Say that there is nothing to do."""
    return say(f"You are in the team of <#{channel}> already.")


def joined_message(channel: str) -> Message:
    """Say that it is done, and how to undo it."""
    return say(
        f"You are in the team of <#{channel}> now: its members see your username and core-hours. "
        "To stop, type “leave” there."
    )


def left_message(channel: str, *, was_in: bool) -> Message:
    """Say that it is done."""
    if not was_in:
        return say(f"You are not in the team of <#{channel}>.")
    return say(f"You have left the team of <#{channel}>: your usage is no longer shared or counted there.")
