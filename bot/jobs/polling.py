"""Polling what is due: bounded per cluster, and no cluster waits for another."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Final

from prometheus_client import Counter

from bot.domain.errors import WalltimeError
from bot.jobs.outages import Outages
from bot.jobs.tasks import Tasks
from bot.ports.alerting import Polled, Polls

AT_ONCE: Final = 20
CHUNK: Final = 500
# A claim that outlives every time-out: what a crash left behind is due again then.
LEASE: Final = timedelta(minutes=1)

POLLS: Final = Counter("walltime_polls_total", "Polls, by cluster and outcome.", ["cluster", "outcome"])


class Polling:
    """Claims due links and polls each as a task of its own."""

    def __init__(
        self,
        polls: Polls,
        poll: Callable[[Polled, datetime], Awaitable[WalltimeError | None]],
        tasks: Tasks,
        *,
        clock: Callable[[], datetime],
        furthest: timedelta,
        at_once: int = AT_ONCE,
    ) -> None:
        self._polls = polls
        self._poll = poll
        self._tasks = tasks
        self._clock = clock
        self._furthest = max(furthest, LEASE)
        self._places: defaultdict[str, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(at_once))
        self._outages = Outages(gone="a cluster does not answer", back="a cluster answers again")
        self._under_way: set[tuple[str, str]] = set()

    async def turn(self) -> None:
        """Start a poll for every link that is due."""
        for polled in await self._polls.claim(
            now=self._clock(), lease=LEASE, furthest=self._furthest, most=CHUNK
        ):
            key = (polled.link.person.workspace, polled.link.link_id)
            # Behind many that do not answer, a link may wait for longer than its lease.
            if key not in self._under_way:
                self._under_way.add(key)
                self._tasks.spawn(self._one(polled, key), name="poll")

    async def _one(self, polled: Polled, key: tuple[str, str]) -> None:
        cluster = polled.link.cluster
        try:
            async with self._places[cluster]:
                error = await self._poll(polled, self._clock())
        finally:
            self._under_way.discard(key)
        POLLS.labels(cluster, type(error).__name__ if error else "ok").inc()
        self._outages.note(cluster, error)
