"""A cluster that is slow, silent or broken: Slack's three seconds hold, and the person hears something."""

import asyncio
import time
from datetime import datetime, timedelta

import pytest

from bot.playground.cluster import ClusterFault
from bot.usecases.link_account import LinkAccount, LinkProof, LinkWish
from bot.wiring.patience import ClusterPatience
from tests.world import GENERAL, World

SLACK_WAITS_S = 3.0

TROUBLES = [
    pytest.param(ClusterFault(kind="slow", delay=timedelta(seconds=20)), id="takes 20 s"),
    pytest.param(ClusterFault(kind="hang"), id="hangs"),
    pytest.param(ClusterFault(kind="reset"), id="resets"),
    pytest.param(ClusterFault(kind="html"), id="answers 503 in HTML"),
]


@pytest.mark.parametrize("trouble", TROUBLES)
async def test_the_last_reading_is_shown_with_its_age_when_the_cluster(
    lab: World, trouble: ClusterFault
) -> None:
    async with lab.bot(patience=ClusterPatience()):
        await lab.link(lab.alice)
        lab.hours_pass()
        lab.east.faults.add(trouble)
        lab.slack.ack_seconds = SLACK_WAITS_S
        delivery = await lab.alice.command("/walltime", channel=GENERAL)
        answer = await lab.alice.wait_message(lambda m: "core-hours used" in m.text)
        assert delivery.ok, delivery.error
        assert lab.east.in_flight == (trouble.kind in {"slow", "hang"})
        lab.east.down = True  # what hangs need not be waited for at the stop
    assert "1,234.50 core-hours used" in answer.text
    assert "East is not answering just now" in answer.text
    assert "Shown is the last reading, 1 hour old" in answer.text


@pytest.mark.parametrize("trouble", TROUBLES)
async def test_linking_says_so_and_stores_nothing_when_the_cluster(lab: World, trouble: ClusterFault) -> None:
    async with lab.bot(patience=ClusterPatience(cluster=timedelta(seconds=3))):
        lab.east.faults.add(trouble)
        lab.slack.ack_seconds = SLACK_WAITS_S
        delivery = await lab.fill_form(lab.alice, token=lab.east.token("alice"))
        assert delivery.ok, delivery.error
        if delivery.errors:
            assert "East is not answering just now" in delivery.errors["token"]
        else:
            seen = await lab.alice.wait_view(lambda v: "not answering just now" in str(v))
            assert seen.view["callback_id"] == "link"
            assert "Nothing was stored" in str(seen.view)
        assert await lab.rows("links") == []
        assert await lab.rows("readings") == []


@pytest.mark.both_doors
async def test_who_closed_the_form_meanwhile_is_told_in_a_message(lab: World) -> None:
    async with lab.bot(patience=ClusterPatience()):
        lab.east.faults.add(ClusterFault(kind="slow", delay=timedelta(seconds=2.5)))
        await lab.fill_form(lab.alice, token=lab.east.token("alice"))
        asking = await lab.alice.wait_view(lambda v: "Asking East" in str(v))
        await lab.alice.close_view(asking)
        told = await lab.alice.wait_message(lambda m: "You are linked as" in m.text)
        assert told.channel == lab.alice.dm


@pytest.mark.both_doors
async def test_a_form_sent_while_the_bot_stands_still_is_not_closed_without_a_word(lab: World) -> None:
    async with lab.bot(patience=ClusterPatience()):
        lab.east.latency = timedelta(seconds=1)
        await lab.alice.command("/walltime link", channel=GENERAL)
        form = await lab.alice.wait_view(lambda view: "submit" in view.view)
        asyncio.get_running_loop().call_later(0.5, time.sleep, SLACK_WAITS_S + 0.5)
        token = lab.east.token("alice")
        delivery = await lab.alice.submit(form, {"cluster": "east", "username": "", "token": token})
        assert delivery.ok, delivery.error
        await lab.alice.wait_view(lambda view: "You are linked as" in str(view))


async def test_who_is_answered_too_late_for_the_form_finds_the_end_in_it_all_the_same(
    lab: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    examine = LinkAccount.examine

    def standing_still(self: LinkAccount, wish: LinkWish, *, now: datetime) -> LinkProof:
        time.sleep(SLACK_WAITS_S + 0.3)
        return examine(self, wish, now=now)

    monkeypatch.setattr(LinkAccount, "examine", standing_still)
    async with lab.bot(patience=ClusterPatience()):
        lab.slack.ack_seconds = SLACK_WAITS_S
        delivery = await lab.fill_form(lab.alice, token=lab.east.token("alice"))
        assert not delivery.ok
        await lab.alice.wait_view(lambda view: "You are linked as" in str(view))


async def test_a_late_answer_is_kept_for_the_next_question(lab: World) -> None:
    async with lab.bot(patience=ClusterPatience()):
        await lab.link(lab.alice)
        lab.hours_pass()
        lab.east.add_core_hours("alice", 100.0)
        lab.east.faults.add(ClusterFault(kind="slow", delay=timedelta(seconds=2.5), times=1))
        await lab.alice.command("/walltime", channel=GENERAL)
        await lab.alice.wait_message(lambda m: "Shown is the last reading" in m.text)
        await asyncio.sleep(1)  # the request that outlived the budget ends meanwhile
        await lab.alice.command("/walltime", channel=GENERAL)
        assert await lab.alice.wait_message(lambda m: "1,334.50 core-hours used" in m.text) is not None


async def test_ten_questions_at_once_make_one_call(lab: World) -> None:
    async with lab.bot(tick=timedelta(hours=1)):  # nor does a poll ask
        await lab.link(lab.alice)
        lab.hours_pass()
        lab.east.latency = timedelta(seconds=0.5)
        before = lab.east.request_count
        await asyncio.gather(*(lab.alice.command("/walltime", channel=GENERAL) for _ in range(10)))
        for _ in range(10):
            await lab.alice.wait_message(lambda m: "core-hours used" in m.text)
        assert lab.east.request_count - before == 1


async def test_within_thirty_seconds_the_answer_is_given_again_without_a_call(lab: World) -> None:
    async with lab.bot(tick=timedelta(hours=1)):  # nor does a poll ask
        await lab.link(lab.alice)
        before = lab.east.request_count
        await lab.alice.command("/walltime", channel=GENERAL)
        await lab.alice.wait_message(lambda m: "core-hours used" in m.text)
        assert lab.east.request_count == before
