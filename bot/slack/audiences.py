"""Who reads a channel, asked of Slack each time; names, and who is a guest, are remembered for some minutes.

While Slack turns down questions for being asked too much, it is left alone for as long as it wants, and then
for some minutes what it said a moment ago counts, for whoever can do with that.
"""

import asyncio
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.errors import AudienceUnknown
from bot.domain.standing import Audience
from bot.slack.channel import called, is_at_home, members_of, open_channel, user_of
from bot.slack.client import error_code, is_asked_too_much, retry_after
from bot.slack.sightings import Saw, unheard

# Somebody new in a channel is always asked for; that a member became a guest is seen after this time.
KNOWN_FOR: Final = timedelta(minutes=5)
# Slack answers a hundred questions about single people a minute; more are read from the list of all.
MOST_ASKED_SINGLY: Final = 50
_AT_ONCE: Final = 8
LONGEST_WAIT: Final = timedelta(minutes=5)
PRESSED_FOR: Final = timedelta(minutes=5)
_USUAL_PAUSE: Final = timedelta(seconds=30)
_MOST_CHANNELS: Final = 10_000
_PAGE: Final = 200
_MOST_PAGES: Final = 20
_GUEST: Final = ("is_restricted", "is_ultra_restricted")

log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Known:
    """What is remembered of somebody: `team` is set for people of another organisation."""

    name: str
    is_guest: bool
    is_bot: bool
    team: str | None
    at: datetime


class SlackAudiences:
    """`Audiences` over Slack's Web API."""

    def __init__(
        self,
        client_for: Callable[[str], AsyncWebClient],
        clock: Callable[[], datetime],
        *,
        saw: Saw = unheard,
    ) -> None:
        self._client_for = client_for
        self._saw = saw
        self._clock = clock
        self._people: dict[tuple[str, str], _Known] = {}
        self._organisations: dict[tuple[str, str], str] = {}
        self._channels: dict[tuple[str, str], tuple[Audience, datetime]] = {}
        self._left_alone: dict[str, datetime] = {}
        self._pressed_until: dict[str, datetime] = {}

    def lately(self, workspace: str, channel: str, *, within: timedelta) -> Audience | None:
        """Return who read a channel so long ago at most, if Slack is asked too much in these minutes."""
        now = self._clock()
        known = self._channels.get((workspace, channel))
        is_pressed = now < self._pressed_until.get(workspace, now)
        is_known = is_pressed and known is not None and timedelta(0) <= now - known[1] < within
        return known[0] if known is not None and is_known else None

    async def of(self, workspace: str, channel: str) -> Audience:
        """Return who reads a channel; raises ChannelClosed or AudienceUnknown."""
        now = self._clock()
        wait = self._left_alone.get(workspace, now) - now
        # A longer one was noted by a clock that was ahead.
        if timedelta(0) < wait <= LONGEST_WAIT:
            raise AudienceUnknown(wait)
        audience = await self._look(workspace, channel)
        if len(self._channels) >= _MOST_CHANNELS:
            self._channels.clear()
        self._channels[workspace, channel] = audience, now
        return audience

    async def _look(self, workspace: str, channel: str) -> Audience:
        """Ask Slack."""
        try:
            client = self._client_for(workspace)
            found = await open_channel(client, channel)
            users = [user async for user in members_of(client, channel)]
        except (SlackApiError, aiohttp.ClientError, TimeoutError, OSError) as error:
            log.warning("Slack did not say who reads a channel", why=_why(error))
            raise AudienceUnknown(self._asked_to_wait(workspace, error)) from error
        people, refused = await self._asked(workspace, users)
        wait = self._asked_to_wait(workspace, refused)
        if wait is not None and len(people) < len(users):
            # To take everybody for a guest would ask them all again whether they agree.
            raise AudienceUnknown(wait) from refused
        outside = {one.team for one in people.values() if one.team is not None}
        is_shared = bool(found.get("is_ext_shared") or found.get("is_pending_ext_shared") or outside)
        if is_shared:
            outside.update(_connected(found, workspace))
        known_all = len(people) == len(users)
        return Audience(
            is_private=bool(found.get("is_private") or found.get("is_mpim")),
            is_shared_outside=is_shared,
            members=len(users) - sum(one.is_bot for one in people.values()),
            guests=sum(one.is_guest for one in people.values()) if known_all else None,
            organisations={team: await self._organisation(workspace, team) for team in sorted(outside)},
            users=frozenset(users),
        )

    async def names(self, workspace: str, users: Collection[str]) -> Mapping[str, str]:
        """Return what people are called; the id itself where Slack does not say."""
        people, _ = await self._asked(workspace, users)
        return {user: people[user].name if user in people else user for user in users}

    def forget(self, workspace: str) -> None:
        """Forget the people of a workspace, and the organisations that it knows."""
        self._people = {key: one for key, one in self._people.items() if key[0] != workspace}
        self._channels = {key: one for key, one in self._channels.items() if key[0] != workspace}
        self._left_alone.pop(workspace, None)
        self._pressed_until.pop(workspace, None)
        self._organisations = {key: one for key, one in self._organisations.items() if key[0] != workspace}

    def _asked_to_wait(self, workspace: str, error: Exception | None) -> timedelta | None:
        """Leave a workspace alone for as long as its Slack asks for, if it does; return how long."""
        if error is None or not is_asked_too_much(error):
            return None
        told = retry_after(error) if isinstance(error, SlackApiError) else None
        wait = min(told or _USUAL_PAUSE, LONGEST_WAIT)
        self._left_alone[workspace] = self._clock() + wait
        self._pressed_until[workspace] = self._clock() + wait + PRESSED_FOR
        return wait

    async def _asked(
        self, workspace: str, users: Collection[str]
    ) -> tuple[Mapping[str, _Known], Exception | None]:
        """Return what is known of these people, and why some are missing, if Slack refused to say more."""
        refused = None
        fresh = self._clock() - KNOWN_FOR
        self._people = {key: one for key, one in self._people.items() if one.at > fresh}
        missing = [user for user in users if (workspace, user) not in self._people]
        try:
            if len(missing) > MOST_ASKED_SINGLY:
                await self._learn_all(workspace)
                missing = [user for user in users if (workspace, user) not in self._people]
            await self._learn(workspace, missing[: 2 * MOST_ASKED_SINGLY])
        except (SlackApiError, aiohttp.ClientError, TimeoutError, OSError) as error:
            log.warning("Slack did not say who people are", why=_why(error))
            refused = error
        known = {user: one for user in users if (one := self._people.get((workspace, user))) is not None}
        return known, refused

    async def _learn(self, workspace: str, users: Collection[str]) -> None:
        """Ask for people one by one, a few at a time."""
        client, free = self._client_for(workspace), asyncio.Semaphore(_AT_ONCE)

        async def one(user: str) -> None:
            async with free:
                found = await user_of(client, user)
            if found is not None:
                self._remember(workspace, user, found)

        await asyncio.gather(*(one(user) for user in users))

    async def _learn_all(self, workspace: str) -> None:
        """Read the list of everybody; people of other organisations may not be in it."""
        client, cursor = self._client_for(workspace), ""
        for _ in range(_MOST_PAGES):
            answer = await client.users_list(cursor=cursor, limit=_PAGE)
            for found in answer["members"]:
                self._remember(workspace, found["id"], found)
            cursor = (answer.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                return

    def _remember(self, workspace: str, user: str, found: Mapping[str, Any]) -> None:
        self._saw(workspace, found)
        at_home = is_at_home(found, workspace) and not found.get("is_stranger")
        self._people[workspace, user] = _Known(
            name=called(found) or user,
            is_guest=at_home and any(found.get(mark) for mark in _GUEST),
            is_bot=bool(found.get("is_bot")),
            team=None if at_home else str(found.get("team_id") or ""),
            at=self._clock(),
        )

    async def _organisation(self, workspace: str, team: str) -> str:
        """Return an outside organisation's name; its id where Slack does not say it."""
        if (workspace, team) not in self._organisations:
            try:
                answer = await self._client_for(workspace).team_info(team=team)
            except (SlackApiError, aiohttp.ClientError, TimeoutError, OSError) as error:
                log.warning("Slack did not name an organisation", why=_why(error))
                return team
            self._organisations[workspace, team] = str((answer.get("team") or {}).get("name") or team)
        return self._organisations[workspace, team]


def _connected(found: Mapping[str, Any], workspace: str) -> set[str]:
    """Return the outside organisations that a channel is shared with, or is about to be."""
    named = [*(found.get("connected_team_ids") or ()), *(found.get("pending_connected_team_ids") or ())]
    return {str(team) for team in named} - {workspace, str(found.get("context_team_id"))}


def _why(error: Exception) -> str:
    return error_code(error) if isinstance(error, SlackApiError) else type(error).__name__
