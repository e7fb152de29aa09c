"""Going in good order: told to stop, the bot has the ten seconds that Docker gives before it kills.

First it says so on `/readyz`, and a load balancer that asks there gets a moment to send people elsewhere.
Then it takes nothing new, and what is under way is finished.
"""

import asyncio
import contextlib
from datetime import timedelta
from typing import Final

WITHIN: Final = timedelta(seconds=9)
# For closing connections, after all else.
LAST: Final = timedelta(seconds=1)
# Who asked so lately asks again soon, and believes it when it was told twice.
ASKED_WITHIN: Final = timedelta(seconds=15)
TOLD_TWICE: Final = 2
GRACE: Final = timedelta(seconds=2)


class Parting:
    """Knows whether we are going, and how much time is left."""

    def __init__(self) -> None:
        self._ends_at: float | None = None
        self._asked_at: float | None = None
        self._told = 0
        self._believed = asyncio.Event()

    @property
    def has_begun(self) -> bool:
        """Whether we are going."""
        return self._ends_at is not None

    def begin(self) -> None:
        """Go."""
        if self._ends_at is None:
            self._ends_at = _now() + WITHIN.total_seconds()

    def asked(self) -> bool:
        """Note that somebody asks on `/readyz`; return whether we are going."""
        self._asked_at = _now()
        if self.has_begun:
            self._told += 1
            if self._told >= TOLD_TWICE:
                self._believed.set()
        return self.has_begun

    async def looked_away(self) -> None:
        """Wait until who asks on `/readyz` was told twice; a moment at most, and not where nobody asks."""
        if self._asked_at is not None and _now() - self._asked_at <= ASKED_WITHIN.total_seconds():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._believed.wait(), GRACE.total_seconds())

    def left(self) -> timedelta:
        """Return how long what is under way may take still."""
        ends_at = _now() + WITHIN.total_seconds() if self._ends_at is None else self._ends_at
        return max(timedelta(), timedelta(seconds=ends_at - _now()) - LAST)


def _now() -> float:
    return asyncio.get_running_loop().time()
