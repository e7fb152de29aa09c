"""One at a time per link, in this process."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from weakref import WeakValueDictionary

from bot.domain.people import Link


class AloneInProcess:
    """`Alone` by a lock per link. Between processes the lease in the link's row does it."""

    def __init__(self) -> None:
        # A lock lives as long as somebody holds it or waits for it.
        self._locks: WeakValueDictionary[tuple[str, str], asyncio.Lock] = WeakValueDictionary()

    @asynccontextmanager
    async def __call__(self, link: Link) -> AsyncIterator[None]:
        """Wait for the turn of this link."""
        key = (link.person.workspace, link.link_id)
        lock = self._locks.get(key)
        if lock is None:
            lock = self._locks[key] = asyncio.Lock()
        async with lock:
            yield
