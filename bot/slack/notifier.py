"""Posting notices to Slack: one attempt each, and what its end means."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any, Final

import aiohttp
from prometheus_client import Counter
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.errors import TellingEnded, TellingFailed, TellingPaused, TellingRefused, TellingUnsure
from bot.domain.installations import WORKSPACE_IS_OUT
from bot.domain.limits import Place, PlaceKind
from bot.ports.alerting import Receipt
from bot.slack.client import TIMEOUT_S, retry_after
from bot.slack.sightings import Saw, unheard
from bot.views.kit import Message

EVENT_TYPE: Final = "walltime_notice"
# Slack's clock and ours may differ by this much.
SKEW: Final = timedelta(seconds=60)
LOOKED_FOR_WITHIN: Final = timedelta(minutes=5)
# Slack gives some apps no more than 15 messages at a time, silently.
PAGE: Final = 15
MOST_PAGES: Final = 4
_MOST_IN_VAIN: Final = 1000
_USUAL_PAUSE: Final = timedelta(seconds=30)

# Slack asks to wait: with 429, or in these words.
PAUSES: Final = frozenset({"ratelimited", "rate_limited", "message_limit_exceeded", "team_added_to_org"})
# "It's possible some aspect of the operation succeeded before the error was raised."
UNSURE: Final = frozenset({"fatal_error", "internal_error", "service_unavailable", "request_timeout"})
# The channel or DM takes nothing as things stand; somebody can put it right.
PLACE_IS_OUT: Final = WORKSPACE_IS_OUT | frozenset(
    {
        "access_denied",
        "cannot_dm_bot",
        "channel_is_limited_access",
        "channel_not_found",
        "channel_type_not_supported",
        "ekm_access_denied",
        "enterprise_is_restricted",
        "is_archived",
        "is_inactive",
        "messages_tab_disabled",
        "missing_scope",
        "no_permission",
        "not_in_channel",
        "org_login_required",
        "restricted_action",
        "restricted_action_non_threadable_channel",
        "restricted_action_read_only_channel",
        "restricted_action_thread_only_channel",
        "team_access_not_granted",
        "user_disabled",
        "user_not_found",
        "user_not_visible",
    }
)

TOLD = Counter("walltime_notices_told_total", "Messages posted for notices owed.")
TOLD_AGAIN = Counter(
    "walltime_notices_told_again_total", "Posted once more after an answer was lost and the post not found."
)
REFUSED = Counter("walltime_notices_refused_total", "Slack's definite refusals, by its own code.", ["code"])
LOOKED_UP = Counter(
    "walltime_notices_looked_up_total", "Notices looked for after an unsure end, by outcome.", ["outcome"]
)


class SlackNotifier:
    """`Notifier` over Slack's Web API, with one client per workspace."""

    def __init__(self, client_for: Callable[[str], AsyncWebClient], *, saw: Saw = unheard) -> None:
        self._client_for = client_for
        self._saw = saw
        self._in_vain: dict[str, None] = {}  # ids looked for and not found, oldest first

    async def post(
        self,
        workspace: str,
        place: Place,
        message: object,
        *,
        notice_id: str,
        thread: Receipt | None = None,
        broadcast: bool = False,
    ) -> Receipt:
        """Post once. `notice_id` may be several ids with commas between: each finds the message again."""
        # Slack opens a DM by itself when it is given a person's id, and answers with the DM's.
        channel = thread.channel if thread else place.slack_id
        reply = {"thread_ts": thread.ts, "reply_broadcast": broadcast} if thread else {}
        body = {
            "channel": channel,
            **_drawn(message),
            **reply,
            "metadata": {"event_type": EVENT_TYPE, "event_payload": {"notice_id": notice_id}},
            "unfurl_links": False,
            "unfurl_media": False,
        }
        try:
            answer = await self._call(workspace, "chat.postMessage", body)
        except TellingRefused as refused:
            if place.kind is PlaceKind.DM and refused.code not in WORKSPACE_IS_OUT:
                await self._look_after(workspace, place.slack_id)
            raise
        self._count_told(notice_id)
        if not answer.get("ts"):
            raise TellingUnsure("Slack names no message")
        return Receipt(channel=str(answer.get("channel") or channel), ts=str(answer["ts"]))

    async def edit(self, workspace: str, receipt: Receipt, message: object) -> None:
        """Replace a message; its metadata stays as it is."""
        body = {"channel": receipt.channel, "ts": receipt.ts, **_drawn(message)}
        await self._call(workspace, "chat.update", body)

    async def find(
        self, workspace: str, place: Place, *, notice_id: str, since: datetime, thread: Receipt | None = None
    ) -> Receipt | None:
        """Look for a message that carries this id, in its thread or among the channel's messages.

        A storm's tables stand in the thread of its first one: they are looked through too, and answered
        with that first message.
        """
        try:
            found = await self._find(workspace, place, notice_id, since, thread)
        except TellingEnded:
            LOOKED_UP.labels("failed").inc()
            raise
        LOOKED_UP.labels("found" if found else "missing").inc()
        if found is None:
            self._in_vain[notice_id] = None
            while len(self._in_vain) > _MOST_IN_VAIN:
                del self._in_vain[next(iter(self._in_vain))]
        return found

    async def _find(
        self, workspace: str, place: Place, notice_id: str, since: datetime, thread: Receipt | None
    ) -> Receipt | None:
        if thread is not None:
            ts = await self._ts_in_thread(workspace, thread.channel, thread.ts, notice_id, since)
            return Receipt(channel=thread.channel, ts=ts) if ts else None
        channel = await self._channel(workspace, place)
        messages = await self._pages(workspace, "conversations.history", {"channel": channel}, since)
        for each in messages:
            if notice_id in _ids(each):
                return Receipt(channel=channel, ts=str(each["ts"]))
        for each in messages:
            if len(_ids(each)) > 1 and each.get("reply_count"):
                root = str(each["ts"])
                if await self._ts_in_thread(workspace, channel, root, notice_id, since):
                    return Receipt(channel=channel, ts=root)
        return None

    async def _ts_in_thread(
        self, workspace: str, channel: str, root: str, notice_id: str, since: datetime
    ) -> str | None:
        try:
            replies = await self._pages(
                workspace, "conversations.replies", {"channel": channel, "ts": root}, since
            )
        except TellingRefused as refused:
            if refused.code == "thread_not_found":
                return None
            raise
        return next((str(each["ts"]) for each in replies if notice_id in _ids(each)), None)

    async def _pages(
        self, workspace: str, method: str, where: Mapping[str, Any], since: datetime
    ) -> list[Mapping[str, Any]]:
        """Read the few minutes in which the post may have arrived, oldest or newest first as Slack likes."""
        span = {
            "oldest": f"{(since - SKEW).timestamp():.6f}",
            "latest": f"{(since + LOOKED_FOR_WITHIN).timestamp():.6f}",
        }
        body: dict[str, Any] = {**where, **span, "limit": PAGE, "include_all_metadata": True}
        messages: list[Mapping[str, Any]] = []
        for _ in range(MOST_PAGES):
            answer = await self._call(workspace, method, body, looking=True)
            messages += answer.get("messages") or []
            cursor = (answer.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                break
            body = {**body, "cursor": cursor}
        return messages

    async def _look_after(self, workspace: str, user: str) -> None:
        """See what Slack says of somebody to whom it takes no message: they may have left."""
        with suppress(TellingEnded):
            answer = await self._call(workspace, "users.info", {"user": user}, looking=True)
            self._saw(workspace, answer.get("user") or {})

    async def _channel(self, workspace: str, place: Place) -> str:
        """Return the channel's id; a DM's is asked for."""
        if place.kind is PlaceKind.CHANNEL:
            return place.slack_id
        answer = await self._call(workspace, "conversations.open", {"users": place.slack_id}, looking=True)
        return str((answer.get("channel") or {}).get("id") or place.slack_id)

    async def _call(
        self, workspace: str, method: str, body: Mapping[str, Any], *, looking: bool = False
    ) -> Mapping[str, Any]:
        """Call once; raises how it ended. Reading again does no harm, so looking is never unsure."""
        client = self._client_for(workspace)
        send: dict[str, Any] = {"http_verb": "GET", "params": dict(body)} if looking else {"json": dict(body)}
        try:
            async with asyncio.timeout(TIMEOUT_S):
                answer = await client.api_call(method, **send)
        except SlackApiError as error:
            ended = _ended(error)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError):
            ended = TellingFailed("no connection to Slack")
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            ended = TellingUnsure(f"the answer was lost: {type(error).__name__}")
        else:
            return answer.data if isinstance(answer.data, dict) else {}
        if isinstance(ended, TellingRefused):
            REFUSED.labels(ended.code).inc()
            if looking and ended.code == "missing_scope":
                ended = TellingRefused(ended.code, place_is_out=False)  # it may post, but not read
        if looking and isinstance(ended, TellingUnsure):
            ended = TellingFailed(str(ended))
        raise ended

    def _count_told(self, notice_id: str) -> None:
        TOLD.inc()
        again = [each for each in notice_id.split(",") if each in self._in_vain]
        if again:
            TOLD_AGAIN.inc()
        for each in again:
            del self._in_vain[each]


def _ended(error: SlackApiError) -> TellingEnded:
    """Sort Slack's answer by what the caller can do."""
    response = error.response
    data = getattr(response, "data", None)
    code = str(data.get("error") or "") if isinstance(data, dict) else ""
    status = int(getattr(response, "status_code", 0) or getattr(response, "status", 0))
    if status == HTTPStatus.TOO_MANY_REQUESTS or code in PAUSES:
        return TellingPaused(retry_after(error) or _USUAL_PAUSE)
    if not code or status >= HTTPStatus.INTERNAL_SERVER_ERROR or code in UNSURE:
        return TellingUnsure(f"no usable answer: {code or status}")
    return TellingRefused(code, place_is_out=code in PLACE_IS_OUT)


def _drawn(message: object) -> dict[str, Any]:
    if not isinstance(message, Message):
        raise TypeError(f"not a drawn message: {type(message).__name__}")
    return message.to_slack()


def _ids(message: Mapping[str, Any]) -> list[str]:
    """Return the ids of the notices that a message tells."""
    metadata = message.get("metadata") or {}
    if metadata.get("event_type") != EVENT_TYPE:
        return []
    return str((metadata.get("event_payload") or {}).get("notice_id") or "").split(",")
