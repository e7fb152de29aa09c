"""Gauges of what stands in the tables: each bot looks by itself, as each is asked for its metrics."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Final

from prometheus_client import Gauge

from bot.domain.health import State
from bot.ports.backlog import Backlog, Waiting
from bot.ports.renewal import Tokens

EVERY: Final = timedelta(seconds=15)

LINKS: Final = Gauge("walltime_links", "Links by the state of their token.", ["state"])
OWED: Final = Gauge("walltime_notices_owed", "Notices owed to places that take messages.")
OLDEST: Final = Gauge("walltime_notices_oldest_seconds", "Age of the oldest of them; 0 if there are none.")
BEHIND: Final = Gauge("walltime_polls_behind", "Links that are due and not being polled.", ["cluster"])
BEHIND_FOR: Final = Gauge(
    "walltime_polls_behind_seconds", "How long the first of them has been due.", ["cluster"]
)


class Gauges:
    """Reads what waits, and how links fare."""

    def __init__(
        self,
        backlog: Backlog,
        tokens: Tokens,
        *,
        clusters: Iterable[str],
        clock: Callable[[], datetime],
    ) -> None:
        self._backlog = backlog
        self._tokens = tokens
        self._clusters = tuple(clusters)
        self._clock = clock

    async def turn(self) -> None:
        """Look once."""
        now = self._clock()
        owed = await self._backlog.notices()
        OWED.set(owed.count)
        OLDEST.set(_age(owed, now))
        behind = await self._backlog.polls(now=now)
        for cluster in {*self._clusters, *behind}:
            waiting = behind.get(cluster, Waiting())
            BEHIND.labels(cluster).set(waiting.count)
            BEHIND_FOR.labels(cluster).set(_age(waiting, now))
        counted = await self._tokens.count()
        for state in State:
            LINKS.labels(state.value).set(counted.get(state, 0))


def _age(waiting: Waiting, now: datetime) -> float:
    return 0.0 if waiting.since is None else max(0.0, (now - waiting.since).total_seconds())
