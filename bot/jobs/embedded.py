"""The engine of a bot that is alone on its database: ticks in this process, by APScheduler."""

from collections import Counter
from datetime import timedelta
from time import monotonic
from typing import Final

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from bot.jobs.engine import LATE, Chunks, Running, Turn

_NOT_STARTED: Final = "not started"
_STOPPED: Final = "stopped"


class Embedded:
    """`Engine` in one process."""

    def __init__(self) -> None:
        self._scheduler = AsyncIOScheduler(timezone="UTC")
        self._running = Running()
        self._hands: Counter[str] = Counter()
        self.trouble: str | None = _NOT_STARTED

    def here(self, gap: timedelta, name: str, turn: Turn) -> None:
        """Run `turn` every `gap`."""
        self.every(gap, name, turn)

    def every(self, gap: timedelta, name: str, turn: Turn) -> None:
        """Run `turn` every `gap`."""
        due_at = monotonic() + gap.total_seconds()

        async def once() -> None:
            nonlocal due_at
            now = monotonic()
            LATE.observe(max(0.0, now - due_at))
            due_at = now + gap.total_seconds()
            # Not waited for: the scheduler would say of each tick that finds it under way that it is skipped.
            self._running.start_unless_under_way(name, turn)

        self._scheduler.add_job(
            once,
            "interval",
            seconds=gap.total_seconds(),
            id=name,
            max_instances=1,
            coalesce=True,
            misfire_grace_time=None,  # a late tick is still a tick
        )

    def chunks(self, gap: timedelta, name: str, chunks: Chunks, *, hands: int) -> None:
        """Look every `gap`; each hand goes on while there is more."""

        async def hand() -> None:
            try:
                await chunks.work()
                while self.trouble is None and await chunks.waiting():
                    await chunks.work()
            finally:
                self._hands[name] -= 1

        async def look() -> None:
            for _ in range(min(await chunks.waiting(), hands - self._hands[name])):
                self._hands[name] += 1
                self._running.start(f"{name} chunk", hand)

        self.every(gap, name, look)

    async def start(self) -> None:
        """Begin to tick."""
        self.trouble = None
        self._scheduler.start()

    async def stop(self) -> None:
        """Tick no more, and let the turns under way finish."""
        self.trouble = _STOPPED
        self._scheduler.pause()
        await self._running.finished()
        self._scheduler.shutdown(wait=False)
