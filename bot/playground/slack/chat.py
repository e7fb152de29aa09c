"""chat.*: posting, editing and deleting messages."""

from collections.abc import Collection
from typing import Any

from bot.playground.slack.asking import Ask, Refused, with_messages
from bot.playground.slack.check import (
    LONGEST_BLOCKS,
    LONGEST_TEXT,
    MOST_ATTACHMENTS,
    ONE_TABLE,
    Refusal,
    faults_of_attachments,
    faults_of_blocks,
    text_of_blocks,
)
from bot.playground.slack.model import Channel, Message
from bot.playground.slack.objects import message_object
from bot.playground.slack.payloads import said

LONGEST_EDIT = 4_000
BIGGEST_METADATA = 16 * 1024


def post_message(ask: Ask) -> dict[str, Any]:
    """Post to a channel, or to a person by their id."""
    ask.need("chat:write")
    content = _content(ask, longest=LONGEST_TEXT)
    channel = _destination(ask)
    thread = _thread(ask, channel)
    message = ask.workspace.bot_post(channel, metadata=_metadata(ask), **content, **thread)
    if channel.is_im:
        # Slack tells the app of its own messages too; Bolt drops them.
        ask.workspace.emit(said(ask.workspace, message, kind="message"))
    return {"channel": channel.id, "ts": message.ts, "message": _shown(ask, message)}


def post_ephemeral(ask: Ask) -> dict[str, Any]:
    """Show a message to one member of a channel."""
    ask.need("chat:write")
    content = _content(ask, longest=LONGEST_TEXT)
    channel = _destination(ask)
    user = ask.text("user")
    if user not in channel.members:
        raise Refused("user_not_in_channel")
    message = ask.workspace.bot_post(
        channel, ephemeral_for=user, thread_ts=ask.text("thread_ts") or None, **content
    )
    return {"message_ts": message.ts}


def update(ask: Ask) -> dict[str, Any]:
    """Edit one of the bot's messages; text without blocks takes the old blocks away."""
    ask.need("chat:write")
    channel = ask.channel()
    message = ask.own_message(channel, refused="cant_update_message")
    content = _content(ask, longest=LONGEST_EDIT)
    metadata = _metadata(ask)
    if channel.is_archived:
        raise Refused("is_archived")
    newest = ask.workspace.board.edit(message, metadata=metadata or message.metadata, **content)
    return {"channel": channel.id, "ts": newest.ts, "text": newest.text, "message": _shown(ask, newest)}


def delete(ask: Ask) -> dict[str, Any]:
    """Delete one of the bot's messages."""
    ask.need("chat:write")
    channel = ask.channel()
    message = ask.own_message(channel, refused="cant_delete_message")
    ask.workspace.board.remove(message)
    return {"channel": channel.id, "ts": message.ts}


def get_permalink(ask: Ask) -> dict[str, Any]:
    """Return the address of a message."""
    channel = ask.channel()
    ts = ask.text("message_ts")
    if ask.workspace.board.find(channel.id, ts) is None:
        raise Refused("message_not_found")
    link = f"https://{ask.workspace.domain}.slack.com/archives/{channel.id}/p{ts.replace('.', '')}"
    return {"channel": channel.id, "permalink": link}


def checked_content(
    payload: dict[str, Any], *, longest: int, unknown_blocks: Collection[str]
) -> dict[str, Any]:
    """Return text, blocks and attachments that Slack would take, or refuse them."""
    text = "" if payload.get("text") is None else str(payload["text"])
    blocks = payload.get("blocks") or []
    attachments = payload.get("attachments") or []
    if not isinstance(blocks, list) or not all(isinstance(each, dict) for each in blocks):
        raise Refused("invalid_blocks_format")
    if not isinstance(attachments, list) or not all(isinstance(each, dict) for each in attachments):
        raise Refused("invalid_attachments")
    if not (text or blocks or attachments):
        raise Refused("no_text")
    if len(text) > longest:
        raise Refused("msg_too_long")
    if len(attachments) > MOST_ATTACHMENTS:
        raise Refused("too_many_attachments")
    refusals = [*faults_of_blocks(blocks, surface="message"), *faults_of_attachments(attachments)]
    refusals += [
        Refusal(pointer=f"/blocks/{place}/type", text=f"unsupported type: {each.get('type')}")
        for place, each in enumerate(blocks)
        if each.get("type") in unknown_blocks
    ]
    if any(each.text == ONE_TABLE for each in refusals):
        raise with_messages("invalid_attachments", refusals)
    if refusals:
        raise with_messages("invalid_blocks", refusals)
    if text_of_blocks(blocks) > LONGEST_BLOCKS:
        raise Refused("msg_blocks_too_long")
    return {"text": text, "blocks": blocks, "attachments": attachments}


def _content(ask: Ask, *, longest: int) -> dict[str, Any]:
    markdown = ask.text("markdown_text")
    if markdown and (ask.text("text") or ask.args.get("blocks")):
        raise Refused("markdown_text_conflict")
    return checked_content(
        {
            "text": ask.text("text") or markdown,
            "blocks": ask.json("blocks", refused="invalid_blocks_format"),
            "attachments": ask.json("attachments", refused="invalid_attachments"),
        },
        longest=longest,
        unknown_blocks=ask.workspace.unknown_blocks,
    )


def _destination(ask: Ask) -> Channel:
    """Return where to post, or refuse what Slack refuses there."""
    workspace, wanted = ask.workspace, ask.text("channel")
    if wanted in workspace.people:
        if workspace.people[wanted].is_bot:
            raise Refused("cannot_dm_bot")
        channel = workspace.dm(wanted)
    else:
        channel = ask.channel()
    if channel.is_archived or (channel.im_with is not None and workspace.people[channel.im_with].deleted):
        raise Refused("is_archived")
    outside = workspace.bot_user_id not in channel.members
    if outside and "chat:write.public" not in workspace.scopes:
        raise Refused("not_in_channel")
    if channel.is_im and not workspace.messages_tab_enabled:
        raise Refused("messages_tab_disabled")
    if channel.refuses is not None:
        raise Refused(channel.refuses)
    return channel


def _thread(ask: Ask, channel: Channel) -> dict[str, Any]:
    thread_ts = ask.text("thread_ts") or None
    if thread_ts is None:
        return {}
    parent = ask.workspace.board.find(channel.id, thread_ts)
    if parent is None:
        raise Refused("thread_not_found")
    if parent.thread_ts not in {None, parent.ts}:
        thread_ts = parent.thread_ts
    return {"thread_ts": thread_ts, "broadcast": ask.flag("reply_broadcast")}


def _metadata(ask: Ask) -> dict[str, Any] | None:
    metadata = ask.json("metadata", refused="invalid_metadata_format")
    if metadata is None:
        return None
    if not isinstance(metadata, dict) or metadata.keys() != {"event_type", "event_payload"}:
        raise Refused("invalid_metadata_format")
    if not metadata["event_type"] or not isinstance(metadata["event_payload"], dict):
        raise Refused("invalid_metadata_schema")
    if len(str(metadata)) > BIGGEST_METADATA:
        raise Refused("metadata_too_large")
    return metadata


def _shown(ask: Ask, message: Message) -> dict[str, Any]:
    return message_object(message, app_id=ask.state.app_id, team=ask.workspace.id)


METHODS = {
    "chat.delete": delete,
    "chat.getPermalink": get_permalink,
    "chat.postEphemeral": post_ephemeral,
    "chat.postMessage": post_message,
    "chat.update": update,
}
