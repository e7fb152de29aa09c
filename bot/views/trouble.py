"""Why Slack takes no message in a place, and what to do about it."""

from bot.domain.limits import Place
from bot.views.alert_words import where
from bot.views.format import escape
from bot.views.language import tr


def trouble_sentence(code: str) -> str:
    """Say why Slack takes no message there, and what to do about it."""
    match code:
        case "not_in_channel":
            return tr("I am not in the channel. Invite me there: type `/invite @Walltime` in it.")
        case "channel_not_found":
            return tr(
                "I cannot see the channel: it was deleted, or it is private and I am not in it. "
                "If it still exists, invite me: type `/invite @Walltime` in it."
            )
        case "is_archived":
            return tr(
                "the channel is archived. Unarchive it and invite me again, or set the limit in another channel."
            )
        case (
            "restricted_action"
            | "restricted_action_read_only_channel"
            | "restricted_action_non_threadable_channel"
        ):
            return tr(
                "only some people may post there. Ask an admin or the channel's manager to let apps post."
            )
        case "restricted_action_thread_only_channel":
            return tr("new messages may only be replies there. Set the limit in another channel.")
        case "messages_tab_disabled":
            return tr(
                "the app's Messages tab is switched off. A workspace admin can switch it on in the "
                "app's settings, under App Home."
            )
        case "user_not_found" | "user_disabled" | "cannot_dm_bot":
            return tr("Slack lets me write no direct message to this person.")
        case "missing_scope":
            return tr("the app lacks a permission to post. A workspace admin has to install it again.")
        case (
            "account_inactive"
            | "invalid_auth"
            | "not_authed"
            | "not_installed"
            | "token_expired"
            | "token_revoked"
            | "unreadable"
        ):
            return tr(
                "Slack no longer accepts my token. A workspace admin has to install the app again, or whoever "
                "runs this bot has to give it a new token."
            )
        case _:
            return tr("Slack refuses it (“{code}”). Ask a workspace admin about it.", code=escape(code[:80]))


def trouble_message_text(place: Place, code: str) -> str:
    """Say to whoever set a limit or a standup that its channel does not take messages."""
    return tr(
        "I cannot post in {place}: {trouble} "
        "What you set up there stays. What I owe there waits, and is told as soon as posting works again; "
        "only a digest that is two hours late is skipped, and said in the next one.",
        place=where(place),
        trouble=trouble_sentence(code),
    )
