"""Tokens that live on, and what their owners hear when they cannot."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

import pytest
from sqlalchemy import Row

from bot.playground.cluster import ClusterFault
from bot.playground.slack import Message
from bot.store.engine import Database
from bot.wiring.bot import Bot
from tests.alerts_kit import TICK, posted, say
from tests.process import running
from tests.world import ENDLESS, GENERAL, World, until, world

HALF_A_DAY = timedelta(hours=12)


@pytest.fixture
async def lab(data_dir: Path) -> AsyncIterator[World]:
    """A lab; how Slack reaches the bot makes no difference here."""
    async with world(data_dir) as made:
        yield made


def bot(lab: World, **more: str) -> AbstractAsyncContextManager[Bot]:
    return lab.bot(patience=ENDLESS, tick=TICK, **more)


async def health(lab: World) -> Row[Any]:
    (row,) = await lab.rows("health")
    return row


async def becomes(lab: World, **wanted: object) -> Row[Any]:
    """Wait until the link's health is as wanted."""
    return await until(
        lambda: health(lab),
        lambda row: all(getattr(row, name) == value for name, value in wanted.items()),
    )


async def told(lab: World) -> Message:
    """Wait for the owner's message, and make sure that it stays the only one."""

    async def look() -> list[Message]:
        return posted(lab.alice, lab.alice.dm)

    await until(look, bool)
    await asyncio.sleep(4 * TICK.total_seconds())
    (message,) = await look()
    return message


def asked(lab: World, endpoint: str) -> int:
    return sum(request.endpoint == endpoint for request in lab.east.requests)


async def is_due(lab: World) -> bool:
    """Whether the link is to be renewed or polled now."""
    ((renewal,), (poll,)) = await lab.rows("health"), await lab.rows("polls")
    return bool(renewal.renew_at <= lab.clock() or poll.next_at <= lab.clock())


@pytest.mark.parametrize("shape", ["string", "object", "list"])
async def test_a_token_is_renewed_ahead_of_its_end_in_all_shapes_of_answer(
    lab: World, shape: Literal["string", "object", "list"]
) -> None:
    lab.east.renew_shape = shape
    async with bot(lab):
        await lab.link(lab.alice, lives=HALF_A_DAY)
        for generation in (2, 3, 4):
            lab.hours_pass(9)
            row = await becomes(lab, generation=generation, state="healthy")
            assert row.renew_at > lab.clock()
        await lab.alice.command("/walltime status", channel=GENERAL)
        status = await lab.alice.wait_message(lambda m: "For support" in m.text)
        assert "the token expires in 12 hours. I renew it in " in status.text
        assert asked(lab, "renew") == 3
    assert posted(lab.alice, lab.alice.dm) == []


async def test_a_token_that_does_not_say_when_it_ends_is_renewed_too(lab: World) -> None:
    async with bot(lab):
        silent = lab.east.token("alice", lives=HALF_A_DAY, expireTime=None)
        await lab.fill_form(lab.alice, token=silent)
        lab.hours_pass(9)
        await becomes(lab, generation=2, state="healthy")


async def test_a_token_turned_down_is_renewed_at_once_and_the_answer_comes_all_the_same(lab: World) -> None:
    async with bot(lab):
        await lab.link(lab.alice)
        lab.hours_pass()
        lab.east.faults.add(ClusterFault(kind="code", code="10008", times=1))
        await lab.alice.command("/walltime", channel=GENERAL)
        answer = await lab.alice.wait_message(lambda m: "core-hours used" in m.text)
        assert "token" not in answer.text
        assert (await health(lab)).generation == 2
        assert asked(lab, "renew") == 1


async def test_over_night_a_token_that_expired_is_still_renewed(lab: World) -> None:
    async with bot(lab):
        await lab.link(lab.alice, lives=HALF_A_DAY)
    lab.hours_pass(12 + 23)
    async with bot(lab):
        await becomes(lab, generation=2, state="healthy")
    assert posted(lab.alice, lab.alice.dm) == []


async def test_too_late_to_renew_the_owner_hears_once_and_nothing_is_asked(lab: World) -> None:
    async with bot(lab):
        await lab.link(lab.alice, lives=HALF_A_DAY)
    lab.hours_pass(12 + 25)
    lab.east.down = True  # nor does it matter whether the platform is there
    async with bot(lab):
        message = await told(lab)
        assert "could not be renewed in time" in message.text
        await lab.alice.command("/walltime status", channel=GENERAL)
        await lab.alice.wait_message(lambda m: "can no longer be renewed; link again." in m.text)
        lab.hours_pass(24)
        assert await told(lab) == message
        assert asked(lab, "renew") == 0


async def test_when_renewal_is_refused_polling_stops_and_linking_again_keeps_everything(lab: World) -> None:
    async with bot(lab, WALLTIME_POLL_INTERVAL="1s"):
        await lab.link(lab.alice)
        await say(lab.alice, "limit 2000 total at 80", "Limit set")
        before = (await lab.rows("links"))[0].link_id
        lab.east.revoke_tokens("alice")
        lab.hours_pass()
        message = await told(lab)
        assert "East does not accept your token for alice any more" in message.text
        assert (await health(lab)).state == "refused"
        lab.east.requests.clear()
        lab.hours_pass(5)
        await asyncio.sleep(4 * TICK.total_seconds())
        assert lab.east.requests == []
        await lab.alice.command("/walltime", channel=GENERAL)
        await lab.alice.wait_message(lambda m: "Shown is the last reading" in m.text)
        assert lab.east.requests == []
        await lab.alice.open_home()
        await lab.alice.wait_view(lambda v: v.view["type"] == "home" and "the token was refused" in str(v))

        await lab.alice.click("link.open", message=message)
        form = await lab.alice.wait_view(lambda v: v.view.get("callback_id") == "link")
        await lab.alice.submit(form, {"cluster": "east", "token": lab.east.token("alice")})
        await becomes(lab, state="healthy", generation=2)
        lab.east.set_core_hours("alice", 1700)
        lab.hours_pass(0.1)
        await lab.alice.wait_message(lambda m: "80 %" in m.text, channel=lab.alice.dm)
        assert [link.link_id for link in await lab.rows("links")] == [before]
        assert len(await lab.rows("readings")) > 1


async def test_a_need_that_comes_back_is_told_again(lab: World) -> None:
    async with bot(lab):
        await lab.link(lab.alice)
        for count in (1, 2):
            lab.east.revoke_tokens("alice")
            lab.hours_pass()

            async def heard() -> int:
                return len(posted(lab.alice, lab.alice.dm))

            await until(heard, lambda seen, count=count: seen == count)  # type: ignore[misc]
            await lab.link(lab.alice)


async def test_linking_another_username_begins_anew_and_keeps_limits_and_teams(lab: World) -> None:
    async with bot(lab):
        await lab.link(lab.alice)
        await say(lab.alice, "limit 2000 total at 80", "Limit set")
        lab.east.revoke_tokens("alice")
        lab.hours_pass()
        await told(lab)
        lab.east.add_user("al01", core_hours=7.5)
        await lab.link(lab.alice, username="al01")
        assert (await becomes(lab, state="healthy")).generation == 1
        assert [reading.core_hours for reading in await lab.rows("readings")] == [7.5]
        assert len(await lab.rows("limits")) == 1


@pytest.mark.parametrize("whose", ["somebody else's", "of another cluster", "no token"])
async def test_a_renewed_token_that_is_not_the_same_person_s_is_refused(lab: World, whose: str) -> None:
    foreign: dict[str, object] = {
        "somebody else's": lab.east.token("bob"),
        "of another cluster": lab.east.token("alice", clusterId="11276"),
        "no token": "success",
    }
    async with bot(lab):
        await lab.link(lab.alice, lives=HALF_A_DAY)
        sealed = (await lab.rows("links"))[0].token
        lab.east.faults.add(ClusterFault(kind="data", endpoint="renew", data=foreign[whose]))
        lab.hours_pass(9)
        message = await told(lab)
        assert "cannot be renewed. It still works until" in message.text
        assert (await lab.rows("links"))[0].token == sealed
        assert (await health(lab)).state == "expiring_soon"


async def test_a_refusal_that_passes_is_told_to_nobody(lab: World) -> None:
    async with bot(lab):
        await lab.link(lab.alice, lives=HALF_A_DAY)
        lab.east.faults.add(ClusterFault(kind="code", code="10008", endpoint="renew", times=1))
        lab.hours_pass(9)
        await becomes(lab, state="renewing", refusals=1)
        lab.hours_pass(0.5)
        await becomes(lab, state="healthy", generation=2)
    assert posted(lab.alice, lab.alice.dm) == []


async def test_who_is_refused_while_the_token_works_hears_before_the_numbers_go_stale(lab: World) -> None:
    async with bot(lab):
        await lab.link(lab.alice, lives=HALF_A_DAY)
        lab.east.faults.add(ClusterFault(kind="code", code="10009", endpoint="renew"))
        for refusals in (1, 2, 3):
            lab.hours_pass(9 if refusals == 1 else 0.5)
            await becomes(lab, refusals=refusals)
        assert "It still works until" in (await told(lab)).text
        lab.east.requests.clear()
        lab.hours_pass(1)
        await lab.asked("alice")  # it does, so it is asked with
        lab.hours_pass(2)
        await becomes(lab, state="refused")
        assert asked(lab, "renew") <= 1
        await told(lab)


async def test_an_answer_that_is_lost_costs_nothing_while_the_old_token_lives_a_moment(lab: World) -> None:
    lab.east.renew_grace = timedelta(minutes=10)
    async with bot(lab):
        await lab.link(lab.alice, lives=HALF_A_DAY)
        lab.east.faults.add(ClusterFault(kind="lose_answer", endpoint="renew", times=4))
        lab.hours_pass(9)
        await becomes(lab, failures=1)
        lab.hours_pass(0.05)
        await becomes(lab, state="healthy", generation=2)
    assert posted(lab.alice, lab.alice.dm) == []


async def test_an_answer_that_is_lost_with_the_old_token_dead_is_told_at_once(lab: World) -> None:
    async with bot(lab):
        await lab.link(lab.alice, lives=HALF_A_DAY)
        lab.east.faults.add(ClusterFault(kind="lose_answer", endpoint="renew", times=1))
        lab.hours_pass(9)
        assert "does not accept your token" in (await told(lab)).text


async def test_a_frozen_username_is_told_left_alone_and_looked_at_again(lab: World) -> None:
    async with bot(lab):
        await lab.link(lab.alice, lives=timedelta(hours=24))
        lab.east.user("alice").frozen = True
        lab.hours_pass()
        assert "East has frozen alice" in (await told(lab)).text
        lab.east.requests.clear()
        lab.hours_pass(1)
        await asyncio.sleep(4 * TICK.total_seconds())
        assert lab.east.requests == []
        lab.east.user("alice").frozen = False
        lab.hours_pass(6)
        await becomes(lab, state="healthy")
        await lab.asked("alice")
        await told(lab)


async def test_a_cluster_that_leaves_the_settings_is_told_once_and_comes_back(lab: World) -> None:
    async with bot(lab):
        await lab.link(lab.alice, lives=timedelta(hours=24))
    lab.hours_pass(2)
    elsewhere = '[{"name": "west", "url": "https://west.example.edu", "platform_url": "http://127.0.0.1:9"}]'
    for _ in range(2):
        async with bot(lab, WALLTIME_CLUSTERS=elsewhere):
            await becomes(lab, state="cluster_unknown")
            assert "no longer in my settings" in (await told(lab)).text
    lab.hours_pass(2)
    async with bot(lab):
        await becomes(lab, state="healthy")
        await told(lab)


async def test_a_platform_that_is_out_of_reach_is_told_before_the_token_ends(lab: World) -> None:
    async with bot(lab):
        await lab.link(lab.alice, lives=HALF_A_DAY)
        lab.east.faults.add(ClusterFault(kind="unknown_path", endpoint="renew"))
        lab.hours_pass(9)
        await becomes(lab, state="renewing")
        assert posted(lab.alice, lab.alice.dm) == []
        lab.hours_pass(2.02)
        # Its last hour; one failed try is no news, several are, as the cluster answers in between.
        for _ in range(12):
            lab.hours_pass(0.08)
            await until(lambda: is_due(lab), lambda due: not due)
        assert "cannot be renewed. It still works until" in (await told(lab)).text
        lab.east.faults.clear()
        lab.hours_pass(2)  # it expired meanwhile
        await becomes(lab, state="healthy")


async def test_killed_while_renewing_the_link_is_renewed_after_the_start(lab: World) -> None:
    lab.east.renew_grace = timedelta(minutes=10)
    async with running(lab) as process:
        await lab.link(lab.alice, lives=timedelta(seconds=8))
        lab.east.faults.add(
            ClusterFault(kind="lose_answer", endpoint="renew", delay=timedelta(seconds=0.5), times=1)
        )

        async def renewing() -> int:
            return asked(lab, "renew")

        await until(renewing, bool)
        await process.kill()
    row = await health(lab)
    assert (row.generation, row.lease_until is not None) == (1, True)
    lab.hours_pass(0.02)
    async with bot(lab):
        await becomes(lab, generation=2, state="healthy")
    assert posted(lab.alice, lab.alice.dm) == []


async def test_a_token_that_does_not_open_is_told_once_and_linking_again_helps(lab: World) -> None:
    async with bot(lab, WALLTIME_POLL_INTERVAL="1s"):
        await lab.link(lab.alice)
        await lab.link(lab.bob, username="bob")
        database = Database(lab.settings().database_url)
        async with database.writes() as connection:
            await connection.exec_driver_sql(
                "UPDATE links SET token = (SELECT token FROM links WHERE username = 'bob')"
                " WHERE username = 'alice'"
            )
        await database.close()
        with lab.clock.fast():
            assert "I can no longer open your token for alice on East" in (await told(lab)).text
        assert posted(lab.bob, lab.bob.dm) == []
        await lab.link(lab.alice)

        async def states() -> set[str]:
            return {row.state for row in await lab.rows("health")}

        await until(states, lambda seen: seen == {"healthy"})


async def test_a_long_silence_is_told_once_with_the_cluster_and_the_username(lab: World) -> None:
    async with bot(lab, WALLTIME_POLL_INTERVAL="1s"):
        await lab.link(lab.alice, lives=timedelta(hours=48))
        lab.east.down = True

        async def failing() -> bool:
            (row,) = await lab.rows("polls")
            return row.failing_since is not None

        with lab.clock.fast():
            await until(failing, bool)
            lab.hours_pass(6)
            assert (await told(lab)).text.startswith("East has given me no data on alice for 6 hours.")
