"""The real bot in a process of its own, by the replay's clock: `python -m benchmarks.replay_bot CLOCK`.

Settings come from the environment, as an operator gives them. Whenever the bot rests, that is when no poll,
delivery or answer is under way and nothing is due, the clock leaps to what is due next.
"""

import asyncio
import signal
import sqlite3
import sys
from datetime import UTC, datetime, timedelta
from os import environ
from pathlib import Path
from typing import Final

from benchmarks.replay_clock import LeapingClock
from bot.wiring.bot import Bot
from bot.wiring.logs import set_up_logs
from bot.wiring.settings import Settings, read_settings

TICK: Final = timedelta(seconds=0.04)
LOOK_S: Final = 0.002
# What the bot calls its work: `Tasks.spawn(..., name=...)`.
WORK: Final = frozenset({"delivery", "live reading", "poll", "remember delivery"})
_DUE: Final = """
select min(at) from (select min(next_at) as at from polls where not stopped
                     union all select min(max(due_at, coalesce(lease_until, 0))) from notices
                     left join place_turns
                     on (place_turns.workspace, place_turns.kind, place_turns.place_id)
                     = (notices.workspace, notices.place_kind, notices.place_id))
"""


def is_at_work() -> bool:
    """Tell whether any work of the bot is under way."""
    return any(task.get_name() in WORK for task in asyncio.all_tasks())


async def leap_over_rest(clock: LeapingClock, database: sqlite3.Connection) -> None:
    """Let the clock leap to the next thing due, again and again."""
    while True:
        await asyncio.sleep(LOOK_S)
        (due,) = database.execute(_DUE).fetchone()
        target = clock.not_past
        if due is not None:
            target = min(target, datetime.fromtimestamp(due / 1000, tz=UTC))
        if target <= clock() or is_at_work():
            continue
        # What was claimed a moment ago is not due any more, and its task may be about to start.
        await asyncio.sleep(LOOK_S)
        if not is_at_work():
            clock.leap_to(target)


async def run(settings: Settings, clock: LeapingClock) -> None:
    """Serve until SIGTERM."""
    set_up_logs(level=settings.log_level, style=settings.log_format)
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    async with Bot(settings, clock=clock, tick=TICK) as bot:
        path = settings.database_url.removeprefix("sqlite:///")
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True, isolation_level=None) as database:
            leaping = asyncio.create_task(leap_over_rest(clock, database), name="leaping")
            try:
                await bot.run_until(stop)
            finally:
                leaping.cancel()
                await asyncio.gather(leaping, return_exceptions=True)


if __name__ == "__main__":
    asyncio.run(run(read_settings(environ), LeapingClock(Path(sys.argv[1]))))
