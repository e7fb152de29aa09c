"""What turns the bot's work: the port behind which the two engines stand.

A tick is an invitation to do what the tables say is due, and so is a chunk: losing one, or taking it twice,
costs nothing. Nothing that must not be lost stands in an engine.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from time import perf_counter
from typing import Final, Protocol

import structlog
from prometheus_client import Counter, Histogram

TICK: Final = timedelta(seconds=1)

SECONDS: Final = Histogram("walltime_tick_seconds", "Time that one turn of a job took.", ["job"])
LATE: Final = Histogram(
    "walltime_tick_late_seconds",
    "How much later than planned a tick began.",
    buckets=(0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60),
)
STALLED: Final = Counter(
    "walltime_jobs_stalled_total", "Jobs of processes that died; what they were about is done by others."
)

Turn = Callable[[], Awaitable[object]]

log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class Chunks:
    """Work that is cut into chunks: `waiting` counts those that are due, `work` takes one and does it."""

    waiting: Callable[[], Awaitable[int]]
    work: Turn


class Engine(Protocol):
    """Runs turns and chunks. One that fails is one line in the log, and delays no other."""

    @property
    def trouble(self) -> str | None:
        """Why nothing turns; None while it does."""
        ...

    def here(self, gap: timedelta, name: str, turn: Turn) -> None:
        """Run `turn` every `gap` in this process; one that takes longer is not overlapped."""
        ...

    def every(self, gap: timedelta, name: str, turn: Turn) -> None:
        """Run `turn` every `gap` in one of the processes on this database, whichever has a hand free."""
        ...

    def chunks(self, gap: timedelta, name: str, chunks: Chunks, *, hands: int) -> None:
        """Look every `gap`, in one process, how many chunks are due, and have them done where a hand is free.

        In each process `hands` chunks of this name are done at a time; a free hand takes the next at once.
        """
        ...

    async def start(self) -> None:
        """Begin to turn."""
        ...

    async def stop(self) -> None:
        """Begin nothing more, and let what is under way finish."""
        ...


class Running:
    """What is under way here, and which of it fails."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()
        self._names: set[str] = set()
        self._failing: set[str] = set()

    def start(self, name: str, turn: Turn) -> asyncio.Task[None]:
        """Run a turn as a task of its own; failures end in the log."""
        task = asyncio.create_task(self._one(name, turn), name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def start_unless_under_way(self, name: str, turn: Turn) -> asyncio.Task[None] | None:
        """Run a turn unless one of its name is under way."""
        if name in self._names:
            return None
        self._names.add(name)
        task = self.start(name, turn)
        task.add_done_callback(lambda _: self._names.discard(name))
        return task

    async def finished(self) -> None:
        """Wait for all that is under way."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def _one(self, name: str, turn: Turn) -> None:
        started = perf_counter()
        try:
            with SECONDS.labels(name).time():
                await turn()
        except Exception:
            if name not in self._failing:
                self._failing.add(name)
                log.exception("job fails", job=name)
            return
        if name in self._failing:
            self._failing.discard(name)
            log.info("job is well again", job=name, seconds=round(perf_counter() - started, 3))
