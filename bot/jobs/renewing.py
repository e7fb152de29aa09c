"""Renewing what is due: bounded per cluster, once per token across processes."""

from collections import defaultdict
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Final

import structlog
from prometheus_client import Counter

from bot.domain.errors import ClusterRefused, WalltimeError
from bot.jobs.outages import Outages
from bot.jobs.tasks import Tasks
from bot.ports.renewal import Held, Tokens

AT_ONCE: Final = 20

RENEWALS: Final = Counter(
    "walltime_renewals_total", "Tries to renew a token, by cluster and outcome.", ["cluster", "outcome"]
)

log = structlog.get_logger(__name__)


class Renewing:
    """Claims tokens that are due and renews each as a task of its own."""

    def __init__(
        self,
        tokens: Tokens,
        renew: Callable[[Held, datetime], Awaitable[WalltimeError | None]],
        tasks: Tasks,
        *,
        clock: Callable[[], datetime],
        lease: timedelta,
        at_once: int = AT_ONCE,
    ) -> None:
        self._tokens = tokens
        self._renew = renew
        self._tasks = tasks
        self._clock = clock
        self._lease = lease
        self._at_once = at_once
        self._under_way: defaultdict[str, int] = defaultdict(int)
        self._outages = Outages(gone="tokens are not renewed", back="tokens are renewed again")

    async def turn(self) -> None:
        """Start as many renewals as there are places: what is claimed never waits, so leases hold."""
        now = self._clock()
        for cluster in await self._tokens.due_on(now=now):
            room = self._at_once - self._under_way[cluster]
            if room <= 0:
                continue
            for held in await self._tokens.claim(cluster, now=now, lease=self._lease, most=room):
                self._under_way[cluster] += 1
                self._tasks.spawn(self._one(held, cluster), name="renewal")

    async def _one(self, held: Held, cluster: str) -> None:
        try:
            error = await self._renew(held, self._clock())
        finally:
            self._under_way[cluster] -= 1
        RENEWALS.labels(cluster, type(error).__name__ if error else "ok").inc()
        self._outages.note(cluster, error)
        if isinstance(error, ClusterRefused):
            log.warning("a token is not renewed", cluster=cluster, link=held.link.link_id, code=error.code)
