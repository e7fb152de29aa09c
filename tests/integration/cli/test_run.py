"""`run` and `demo`: how they start, tell how they are, and end."""

import asyncio
import json
import os
import re
import signal
import socket
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.playground.cluster import ClusterFault
from bot.playground.slack import Fault
from bot.slack.client import TIMEOUT_S
from bot.store.vault import new_key
from tests.integration.cli.shell import (
    PORT_TAKEN,
    Break,
    broken_keys,
    file_for_a_folder,
    files_in,
    get,
    no_database,
    shell,
    started,
    the_line,
)
from tests.process import START_S, running
from tests.world import GENERAL, SIGNING_SECRET, World, until


@pytest.mark.parametrize(
    ("harm", "told"),
    [
        pytest.param(file_for_a_folder, "File exists", id="the data directory is a file"),
        pytest.param(no_database, "file is not a database", id="the database is none"),
        pytest.param(
            broken_keys,
            "secret_keys in the data directory: key 1 is 6 bytes long, not 32",
            id="the key file is broken",
        ),
        pytest.param(
            lambda *_: {"WALLTIME_HTTP_HOST": "no-such-host.invalid"}, "gaierror", id="the host is none"
        ),
    ],
)
async def test_a_bot_that_cannot_start_ends_with_one_clear_line(
    lab: World, tmp_path: Path, harm: Break, told: str
) -> None:
    ended = await shell(tmp_path, "run", env=(lab.environ() | harm(lab, tmp_path)))
    assert ended.code == 1
    assert told in the_line(ended)
    assert "Y2FuYXJ5" not in ended.err


async def test_a_port_that_is_taken_ends_the_bot_with_one_clear_line(lab: World, tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        ended = await shell(tmp_path, "run", env=(lab.environ() | {"WALLTIME_HTTP_PORT": port}))
        assert ended.code == 1
        assert PORT_TAKEN in the_line(ended)
        assert port in the_line(ended)
        ended = await shell(tmp_path, "demo", "--port", port)
        assert ended.code == 1
        assert PORT_TAKEN in the_line(ended)


async def test_health_readiness_and_metrics_tell_the_truth(lab: World, tmp_path: Path) -> None:
    lab.slack.faults.add(Fault(method="auth.test", kind="http_500", times=None))
    async with started(tmp_path, "run", **lab.environ()) as bot:
        port = await bot.port()
        assert await get(port, "/healthz") == (200, "ok\n")

        async def readiness() -> tuple[int, Any]:
            status, text = await get(port, "/readyz")
            return status, json.loads(text)

        away = {"ready": False, "reasons": ["slack: refuses: HTTP 500 without a reason"]}
        await until(readiness, lambda seen: seen == (503, away))
        assert (await get(port, "/healthz"))[0] == 200
        lab.slack.faults.clear()
        await until(readiness, lambda seen: seen == (200, {"ready": True, "reasons": []}), START_S)

        async def metrics() -> str:
            status, text = await get(port, "/metrics")
            assert status == 200
            return text

        await until(metrics, lambda text: "walltime_slack_links 2.0" in text)
        lab.slack.faults.add(Fault(method="apps.connections.open", kind="http_500", times=None))
        await lab.slack.cut_sockets()
        _, seen = await until(readiness, lambda seen: seen[0] == 503)
        assert seen["reasons"][0].startswith("slack: ")
        await until(metrics, lambda text: "walltime_slack_links 0.0" in text)
        lab.slack.faults.clear()
        await until(readiness, lambda seen: seen[0] == 200, START_S)
        assert await bot.stop() == 0
        assert "Traceback" not in bot.log
        assert bot.log.count('"no link to Slack"') == 1
        assert bot.log.count("linked to Slack by Socket Mode") == 2


async def test_in_socket_mode_there_is_no_door_for_signed_requests(lab: World, tmp_path: Path) -> None:
    async with started(tmp_path, "run", **lab.environ(), SLACK_SIGNING_SECRET=SIGNING_SECRET) as bot:
        port = await bot.port()
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"http://127.0.0.1:{port}/slack/events", data=b"{}") as answer,
        ):
            assert answer.status == 404
        assert (await get(port, "/slack/events"))[0] == 404


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_second_signal_does_not_break_the_first(lab: World, number: signal.Signals) -> None:
    async with running(lab) as bot:
        lab.east.faults.add(ClusterFault(kind="slow", delay=timedelta(seconds=2.5), times=1))
        await lab.fill_form(lab.alice, token=lab.east.token("alice"))
        for _ in range(3):
            os.kill(bot.pid, number)
            await asyncio.sleep(0.1)
        assert await bot.stop() == 0
        assert "Traceback" not in bot.log
        assert "no link to Slack" not in bot.log
    assert [link.username for link in await lab.rows("links")] == ["alice"]


async def test_a_bot_that_never_reached_slack_stops_at_once(lab: World, tmp_path: Path) -> None:
    lab.slack.faults.add(Fault(method="auth.test", kind="hang", times=None))
    async with started(tmp_path, "run", **lab.environ()) as bot:
        await bot.port()
        began = time.monotonic()
        assert await bot.stop() == 0
        assert time.monotonic() - began < TIMEOUT_S  # sooner than the call to Slack is given up
        assert "Traceback" not in bot.log


async def test_with_another_key_ring_the_person_is_told_to_link_again(lab: World) -> None:
    async with lab.bot(WALLTIME_SECRET_KEYS=new_key()):
        await lab.link(lab.alice)
    lab.hours_pass()
    asked = lab.east.request_count
    async with lab.bot(WALLTIME_SECRET_KEYS=new_key()):
        await lab.alice.command("/walltime", channel=GENERAL)
        told = await lab.alice.wait_message(lambda m: "link again" in m.text.lower())
        await lab.alice.click("link.open", message=told)
        await lab.alice.close_view(await lab.alice.wait_view(lambda v: v.view.get("callback_id") == "link"))
        assert lab.east.request_count == asked
        await lab.link(lab.alice)
        await lab.alice.command("/walltime", channel=GENERAL)
        await lab.alice.wait_message(lambda m: "1,234.50 core-hours used" in m.text)


async def test_the_demo_says_where_it_is_serves_its_page_and_leaves_nothing(tmp_path: Path) -> None:
    async with started(tmp_path, "demo", "--port", "0", TMPDIR=str(tmp_path)) as demo:

        async def look() -> str:
            assert not demo.ended, demo.log
            found = re.search(r"open http://127\.0\.0\.1:(\d+)", demo.log)
            return found[1] if found else ""

        port = int(await until(look, bool, START_S))
        status, page = await get(port, "/")
        assert status == 200
        assert "<!doctype html>" in page.lower()
        assert await demo.stop() == 0
        assert "Traceback" not in demo.log
    assert files_in(tmp_path) == ["process.log"]
