"""Was this delivery of Slack's here before? Every acknowledgement waits for the answer, so it is quick.

Memory answers first. The database, which remembers across restarts, gets a moment: when it is locked or
full, people are still served, and only what came twice around a restart could run twice.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Final

import structlog
from prometheus_client import Counter

from bot.jobs.tasks import Tasks

PATIENCE: Final = timedelta(seconds=0.5)
REMEMBERED: Final = 20_000

UNSURE: Final = Counter(
    "walltime_repeats_unsure_total", "Deliveries taken though the database did not answer."
)

log = structlog.get_logger(__name__)


class Repeats:
    """Knows the last deliveries by heart, and asks the database about the rest."""

    def __init__(
        self, remember: Callable[[str], Awaitable[bool]], tasks: Tasks, *, patience: timedelta = PATIENCE
    ) -> None:
        self._remember = remember
        self._tasks = tasks
        self._patience = patience.total_seconds()
        self._seen: OrderedDict[str, None] = OrderedDict()

    async def first_time(self, delivery: str) -> bool:
        """Remember a delivery's key; False if it was here before."""
        if delivery in self._seen:
            return False
        self._seen[delivery] = None
        if len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)
        # Not cancelled when it is late: what is written then still counts after a restart.
        asking = self._tasks.spawn(self._ask(delivery), name="remember delivery")
        await asyncio.wait([asking], timeout=self._patience)
        if not asking.done():
            UNSURE.inc()
            return True
        return asking.result()

    async def _ask(self, delivery: str) -> bool:
        try:
            return await self._remember(delivery)
        except Exception as error:  # noqa: BLE001 (whatever it is, the person is still served)
            UNSURE.inc()
            log.error("a delivery cannot be remembered", why=type(error).__name__)  # noqa: TRY400 (one line)
            return True
