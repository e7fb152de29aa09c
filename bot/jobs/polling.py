"""Polling what is due: bounded per cluster, and no cluster waits for another."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Final

import structlog
from prometheus_client import Counter

from bot.domain.errors import ClusterMisconfigured, ClusterSilent, WalltimeError
from bot.jobs.tasks import Tasks
from bot.ports.alerting import Polled, Polls

AT_ONCE: Final = 20
CHUNK: Final = 500
# A claim that outlives every time-out: what a crash left behind is due again then.
LEASE: Final = timedelta(minutes=1)
# One refused connection is no outage.
GONE_AFTER: Final = 3

POLLS: Final = Counter("walltime_polls_total", "Polls, by cluster and outcome.", ["cluster", "outcome"])

log = structlog.get_logger(__name__)


class Polling:
    """Claims due links and polls each as a task of its own."""

    def __init__(
        self,
        polls: Polls,
        poll: Callable[[Polled, datetime], Awaitable[WalltimeError | None]],
        tasks: Tasks,
        *,
        clock: Callable[[], datetime],
        at_once: int = AT_ONCE,
    ) -> None:
        self._polls = polls
        self._poll = poll
        self._tasks = tasks
        self._clock = clock
        self._places: defaultdict[str, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(at_once))
        self._silent: defaultdict[str, int] = defaultdict(int)
        self._under_way: set[tuple[str, str]] = set()

    async def turn(self) -> None:
        """Start a poll for every link that is due."""
        for polled in await self._polls.claim(now=self._clock(), lease=LEASE, most=CHUNK):
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
        self._note(cluster, error)

    def _note(self, cluster: str, error: WalltimeError | None) -> None:
        """Say once that a cluster is gone, and once that it is back."""
        if isinstance(error, ClusterSilent | ClusterMisconfigured):
            self._silent[cluster] += 1
            if self._silent[cluster] == GONE_AFTER:
                log.warning("a cluster does not answer", cluster=cluster, why=str(error))
            return
        if self._silent.pop(cluster, 0) >= GONE_AFTER:
            log.info("a cluster answers again", cluster=cluster)
