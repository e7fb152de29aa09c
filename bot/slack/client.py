"""The Web API client: one HTTP session for all calls, no blind retries."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol
from urllib.parse import urlsplit
from urllib.request import proxy_bypass

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.clusters import is_loopback
from bot.domain.moments import http_date
from bot.domain.secret import Secret

TIMEOUT_S: Final = 10
# The SDK prints whole requests and answers at DEBUG, tokens and forms included: it never gets to.
SDK_LOGGER: Final = logging.getLogger("bot.slack.sdk")
SDK_LOGGER.setLevel(logging.ERROR)


@dataclass(frozen=True, kw_only=True, slots=True)
class Identity:
    """Who Slack says that our bot token is."""

    workspace: str
    workspace_name: str
    enterprise: str | None
    bot_id: str | None
    bot_user: str | None
    scopes: frozenset[str]
    date: datetime | None


def make_client(api_url: str, session: aiohttp.ClientSession, token: Secret | None = None) -> AsyncWebClient:
    """Return a client; the SDK's default retry would post a message twice after a lost answer."""
    client = AsyncWebClient(
        token=token.reveal() if token else None,
        base_url=api_url,
        session=session,
        timeout=TIMEOUT_S,
        retry_handlers=[],
        logger=SDK_LOGGER,
    )
    without_proxy(client, api_url)
    return client


class Proxied(Protocol):
    """A client of the SDK."""

    proxy: str | None


def without_proxy(client: Proxied, url: str) -> None:
    """Take off the proxy that the SDK reads from the environment, where NO_PROXY or loopback forbids it."""
    host = urlsplit(url).hostname or ""
    if is_loopback(url) or proxy_bypass(host):
        client.proxy = None


async def identify(client: AsyncWebClient) -> Identity:
    """Ask Slack who we are; raises SlackApiError or a transport error."""
    answer = await client.auth_test()
    scopes = answer.headers.get("x-oauth-scopes", "")
    return Identity(
        workspace=answer["team_id"],
        workspace_name=answer.get("team") or "",
        enterprise=answer.get("enterprise_id"),
        bot_id=answer.get("bot_id"),
        bot_user=answer.get("user_id"),
        scopes=frozenset(scope.strip() for scope in scopes.split(",") if scope.strip()),
        date=http_date(answer.headers.get("Date")),
    )


def error_code(error: SlackApiError) -> str:
    """Slack's word for a refusal; the HTTP status when what answered was not the Web API (a proxy, a 500)."""
    data = getattr(error.response, "data", None)
    if isinstance(data, dict) and data.get("error"):
        return str(data["error"])
    # The SDK hands on plain text as it came, and for broken JSON aiohttp's bare response.
    status = getattr(error.response, "status_code", None) or getattr(error.response, "status", None)
    return f"HTTP {status} without a reason"


def is_asked_too_much(error: Exception) -> bool:
    """Tell whether Slack turned us down for asking too often, and says more a moment later."""
    return isinstance(error, SlackApiError) and error_code(error) in {"ratelimited", "rate_limited"}


def retry_after(error: SlackApiError) -> timedelta | None:
    """Return how long Slack wants to be left alone; None if it does not say."""
    headers: Mapping[str, str] = getattr(error.response, "headers", None) or {}
    value = next((value for name, value in headers.items() if name.lower() == "retry-after"), "")
    return timedelta(seconds=max(1, int(value))) if value.isdecimal() else None
