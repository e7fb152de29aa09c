"""Why Slack takes no message in a place, and what to do about it."""

from typing import Final

from bot.domain.limits import Place
from bot.views.alert_words import where
from bot.views.format import escape

_UNKNOWN_TO_SLACK: Final = (
    "Slack no longer accepts my token. A workspace admin has to install the app again, or whoever runs this "
    "bot has to give it a new token."
)
_POSTING_RESTRICTED: Final = (
    "only some people may post there. Ask an admin or the channel's manager to let apps post."
)
_NO_DM: Final = "Slack lets me write no direct message to this person."
_TROUBLES: Final = {
    "not_in_channel": "I am not in the channel. Invite me there: type `/invite @Walltime` in it.",
    "channel_not_found": "I cannot see the channel: it was deleted, or it is private and I am not in it. "
    "If it still exists, invite me: type `/invite @Walltime` in it.",
    "is_archived": "the channel is archived. Unarchive it and invite me again, or set the limit in another channel.",
    "restricted_action": _POSTING_RESTRICTED,
    "restricted_action_read_only_channel": _POSTING_RESTRICTED,
    "restricted_action_non_threadable_channel": _POSTING_RESTRICTED,
    "restricted_action_thread_only_channel": "new messages may only be replies there. Set the limit in another channel.",
    "messages_tab_disabled": "the app's Messages tab is switched off. A workspace admin can switch it on in the "
    "app's settings, under App Home.",
    "user_not_found": _NO_DM,
    "user_disabled": _NO_DM,
    "cannot_dm_bot": _NO_DM,
    "missing_scope": "the app lacks a permission to post. A workspace admin has to install it again.",
    "account_inactive": _UNKNOWN_TO_SLACK,
    "invalid_auth": _UNKNOWN_TO_SLACK,
    "not_authed": _UNKNOWN_TO_SLACK,
    "token_expired": _UNKNOWN_TO_SLACK,
    "token_revoked": _UNKNOWN_TO_SLACK,
}


def trouble_sentence(code: str) -> str:
    """Say why Slack takes no message there, and what to do about it."""
    return _TROUBLES.get(code, f"Slack refuses it (“{escape(code[:80])}”). Ask a workspace admin about it.")


def trouble_message_text(place: Place, code: str) -> str:
    """Say to whoever set a limit or a standup that its channel does not take messages."""
    return (
        f"I cannot post in {where(place)}: {trouble_sentence(code)} "
        "What you set up there stays. What I owe there waits, and is told as soon as posting works again; "
        "only a digest that is two hours late is skipped, and said in the next one."
    )
