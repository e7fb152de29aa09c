"""conversations.*, users.* and team.info: who and where."""

import base64
import bisect
from collections.abc import Sequence
from typing import Any, TypeVar

from bot.playground.slack.asking import Ask, Refused
from bot.playground.slack.model import Channel, Message
from bot.playground.slack.objects import channel_object, message_object, user_object

T = TypeVar("T")
MOST = 1000
USUAL = 100


def open_conversation(ask: Ask) -> dict[str, Any]:
    """Return the direct conversation with one person."""
    ask.need("im:write")
    workspace, user = ask.workspace, ask.text("users")
    if ask.text("channel"):
        channel = ask.channel()
    elif user not in workspace.people:
        raise Refused("user_not_found")
    elif workspace.people[user].is_bot:
        raise Refused("cannot_dm_bot")
    elif workspace.people[user].deleted:
        raise Refused("user_disabled")
    else:
        channel = workspace.dm(user)
    shown = {"id": channel.id}
    if ask.flag("return_im"):
        shown = _shown(ask, channel)
    return {"no_op": True, "already_open": True, "channel": shown}


def info(ask: Ask) -> dict[str, Any]:
    """Describe a channel."""
    channel = ask.channel()
    ask.need_for(channel, "read")
    shown = _shown(ask, channel)
    if ask.flag("include_num_members"):
        shown["num_members"] = len(channel.members)
    return {"channel": shown}


def members(ask: Ask) -> dict[str, Any]:
    """List the ids of a channel's members, page by page."""
    channel = ask.channel()
    ask.need_for(channel, "read")
    page, metadata = _page(ask, sorted(channel.members))
    return {"members": page, "response_metadata": metadata}


def history(ask: Ask) -> dict[str, Any]:
    """List a channel's messages, newest first."""
    channel = _readable(ask)
    first, last = _span(ask, channel.top_level)
    newest = channel.top_level[first:last][::-1]
    kept = [channel.messages[ts] for ts in newest if not channel.messages[ts].deleted]
    page, metadata = _page(ask, kept)
    return {
        "messages": [_with_replies(ask, channel, each) for each in page],
        "has_more": bool(metadata["next_cursor"]),
        "pin_count": 0,
        "response_metadata": metadata,
    }


def replies(ask: Ask) -> dict[str, Any]:
    """List a thread, its first message first."""
    channel = _readable(ask)
    thread_ts = ask.text("ts")
    parent = ask.workspace.board.find(channel.id, thread_ts)
    if parent is None:
        raise Refused("thread_not_found")
    thread = channel.threads.get(thread_ts, [])
    first, last = _span(ask, thread)
    answers = [channel.messages[ts] for ts in thread[first:last] if not channel.messages[ts].deleted]
    page, metadata = _page(ask, [parent, *answers])
    return {
        "messages": [_with_replies(ask, channel, each) for each in page],
        "has_more": bool(metadata["next_cursor"]),
        "response_metadata": metadata,
    }


def users_info(ask: Ask) -> dict[str, Any]:
    """Describe a person."""
    ask.need("users:read")
    person = ask.person()
    return {
        "user": user_object(
            person,
            now=ask.state.now(),
            with_locale=ask.flag("include_locale") and person.team_id == ask.workspace.id,
            with_email="users:read.email" in ask.workspace.scopes,
        )
    }


def users_list(ask: Ask) -> dict[str, Any]:
    """List the people of the workspace, page by page."""
    ask.need("users:read")
    everybody = [each for each in ask.workspace.people.values() if each.team_id == ask.workspace.id]
    page, metadata = _page(ask, everybody)
    shown = [user_object(each, now=ask.state.now()) for each in page]
    return {"members": shown, "response_metadata": metadata}


def users_conversations(ask: Ask) -> dict[str, Any]:
    """List the channels of a person, or of the bot itself."""
    ask.need("channels:read", "groups:read", "im:read", "mpim:read")
    user = ask.text("user") or ask.workspace.bot_user_id
    if user not in ask.workspace.people:
        raise Refused("user_not_found")
    kinds = set((ask.text("types") or "public_channel").replace(" ", "").split(","))
    found = [
        channel
        for channel in ask.workspace.channels.values()
        if user in channel.members
        and _kind(channel) in kinds
        and not (ask.flag("exclude_archived") and channel.is_archived)
        and not (channel.is_private and ask.workspace.bot_user_id not in channel.members)
    ]
    page, metadata = _page(ask, found)
    return {"channels": [_shown(ask, channel) for channel in page], "response_metadata": metadata}


def team_info(ask: Ask) -> dict[str, Any]:
    """Describe the workspace, or an organisation it shares channels with."""
    ask.need("team:read")
    workspace = ask.workspace
    wanted = ask.text("team") or workspace.id
    if wanted == workspace.id:
        name, domain = workspace.name, workspace.domain
    elif wanted in workspace.outside_teams:
        name, domain = workspace.outside_teams[wanted], wanted.lower()
    else:
        raise Refused("team_not_found")
    return {
        "team": {
            "id": wanted,
            "name": name,
            "url": f"https://{domain}.slack.com/",
            "domain": domain,
            "email_domain": "",
            "icon": {"image_default": True},
        }
    }


def _readable(ask: Ask) -> Channel:
    channel = ask.channel()
    ask.need_for(channel, "history")
    if ask.workspace.bot_user_id not in channel.members:
        raise Refused("not_in_channel")
    return channel


def _span(ask: Ask, timestamps: Sequence[str]) -> tuple[int, int]:
    """Return the slice of sorted timestamps between `oldest` and `latest`."""
    oldest, latest, inclusive = ask.text("oldest"), ask.text("latest"), ask.flag("inclusive")
    first = 0
    if oldest not in {"", "0"}:
        first = (bisect.bisect_left if inclusive else bisect.bisect_right)(timestamps, oldest)
    last = len(timestamps)
    if latest and latest != "now":
        last = (bisect.bisect_right if inclusive else bisect.bisect_left)(timestamps, latest)
    return first, last


def _page(ask: Ask, everything: list[T]) -> tuple[list[T], dict[str, str]]:
    limit = ask.number("limit", default=USUAL, most=MOST)
    start = 0
    if ask.text("cursor"):
        try:
            start = int(base64.b64decode(ask.text("cursor")).removeprefix(b"next:"))
        except ValueError:
            raise Refused("invalid_cursor") from None
    rest = start + limit
    cursor = base64.b64encode(f"next:{rest}".encode()).decode() if rest < len(everything) else ""
    return everything[start:rest], {"next_cursor": cursor}


def _with_replies(ask: Ask, channel: Channel, message: Message) -> dict[str, Any]:
    shown = message_object(
        message,
        app_id=ask.state.app_id,
        team=ask.workspace.id,
        with_metadata=ask.flag("include_all_metadata"),
    )
    thread = channel.threads.get(message.ts)
    if thread:
        shown |= {"thread_ts": message.ts, "reply_count": len(thread), "latest_reply": thread[-1]}
    return shown


def _shown(ask: Ask, channel: Channel) -> dict[str, Any]:
    return channel_object(channel, team=ask.workspace.id, bot=ask.workspace.bot_user_id)


def _kind(channel: Channel) -> str:
    if channel.is_im:
        return "im"
    if channel.is_mpim:
        return "mpim"
    return "private_channel" if channel.is_private else "public_channel"


METHODS = {
    "conversations.history": history,
    "conversations.info": info,
    "conversations.members": members,
    "conversations.open": open_conversation,
    "conversations.replies": replies,
    "team.info": team_info,
    "users.conversations": users_conversations,
    "users.info": users_info,
    "users.list": users_list,
}
