"""Web API clients of many workspaces: each call goes out with the token that serves its workspace now.

What the database says is remembered for a minute, and forgotten at once when Slack turns the token down or
somebody says so: other processes see within that minute what one of them was told.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from contextvars import Context
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

import aiohttp
import structlog
from cachetools import TTLCache
from prometheus_client import Counter
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.domain.errors import SealBroken
from bot.domain.installations import DEAD_TOKEN, NOT_INSTALLED, UNREADABLE, Installation, InstallState
from bot.domain.secret import Secret
from bot.ports.installing import Installations
from bot.slack.client import SDK_LOGGER, TIMEOUT_S, error_code, without_proxy

MOST_REMEMBERED: Final = 2000
REMEMBERED_FOR: Final = timedelta(minutes=1)
# Slack may say so in an hour of its own trouble: a token that it turned down is tried again after this.
TRIED_AGAIN_AFTER: Final = timedelta(minutes=5)
# Another process renews a token that is over: how long a call waits for that.
RENEWED_WITHIN: Final = timedelta(seconds=5)
_LOOK_EVERY_S: Final = 0.1
_EXPIRED: Final = "token_expired"

TURNED_DOWN = Counter(
    "walltime_bot_tokens_refused_total", "Bot tokens that Slack turned down, by its word.", ["code"]
)

log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Refusal:
    """What stands in the place of an answer of Slack's, which was not asked."""

    data: dict[str, str]
    status_code: int = 200
    headers: dict[str, str] = field(default_factory=dict)

    def get(self, name: str, default: str | None = None) -> str | None:
        """Return a field, as of an answer."""
        return self.data.get(name, default)


class NotServed(SlackApiError):
    """No token serves this workspace; `code` says why: our own `not_installed`, or Slack's word before."""

    def __init__(self, code: str) -> None:
        refusal: Any = _Refusal(data={"error": code})
        super().__init__("no token serves this workspace", refusal)  # type: ignore[no-untyped-call]
        self.code = code


@dataclass(frozen=True, kw_only=True, slots=True)
class Service:
    """Who we are in a workspace; `installation` is None for the token in the settings."""

    token: Secret
    bot_id: str | None
    bot_user: str | None
    installation: Installation | None = None


class Clients:
    """The clients of all workspaces, and which token serves each.

    `own` is the settings' token and its workspace, once Slack has told; `installations` is None without
    OAuth.
    """

    def __init__(
        self,
        *,
        api_url: str,
        session: aiohttp.ClientSession,
        clock: Callable[[], datetime],
        own: Callable[[], tuple[str, Service] | None],
        installations: Installations | None = None,
        renew_at_once: Callable[[Installation, datetime], Awaitable[bool]] | None = None,
        meet: Callable[[str, str], Awaitable[None]] | None = None,
    ) -> None:
        self._api_url = api_url
        self._session = session
        self._clock = clock
        self._own = own
        self._installations = installations
        self._renew_at_once = renew_at_once
        self._meet = meet

        def seconds() -> float:
            return clock().timestamp()

        self._known: TTLCache[str, Service] = TTLCache(
            MOST_REMEMBERED, REMEMBERED_FOR.total_seconds(), timer=seconds
        )
        self._refused: TTLCache[tuple[str, int], str] = TTLCache(
            MOST_REMEMBERED, TRIED_AGAIN_AFTER.total_seconds(), timer=seconds
        )
        self._renewing: dict[str, asyncio.Task[None]] = {}

    def of(self, workspace: str) -> AsyncWebClient:
        """Return a client for a workspace; its calls raise NotServed while no token serves it."""
        return _Client(self, workspace, self._api_url, self._session)

    async def service(self, workspace: str, enterprise: str | None = None) -> Service:
        """Return who we are there, with a token that may be over; raises NotServed.

        `enterprise` is what a request of Slack's says. Nothing of Slack's is waited for.
        """
        own = self._own()
        if own is not None and own[0] == workspace:
            return own[1]
        known = self._known.get(workspace)
        if known is None:
            known = await self._look_up(workspace, enterprise)
            self._known[workspace] = known
        installation = known.installation
        if installation is None:
            return known
        code = self._refused.get((installation.workspace, installation.generation))
        if code is None and installation.state is not InstallState.SERVING:
            code = _EXPIRED if installation.is_over(self._clock()) else None
        if code is not None:
            raise NotServed(code)
        return known

    async def good_service(self, workspace: str) -> Service:
        """Return who we are there, with a token that is not over, whatever that takes; raises NotServed."""
        known = await self.service(workspace)
        if known.installation is not None and known.installation.is_over(self._clock()):
            return await self._renewed(workspace, known)
        return known

    def forget(self, workspace: str) -> None:
        """Look this workspace up anew, and all that an organisation of this id serves."""
        for name, known in list(self._known.items()):
            if workspace in {name, known.installation and known.installation.workspace}:
                self._known.pop(name, None)

    async def turned_down(self, workspace: str, used: Service, code: str) -> Service | None:
        """Act on Slack's refusal of a token; return what serves the workspace instead, if anything does."""
        installation = used.installation
        if installation is None or self._installations is None:
            return None
        self.forget(installation.workspace)
        fresh = await self._look_up(workspace, None)
        if fresh.token != used.token:
            return fresh
        TURNED_DOWN.labels(code).inc()
        if code == _EXPIRED and installation.expires_at is not None:
            try:
                return await self._renewed(workspace, fresh)
            except NotServed:
                pass
        self._refused[installation.workspace, installation.generation] = code
        if installation.state is not InstallState.DEAD:
            log.warning("Slack refuses a workspace's token", workspace=installation.workspace, code=code)
            await self._installations.mark(installation, InstallState.DEAD, code)
            self.forget(installation.workspace)
        return None

    async def worked(self, used: Service) -> None:
        """Take it back when a token that counted as dead is accepted."""
        installation = used.installation
        if installation is None or self._installations is None:
            return
        if installation.state is InstallState.DEAD:
            log.info("Slack accepts a workspace's token again", workspace=installation.workspace)
            await self._installations.mark(installation, InstallState.SERVING)
            self.forget(installation.workspace)

    async def _look_up(self, workspace: str, enterprise: str | None) -> Service:
        """Ask the database; note which organisation a workspace belongs to that a request came from."""
        if self._installations is None:
            raise NotServed(NOT_INSTALLED)
        try:
            found = await self._installations.of(workspace, enterprise)
        except SealBroken:
            raise NotServed(UNREADABLE) from None
        if found is None:
            raise NotServed(NOT_INSTALLED)
        installation, token = found
        if enterprise is not None and installation.org_wide and self._meet is not None:
            await self._meet(workspace, enterprise)
        return Service(
            token=token,
            bot_id=installation.bot_id,
            bot_user=installation.bot_user,
            installation=installation,
        )

    async def _renewed(self, workspace: str, over: Service) -> Service:
        """Wait for the next token in the place of one that is over: however many ask, one renews it."""
        installation = over.installation
        if installation is None or self._renew_at_once is None:
            return over
        row = installation.workspace
        renewing = self._renewing.get(row)
        if renewing is None:
            # It holds a lease: not with the patience of the person who came upon it.
            renewing = asyncio.create_task(
                self._renew(installation), name="renew a bot token", context=Context()
            )
            self._renewing[row] = renewing
            renewing.add_done_callback(lambda _: self._renewing.pop(row, None))
        await asyncio.shield(renewing)
        self.forget(row)
        fresh = await self._look_up(workspace, None)
        if fresh.token == over.token:
            # The rotator tries on by itself, if there is any hope.
            self._refused[row, installation.generation] = _EXPIRED
            raise NotServed(_EXPIRED)
        self._known[workspace] = fresh
        return fresh

    async def _renew(self, installation: Installation) -> None:
        """Renew it or, if another process does, wait until it has."""
        if self._renew_at_once is None or self._installations is None:
            return
        if await self._renew_at_once(installation, self._clock()):
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(RENEWED_WITHIN.total_seconds()):
                while await self._still(installation):  # noqa: ASYNC110 (it is another process that we wait for)
                    await asyncio.sleep(_LOOK_EVERY_S)

    async def _still(self, installation: Installation) -> bool:
        """Tell whether this very token still stands in its row."""
        found = None if self._installations is None else await self._installations.of(installation.workspace)
        return found is not None and found[0].generation == installation.generation


class _Client(AsyncWebClient):
    """A client that learns its token at each call."""

    def __init__(
        self, clients: Clients, workspace: str, api_url: str, session: aiohttp.ClientSession
    ) -> None:
        super().__init__(
            base_url=api_url,
            session=session,
            timeout=TIMEOUT_S,
            retry_handlers=[],
            logger=SDK_LOGGER,
        )
        without_proxy(self, api_url)
        self._clients = clients
        self._workspace = workspace

    async def api_call(self, api_method: str, **how: Any) -> AsyncSlackResponse:
        """Call; once more if the token was turned down and another serves by now: nothing was done then."""
        service = await self._clients.good_service(self._workspace)
        try:
            answer = await self._call(service, api_method, how)
        except SlackApiError as error:
            code = error_code(error)
            if code not in DEAD_TOKEN:
                raise
            other = await self._clients.turned_down(self._workspace, service, code)
            if other is None:
                raise
            return await self._call(other, api_method, how)
        await self._clients.worked(service)
        return answer

    async def _call(self, service: Service, api_method: str, how: dict[str, Any]) -> AsyncSlackResponse:
        # The SDK reads these before it waits for anything: calls that overlap do not take each other's.
        self.token = service.token.reveal()
        installation = service.installation
        is_one_of_many = installation is not None and installation.workspace != self._workspace
        self.default_params = {"team_id": self._workspace} if is_one_of_many else {}
        return await super().api_call(api_method, **how)
