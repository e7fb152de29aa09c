"""What goes wrong around the bot: locked files, clocks, proxies, a Slack that refuses."""

import asyncio
import contextlib
import sqlite3
from datetime import timedelta

import aiohttp
import pytest

from bot.playground.cluster import ClusterFault
from bot.playground.slack import Fault
from bot.wiring.patience import ClusterPatience
from tests.process import run_to_the_end, running
from tests.world import GENERAL, World


@pytest.mark.both_doors
async def test_the_word_payload_in_a_command_is_a_word_like_others(lab: World) -> None:
    async with lab.bot():
        await lab.alice.command("/walltime payload east", channel=GENERAL)
        await lab.alice.wait_message(lambda m: "I do not understand “payload east”" in m.text)


@pytest.mark.both_doors
async def test_a_locked_database_costs_no_acknowledgement(lab: World) -> None:
    async with lab.bot() as bot:
        await lab.link(lab.alice)
        other = sqlite3.connect(lab.data_dir / "walltime.sqlite3", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        lab.slack.ack_seconds = 3
        delivery = await lab.alice.command("/walltime help", channel=GENERAL)
        other.execute("ROLLBACK")
        other.close()
        assert delivery.ok, delivery.error
        await lab.alice.wait_message(lambda m: "You can type" in m.text)
        assert bot.port


async def test_a_reader_outside_does_not_hold_up_an_unlink(
    lab: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.store.sqlite._BUSY_MS", 3_600_000)
    async with lab.bot():
        await lab.link(lab.alice)
        backup = sqlite3.connect(lab.data_dir / "walltime.sqlite3", isolation_level=None)
        backup.execute("BEGIN")
        backup.execute("SELECT count(*) FROM links").fetchone()
        await lab.alice.command("/walltime unlink", channel=GENERAL)
        question = await lab.alice.wait_message(lambda m: "Unlink alice" in m.text)
        await lab.alice.click("unlink.confirm", message=question)
        await lab.alice.wait_message(lambda m: "Unlinked from" in m.text)
        assert (await lab.bob.command("/walltime help", channel=GENERAL)).ok
        backup.close()


async def test_a_clock_that_was_ahead_hides_nothing_once_it_is_right(lab: World) -> None:
    lab.hours_pass(48)
    async with lab.bot():
        await lab.link(lab.alice, lives=timedelta(days=9))
    lab.hours_pass(-48)
    async with lab.bot():
        lab.east.add_core_hours("alice", 765.5)
        await lab.alice.command("/walltime", channel=GENERAL)
        answer = await lab.alice.wait_message(lambda m: "core-hours used" in m.text)
        assert "2,000.00 core-hours used" in answer.text


async def test_an_absurd_number_is_no_data(lab: World) -> None:
    async with lab.bot():
        await lab.link(lab.alice)
        await lab.alice.wait_view(lambda v: v.view["type"] == "home")
        lab.hours_pass()
        lab.east.faults.add(ClusterFault(kind="data", literal="1e300"))
        await lab.alice.command("/walltime", channel=GENERAL)
        await lab.alice.wait_message(lambda m: "without a number" in m.text)
        lab.east.faults.clear()
        lab.hours_pass()
        await lab.alice.command("/walltime", channel=GENERAL)
        answer = await lab.alice.wait_message(lambda m: "core-hours used" in m.text)
        assert "1,234.50 core-hours used" in answer.text


@pytest.mark.both_doors
async def test_a_proxy_in_the_environment_does_not_catch_loopback(lab: World) -> None:
    proxy = "http://127.0.0.1:9"
    async with running(lab, HTTPS_PROXY=proxy, https_proxy=proxy, http_proxy=proxy, HTTP_PROXY=proxy):
        await lab.alice.command("/walltime help", channel=GENERAL)
        await lab.alice.wait_message(lambda m: "You can type" in m.text)


@pytest.mark.parametrize("lab", ["socket"], indirect=True)
async def test_a_wrong_app_token_ends_the_process_with_advice(lab: World) -> None:
    code, said = await run_to_the_end(lab, "run", SLACK_APP_TOKEN="xapp-wrong")
    assert code == 1
    assert "SLACK_APP_TOKEN (invalid_auth)" in said
    assert "xapp-wrong" not in said


async def test_a_home_that_cannot_be_drawn_spoils_no_success(lab: World) -> None:
    async with lab.bot():
        lab.slack.faults.add(Fault(method="views.publish", kind="error", error="not_enabled", times=None))
        await lab.link(lab.alice)
        await asyncio.sleep(0.3)
        assert lab.alice.messages(lab.alice.dm) == []


async def test_a_form_that_does_not_open_is_offered_again(lab: World) -> None:
    async with lab.bot():
        lab.slack.faults.add(Fault(method="views.open", kind="error", error="expired_trigger_id", times=1))
        await lab.alice.command("/walltime link", channel=GENERAL)
        told = await lab.alice.wait_message(lambda m: "did not open in time" in m.text)
        await lab.alice.click("link.open", message=told)
        await lab.alice.wait_view(lambda v: v.view.get("callback_id") == "link")


async def test_a_late_end_that_slack_does_not_take_is_told_in_a_message(lab: World) -> None:
    async with lab.bot(patience=ClusterPatience()):
        lab.east.faults.add(ClusterFault(kind="slow", delay=timedelta(seconds=2), times=1))
        lab.slack.faults.add(Fault(method="views.update", kind="reset", times=None))
        await lab.fill_form(lab.alice, token=lab.east.token("alice"))
        await lab.alice.wait_message(lambda m: "You are linked as" in m.text)


@pytest.mark.parametrize("lab", ["http"], indirect=True)
async def test_unsigned_compressed_rubbish_is_refused_quietly(lab: World) -> None:
    async with running(lab) as bot, aiohttp.ClientSession() as session:
        for coding in ("gzip", "deflate", "br"):
            headers = {"Content-Encoding": coding}
            with contextlib.suppress(aiohttp.ClientOSError):  # turned away before it was heard out
                async with session.post(lab.slack.request_url or "", data=b"x", headers=headers) as answer:
                    assert 400 <= answer.status < 500
        assert "Traceback" not in bot.log
