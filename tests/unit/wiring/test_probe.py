"""When a database counts as one that does not answer."""

import asyncio
from collections.abc import Awaitable, Callable

from bot.wiring.probe import Probe


def answers() -> Awaitable[None]:
    return asyncio.sleep(0)


async def refuses() -> None:
    raise ConnectionRefusedError


def hangs() -> Awaitable[None]:
    return asyncio.sleep(60)


def probe(*turns: Callable[[], Awaitable[None]], busy_for_s: float = 60) -> Probe:
    """A probe of a database that does one of these at each question."""
    left = iter(turns)

    async def ask() -> None:
        await next(left)()

    return Probe(ask, answer_s=0.02, busy_for_s=busy_for_s)


async def test_a_database_that_answers_is_well() -> None:
    assert await probe(answers).trouble() is None


async def test_a_database_that_refuses_is_in_trouble_at_once_and_well_when_it_answers_again() -> None:
    one = probe(answers, refuses, answers)
    assert [await one.trouble() for _ in range(3)] == [None, "ConnectionRefusedError", None]


async def test_a_database_that_never_answered_is_in_trouble() -> None:
    one = probe(hangs)
    assert await one.trouble() == "TimeoutError"
    await one.stop()


async def test_a_busy_database_that_answered_lately_is_given_time() -> None:
    one = probe(answers, hangs)
    assert [await one.trouble() for _ in range(3)] == [None, None, None]
    await one.stop()


async def test_a_busy_database_is_in_trouble_when_its_time_is_over() -> None:
    one = probe(answers, hangs, busy_for_s=0.03)
    assert [await one.trouble() for _ in range(3)] == [None, None, "TimeoutError"]
    await one.stop()
