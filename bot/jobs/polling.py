"""Polling what is due on one cluster, a chunk at a time: a cluster that is slow holds up no other."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Final

from prometheus_client import Counter

from bot.domain.errors import WalltimeError
from bot.jobs.outages import Outages
from bot.jobs.tasks import Tasks
from bot.ports.alerting import Polled, Polls

AT_ONCE: Final = 20
CHUNK: Final = 100
# While the first is polled to its end, the second keeps the places busy.
HANDS: Final = 2
MOST_CHUNKS: Final = 50
# A claim that outlives every time-out: what a crash left behind is due again then.
LEASE: Final = timedelta(minutes=1)
# What has not begun by then is given back: a poll that begins late would end after its lease.
BEGUN_WITHIN: Final = LEASE / 2

POLLS: Final = Counter("walltime_polls_total", "Polls, by cluster and outcome.", ["cluster", "outcome"])


class Polling:
    """Polls a cluster's links; without a cluster those on clusters that are not set up any more."""

    def __init__(
        self,
        cluster: str | None,
        polls: Polls,
        poll: Callable[[Polled, datetime], Awaitable[WalltimeError | None]],
        tasks: Tasks,
        *,
        clock: Callable[[], datetime],
        furthest: timedelta,
        at_once: int = AT_ONCE,
        is_open: Callable[[], bool] = lambda: True,
    ) -> None:
        self._cluster = cluster
        self._polls = polls
        self._poll = poll
        self._tasks = tasks
        self._clock = clock
        self._furthest = max(furthest, LEASE)
        self._is_open = is_open
        self._places = asyncio.Semaphore(at_once)
        self._outages = Outages(gone="a cluster does not answer", back="a cluster answers again")

    async def waiting(self) -> int:
        """Return how many chunks are due, at most so many as need to be known."""
        due = await self._polls.count_due(
            self._cluster, now=self._clock(), furthest=self._furthest, most=MOST_CHUNKS * CHUNK
        )
        return -(-due // CHUNK)

    async def chunk(self) -> None:
        """Take a chunk of what is due, and poll it; what cannot begin in time is given back."""
        claimed_at = self._clock()
        claimed = await self._polls.claim(
            self._cluster, now=claimed_at, lease=LEASE, furthest=self._furthest, most=CHUNK
        )
        begun_by = claimed_at + BEGUN_WITHIN
        polling = [self._tasks.spawn(self._one(polled, begun_by), name="poll") for polled in claimed]
        ends = await asyncio.gather(*polling, return_exceptions=True)  # a failure is in the log already
        late = [polled for polled, has_begun in zip(claimed, ends, strict=True) if has_begun is False]
        if late:
            await self._polls.give_back(late, now=self._clock())

    async def _one(self, polled: Polled, begun_by: datetime) -> bool:
        """Poll one link when its turn comes; False if that is too late."""
        async with self._places:
            now = self._clock()
            if now > begun_by or not self._is_open():
                return False
            error = await self._poll(polled, now)
        cluster = polled.link.cluster
        POLLS.labels(cluster, type(error).__name__ if error else "ok").inc()
        self._outages.note(cluster, error)
        return True
