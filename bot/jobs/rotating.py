"""Renewing bot tokens that are due: one at a time per installation, across processes."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Final

import structlog
from prometheus_client import Counter

from bot.domain.errors import WalltimeError
from bot.domain.installations import Installation
from bot.jobs.tasks import Tasks
from bot.ports.installing import Installations

AT_ONCE: Final = 20

RENEWALS: Final = Counter(
    "walltime_bot_token_renewals_total", "Tries to renew a bot token, by outcome.", ["outcome"]
)

log = structlog.get_logger(__name__)


class Rotating:
    """Claims bot tokens that are due and renews each as a task of its own."""

    def __init__(
        self,
        installations: Installations,
        renew: Callable[[Installation, datetime], Awaitable[WalltimeError | None]],
        tasks: Tasks,
        *,
        clock: Callable[[], datetime],
        lease: timedelta,
    ) -> None:
        self._installations = installations
        self._renew = renew
        self._tasks = tasks
        self._clock = clock
        self._lease = lease
        self._under_way = 0

    async def turn(self) -> None:
        """Start as many renewals as there are places: what is claimed never waits, so leases hold."""
        room = AT_ONCE - self._under_way
        if room <= 0:
            return
        for held in await self._installations.claim(now=self._clock(), lease=self._lease, most=room):
            self._under_way += 1
            self._tasks.spawn(self._one(held), name="renew a bot token")

    async def _one(self, held: Installation) -> None:
        try:
            error = await self._renew(held, self._clock())
        finally:
            self._under_way -= 1
        RENEWALS.labels(type(error).__name__ if error else "ok").inc()
        if error is not None:
            log.warning("a bot token is not renewed", workspace=held.workspace, why=f"{error}"[:80])
