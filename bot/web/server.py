"""The HTTP server: `/slack/…`, `/link/{one-time}`, `/healthz`, `/readyz`, `/metrics`."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any, Final

import structlog
from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, Counter, generate_latest

from bot.domain.secret import Secret
from bot.web.body import read_body
from bot.web.install import INSTALL_PATH, REDIRECT_PATH, Installs
from bot.web.link_page import PATH, LinkPages
from bot.web.slack_request import is_from_slack, read_payload

MAX_BODY_BYTES: Final = 1024 * 1024
STOP_PATIENCE: Final = timedelta(seconds=3)
_A_FEW_TURNS_S: Final = 0.05
WARN_EVERY: Final = timedelta(minutes=1)

REFUSED = Counter(
    "walltime_http_refused_total", "Requests to /slack/events turned away, by reason.", ["reason"]
)

log = structlog.get_logger(__name__)

Dispatch = Callable[[dict[str, Any]], Awaitable[tuple[int, dict[str, str], str]]]


class SlackEvents:
    """The door for Slack's signed requests: nothing unproved, too large, malformed or repeated passes."""

    def __init__(
        self,
        *,
        secret: Secret,
        dispatch: Dispatch,
        first_time: Callable[[str], Awaitable[bool]],
        clock: Callable[[], datetime],
    ) -> None:
        self._secret = secret
        self._dispatch = dispatch
        self._first_time = first_time
        self._clock = clock
        self._warned_at: datetime | None = None

    async def handle(self, request: web.Request) -> web.Response:
        """Answer one request; a refusal has an empty body, and only its reason is counted."""
        if "Content-Encoding" in request.headers:
            return self._refuse(415, "compressed")
        body = await read_body(request, most=MAX_BODY_BYTES)
        if body is None:
            return self._refuse(413, "too large, too slow or cut short")
        if not is_from_slack(request.headers, body, secret=self._secret, now=self._clock()):
            return self._refuse(401, "not signed, or stale")
        payload = read_payload(request.content_type, body)
        if payload is None:
            return self._refuse(400, "malformed")
        if "ssl_check" in payload:
            return web.Response()
        for delivery in _deliveries(request.headers["X-Slack-Signature"], payload.get("event_id")):
            if not await self._first_time(delivery):
                return web.Response()
        try:
            status, headers, answer = await self._dispatch(payload)
        except Exception as error:  # noqa: BLE001 (a shape that nobody foresaw: refused, and its kind logged)
            log.error("a request could not be handled", why=type(error).__name__)  # noqa: TRY400 (no body in it)
            return self._refuse(400, "malformed")
        return web.Response(status=status, text=answer, content_type=_kind(headers))

    def _refuse(self, status: int, reason: str) -> web.Response:
        """Count a refusal, and say once a minute that there are some: a wrong secret must not be silent."""
        REFUSED.labels(reason).inc()
        now = self._clock()
        if self._warned_at is None or now - self._warned_at >= WARN_EVERY:
            self._warned_at = now
            log.warning("requests to /slack/events are refused", reason=reason)
        return web.Response(status=status)


def make_server(
    *,
    slack_events: SlackEvents | None,
    link_pages: LinkPages | None,
    installs: Installs | None,
    trouble: Callable[[], Awaitable[list[str]]],
    is_leaving: Callable[[], bool] = lambda: False,
) -> web.Application:
    """Build the routes; `trouble` lists what does not work. Who is leaving keeps no connection open."""

    async def healthz(_: web.Request) -> web.Response:
        return web.Response(text="ok\n")

    async def readyz(_: web.Request) -> web.Response:
        reasons = await trouble()
        return web.json_response({"ready": not reasons, "reasons": reasons}, status=503 if reasons else 200)

    async def metrics(_: web.Request) -> web.Response:
        return web.Response(body=generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})

    async def let_go(_: web.Request, response: web.StreamResponse) -> None:
        if is_leaving():
            response.force_close()

    app = web.Application()
    app.on_response_prepare.append(let_go)
    app.router.add_get("/healthz", healthz)
    app.router.add_get("/readyz", readyz)
    app.router.add_get("/metrics", metrics)
    if slack_events is not None:
        app.router.add_post("/slack/events", slack_events.handle)
    if installs is not None:
        # Not by HEAD: each begin is a row of its own, and each end is good once.
        app.router.add_get(INSTALL_PATH, installs.begin, allow_head=False)
        app.router.add_get(REDIRECT_PATH, installs.end, allow_head=False)
    if link_pages is not None:
        app.router.add_get(PATH, link_pages.show)
        app.router.add_post(PATH, link_pages.take)
    return app


class Server:
    """A running server; `port` is the real one when 0 was asked for."""

    def __init__(self, app: web.Application, *, host: str, port: int) -> None:
        self._runner = web.AppRunner(
            app, access_log=None, shutdown_timeout=STOP_PATIENCE.total_seconds(), handle_signals=False
        )
        self._host = host
        self._listening: asyncio.Server | None = None
        self.port = port

    async def start(self) -> None:
        """Listen; raises OSError when the address is taken."""
        await self._runner.setup()
        # The runner's own site stops to listen in a way that drops connections, see below.
        take = self._runner.server
        assert take is not None  # noqa: S101 (it is None before setup() only)
        loop = asyncio.get_running_loop()
        self._listening = await loop.create_server(take, self._host, self.port)
        self.port = self._listening.sockets[0].getsockname()[1]
        log.info("listening", host=self._host, port=self.port)

    async def stop(self) -> None:
        """Take nothing more, let requests under way finish."""
        if self._listening is not None:
            loop = asyncio.get_running_loop()
            for socket in self._listening.sockets:
                loop.remove_reader(socket.fileno())
            # asyncio drops what it accepted a few turns before it closes: so first nothing more is accepted.
            await asyncio.sleep(_A_FEW_TURNS_S)
            self._listening.close()
        await self._runner.cleanup()


def _deliveries(signature: str, event_id: object) -> list[str]:
    """Name a request twice: by its signature, and an event by the id that its repeats share."""
    keys = [f"signature:{hashlib.sha256(signature.encode()).hexdigest()}"]
    return [*keys, f"event:{event_id}"[:128]] if isinstance(event_id, str) else keys


def _kind(headers: dict[str, str]) -> str:
    return headers.get("content-type", "text/plain").partition(";")[0]
