"""The process: killed while it works, stopped while it works, started again."""

import asyncio
from datetime import timedelta

import pytest

from bot.playground.cluster import ClusterFault
from tests.process import run_to_the_end, running
from tests.world import GENERAL, World


@pytest.mark.both_doors
async def test_killed_while_linking_nothing_is_half_there(lab: World) -> None:
    lab.slack.ack_seconds = 3
    async with running(lab) as bot:
        lab.east.faults.add(ClusterFault(kind="slow", delay=timedelta(seconds=2), times=1))
        submitting = asyncio.create_task(lab.fill_form(lab.alice, token=lab.east.token("alice")))
        await lab.asked("alice")
        await bot.kill()
        await asyncio.gather(submitting, return_exceptions=True)
    await lab.alice.close_view(await lab.alice.wait_view(lambda v: v.view["callback_id"] == "link"))
    assert await lab.rows("links") == []
    assert await lab.rows("readings") == []
    async with running(lab):
        await lab.link(lab.alice)
    assert [link.username for link in await lab.rows("links")] == ["alice"]


async def test_killed_right_after_linking_the_link_is_whole(lab: World) -> None:
    async with running(lab) as bot:
        await lab.link(lab.alice)
        await bot.kill()
    async with running(lab):
        await lab.alice.command("/walltime", channel=GENERAL)
        await lab.alice.wait_message(lambda m: "1,234.50 core-hours used" in m.text)
    assert [reading.core_hours for reading in await lab.rows("readings")] == [1234.5]


async def test_killed_while_answering_the_next_question_is_answered(lab: World) -> None:
    async with running(lab) as bot:
        await lab.link(lab.alice)
        await asyncio.sleep(0.1)
        lab.east.faults.add(ClusterFault(kind="slow", delay=timedelta(seconds=2), times=1))
        asking = asyncio.create_task(lab.alice.command("/walltime", channel=GENERAL))
        await asyncio.sleep(0.05)
        await bot.kill()
        await asyncio.gather(asking, return_exceptions=True)
    async with running(lab):
        await lab.alice.command("/walltime", channel=GENERAL)
        await lab.alice.wait_message(lambda m: "1,234.50 core-hours used" in m.text)
    assert len(await lab.rows("readings")) == 1


@pytest.mark.both_doors
async def test_a_stop_lets_work_finish_and_exits_with_zero(lab: World) -> None:
    async with running(lab) as bot:
        lab.east.faults.add(ClusterFault(kind="slow", delay=timedelta(seconds=2.5), times=1))
        await lab.fill_form(lab.alice, token=lab.east.token("alice"))
        assert await bot.stop() == 0
        await lab.alice.wait_view(lambda v: "You are linked as" in str(v.view))
        assert "Traceback" not in bot.log
    assert len(await lab.rows("links")) == 1


async def test_a_token_that_slack_refuses_ends_the_process_with_one_clear_line(lab: World) -> None:
    code, said = await run_to_the_end(lab, "run", SLACK_BOT_TOKEN="xoxb-wrong-token")
    assert code == 1
    assert said.splitlines()[-1].startswith(
        "walltime-bot: SlackRefuses: Slack refuses SLACK_BOT_TOKEN (invalid_auth)"
    )
    assert "xoxb-wrong-token" not in said
    assert "Traceback" not in said
