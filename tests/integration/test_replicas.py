"""Several bots as processes on one PostgreSQL: they share the work, and none of it is done twice."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from itertools import pairwise
from pathlib import Path

import pytest

from tests.alerts_kit import crossings, each_limit, fill, posted
from tests.balancer import Balancer, balancing
from tests.process import Process, running
from tests.world import GENERAL, TEAM, World, until, world

PEOPLE = {f"U0P{number:04}": f"user{number}" for number in range(8)}
EACH_S = 0.06


@pytest.fixture
async def lab(tmp_path: Path, postgres_url: str, request: pytest.FixtureRequest) -> AsyncIterator[World]:
    async with world(tmp_path / "data", http=request.param == "http") as made:
        made.database_url = postgres_url
        yield made


def ids(lab: World) -> Counter[str]:
    """How often each notice was told."""
    told = [(message.metadata or {})["event_payload"]["notice_id"] for message in posted(lab.bob, GENERAL)]
    return Counter(each for message in told for each in message.split(","))


@pytest.mark.parametrize("lab", ["socket"], indirect=True)
async def test_three_bots_one_of_which_is_killed_poll_each_once_and_tell_each_once_a_second(
    lab: World,
) -> None:
    await fill(lab, PEOPLE, core_hours=10, limits=[each_limit(lab, 1000, 50)])
    for username in PEOPLE.values():
        lab.east.set_core_hours(username, 600)

    async def told() -> int:
        return len(posted(lab.bob, GENERAL))

    async def nobody_serves() -> bool:
        return all(row.holder is None for row in await lab.rows("place_turns"))

    async with running(lab, name="one") as one, running(lab, name="two"), running(lab, name="three"):
        await until(told, lambda count: count >= 3, 60)
        # In the middle of a turn its place would be held for a minute: that is for `test_place_turns`.
        await until(nobody_serves, bool)
        await one.kill()
        await until(told, lambda count: count == len(PEOPLE), 60)
    posts = sorted(float(message.ts) for message in posted(lab.bob, GENERAL))
    assert min(later - before for before, later in pairwise(posts)) >= 1
    assert set(ids(lab).values()) == {1}
    assert len(await crossings(lab)) == len(PEOPLE)
    assert Counter(request.username for request in lab.east.requests) == dict.fromkeys(PEOPLE.values(), 1)


@pytest.mark.parametrize("lab", ["http"], indirect=True)
async def test_a_rolling_restart_behind_a_balancer_loses_no_command_and_answers_none_twice(
    lab: World,
) -> None:
    async with balancing() as balancer, running(lab, name="one") as one, running(lab, name="two") as two:
        await take_in(lab, balancer, one, two)
        await lab.link(lab.alice)  # the form was opened by one of them, and is sent to the other
        crowd = [f"U0C{number:04}" for number in range(400)]
        for user in crowd:
            lab.slack.workspaces[TEAM].add_person(user, name=user.lower())
        balancer.to_all = True
        assert await ask(lab, crowd.pop(0)) is None
        balancer.to_all = False

        asked, is_over = ["U0C0000"], asyncio.Event()

        async def ask_on() -> list[str | None]:
            errors = []
            while not is_over.is_set():
                asked.append(crowd.pop(0))
                errors.append(await ask(lab, asked[-1]))
                await asyncio.sleep(EACH_S)
            return errors

        asking = asyncio.create_task(ask_on())
        assert await one.stop() == 0
        async with running(lab, name="three") as three:
            await take_in(lab, balancer, two, three)
            assert await two.stop() == 0
            await asyncio.sleep(1)
            is_over.set()
            assert set(await asking) == {None}
            await until(lambda: answers(lab, asked), lambda counts: 0 not in counts)
            assert set(await answers(lab, asked)) == {1}
            assert len(asked) > 30
        assert "Traceback" not in one.log + two.log


async def ask(lab: World, user: str) -> str | None:
    """Let somebody type a command; return what Slack says if it failed."""
    return (await lab.slack.act_as(TEAM, user).command("/walltime help")).error


async def answers(lab: World, users: list[str]) -> list[int]:
    """How many answers each of them has."""
    everybody = [lab.slack.act_as(TEAM, user) for user in users]
    return [len(who.messages(who.dm)) for who in everybody]


async def take_in(lab: World, balancer: Balancer, *bots: Process) -> None:
    """Let the balancer know these bots, and wait until it finds them ready."""
    balancer.ports += [port for bot in bots if (port := await bot.port()) not in balancer.ports]
    lab.slack.request_url = balancer.url

    async def ready() -> int:
        return len(balancer.ready)

    await until(ready, lambda count: count == len(bots))
