"""Delivery of what is owed: a turn a second, each a task of its own, and what became of it in the log."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Final

import structlog
from prometheus_client import Counter

from bot.jobs.tasks import Tasks
from bot.usecases.delivery.turn import Outcome

# A turn lasts as long as its slowest place; more at a time would only wait for the database.
MOST_TURNS: Final = 30

ENDED: Final = Counter("walltime_deliveries_total", "Notices handled by delivery, by outcome.", ["outcome"])

log = structlog.get_logger(__name__)


class Delivery:
    """Starts turns; they overlap, so that a place that is slow holds up no other."""

    def __init__(
        self,
        deliver: Callable[[datetime], Awaitable[Outcome]],
        tasks: Tasks,
        *,
        clock: Callable[[], datetime],
        is_open: Callable[[], bool],
    ) -> None:
        self._deliver = deliver
        self._tasks = tasks
        self._clock = clock
        self._is_open = is_open
        self._turns = 0

    async def turn(self) -> None:
        """Start a turn, once Slack is met."""
        if self._is_open() and self._turns < MOST_TURNS:
            self._turns += 1
            self._tasks.spawn(self._one(), name="delivery")

    async def _one(self) -> None:
        try:
            outcome = await self._deliver(self._clock())
        finally:
            self._turns -= 1
        _report(outcome)


def _report(outcome: Outcome) -> None:
    for name in ("told", "edited", "found", "unsure", "overtaken"):
        ENDED.labels(name).inc(getattr(outcome, name))
    ENDED.labels("dropped").inc(len(outcome.dropped))
    for notice_id, why in outcome.dropped:
        log.info("a notice was not told", notice=notice_id, why=why)
    for place, code in outcome.refused:
        log.warning("Slack refuses a message", place=place.slack_id, code=code)
    for failure in outcome.failures:
        log.error("delivery failed", exc_info=failure)
