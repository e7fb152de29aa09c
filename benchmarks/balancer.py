"""A tiny load balancer on loopback: it asks `/readyz` of each bot and passes requests to the ready ones.

As usual ones do by default it opens a connection for each request, tries the next bot when one takes no
connection, and never sends a request twice that may have arrived.
"""

import asyncio
from collections.abc import Sequence
from http import HTTPStatus
from typing import Final

import aiohttp
from aiohttp import web

LOOK_S: Final = 0.5
PATIENCE_S: Final = 3.0
# A bot that is busy may miss one question.
SILENT: Final = 2
_HOP_BY_HOP: Final = frozenset({"connection", "content-length", "host", "keep-alive", "transfer-encoding"})


class Balancer:
    """Listens at `url` once it is started."""

    def __init__(self, backends: Sequence[str] = ()) -> None:
        self.url = ""
        self.ready: set[str] = set()
        self._backends = dict.fromkeys(backends)
        self._looking: list[asyncio.Task[None]] = []
        self._turn = 0

    async def start(self) -> None:
        """Listen, and look after the bots."""
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, force_close=True), cookie_jar=aiohttp.DummyCookieJar()
        )
        self._runner = web.ServerRunner(web.Server(self._pass, access_log=None))
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}"
        for backend in self._backends:
            self._look(backend)

    def look_after(self, backend: str) -> None:
        """Pass requests to this bot, too, when it is ready."""
        if backend not in self._backends:
            self._backends[backend] = None
            self._look(backend)

    async def stop(self) -> None:
        """Close everything."""
        for task in self._looking:
            task.cancel()
        await asyncio.gather(*self._looking, return_exceptions=True)
        await self._runner.cleanup()
        await self._session.close()

    def _look(self, backend: str) -> None:
        self._looking.append(asyncio.create_task(self._look_after(backend), name="look"))

    async def _look_after(self, backend: str) -> None:
        silent = 0
        while True:
            is_ready = await self._is_ready(backend)
            silent = silent + 1 if is_ready is None else 0
            if is_ready:
                self.ready.add(backend)
            elif is_ready is False or silent >= SILENT:
                self.ready.discard(backend)
            await asyncio.sleep(LOOK_S)

    async def _is_ready(self, backend: str) -> bool | None:
        """Ask a bot; None if it does not answer."""
        try:
            async with asyncio.timeout(PATIENCE_S), self._session.get(f"{backend}/readyz") as answer:
                return answer.status == HTTPStatus.OK
        except (aiohttp.ClientError, TimeoutError):
            return None

    async def _pass(self, request: web.BaseRequest) -> web.Response:
        body = await request.read()
        headers = {name: value for name, value in request.headers.items() if name.lower() not in _HOP_BY_HOP}
        self._turn += 1
        ready = [each for each in self._backends if each in self.ready]
        for number in range(len(ready)):
            backend = ready[(self._turn + number) % len(ready)]
            try:
                async with self._session.request(
                    request.method, f"{backend}{request.path_qs}", data=body, headers=headers
                ) as answer:
                    kept = {
                        name: value
                        for name, value in answer.headers.items()
                        if name.lower() not in _HOP_BY_HOP
                    }
                    return web.Response(status=answer.status, body=await answer.read(), headers=kept)
            except aiohttp.ClientConnectorError:
                self.ready.discard(backend)
            except aiohttp.ClientError:
                return web.Response(status=HTTPStatus.BAD_GATEWAY)
        return web.Response(status=HTTPStatus.SERVICE_UNAVAILABLE)
