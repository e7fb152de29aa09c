"""Answers to what a person did: by `response_url`, and when that fails by a message only they see.

A click on Home has neither: it is answered in a window.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Final

import aiohttp
import structlog
from prometheus_client import Counter
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.domain.people import Person
from bot.slack.client import SDK_LOGGER, TIMEOUT_S, error_code, without_proxy
from bot.slack.windows import AnswerWindow
from bot.views.kit import Message

# What the ids of direct messages begin with.
_DIRECT: Final = "D"
MOST_USES: Final = 5
LIVES_FOR: Final = timedelta(minutes=30)
# Somebody waits: there is another way to answer.
WEBHOOK_PATIENCE: Final = timedelta(seconds=3)

# Slack's words for blocks that it does not take: no other way would carry them either.
_BLOCKS_REFUSED: Final = frozenset({"invalid_blocks", "invalid_blocks_format", "invalid_attachments"})

REPLIES = Counter(
    "walltime_slack_replies_total", "Answers to people, by way and outcome.", ["way", "outcome"]
)

log = structlog.get_logger(__name__)


class BlocksRefused(Exception):
    """Slack does not take a block of the message: an older Slack, or one of an own kind."""


class Reply:
    """One person's open question. Slack takes five answers to it, for half an hour."""

    def __init__(
        self,
        *,
        client: AsyncWebClient,
        session: aiohttp.ClientSession,
        clock: Callable[[], datetime],
        person: Person,
        channel: str | None,
        response_url: str | None,
        thread: str | None = None,
        window: AnswerWindow | None = None,
    ) -> None:
        self._client = client
        self._clock = clock
        self.person = person
        self._channel = channel
        self._thread = thread
        self._window = window
        self._asked_at = clock()
        self._uses = 0
        self._webhook: AsyncWebhookClient | None = None
        if isinstance(response_url, str) and response_url:
            self._webhook = AsyncWebhookClient(
                response_url, session=session, timeout=TIMEOUT_S, retry_handlers=[], logger=SDK_LOGGER
            )
            without_proxy(self._webhook, response_url)

    async def __call__(self, message: Message, *, replace: bool = False) -> None:
        """Answer, in place of the message that was clicked if `replace`.

        Raises BlocksRefused if Slack does not take the blocks, or what the last way raised.
        """
        if await self._by_response_url(message, replace=replace):
            return
        if self._window is not None and await self._by_window(message, self._window):
            return
        if self._channel is not None and await self._by_message(message, self._channel):
            return
        await self._by_direct_message(message)

    async def _by_response_url(self, message: Message, *, replace: bool) -> bool:
        spent = self._uses >= MOST_USES or self._clock() - self._asked_at >= LIVES_FOR
        if not self._webhook or spent:
            return False
        self._uses += 1
        body = {**message.to_slack(), "response_type": "ephemeral", "replace_original": replace}
        try:
            async with asyncio.timeout(WEBHOOK_PATIENCE.total_seconds()):
                answer = await self._webhook.send_dict(body)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            return _count("response_url", type(error).__name__)
        outcome = "ok" if answer.status_code == HTTPStatus.OK else f"http_{answer.status_code}"
        if answer.body.strip() in _BLOCKS_REFUSED:
            _count("response_url", answer.body.strip())
            raise BlocksRefused
        return _count("response_url", outcome)

    async def _by_window(self, message: Message, window: AnswerWindow) -> bool:
        try:
            await window.show(message)
        except SlackApiError as error:
            return _count("window", error_code(error))
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            return _count("window", type(error).__name__)
        return _count("window", "ok")

    async def _by_message(self, message: Message, channel: str) -> bool:
        """Answer for their eyes only, in the thread of what they said."""
        body = {**message.to_slack(), "channel": channel, "thread_ts": self._thread}
        try:
            if channel.startswith(_DIRECT):
                await self._client.chat_postMessage(**body)
            else:
                await self._client.chat_postEphemeral(user=self.person.user, **body)
        except SlackApiError as error:
            _count("message", error_code(error))
            _raise_if_blocks(error)
            return False
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            return _count("message", type(error).__name__)
        return _count("message", "ok")

    async def _by_direct_message(self, message: Message) -> None:
        try:
            await self._client.chat_postMessage(channel=self.person.user, **message.to_slack())
        except SlackApiError as error:
            _count("direct", error_code(error))
            _raise_if_blocks(error)
            raise
        except (aiohttp.ClientError, TimeoutError, OSError):
            _count("direct", "failed")
            raise
        _count("direct", "ok")


def _raise_if_blocks(error: SlackApiError) -> None:
    if error_code(error) in _BLOCKS_REFUSED:
        raise BlocksRefused from error


def _count(way: str, outcome: str) -> bool:
    """Note how an answer went; True if it arrived."""
    REPLIES.labels(way, outcome).inc()
    if outcome != "ok":
        log.warning("an answer did not arrive", way=way, outcome=outcome)
    return outcome == "ok"
