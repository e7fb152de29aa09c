"""How the bot goes: who is told first, and how much time is left."""

import asyncio
from datetime import timedelta

from bot.wiring.parting import ASKED_WITHIN, GRACE, LAST, WITHIN, Parting


class Clock:
    """The loop's time, as it is told."""

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        self._real, self.ahead = loop.time, 0.0
        loop.time = lambda: self._real() + self.ahead  # type: ignore[method-assign]

    def passes(self, time: timedelta) -> None:
        self.ahead += time.total_seconds()


async def looked_away(parting: Parting) -> asyncio.Task[None]:
    task = asyncio.create_task(parting.looked_away())
    await asyncio.sleep(0.01)
    return task


async def test_who_asks_is_told_twice_before_the_door_closes() -> None:
    parting = Parting()
    assert not parting.asked()
    parting.begin()
    waiting = await looked_away(parting)
    assert parting.asked()
    await asyncio.sleep(0.01)
    assert not waiting.done()
    assert parting.asked()
    await waiting


async def test_who_asks_no_more_is_waited_for_a_moment_only() -> None:
    clock, parting = Clock(), Parting()
    parting.asked()
    parting.begin()
    waiting = await looked_away(parting)
    assert not waiting.done()
    clock.passes(GRACE)
    await waiting


async def test_where_nobody_asks_nobody_is_waited_for() -> None:
    clock, parting = Clock(), Parting()
    await parting.looked_away()
    parting.asked()
    clock.passes(ASKED_WITHIN + timedelta(seconds=1))
    parting.begin()
    await parting.looked_away()


async def test_what_is_under_way_has_what_is_left_of_the_time() -> None:
    clock, parting = Clock(), Parting()
    assert parting.left() > WITHIN - LAST - timedelta(seconds=1)
    clock.passes(timedelta(hours=1))
    parting.begin()
    parting.begin()
    clock.passes(timedelta(seconds=3))
    assert WITHIN - LAST - timedelta(seconds=4) < parting.left() <= WITHIN - LAST - timedelta(seconds=3)
    clock.passes(WITHIN)
    assert parting.left() == timedelta()
