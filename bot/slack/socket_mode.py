"""Socket Mode: two links to Slack, each with a watchdog.

The SDK's client heals most cuts by itself, but closes the old link before it opens the new one, loops for
ever on a refused handshake whose ticket died, and may sit on a link that lives and brings nothing. So there
are two links, renewed at different times, and each is thrown away and made anew when it does not recover.
"""

import asyncio
import contextlib
import logging
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any, Final

import aiohttp
import structlog
from prometheus_client import Gauge
from slack_bolt.adapter.socket_mode.async_internals import send_async_response
from slack_bolt.adapter.socket_mode.internals import build_headers
from slack_bolt.async_app import AsyncApp, AsyncBoltRequest
from slack_sdk.errors import SlackApiError
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.installations import DEAD_TOKEN
from bot.domain.secret import Secret
from bot.slack.arrival import arrives
from bot.slack.client import error_code, retry_after, without_proxy

# At DEBUG the SDK prints every payload, and each failed attempt with its traceback: we say it in one line.
_LOGGER: Final = logging.getLogger("bot.slack.socket")
_LOGGER.setLevel(logging.CRITICAL)

LINKS: Final = 2
_QUIET_LOOK_S: Final = 0.005
CONNECTED = Gauge("walltime_slack_links", "Socket Mode links that live.")

log = structlog.get_logger(__name__)

FirstTime = Callable[[str], Awaitable[bool]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Patience:
    """How long each thing may take before a link is given up."""

    handshake: timedelta = timedelta(seconds=10)
    broken: timedelta = timedelta(seconds=15)
    silent: timedelta = timedelta(minutes=30)
    close: timedelta = timedelta(seconds=2)
    acknowledge: timedelta = timedelta(seconds=3)
    between_tries: timedelta = timedelta(seconds=3)
    look: timedelta = timedelta(seconds=1)
    ping: timedelta = timedelta(seconds=5)


def must_replace(*, cut_for_s: float, quiet_for_s: float, patience: Patience) -> str | None:
    """Judge a link: None to keep it, else why it goes.

    It was last connected with answered pings so many seconds ago, and last brought a message so many ago.
    """
    if cut_for_s > patience.broken.total_seconds():
        return "broken"
    # Slack sends nothing on a quiet day; a fresh link proves itself by its `hello`.
    if quiet_for_s > patience.silent.total_seconds():
        return "silent"
    return None


class SocketMode:
    """Keeps the links; `trouble` says why none lives."""

    def __init__(
        self,
        app: AsyncApp,
        client: AsyncWebClient,
        *,
        app_token: Secret,
        first_time: FirstTime,
        clock: Callable[[], datetime],
        on_dead_token: Callable[[str], None],
        patience: Patience | None = None,
    ) -> None:
        self._app = app
        self._client = client
        self._app_token = app_token
        self._first_time = first_time
        self._clock = clock
        self._patience = patience or Patience()
        self._keepers: list[asyncio.Task[None]] = []
        self._alive: set[int] = set()
        self._has_lived = False
        self._on_dead_token = on_dead_token
        self._under_way: Counter[Any] = Counter()  # envelopes, by link
        self._is_stopping = False
        self._trouble = "not connected yet"

    @property
    def trouble(self) -> str | None:
        """Why no link lives; None when one does."""
        return None if self._alive else self._trouble

    def start(self) -> None:
        """Begin to connect."""
        self._keepers = [
            asyncio.create_task(self._keep(number), name=f"socket {number}") for number in range(LINKS)
        ]

    async def stop(self) -> None:
        """Close each link when all that came over it is acknowledged: Slack hands nothing more to us."""
        self._is_stopping = True
        for keeper in self._keepers:
            keeper.cancel()
        await asyncio.gather(*self._keepers, return_exceptions=True)
        self._alive.clear()
        CONNECTED.set(0)
        self._trouble = "stopped"

    async def _keep(self, number: int) -> None:
        """Open a link, watch it, replace it; for ever."""
        while True:
            pause = self._patience.between_tries.total_seconds()
            try:
                why = await self._live(number)
            except SlackApiError as error:
                code = error_code(error)
                why = f"Slack refuses: {code}"
                # From the start a setting is wrong. Later Slack may mean it for a while only.
                if code in DEAD_TOKEN and not self._has_lived:
                    self._on_dead_token(code)
                wanted = retry_after(error)
                pause = max(pause, wanted.total_seconds() if wanted else 0.0)
            except (aiohttp.ClientError, TimeoutError, OSError) as error:
                why = f"no answer: {type(error).__name__}"
            except Exception as error:
                log.exception("link to Slack failed", link=number)
                why = type(error).__name__
            self._mark(number, alive=False, why=why)
            await asyncio.sleep(pause)

    async def _live(self, number: int) -> str:
        """Open a link and watch it until it has to go; return why."""
        # Not all at once: while one link is renewed, another one listens.
        silent = self._patience.silent * (1 + number / LINKS)
        patience = replace(self._patience, silent=silent)
        opened = await self._client.apps_connections_open(app_token=self._app_token.reveal())
        link = SocketModeClient(
            app_token=self._app_token.reveal(),
            web_client=self._client,
            logger=_LOGGER,
            ping_interval=patience.ping.total_seconds(),
        )
        without_proxy(link, str(opened["url"]))
        heard_at = time.monotonic()  # we give up no link because a clock jumped

        async def on_message(_: Any) -> None:
            nonlocal heard_at
            heard_at = time.monotonic()

        link.on_message_listeners.append(on_message)
        link.socket_mode_request_listeners.append(self._on_request)
        link.wss_uri = str(opened["url"])
        try:
            try:
                # Not `wait_for`: Python 3.11's forgets a stop that comes in the moment of success.
                async with asyncio.timeout(patience.handshake.total_seconds()):
                    await link.connect()  # type: ignore[no-untyped-call]  # the SDK's gap
            except TimeoutError:
                return "the handshake failed"
            well_at = time.monotonic()
            while True:
                connected = await link.is_connected()
                now = time.monotonic()
                well_at = now if connected else well_at
                self._mark(number, alive=connected, why="the connection is cut")
                why = must_replace(cut_for_s=now - well_at, quiet_for_s=now - heard_at, patience=patience)
                # A silent link may be all there is: it goes when another one listens.
                if why == "broken" or (why == "silent" and self._alive - {number}):
                    log.warning("link to Slack given up", link=number, why=why)
                    why = f"the link was {why}"
                    self._mark(number, alive=False, why=why)
                    if connected:
                        await self._quiet(link)
                    return why
                await asyncio.sleep(patience.look.total_seconds())
        finally:
            if self._is_stopping:
                await self._quiet(link)
            await _close(link, patience.close)

    async def _quiet(self, link: SocketModeClient) -> None:
        """Wait for the moment in which nothing is under way over a link."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._patience.acknowledge.total_seconds()):
                while link in self._under_way or not link.message_queue.empty():  # noqa: ASYNC110 (a moment only)
                    await asyncio.sleep(_QUIET_LOOK_S)

    async def _on_request(self, link: Any, request: SocketModeRequest) -> None:
        """Take one envelope; the SDK would swallow a failure without a word."""
        self._under_way[link] += 1
        try:
            await self._take(link, request)
        except ConnectionError as error:
            log.warning("an acknowledgement was lost", kind=request.type, why=type(error).__name__)
        except Exception:
            log.exception("an envelope failed", kind=request.type)
        finally:
            self._under_way[link] -= 1
            if not self._under_way[link]:
                del self._under_way[link]

    async def _take(self, link: Any, request: SocketModeRequest) -> None:
        """Hand one envelope to Bolt and acknowledge it; a repeated one is acknowledged only."""
        arrives()
        payload = request.payload
        if await self._first_time(str(payload.get("event_id") or request.envelope_id)):
            started = self._clock().timestamp()
            answer = await self._app.async_dispatch(
                AsyncBoltRequest(mode="socket_mode", body=payload, headers=build_headers(request))
            )
            if answer.status == HTTPStatus.OK:
                await send_async_response(link, request, answer, started)
                return
        # Without an acknowledgement Slack tells the person that the app failed, and sends events again.
        await link.send_socket_mode_response(SocketModeResponse(envelope_id=request.envelope_id))

    def _mark(self, number: int, *, alive: bool, why: str) -> None:
        """Note a link's state; one line in the log when the last one goes, and one when the first is back."""
        before = bool(self._alive)
        if not alive and not self._has_lived and why != self._trouble:
            log.warning("not linked to Slack yet, trying on", why=why)
        self._has_lived = self._has_lived or alive
        (self._alive.add if alive else self._alive.discard)(number)
        CONNECTED.set(len(self._alive))
        if not alive:
            self._trouble = why
        if before and not self._alive:
            log.warning("no link to Slack", why=why)
        elif self._alive and not before:
            log.info("linked to Slack by Socket Mode")


async def _close(link: SocketModeClient, patience: timedelta) -> None:
    try:
        with contextlib.suppress(TimeoutError, aiohttp.ClientError, OSError):
            async with asyncio.timeout(patience.total_seconds()):
                await link.close()  # type: ignore[no-untyped-call]  # the SDK's gap
    finally:
        # The SDK first waits for Slack to say goodbye: cut short there, it leaves all the rest running.
        running = (link.message_processor, link.current_session_monitor, link.message_receiver)
        tasks = [task for task in running if task is not None]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=patience.total_seconds())
        await link.aiohttp_client_session.close()
