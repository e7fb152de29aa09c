"""Socket Mode: tickets, WebSocket links, envelopes and their acknowledgements."""

import asyncio
import contextlib
import json
import secrets
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from aiohttp import WSCloseCode, WSMsgType, web

from bot.playground.slack.faults import Fault
from bot.playground.slack.state import State
from bot.playground.slack.wire import cut, struck

MOST_LINKS = 10
TICKET_LIVES = timedelta(seconds=30)
LINK_SECONDS = 18060
HOST = "applink-playground"


@dataclass(eq=False)
class Link:
    """One WebSocket connection of the app."""

    request: web.Request
    socket: web.WebSocketResponse
    sent: list[str] = field(default_factory=list)


class SocketMode:
    """The links of the app, and what waits for an acknowledgement over any of them."""

    def __init__(self, state: State) -> None:
        self.is_deaf = False
        self.links: list[Link] = []
        self._state = state
        self._tickets: dict[str, datetime] = {}
        self._waiting: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self._turn = 0

    def new_url(self) -> str:
        """Return an address for one connection within 30 s."""
        ticket = secrets.token_urlsafe(24)
        self._tickets[ticket] = self._state.now() + TICKET_LIVES
        base = self._state.url.replace("http://", "ws://", 1)
        return f"{base}/link/?ticket={ticket}&app_id={self._state.app_id}"

    async def connect(self, request: web.Request) -> web.StreamResponse:
        """Serve one connection until it ends."""
        fault = self._state.faults.strike("handshake")
        if fault is not None and fault.kind != "slow":
            return await self._refuse(request, fault)
        if fault is not None:
            await asyncio.sleep(fault.delay_seconds)
        ends = self._tickets.pop(request.query.get("ticket", ""), None)
        if ends is None or self._state.now() > ends:
            return web.Response(status=403, text="invalid or used ticket")
        # Pings are answered by hand, so that a link can be made to look half-open.
        socket = web.WebSocketResponse(autoping=False)
        await socket.prepare(request)
        link = Link(request, socket)
        if len(self.links) >= MOST_LINKS:
            await self._dismiss(link, "too_many_websockets")
            return socket
        self.links.append(link)
        try:
            await self._hello(link)
            await self._listen(link)
        finally:
            self._forget(link)
        return socket

    async def send(
        self,
        kind: str,
        payload: dict[str, Any],
        *,
        accepts_response: bool,
        seconds: float,
        retry: tuple[int, str] | None = None,
    ) -> dict[str, Any] | str:
        """Send one envelope over one link; return the acknowledgement, or the error as a person sees it."""
        if not self.links:
            return "dispatch_failed"
        self._turn += 1
        link = self.links[self._turn % len(self.links)]
        envelope: dict[str, Any] = {
            "envelope_id": str(uuid.uuid4()),
            "type": kind,
            "payload": payload,
            "accepts_response_payload": accepts_response,
        }
        if kind == "events_api":
            attempt, reason = retry or (0, "")
            envelope |= {"retry_attempt": attempt, "retry_reason": reason}
        ack: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._waiting[envelope["envelope_id"]] = ack
        try:
            async with asyncio.timeout(seconds):
                await self._write(link, envelope)
                return await ack
        except TimeoutError:
            return "operation_timeout"
        except ConnectionError:
            return "dispatch_failed"
        finally:
            del self._waiting[envelope["envelope_id"]]

    async def disconnect(self, reason: str) -> None:
        """Tell every link to go, as Slack does before it cuts them, then close them."""
        for link in tuple(self.links):
            await self._dismiss(link, reason)

    def cut(self) -> None:
        """Cut every link without a word."""
        for link in tuple(self.links):
            self._forget(link)
            cut(link.request)

    async def stop(self) -> None:
        """Close every link."""
        for link in tuple(self.links):
            with contextlib.suppress(ConnectionError):
                await link.socket.close(code=WSCloseCode.GOING_AWAY)

    async def _refuse(self, request: web.Request, fault: Fault) -> web.StreamResponse:
        if fault.kind == "refuse":
            return web.Response(status=403, text="refused")
        return await struck(request, fault)

    async def _hello(self, link: Link) -> None:
        await self._write(
            link,
            {
                "type": "hello",
                "num_connections": len(self.links),
                "connection_info": {"app_id": self._state.app_id},
                "debug_info": {
                    "host": HOST,
                    "build_number": 1,
                    "approximate_connection_time": LINK_SECONDS,
                },
            },
        )

    async def _listen(self, link: Link) -> None:
        async for frame in link.socket:
            if self.is_deaf:
                continue
            if frame.type is WSMsgType.PING:
                await link.socket.pong(frame.data)
            elif frame.type is WSMsgType.TEXT:
                self._take_ack(json.loads(frame.data))

    def _take_ack(self, ack: dict[str, Any]) -> None:
        waiting = self._waiting.get(ack.get("envelope_id", ""))
        if waiting is not None and not waiting.done():
            waiting.set_result(ack.get("payload") or {})

    def _forget(self, link: Link) -> None:
        """Send nothing more over a link."""
        if link in self.links:
            self.links.remove(link)

    async def _dismiss(self, link: Link, reason: str) -> None:
        self._forget(link)
        # The app may be gone already; then there is nobody to tell.
        with contextlib.suppress(ConnectionError):
            await self._write(link, {"type": "disconnect", "reason": reason, "debug_info": {"host": HOST}})
            await link.socket.close()

    @staticmethod
    async def _write(link: Link, frame: dict[str, Any]) -> None:
        await link.socket.send_str(json.dumps(frame))
