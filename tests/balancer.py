"""A small load balancer on loopback: asks `/readyz`, and hands each request to the next bot that is ready."""

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import aiohttp
from aiohttp import web

ASK_EVERY_S: Final = 0.3
KEPT: Final = ("Content-Type", "X-Slack-Signature", "X-Slack-Request-Timestamp", "User-Agent")


class Balancer:
    """Knows the bots by their ports; no request stays with one of them."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self.ports: list[int] = []
        self.url = ""
        self.to_all = False  # as when Slack's answer was lost and it comes again, by another way
        self._session = session
        self._ready: set[int] = set()
        self._turn = itertools.count()

    async def ask(self) -> None:
        """Ask each bot again and again whether it is ready."""
        while True:
            for port in tuple(self.ports):
                with contextlib.suppress(aiohttp.ClientError):
                    async with self._session.get(f"http://127.0.0.1:{port}/readyz") as answer:
                        (self._ready.add if answer.status == 200 else self._ready.discard)(port)
                        continue
                self._ready.discard(port)
            await asyncio.sleep(ASK_EVERY_S)

    @property
    def ready(self) -> list[int]:
        return [port for port in self.ports if port in self._ready]

    async def pass_on(self, request: web.Request) -> web.Response:
        """Hand a request on; only who could not even be reached is passed over."""
        body = await request.read()
        headers = {name: request.headers[name] for name in KEPT if name in request.headers}
        ready, first = self.ready, next(self._turn)
        ports = [ready[(first + number) % len(ready)] for number in range(len(ready))]
        if self.to_all:
            return (await asyncio.gather(*(self._to(port, request.path, body, headers) for port in ports)))[0]
        for port in ports:
            with contextlib.suppress(aiohttp.ClientConnectorError):
                return await self._to(port, request.path, body, headers)
        return web.Response(status=503)

    async def _to(self, port: int, path: str, body: bytes, headers: dict[str, str]) -> web.Response:
        async with self._session.post(f"http://127.0.0.1:{port}{path}", data=body, headers=headers) as answer:
            return web.Response(
                status=answer.status, body=await answer.read(), content_type=answer.content_type
            )


@asynccontextmanager
async def balancing() -> AsyncIterator[Balancer]:
    """Run a balancer until the block ends."""
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        balancer = Balancer(session)
        app = web.Application()
        app.router.add_post("/slack/events", balancer.pass_on)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        balancer.url = f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events"
        asking = asyncio.create_task(balancer.ask())
        try:
            yield balancer
        finally:
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)
            await runner.cleanup()
