"""The cluster and its platform, listening on loopback."""

import asyncio
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from aiohttp import web

from bot.playground.cluster.faults import ClusterFaults
from bot.playground.cluster.region import Call, Region
from bot.playground.cluster.wire import abort, misbehave, plain

REQUESTS_KEPT: Final = 100_000

_SECRETS = frozenset({"token", "accesskey", "signature", "authorization", "cookie"})
_BACKLOG = 1024


@dataclass(frozen=True, kw_only=True)
class Request:
    """One call as it came in: raw path without query, decoded username, the kind of the fault that hit it.

    `headers` has lower-case names; the values of token, keys, signature and cookies read "(hidden)".
    """

    method: str
    path: str
    endpoint: str
    username: str | None
    at: datetime
    headers: Mapping[str, str]
    fault: str | None


class ClusterTwin(Region):
    """One cluster with users, tokens and faults; `clock` (aware UTC) decides what time it is.

    `requests` keeps the latest calls, at least 50,000 of them; `request_count` counts all.
    `in_flight_peak` may be set back to 0. `latency` (real time) precedes every answer.
    More settings: see `Region`.
    """

    def __init__(
        self,
        *,
        name: str,
        cluster_id: str,
        clock: Callable[[], datetime],
        seed: int = 1,
        port: int = 0,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        super().__init__(name=name, cluster_id=cluster_id, clock=clock, seed=seed)
        self.faults = ClusterFaults(seed=seed)
        self.requests: list[Request] = []
        self.request_count = 0
        self.latency = timedelta(0)
        self.in_flight = 0
        self.in_flight_peak = 0
        self._port = port
        self._ssl = ssl_context
        self._down = False
        self._http: web.Server | None = None
        self._listener: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen on 127.0.0.1; after a stop, on the same port again."""
        self._http = web.Server(self._handle, handler_cancellation=True, access_log=None)
        self._listener = await asyncio.get_running_loop().create_server(
            self._protocol, "127.0.0.1", self._port, backlog=_BACKLOG, ssl=self._ssl
        )
        self._port = self._listener.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Stop listening and reset all connections; users, tokens and faults stay."""
        if self._listener is None or self._http is None:
            return
        self._listener.close()
        self._reset_connections()
        await self._http.shutdown(timeout=1)
        await self._listener.wait_closed()
        self._listener = self._http = None

    @property
    def url(self) -> str:
        """The cluster's address without "/hpc". RuntimeError before the first start."""
        if not self._port:
            raise RuntimeError("the cluster has not been started")
        return f"{'https' if self._ssl else 'http'}://127.0.0.1:{self._port}"

    @property
    def platform_url(self) -> str:
        """The platform's address: the same."""
        return self.url

    @property
    def down(self) -> bool:
        """Whether all connections are reset, open ones included."""
        return self._down

    @down.setter
    def down(self, down: bool) -> None:
        self._down = down
        if down:
            self._reset_connections()

    def _protocol(self) -> asyncio.BaseProtocol:
        return _Slammed() if self._down or self._http is None else self._http()

    def _reset_connections(self) -> None:
        for connection in self._http.connections if self._http else ():
            abort(connection.transport)

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        self.in_flight += 1
        self.in_flight_peak = max(self.in_flight_peak, self.in_flight)
        try:
            return await self._respond(request)
        finally:
            self.in_flight -= 1

    async def _respond(self, request: web.BaseRequest) -> web.StreamResponse:
        headers = {name.lower(): value for name, value in request.headers.items()}
        call = Call.read(request.method, request.raw_path, headers, origin=self.url)
        fault = self.faults.hit(endpoint=call.endpoint, names=self.names(call)) if self.faults else None
        self._record(call, fault.kind if fault else None)
        if self.latency:
            await asyncio.sleep(self.latency.total_seconds())
        if fault is None:
            return plain(self.answer(call))
        return await misbehave(fault, request, lambda: self.answer(call))

    def _record(self, call: Call, fault: str | None) -> None:
        self.request_count += 1
        if len(self.requests) >= REQUESTS_KEPT:
            del self.requests[: REQUESTS_KEPT // 2]
        headers = {name: "(hidden)" if name in _SECRETS else value for name, value in call.headers.items()}
        self.requests.append(
            Request(
                method=call.method,
                path=call.path,
                endpoint=call.endpoint,
                username=call.username,
                at=self._clock(),
                headers=headers,
                fault=fault,
            )
        )


class _Slammed(asyncio.Protocol):
    """A connection that is reset as soon as it is there."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        abort(transport)
