"""People, channels and messages as the Web API and the payloads show them."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from bot.playground.slack.model import Channel, Message, Person


def user_object(
    person: Person, *, now: datetime | None = None, with_locale: bool = False, with_email: bool = False
) -> dict[str, Any]:
    """Return the user object; people of another organisation show no locale and no e-mail."""
    profile: dict[str, Any] = {
        "real_name": person.real_name,
        "display_name": person.name,
        "title": person.title,
        "team": person.team_id,
    }
    if with_email and person.email is not None:
        profile["email"] = person.email
    answer: dict[str, Any] = {
        "id": person.id,
        "team_id": person.team_id,
        "name": person.name,
        "deleted": person.deleted,
        "profile": profile,
        "is_bot": person.is_bot,
        "is_app_user": False,
        "updated": int(now.timestamp()) if now else 0,
    }
    if person.deleted:
        return answer
    zone = ZoneInfo(person.tz)
    offset = now.astimezone(zone).utcoffset() if now else None
    answer |= {
        "real_name": person.real_name,
        "tz": person.tz,
        "tz_label": person.tz,
        "tz_offset": int(offset.total_seconds()) if offset else 0,
        "is_admin": person.is_admin,
        "is_owner": person.is_owner,
        "is_primary_owner": False,
        "is_restricted": person.is_restricted,
        "is_ultra_restricted": person.is_ultra_restricted,
        "is_stranger": person.is_stranger,
    }
    if with_locale:
        answer["locale"] = person.locale
    return answer


def channel_object(channel: Channel, *, team: str, bot: str) -> dict[str, Any]:
    """Return the conversation object as the bot of `team` sees it."""
    if channel.is_im:
        return {
            "id": channel.id,
            "created": channel.created,
            "is_im": True,
            "is_archived": channel.is_archived,
            "is_org_shared": False,
            "is_ext_shared": channel.is_ext_shared,
            "context_team_id": team,
            "user": channel.im_with,
            "is_user_deleted": False,
            "priority": 0,
        }
    return {
        "id": channel.id,
        "name": channel.name,
        "name_normalized": channel.name,
        "created": channel.created,
        "is_channel": not channel.is_private,
        "is_group": False,
        "is_im": False,
        "is_mpim": channel.is_mpim,
        "is_private": channel.is_private,
        "is_archived": channel.is_archived,
        "is_general": channel.name == "general",
        "is_member": bot in channel.members,
        "is_shared": channel.is_ext_shared,
        "is_ext_shared": channel.is_ext_shared,
        "is_org_shared": False,
        "is_pending_ext_shared": False,
        "pending_shared": [],
        "context_team_id": team,
        "shared_team_ids": [team, *sorted(channel.outside_teams)],
        "connected_team_ids": sorted(channel.outside_teams),
        "topic": {"value": "", "creator": "", "last_set": 0},
        "purpose": {"value": "", "creator": "", "last_set": 0},
        "previous_names": [],
    }


def message_object(message: Message, *, app_id: str, team: str, with_metadata: bool = True) -> dict[str, Any]:
    """Return the message object."""
    answer: dict[str, Any] = {
        "type": "message",
        "user": message.user,
        "ts": message.ts,
        "text": message.text,
        "team": team,
    }
    if message.bot_id is not None:
        answer |= {"bot_id": message.bot_id, "app_id": app_id}
    if message.blocks:
        answer["blocks"] = message.blocks
    if message.attachments:
        answer["attachments"] = message.attachments
    if message.files:
        answer |= {"files": message.files, "upload": False}
    if message.thread_ts is not None:
        answer["thread_ts"] = message.thread_ts
    if message.broadcast:
        answer["subtype"] = "thread_broadcast"
    if message.edited:
        answer["edited"] = {"user": message.user, "ts": f"{message.ts.split('.')[0]}.000000"}
    if message.metadata is not None and with_metadata:
        answer["metadata"] = message.metadata
    return answer
