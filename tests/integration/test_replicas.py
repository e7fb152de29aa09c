"""Several bots as processes on one PostgreSQL: they share the work, and none of it is done twice."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise
from pathlib import Path
from urllib.parse import urlencode

import aiohttp
import pytest

from benchmarks.balancer import Balancer
from bot.playground.slack.delivery import signed
from tests.alerts_kit import crossings, each_limit, fill, posted
from tests.process import Process, running
from tests.world import GENERAL, SIGNING_SECRET, TEAM, World, until, world

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
    async with running(lab, name="one") as one, running(lab, name="two") as two, balancing(lab) as balancer:
        await take_in(balancer, one, two)
        await lab.link(lab.alice)  # the form was opened by one of them, and is sent to the other
        crowd = [f"U0C{number:04}" for number in range(400)]
        for user in crowd:
            lab.slack.workspaces[TEAM].add_person(user, name=user.lower())
        await send_to_all(lab, crowd[0], one, two)

        asked, is_over = [crowd.pop(0)], asyncio.Event()

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
            await take_in(balancer, two, three)
            assert await two.stop() == 0
            await asyncio.sleep(1)
            is_over.set()
            assert set(await asking) == {None}
            await until(lambda: answers(lab, asked), lambda counts: 0 not in counts)
            assert set(await answers(lab, asked)) == {1}
            assert len(asked) > 10
        assert "Traceback" not in one.log + two.log


async def ask(lab: World, user: str) -> str | None:
    """Let somebody type a command; return what Slack says if it failed."""
    return (await lab.slack.act_as(TEAM, user).command("/walltime help")).error


async def answers(lab: World, users: list[str]) -> list[int]:
    """How many answers each of them has."""
    everybody = [lab.slack.act_as(TEAM, user) for user in users]
    return [len(who.messages(who.dm)) for who in everybody]


@asynccontextmanager
async def balancing(lab: World) -> AsyncIterator[Balancer]:
    """Put a balancer, which knows no bot yet, between Slack and the bots."""
    balancer = Balancer()
    await balancer.start()
    lab.slack.request_url = f"{balancer.url}/slack/events"
    try:
        yield balancer
    finally:
        await balancer.stop()


async def take_in(balancer: Balancer, *bots: Process) -> None:
    """Let the balancer know these bots, and wait until it finds them ready."""
    for bot in bots:
        balancer.look_after(f"http://127.0.0.1:{await bot.port()}")

    async def ready() -> int:
        return len(balancer.ready)

    await until(ready, lambda count: count == len(bots))


async def send_to_all(lab: World, user: str, *bots: Process) -> None:
    """Send one signed command to each of these bots, as when its answer was lost on the way."""
    words = {"command": "/walltime", "text": "help", "team_id": TEAM, "user_id": user}
    where = {"channel_id": lab.slack.act_as(TEAM, user).dm, "trigger_id": "1.2.3"}
    body = urlencode({**words, **where})
    headers = signed(SIGNING_SECRET, body, timestamp=int(lab.clock().timestamp()))
    form = {**headers, "Content-Type": "application/x-www-form-urlencoded"}
    async with aiohttp.ClientSession() as session:

        async def send(bot: Process) -> int:
            url = f"http://127.0.0.1:{await bot.port()}/slack/events"
            async with session.post(url, data=body, headers=form) as answer:
                return answer.status

        assert await asyncio.gather(*(send(bot) for bot in bots)) == [200] * len(bots)
