"""The clock of one process: each job turns once at a time; a failing one delays no other."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from time import perf_counter
from typing import Final

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from prometheus_client import Histogram

TICK: Final = timedelta(seconds=1)
SECONDS: Final = Histogram("walltime_tick_seconds", "Time that one turn of a job took.", ["job"])

log = structlog.get_logger(__name__)


class Engine:
    """Ticks in this process, by APScheduler."""

    def __init__(self) -> None:
        self._scheduler = AsyncIOScheduler(timezone="UTC")
        self._failing: set[str] = set()
        self._running: set[asyncio.Task[None]] = set()

    def every(self, gap: timedelta, name: str, turn: Callable[[], Awaitable[object]]) -> None:
        """Run `turn` every `gap`; a turn that takes longer is not overlapped."""

        async def once() -> None:
            task = asyncio.current_task()
            if task is not None:
                self._running.add(task)
                task.add_done_callback(self._running.discard)
            with SECONDS.labels(name).time():
                await self._turn(name, turn)

        self._scheduler.add_job(
            once,
            "interval",
            seconds=gap.total_seconds(),
            id=name,
            max_instances=1,
            coalesce=True,
            misfire_grace_time=None,  # a late tick is still a tick
        )

    def start(self) -> None:
        """Begin to tick."""
        self._scheduler.start()

    async def stop(self) -> None:
        """Tick no more, and let the turns under way finish."""
        self._scheduler.pause()
        await asyncio.gather(*self._running, return_exceptions=True)
        self._scheduler.shutdown(wait=False)  # cancels what runs: only now

    async def _turn(self, name: str, turn: Callable[[], Awaitable[object]]) -> None:
        """Run one turn; one line in the log when a job starts to fail, and one when it is well again."""
        started = perf_counter()
        try:
            await turn()
        except Exception:
            if name not in self._failing:
                self._failing.add(name)
                log.exception("job fails", job=name)
            return
        if name in self._failing:
            self._failing.discard(name)
            log.info("job is well again", job=name, seconds=round(perf_counter() - started, 3))
