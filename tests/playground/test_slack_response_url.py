"""response_url: five uses in half an hour, and what each may do."""

import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from bot.playground.slack import Fault, Message
from tests.playground.slack_kit import (
    GENERAL,
    SECRETS,
    Lab,
    actions,
    button,
    post_json,
    running,
    section,
)


@pytest.fixture
async def lab() -> AsyncIterator[Lab]:
    async with running(Lab()) as made:
        yield made


async def url_of_command(lab: Lab, channel: str = GENERAL) -> str:
    return str((await lab.alice.command("/walltime", channel=channel)).payload["response_url"])


async def url_of_click(lab: Lab, message: Message) -> str:
    return str((await lab.alice.click("go", message=message)).payload["response_url"])


async def posted(lab: Lab) -> Message:
    await lab.web().chat_postMessage(channel=GENERAL, text="?", blocks=[actions(button("go"))])
    return await lab.alice.wait_message()


def texts(lab: Lab, channel: str = GENERAL) -> list[str]:
    return [each.text for each in lab.alice.messages(channel)]


async def test_answers_are_ephemeral_and_need_no_membership_of_the_bot(lab: Lab) -> None:
    url = await url_of_command(lab, SECRETS)

    assert await post_json(url, {"text": "psst"}) == (200, "ok")
    assert lab.alice.messages(SECRETS)[0].ephemeral_for == lab.alice.person.id
    assert [(use.status, use.body, use.channel) for use in lab.twin.responses] == [
        (200, {"text": "psst"}, SECRETS)
    ]


async def test_five_uses_are_enough(lab: Lab) -> None:
    url = await url_of_command(lab)
    answers = [await post_json(url, {"text": str(n)}) for n in range(6)]

    assert [status for status, _ in answers] == [200] * 5 + [404]
    assert json.loads(answers[5][1]) == {"ok": False, "error": "used_url"}
    assert texts(lab) == ["0", "1", "2", "3", "4"]


async def test_half_an_hour_is_enough(lab: Lab) -> None:
    url = await url_of_command(lab)
    lab.clock.forward(minutes=30)
    assert (await post_json(url, {"text": "in time"}))[0] == 200
    lab.clock.forward(seconds=1)
    late = await post_json(url, {"text": "late"})

    assert (late[0], json.loads(late[1])["error"]) == (404, "expired_url")
    assert (await post_json(f"{lab.twin.url}/response/none", {"text": "a"}))[0] == 404


async def test_a_public_answer_shows_the_typed_command_once(lab: Lab) -> None:
    url = await url_of_command(lab)
    for text in ("one", "two"):
        await post_json(url, {"text": text, "response_type": "in_channel"})

    assert [each.text for each in lab.bob.messages(GENERAL)] == ["/walltime", "one", "two"]


async def test_a_command_has_no_original_to_replace(lab: Lab) -> None:
    url = await url_of_command(lab)
    await post_json(url, {"text": "working"})
    await post_json(url, {"text": "done", "replace_original": True})
    await post_json(url, {"delete_original": True})

    assert texts(lab) == ["working", "done"]


async def test_a_click_may_replace_and_delete_what_was_clicked(lab: Lab) -> None:
    message = await posted(lab)
    url = await url_of_click(lab, message)

    await post_json(url, {"text": "new", "replace_original": True, "blocks": [section("new")]})
    assert [(each.text, each.ephemeral_for) for each in lab.bob.messages(GENERAL)] == [("new", None)]
    await post_json(url, {"text": "beside"})
    assert texts(lab) == ["new", "beside"]
    await post_json(url, {"delete_original": True})
    assert texts(lab) == ["beside"]
    await post_json(url, {"text": "nothing left to replace", "replace_original": True})
    assert texts(lab)[-1] == "nothing left to replace"


@pytest.mark.parametrize(
    ("body", "answer"),
    [
        pytest.param({"blocks": [{"type": "gallery"}]}, "invalid_blocks", id="unknown block"),
        pytest.param({"response_type": "in_channel"}, "no_text", id="nothing to say"),
        pytest.param(["text"], "invalid_payload", id="a list"),
    ],
)
async def test_a_bad_answer_is_refused_and_costs_nothing(lab: Lab, body: Any, answer: str) -> None:
    url = await url_of_command(lab)

    assert await post_json(url, body) == (400, answer)
    assert texts(lab) == []
    for _ in range(5):
        assert (await post_json(url, {"text": "a"}))[0] == 200


async def test_broken_json_is_refused(lab: Lab) -> None:
    url = await url_of_command(lab)
    async with aiohttp.ClientSession() as session, session.post(url, data="{") as answer:
        assert (answer.status, await answer.text()) == (400, "invalid_payload")


async def test_an_uninstalled_app_has_no_active_hooks(lab: Lab) -> None:
    url = await url_of_command(lab)
    await lab.workspace.uninstall()

    assert (await post_json(url, {"text": "a"}))[0] == 404


@pytest.mark.parametrize(
    ("kind", "status"), [("error", 404), ("http_500", 500), ("http_html", 503), ("ratelimited", 429)]
)
async def test_it_can_be_made_to_fail(lab: Lab, kind: Any, status: int) -> None:
    lab.twin.faults.add(Fault(method="response_url", kind=kind))
    url = await url_of_command(lab)

    assert (await post_json(url, {"text": "a"}))[0] == status
    assert (await post_json(url, {"text": "b"}))[0] == 200
    assert texts(lab) == ["b"]


async def test_an_answer_may_be_taken_and_its_receipt_lost(lab: Lab) -> None:
    lab.twin.faults.add(Fault(method="response_url", kind="lose_answer"))
    lab.twin.faults.add(Fault(method="response_url", kind="slow", delay=0.01))
    url = await url_of_command(lab)

    with pytest.raises(aiohttp.ClientError):
        await post_json(url, {"text": "taken"})
    assert (await post_json(url, {"text": "slow"}))[0] == 200
    assert texts(lab) == ["taken", "slow"]
