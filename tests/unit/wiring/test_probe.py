"""When a database counts as one that does not answer."""

import asyncio
from collections.abc import Awaitable, Callable

from sqlalchemy.exc import TimeoutError as PoolTimeout

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


async def test_a_refusal_that_nobody_waited_for_is_not_forgotten() -> None:
    async def refuses_late() -> None:
        await asyncio.sleep(0.04)
        raise ConnectionRefusedError

    one = probe(answers, refuses_late, hangs)
    assert [await one.trouble() for _ in range(2)] == [None, None]
    await asyncio.sleep(0.05)
    assert await one.trouble() == "ConnectionRefusedError"
    await one.stop()


async def test_a_pool_that_is_all_at_work_is_busy_and_no_refusal() -> None:
    async def full() -> None:
        raise PoolTimeout

    assert [await one.trouble() for one in [probe(answers, full)] for _ in range(2)] == [None, None]


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
