"""Faults strike where they were told to; limits hold calls back."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import timedelta
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError

from bot.playground.slack import Fault
from bot.playground.slack.limits import Limits
from tests.playground.slack_kit import GENERAL, LOBBY, Lab, refusal, running


@pytest.fixture
async def lab() -> AsyncIterator[Lab]:
    async with running(Lab()) as made:
        yield made


def texts(lab: Lab) -> list[str]:
    return [each.text for each in lab.alice.messages(GENERAL)]


async def post(lab: Lab, text: str = "a", channel: str = GENERAL) -> Any:
    return await lab.web().chat_postMessage(channel=channel, text=text)


async def test_an_error_strikes_so_many_times(lab: Lab) -> None:
    lab.twin.faults.add(Fault(method="chat.postMessage", kind="error", error="fatal_error", times=2))

    assert await refusal(post(lab)) == "fatal_error"
    assert (await lab.web().auth_test())["ok"]
    assert await refusal(post(lab)) == "fatal_error"
    assert (await post(lab))["ok"]


async def test_a_fault_may_be_for_one_channel_one_team_or_every_method(lab: Lab) -> None:
    lab.twin.faults.add(
        Fault(method="chat.postMessage", kind="error", channel=LOBBY, error="here_only", times=None),
        Fault(method="auth.test", kind="error", team="T0OTHER"),
    )
    assert await refusal(post(lab, channel=LOBBY)) == "here_only"
    assert (await post(lab))["ok"]
    assert (await lab.web().auth_test())["ok"]

    lab.twin.faults.clear()
    lab.twin.faults.add(Fault(method="*", kind="error", times=None))
    assert await refusal(post(lab)) == await refusal(lab.web().auth_test()) == "internal_error"


async def test_a_fault_may_strike_a_share_of_the_calls(lab: Lab) -> None:
    lab.twin.limits.enabled = False
    lab.twin.faults.add(Fault(method="chat.postMessage", kind="ratelimited", times=None, share=0.25))
    for _ in range(100):
        with suppress(SlackApiError):
            await post(lab)

    assert 10 <= lab.twin.faults.struck["ratelimited"] <= 40
    assert len(texts(lab)) + lab.twin.faults.struck["ratelimited"] == 100


@pytest.mark.parametrize(("kind", "status"), [("ratelimited", 429), ("http_500", 500), ("http_html", 503)])
async def test_broken_answers(lab: Lab, kind: Any, status: int) -> None:
    lab.twin.faults.add(Fault(method="chat.postMessage", kind=kind, retry_after=timedelta(seconds=7)))
    url = f"{lab.twin.api_url}chat.postMessage"
    async with aiohttp.ClientSession() as session, session.post(url) as answer:
        assert answer.status == status
        assert (await answer.text()).startswith("{" if status == 429 else ("I", "<"))
        assert answer.headers.get("Retry-After") == ("7" if status == 429 else None)
    assert texts(lab) == []


async def test_a_reset_does_nothing_and_a_lost_answer_did_it(lab: Lab) -> None:
    lab.twin.faults.add(Fault(method="chat.postMessage", kind="reset"))
    with pytest.raises(aiohttp.ClientError):
        await post(lab, "never")
    lab.twin.faults.add(Fault(method="chat.postMessage", kind="lose_answer"))
    with pytest.raises(aiohttp.ClientError):
        await post(lab, "done")

    assert texts(lab) == ["done"]
    assert [call.answer.get("error") for call in lab.twin.calls] == ["reset", None]
    assert [call.fault for call in lab.twin.calls] == ["reset", "lose_answer"]


async def test_slow_answers_come_and_hanging_ones_do_not(lab: Lab) -> None:
    lab.twin.faults.add(Fault(method="chat.postMessage", kind="slow", delay=0.05))
    began = time.monotonic()
    await post(lab, "slow")
    assert time.monotonic() - began >= 0.05

    lab.twin.faults.add(Fault(method="chat.postMessage", kind="hang"))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await post(lab, "hung")
    assert texts(lab) == ["slow"]


async def test_a_channel_takes_a_burst_and_then_one_post_a_second(lab: Lab) -> None:
    lab.twin.limits.burst = 2
    await post(lab, "1")
    await post(lab, "2")
    with pytest.raises(SlackApiError) as refused:
        await post(lab, "3")

    assert refused.value.response.status_code == 429
    assert refused.value.response.headers["Retry-After"] == "1"
    assert refused.value.response["error"] == "ratelimited"
    assert (await post(lab, "4", channel=lab.alice.dm))["ok"]
    lab.twin.limits.enabled = False
    await post(lab, "5")
    assert texts(lab) == ["1", "2", "5"]
    assert lab.twin.calls[2].answer == {"ok": False, "error": "ratelimited"}


def test_limits_refill_with_time() -> None:
    now = 0.0
    limits = Limits(seconds=lambda: now)
    limits.posts_per_minute = 8

    burst = [limits.refuse("chat.postMessage", team="T", channel="C") for _ in range(6)]
    now = 0.5
    early = limits.refuse("chat.postMessage", team="T", channel="C")
    now = 1.0
    later = [limits.refuse("chat.postMessage", team="T", channel="C") for _ in range(2)]
    others = [limits.refuse("chat.postMessage", team="T", channel=str(n)) for n in range(4)]

    assert burst == [None] * 5 + [1]
    assert (early, later) == (1, [None, 1])
    assert others[0] is None
    assert others[2] is not None
    assert limits.refuse("chat.postMessage", team="T2", channel="C") is None


def test_methods_have_tiers_of_their_own() -> None:
    limits = Limits(seconds=lambda: 0.0)

    answers = [limits.refuse("chat.update", team="T") for _ in range(51)]

    assert answers[:50] == [None] * 50
    assert answers[50] == 2
    assert limits.refuse("chat.update", team="T2") is None
    assert limits.refuse("auth.revoke", team="T") is None
    limits.reset()
    assert limits.refuse("chat.update", team="T") is None


async def test_opening_connections_is_limited_too(lab: Lab) -> None:
    lab.twin.limits.per_minute["apps.connections.open"] = 1
    app = lab.web("xapp-1-A0WALLTIME-1-test")
    await app.apps_connections_open(app_token="xapp-1-A0WALLTIME-1-test")

    assert await refusal(app.apps_connections_open(app_token="xapp-1-A0WALLTIME-1-test")) == "ratelimited"
