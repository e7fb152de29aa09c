"""Two bots on one database tell nothing twice; two clusters beside each other do not wait for each other."""

import json
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from bot.playground.cluster import ClusterFault, ClusterTwin
from bot.wiring.bot import Bot
from bot.wiring.patience import ClusterPatience
from tests.alerts_kit import TICK, crossings, each_limit, fast, fill, posted, say, settled, shows
from tests.world import GENERAL, World, until

SEVERAL = 15
PEOPLE = {f"U0P{number:04}": f"user{number}" for number in range(SEVERAL)}


@asynccontextmanager
async def second_bot(lab: World) -> AsyncIterator[None]:
    """Run another bot on the same database; over HTTP, Slack's requests go on to the first one."""
    async with Bot(lab.settings(), clock=lab.clock, tick=TICK) as bot:
        await until(bot.trouble, lambda reasons: reasons == [])
        yield


@pytest.mark.parametrize("lab", ["socket"], indirect=True)
async def test_two_bots_on_one_database_tell_each_crossing_once_and_ask_once(lab: World) -> None:
    await fill(lab, PEOPLE, core_hours=10, limits=[each_limit(lab, 1000, 50, 80)])

    async def crossed() -> int:
        return len(await crossings(lab))

    def use(core_hours: float) -> None:
        for username in PEOPLE.values():
            lab.east.set_core_hours(username, core_hours)

    use(600)
    async with lab.bot(tick=TICK), second_bot(lab):
        await until(crossed, lambda count: count >= SEVERAL, 60, every=0.2)
        await settled(lab)
        use(900)
        lab.hours_pass(1.5)
        await until(crossed, lambda count: count >= 2 * SEVERAL, 60, every=0.2)
        await settled(lab)
        asks = Counter(request.username for request in lab.east.requests)
    told = Counter((row.subject, json.loads(row.owed)["threshold"]) for row in await crossings(lab))
    assert {key: count for key, count in told.items() if count > 1} == {}
    assert told.keys() == {(user, threshold) for user in PEOPLE for threshold in (50, 80)}
    assert {row.dropped for row in await crossings(lab)} == {None}
    ids = [
        notice
        for message in posted(lab.bob, GENERAL)
        for notice in (message.metadata or {})["event_payload"]["notice_id"].split(",")
    ]
    assert {notice: count for notice, count in Counter(ids).items() if count > 1} == {}
    # Asked at the start and after the wait; what the wait for delivery adds is the same for everybody.
    assert max(asks.values()) - min(asks.values()) <= 1


async def test_a_token_that_fails_blocks_no_neighbour(lab: World) -> None:
    async with fast(lab):
        await lab.link(lab.alice)
        await lab.link(lab.bob, username="bob")
        for who in (lab.alice, lab.bob):
            await say(who, "limit 2000 total at 80", "Limit set")
        lab.east.revoke_tokens("alice")
        lab.east.set_core_hours("alice", 1700)
        await shows(lab, "bob", 1700)
        heard = await lab.alice.wait_message(lambda m: "does not accept your token" in m.text)
        await settled(lab)
        assert heard.channel == lab.alice.dm
        (told,) = posted(lab.bob, lab.bob.dm)
        assert "80 % threshold" in told.text
        assert [m.text for m in posted(lab.alice, lab.alice.dm)] == [heard.text]
        # It is not hammered.
        before = sum(request.username == "alice" for request in lab.east.requests)
        await shows(lab, "bob", 1800)
        assert sum(request.username == "alice" for request in lab.east.requests) == before


@pytest.mark.parametrize("kind", ["hang", "reset"])
async def test_a_cluster_that_fails_delays_no_other_and_is_one_line_in_the_log(
    lab: World, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    west = ClusterTwin(name="west", cluster_id="22222", clock=lab.clock)
    await west.start()
    west.add_user("bob", core_hours=20)
    both = json.loads(lab.environ()["WALLTIME_CLUSTERS"])
    both.append({"name": "west", "label": "West", "url": west.url, "cluster_id": "22222"})
    settings = {"WALLTIME_POLL_INTERVAL": "1s", "WALLTIME_CLUSTERS": json.dumps(both)}

    def lines(words: str) -> int:
        return sum(words in str(record.msg) for record in caplog.records)

    async def gone() -> int:
        return lines("a cluster does not answer")

    async def back() -> int:
        return lines("a cluster answers again")

    try:
        async with lab.bot(patience=ClusterPatience(cluster=timedelta(seconds=0.5)), tick=TICK, **settings):
            await lab.link(lab.alice)
            await lab.bob.command("/walltime link west", channel=GENERAL)
            form = await lab.bob.wait_view(lambda view: view.view.get("callback_id") == "link")
            await lab.bob.submit(form, {"cluster": "west", "username": "bob", "token": west.token("bob")})
            await lab.bob.close_view(await lab.bob.wait_view(lambda view: "You are linked as" in str(view)))
            await say(lab.bob, "limit 1000 total at 80 on west", "Limit set")
            lab.east.faults.add(ClusterFault(kind=kind))  # type: ignore[arg-type]
            with lab.clock.fast():
                await until(gone, bool)
            west.set_core_hours("bob", 900)

            async def told() -> int:
                return len(posted(lab.bob, lab.bob.dm))

            with lab.clock.fast():
                await until(told, bool)
            lab.east.faults.clear()
            with lab.clock.fast():
                await until(back, bool)
            await shows(lab, "alice", 1300)
            assert (await gone(), await back()) == (1, 1)
    finally:
        await west.stop()


async def test_without_data_for_six_hours_the_owner_hears_once(lab: World) -> None:
    async with fast(lab):
        await lab.link(lab.alice, lives=timedelta(days=3))
        await say(lab.alice, "limit 2000 total at 80", "Limit set")
        lab.east.down = True

        async def told() -> list[str]:
            return [m.text for m in posted(lab.alice, lab.alice.dm)]

        async def failing() -> bool:
            return any(row.failing_since is not None for row in await lab.rows("polls"))

        with lab.clock.fast():
            await until(failing, bool)
        lab.hours_pass(5)
        await settled(lab)
        assert await told() == []
        lab.hours_pass(1.5)
        with lab.clock.fast():
            await until(told, bool)
        lab.hours_pass(7)
        await settled(lab)
        (text,) = await told()
        assert "no data on alice for 6 hours" in text
        lab.east.down = False
        await shows(lab, "alice", 1700)
        await settled(lab)
        *_, alert = await told()
        assert len(await told()) == 2
        assert "As of" in alert
