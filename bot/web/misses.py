"""Who asks for pages that do not exist, again and again, is not answered from the database for a while."""

from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from aiohttp import web

SPAN: Final = timedelta(minutes=1)
MOST_MISSES: Final = 30
MOST_ADDRESSES: Final = 10_000


class Misses:
    """Counts misses per client address, in this process: a name of 256 bits is not found by guessing."""

    def __init__(self, clock: Callable[[], datetime], *, most_addresses: int = MOST_ADDRESSES) -> None:
        self._clock = clock
        self._most_addresses = most_addresses
        self._seen: OrderedDict[str, tuple[datetime, int]] = OrderedDict()

    def too_many(self, request: web.Request) -> bool:
        """Tell whether this client has used up the misses of the last minute."""
        return self._count(_address(request)) >= MOST_MISSES

    def note(self, request: web.Request) -> None:
        """Count one more."""
        address = _address(request)
        count = self._count(address)
        since = self._seen[address][0] if count else self._clock()
        self._seen[address] = (since, count + 1)
        self._seen.move_to_end(address)
        if len(self._seen) > self._most_addresses:
            self._seen.popitem(last=False)

    def _count(self, address: str) -> int:
        since, count = self._seen.get(address, (self._clock(), 0))
        if self._clock() - since < SPAN:
            return count
        del self._seen[address]
        return 0


def _address(request: web.Request) -> str:
    """The client as the nearest proxy saw it. Without a proxy a client can lie here, and gains little."""
    forwarded = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
    return (forwarded or request.remote or "")[:64]
