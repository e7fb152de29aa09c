"""What Slack says of a channel and of people, asked when they act: nothing of it is kept."""

from collections.abc import AsyncIterator, Collection, Mapping
from typing import Any, Final

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.errors import ChannelClosed
from bot.domain.people import Person
from bot.domain.standing import Standing, Target
from bot.slack.client import error_code
from bot.slack.desk import Body
from bot.views.kit import say

# What Slack calls a conversation with the bot in commands and clicks.
_DIRECT: Final = "directmessage"
_CLOSED: Final = frozenset({"channel_not_found", "not_in_channel", "is_archived"})
MAY_NOT_POST: Final = frozenset(
    {
        *_CLOSED,
        "restricted_action",
        "restricted_action_read_only_channel",
        "restricted_action_thread_only_channel",
        "restricted_action_non_threadable_channel",
    }
)
_NOBODY: Final = frozenset({"user_not_found", "users_not_found", "user_not_visible"})
_NOT_FULL: Final = ("deleted", "is_bot", "is_restricted", "is_ultra_restricted", "is_stranger")
_PAGE: Final = 1000


def channel_of(body: Body) -> str | None:
    """Return the channel of a command or click; None in a conversation with the bot, on Home, in a form."""
    if "channel_id" in body:
        return None if body.get("channel_name") == _DIRECT else body["channel_id"]
    channel = body.get("channel") or {}
    return None if channel.get("name") == _DIRECT else channel.get("id")


async def open_channel(client: AsyncWebClient, channel: str) -> dict[str, Any]:
    """Return what Slack says of a channel; raises ChannelClosed unless the bot is in it and it is alive."""
    try:
        answer = await client.conversations_info(channel=channel)
    except SlackApiError as error:
        if error_code(error) in _CLOSED:
            raise ChannelClosed(error_code(error)) from error
        raise
    found: dict[str, Any] = answer["channel"]
    if found.get("is_archived"):
        raise ChannelClosed("is_archived")
    if not (found.get("is_member") or found.get("is_mpim") or found.get("is_im")):
        raise ChannelClosed("not_in_channel")
    return found


async def members_of(client: AsyncWebClient, channel: str) -> AsyncIterator[str]:
    """Go through a channel's members, page by page."""
    cursor = ""
    while True:
        answer = await client.conversations_members(channel=channel, cursor=cursor, limit=_PAGE)
        for user in answer["members"]:
            yield user
        cursor = (answer.get("response_metadata") or {}).get("next_cursor") or ""
        if not cursor:
            return


async def check_may_post(client: AsyncWebClient, person: Person, channel: str) -> None:
    """Find out whether the bot may post, by a line that only the asker sees; raises ChannelClosed.

    Slack tells of such a restriction in no other way than by refusing a message.
    """
    line = say("One moment: I am setting this up for the channel. Everybody here will see it.")
    try:
        await client.chat_postEphemeral(channel=channel, user=person.user, **line.to_slack())
    except SlackApiError as error:
        if error_code(error) in MAY_NOT_POST:
            raise ChannelClosed(error_code(error)) from error
        raise


async def standing_of(
    client: AsyncWebClient, person: Person, channel: str | None, *, admins: Collection[str]
) -> Standing:
    """Return who somebody is in a channel; without a channel only whether they are an admin."""
    user = await user_of(client, person.user)
    is_full = user is not None and _is_full(user, person.workspace)
    # An admin of another organisation is none here.
    is_admin = is_full and user is not None and bool(user.get("is_admin") or user.get("is_owner"))
    is_member = channel is not None and user is not None and await _is_in(client, person.user, channel)
    return Standing(
        is_full_member=is_full and is_member,
        is_admin=is_admin or person.user in admins,
        is_member=is_member,
    )


async def target_of(client: AsyncWebClient, workspace: str, user: str) -> Target | None:
    """Return the person that `limit @person` names; None if Slack knows nobody of that id."""
    found = await user_of(client, user)
    if found is None:
        return None
    return Target(user=user, name=called(found) or user, is_full_member=_is_full(found, workspace))


async def full_name_of(client: AsyncWebClient, user: str) -> str:
    """Return how others know a person: the real name and the chosen one; the id if Slack says neither."""
    found = await user_of(client, user) or {}
    real, chosen = found.get("real_name"), (found.get("profile") or {}).get("display_name")
    if real and chosen and real != chosen:
        return f"{real} ({chosen})"
    return real or chosen or user


def called(user: Mapping[str, Any]) -> str:
    """Return what people call somebody."""
    profile = user.get("profile") or {}
    return str(profile.get("display_name") or user.get("real_name") or user.get("name") or "")


def is_at_home(user: Mapping[str, Any], workspace: str) -> bool:
    """Tell whether somebody, guests included, has an account in this workspace."""
    teams = (user.get("enterprise_user") or {}).get("teams") or ()
    return user.get("team_id") == workspace or workspace in teams


async def user_of(client: AsyncWebClient, user: str) -> dict[str, Any] | None:
    """Return what Slack says of somebody; None for an id that it does not know."""
    try:
        answer = await client.users_info(user=user)
    except SlackApiError as error:
        if error_code(error) in _NOBODY:
            return None
        raise
    found: dict[str, Any] = answer["user"]
    return found


def _is_full(user: Mapping[str, Any], workspace: str) -> bool:
    """Tell a member of this organisation from guests, strangers and bots."""
    return is_at_home(user, workspace) and not any(user.get(mark) for mark in _NOT_FULL)


async def _is_in(client: AsyncWebClient, user: str, channel: str) -> bool:
    """Look for somebody among a channel's members."""
    try:
        async for member in members_of(client, channel):
            if member == user:
                return True
    except SlackApiError as error:
        if error_code(error) not in _CLOSED:
            raise
    return False
