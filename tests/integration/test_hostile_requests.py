"""`/slack/events` under fire: each request is turned away with a 4xx, quietly, and memory stays flat."""

import asyncio
import hashlib
import hmac
import json
import random
import resource
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import aiohttp
import pytest

from tests.process import running
from tests.world import SIGNING_SECRET, world

HOW_MANY = 10_000
AT_ONCE = 20
FORM = "application/x-www-form-urlencoded"
Request = tuple[bytes, dict[str, str]]


@pytest.mark.slow
async def test_ten_thousand_hostile_requests(tmp_path: Path) -> None:
    async with world(tmp_path / "data", http=True) as lab, running(lab) as bot:
        address = lab.slack.request_url or ""
        requests = attacks(random.Random(7))  # noqa: S311 (the same attacks in every run)
        statuses: dict[int, int] = {}

        async def fire(session: aiohttp.ClientSession) -> None:
            for body, headers in requests:
                async with session.post(address, data=body, headers=headers) as answer:
                    statuses[answer.status] = statuses.get(answer.status, 0) + 1
                    assert 400 <= answer.status < 500, (answer.status, body[:200], headers)
                    assert await answer.read() == b""

        async with aiohttp.ClientSession() as session:
            before = _memory(bot.pid)
            await asyncio.gather(*(fire(session) for _ in range(AT_ONCE)))
            grown = _memory(bot.pid) - before
        assert sum(statuses.values()) == HOW_MANY
        assert grown < 30_000, f"memory grew by {grown} KiB"
        assert "Traceback" not in bot.log
        assert "hunter2" not in bot.log
        await lab.link(lab.alice)


async def test_the_same_signed_request_again_is_not_run_twice(tmp_path: Path) -> None:
    async with world(tmp_path / "data", http=True) as lab, lab.bot():
        body = urlencode(
            {
                "command": "/walltime", "text": "help", "team_id": "T0LAB", "user_id": "U0ALICE",
                "channel_id": "C0GENERAL", "trigger_id": "1.2.3",
                "response_url": f"{lab.slack.url}/response/none",
            }
        ).encode()  # fmt: skip
        headers = _signed(body, str(int(time.time())))
        async with aiohttp.ClientSession() as session:
            for _ in range(3):
                async with session.post(lab.slack.request_url or "", data=body, headers=headers) as answer:
                    assert answer.status == 200
        await lab.alice.wait_message(lambda m: "You can type" in m.text)
        await asyncio.sleep(0.3)
        told = [call for call in lab.slack.calls if call.method == "chat.postEphemeral"]
        assert len(told) == 1


def attacks(dice: random.Random) -> Iterator[Request]:
    """Make hostile requests: unsigned, badly signed, stale, and well signed with a hostile body."""
    kinds = (_unsigned, _wrong_signature, _odd_timestamp, _stale, _hostile_body)
    for number in range(HOW_MANY):
        yield kinds[number % len(kinds)](dice, number)


def _unsigned(dice: random.Random, _: int) -> Request:
    return dice.randbytes(dice.randrange(2_000)), {
        "Content-Type": dice.choice([FORM, "application/json", "x/y"])
    }


def _wrong_signature(dice: random.Random, number: int) -> Request:
    body = f"token=hunter2&text={number}".encode()
    headers = _signed(body, str(int(time.time())))
    wrong = [
        "v0=",
        "",
        "v0=" + "0" * 64,
        "v1" + headers["X-Slack-Signature"][2:],
        "é" * 30,
        "v0=" + "f" * 7_000,
    ]
    return body, {**headers, "X-Slack-Signature": quote(dice.choice(wrong), safe="=")}


def _odd_timestamp(dice: random.Random, _: int) -> Request:
    odd = ["", "now", "-1", "1e9", "NaN", "0x10", "9" * 4_000, "17 00", "1.5", "²³", "١٢٣"]
    stamp = dice.choice(odd)
    body = b"payload={}"
    return body, {**_signed(body, stamp), "X-Slack-Request-Timestamp": quote(stamp)}


def _stale(dice: random.Random, _: int) -> Request:
    body = b"command=/walltime&team_id=T0LAB&user_id=U0ALICE&channel_id=C"
    return body, _signed(body, str(int(time.time()) + dice.choice([-400, 400, -86_400, 10**9])))


def _hostile_body(dice: random.Random, number: int) -> Request:
    """A well-signed body of the wrong shape: what a leaked secret or a broken proxy could bring."""
    junk: list[Any] = [
        None, True, 7, "x", [], {}, [[]], {"type": None}, {"type": []}, {"type": "block_actions"},
        {"type": "block_actions", "user": "x"}, {"type": "block_actions", "user": {"id": "U"}, "actions": {}},
        {"type": "block_actions", "user": {"id": "U"}, "team": [], "actions": [{}]},
        {"type": "view_submission", "user": {"id": "U"}, "view": {"callback_id": "link", "state": 3}},
        {"type": "view_submission", "user": {"id": "U"}, "view": "link"},
        {"type": "view_submission", "user": {"id": "U"}, "team": {"id": "T0LAB"},
         "view": {"callback_id": "link", "state": {"values": {"token": "hunter2"}}}},
        {"type": "event_callback"}, {"type": "event_callback", "event": []}, {"type": "x" * 5_000},
        {"type": "event_callback", "team_id": 1, "event_id": "E", "event": {"type": "app_home_opened"}},
        {"type": "shortcut", "user": []}, {"type": "url_verification"},
    ]  # fmt: skip
    shape = json.dumps(dice.choice(junk))
    bodies = [
        (FORM, urlencode({"payload": shape, "number": number})),
        ("application/json", f"{' ' * (number % 97)}{shape}"),
        (FORM, f"payload={'[' * 40_000}{number}"),
        ("application/json", "[" * 40_000 + str(number)),
        (FORM, f"payload=%FF%FE{number}"),
        (FORM, f"command=/walltime&n={number}"),
        (FORM, "&".join(f"a{i}=1" for i in range(300)) + str(number)),
        ("text/plain", f"hello {number}"),
        ("multipart/form-data; boundary=x", f"--x--{number}"),
        ("application/json", f'{{"type":"event_callback","number":{number}'),
    ]
    kind, text = dice.choice(bodies)
    body = text.encode()
    return body, {**_signed(body, str(int(time.time()))), "Content-Type": kind}


def _signed(body: bytes, timestamp: str) -> dict[str, str]:
    base = b"v0:" + timestamp.encode() + b":" + body
    signature = "v0=" + hmac.new(SIGNING_SECRET.encode(), base, hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": timestamp, "X-Slack-Signature": signature, "Content-Type": FORM}


def _memory(pid: int) -> int:
    """Resident memory of a process in KiB."""
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() // 1024
