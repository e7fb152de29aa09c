"""Whether the database answers, as `/readyz` needs to know it."""

import asyncio
import math
import time
from collections.abc import Awaitable, Callable
from typing import Final

from sqlalchemy.exc import TimeoutError as PoolTimeout

ANSWER_S: Final = 1.0
BUSY_FOR_S: Final = 15.0


class Probe:
    """Asks the database; one that turns us down is in trouble at once, one that is busy is given time.

    Under a rush every replica waits for its database. If all called themselves unready then, a balancer
    would have nobody left, and the rush would become an outage.
    """

    def __init__(
        self,
        ask: Callable[[], Awaitable[object]],
        *,
        answer_s: float = ANSWER_S,
        busy_for_s: float = BUSY_FOR_S,
    ) -> None:
        self._ask = ask
        self._answer_s = answer_s
        self._busy_for_s = busy_for_s
        self._answered_at = -math.inf
        self._refused: str | None = None
        self._asking: asyncio.Task[None] | None = None

    async def trouble(self) -> str | None:
        """Return the kind of error that keeps the database from answering; None if it answers."""
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._look(), name="ask the database")
        await asyncio.wait([self._asking], timeout=self._answer_s)
        if self._refused is not None:
            return self._refused
        return None if time.monotonic() - self._answered_at < self._busy_for_s else TimeoutError.__name__

    async def stop(self) -> None:
        """Ask no more."""
        if self._asking is not None:
            self._asking.cancel()
            await asyncio.gather(self._asking, return_exceptions=True)

    async def _look(self) -> None:
        """Ask once; a refusal stands until the database has answered again."""
        try:
            await self._ask()
        except PoolTimeout:  # all our connections are at work
            return
        except Exception as error:  # noqa: BLE001 (any failure is the answer)
            self._refused = type(error).__name__
        else:
            self._refused, self._answered_at = None, time.monotonic()
