"""A running cluster, a clock to turn, and a client, for the tests of the cluster's stand-in."""

import asyncio
import hashlib
import hmac
import json
from base64 import urlsafe_b64decode
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import aiohttp
from yarl import URL

from bot.playground.cluster import ClusterTwin

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
AUTH_FAIL = {"code": "10008", "msg": "auth_fail", "data": "token is invalid"}


@dataclass
class Clock:
    now: datetime = field(default=MONDAY)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **by: float) -> None:
        self.now += timedelta(**by)


@dataclass
class Lab:
    cluster: ClusterTwin
    clock: Clock
    http: aiohttp.ClientSession

    async def ask(self, method: str, path: str, **headers: str) -> tuple[int, Any]:
        url = URL(self.cluster.url + path, encoded=True)
        async with self.http.request(method, url, headers=headers, allow_redirects=False) as response:
            return response.status, json.loads(await response.read())

    async def walltime(self, username: str, token: str) -> Any:
        return (await self.ask("GET", walltime_path(username), token=token))[1]

    async def renew(self, token: str) -> Any:
        return (await self.ask("POST", "/ac/openapi/v2/tokens/next", token=token))[1]

    async def sign_in(self, **headers: str) -> Any:
        return (await self.ask("POST", "/api/user/v3/tokens", **headers))[1]


def walltime_path(username: str) -> str:
    return f"/hpc/openapi/v2/view/walltime/users/{quote(username, safe='')}"


def claims_of(token: str) -> Any:
    payload = token.split(".")[1]
    return json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))


def signed(user: str, access_key: str, secret_key: str, at: datetime) -> dict[str, str]:
    timestamp = str(int(at.timestamp()))
    text = f'{{"accessKey":"{access_key}","timestamp":"{timestamp}","user":"{user}"}}'
    signature = hmac.new(secret_key.encode(), text.encode(), hashlib.sha256).hexdigest()
    return {"user": user, "accessKey": access_key, "timestamp": timestamp, "signature": signature}


async def until(holds: Callable[[], bool]) -> None:
    """Wait until something holds; AssertionError after a minute."""
    for _ in range(6000):
        if holds():
            return
        await asyncio.sleep(0.01)
    raise AssertionError


@asynccontextmanager
async def lab() -> AsyncIterator[Lab]:
    """Run a cluster; every call opens a connection of its own, so that the client repeats none unasked."""
    clock = Clock()
    cluster = ClusterTwin(name="east", cluster_id="11112", clock=clock)
    await cluster.start()
    try:
        connector = aiohttp.TCPConnector(force_close=True)
        async with aiohttp.ClientSession(connector=connector, auto_decompress=False) as http:
            yield Lab(cluster, clock, http)
    finally:
        await cluster.stop()
