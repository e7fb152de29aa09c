"""What the page in the browser gets, and who gets nothing."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond
from slack_sdk.web.async_client import AsyncWebClient

from bot.playground.slack import SlackTwin
from tests.playground.slack_kit import (
    ALICE,
    BOB,
    BOT,
    GENERAL,
    SECRETS,
    TEAM,
    Lab,
    actions,
    bolt,
    button,
    in_socket_mode,
    modal,
    running,
    section,
)

ME = {"team": TEAM, "as": ALICE}


@pytest.fixture
async def lab() -> AsyncIterator[Lab]:
    async with running(Lab()) as made:
        yield made


@pytest.fixture
async def browser(lab: Lab) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(lab.twin.url) as session:
        yield session


@pytest.fixture
async def app(lab: Lab) -> AsyncIterator[AsyncApp]:
    made = bolt(lab)

    @made.command("/walltime")
    async def usage(ack: AsyncAck, respond: AsyncRespond) -> None:
        await ack()
        await respond(text="12 core-hours", blocks=[actions(button("go", value="1"))])

    @made.action("go")
    async def go(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=modal())

    @made.view("form")
    async def take(ack: AsyncAck, view: dict[str, Any]) -> None:
        bad = view["state"]["values"]["name"]["name"]["value"] == "bad"
        await (ack(response_action="errors", errors={"name": "not this one"}) if bad else ack())

    @made.event("app_home_opened")
    async def opened(event: dict[str, Any], client: AsyncWebClient) -> None:
        home = {"type": "home", "blocks": [section("hello"), actions(button("go"))]}
        await client.views_publish(user_id=event["user"], view=home)

    @made.shortcut("usage")
    async def quick(ack: AsyncAck) -> None:
        await ack()

    @made.event("message")
    async def heard() -> None:
        return None

    async with in_socket_mode(made):
        yield made


async def get(browser: aiohttp.ClientSession, path: str, **query: str) -> Any:
    async with browser.get(path, params=query) as answer:
        return await answer.json()


async def post(browser: aiohttp.ClientSession, route: str, /, **body: Any) -> Any:
    async with browser.post(f"/client/{route}", json={**ME, **body}) as answer:
        return await answer.json()


async def seen(browser: aiohttp.ClientSession, **query: str) -> Any:
    return await get(browser, "/client/view", **{**ME, "channel": GENERAL, **query})


async def test_the_start_shows_people_channels_switches_and_things_to_paste(
    lab: Lab, browser: aiohttp.ClientSession
) -> None:
    lab.twin.add_switch("down", "Cluster is down", False, lambda _: None)
    lab.twin.clipboard.append({"for": ALICE, "label": "Token", "value": "eyJ"})
    lab.twin.notes.append("Try /walltime link.")
    boot = await get(browser, "/client/boot")
    (workspace,) = boot["workspaces"]

    assert workspace["bot"] == {"id": BOT, "name": "Walltime"}
    assert workspace["command"] == "/walltime"
    assert workspace["people"][0] == {"id": ALICE, "name": "alice", "real_name": "Alice Ng", "title": ""}
    channels = {each["id"]: each for each in workspace["channels"]}
    assert channels[GENERAL]["members"] == sorted([ALICE, BOB, BOT])
    assert (channels[lab.alice.dm]["is_dm_of"], channels[SECRETS]["is_private"]) == (ALICE, True)
    assert boot["switches"] == [{"name": "down", "label": "Cluster is down", "on": False}]
    assert (boot["clipboard"][0]["value"], boot["notes"]) == ("eyJ", ["Try /walltime link."])


@pytest.mark.usefixtures("app")
async def test_a_click_on_what_was_drawn_anew_meanwhile_finds_its_button(
    lab: Lab, browser: aiohttp.ClientSession
) -> None:
    await post(browser, "send", channel=GENERAL, text="/walltime")
    message = await lab.alice.wait_message()
    clicked = await post(
        browser,
        "click",
        channel=GENERAL,
        message_ts=message.ts,
        block_id="of what was drawn before",
        action_id="go",
        value="1",
        selected=None,
    )
    assert clicked == {"ok": True}
    await lab.alice.wait_view()


@pytest.mark.usefixtures("app")
async def test_a_person_types_a_command_clicks_and_fills_in_the_form(
    lab: Lab, browser: aiohttp.ClientSession
) -> None:
    assert await post(browser, "send", channel=GENERAL, text="/walltime") == {"ok": True}
    await lab.alice.wait_message()
    (message,) = (await seen(browser))["messages"]
    assert message["from"] == {"name": "Walltime", "is_bot": True}
    assert message["ephemeral"] is True
    assert (await seen(browser, **{"as": BOB}))["messages"] == []

    clicked = await post(
        browser,
        "click",
        channel=GENERAL,
        message_ts=message["ts"],
        block_id=message["blocks"][0]["block_id"],
        action_id="go",
        value="1",
        selected=None,
    )
    assert clicked == {"ok": True}
    await lab.alice.wait_view()
    (form,) = (await seen(browser))["modals"]
    assert form["view"]["title"]["text"] == "Form"
    bad = await post(browser, "submit", view_id=form["id"], values={"name": "bad"})
    assert bad == {"ok": True, "errors": {"name": "not this one"}}
    assert await post(browser, "submit", view_id=form["id"], values={"name": "good"}) == {
        "ok": True,
        "errors": None,
    }
    assert (await seen(browser))["modals"] == []


@pytest.mark.usefixtures("app")
async def test_the_home_tab_opens_and_its_buttons_work(lab: Lab, browser: aiohttp.ClientSession) -> None:
    assert (await seen(browser))["home"] is None
    assert await post(browser, "home") == {"ok": True}
    await lab.alice.wait_view()
    assert (await seen(browser))["home"]["blocks"][0]["text"]["text"] == "hello"
    assert await post(browser, "click", home=True, action_id="go") == {"ok": True}
    form = await lab.alice.wait_view(lambda view: view["type"] == "modal")
    assert await post(browser, "close", view_id=form.id) == {"ok": True}
    assert await post(browser, "shortcut", callback_id="usage") == {"ok": True}
    assert lab.alice.views == []


async def test_failures_come_back_as_errors(lab: Lab, browser: aiohttp.ClientSession) -> None:
    assert await post(browser, "send", channel=GENERAL, text="/walltime") == {
        "ok": False,
        "error": "dispatch_failed",
    }
    assert (await post(browser, "send", channel=GENERAL, text="/other"))["error"] == "unknown_command"
    assert "gone" in (await post(browser, "click", channel=GENERAL, message_ts="1.0", action_id="a"))["error"]
    assert (await post(browser, "submit", view_id="V0NONE"))["ok"] is False
    assert (await get(browser, "/client/view", team="T0NONE"))["ok"] is False
    assert lab.alice.notices[-1] == "/other is not a valid command."


async def test_unread_messages_are_counted_until_read(lab: Lab, browser: aiohttp.ClientSession) -> None:
    for text in ("a", "b"):
        await lab.web().chat_postMessage(channel=GENERAL, text=text)
    await lab.web().chat_postEphemeral(channel=GENERAL, user=ALICE, text="c")
    assert (await seen(browser))["unread"][GENERAL] == 3
    assert (await seen(browser, **{"as": BOB}))["unread"][GENERAL] == 2

    assert await post(browser, "read", channel=GENERAL) == {"ok": True}
    assert (await seen(browser))["unread"][GENERAL] == 0
    await post(browser, "send", channel=GENERAL, text="mine")
    assert (await seen(browser))["unread"] == {lab.alice.dm: 0, GENERAL: 0, SECRETS: 0}
    assert (await seen(browser))["messages"][-1]["from"] == {"name": "Alice Ng", "is_bot": False}


async def test_a_switch_calls_its_handler(lab: Lab, browser: aiohttp.ClientSession) -> None:
    turned: list[bool] = []
    lab.twin.add_switch("down", "Cluster is down", False, turned.append)

    assert await post(browser, "switch", name="down", on=True) == {"ok": True}
    assert (await post(browser, "switch", name="up", on=True))["ok"] is False
    assert turned == [True]
    assert (await get(browser, "/client/boot"))["switches"][0]["on"] is True


async def test_changes_stream_to_those_whom_they_concern(lab: Lab, browser: aiohttp.ClientSession) -> None:
    lab.twin.add_switch("down", "Cluster is down", False, lambda _: None)
    async with browser.get("/client/events", params={"team": TEAM, "as": BOB}) as stream:
        assert stream.content_type == "text/event-stream"
        assert await stream.content.readline() == b": hello\n"
        await lab.web().chat_postEphemeral(channel=GENERAL, user=ALICE, text="not for bob")
        lab.workspace.invite_bot(SECRETS)
        await lab.web().chat_postMessage(channel=SECRETS, text="nor this")
        await lab.web().chat_postMessage(channel=GENERAL, text="for all")
        lab.workspace.windows.open(BOB, modal())
        lab.workspace.windows.publish(BOB, {"type": "home", "blocks": [section("a")]})
        await post(browser, "switch", name="down", on=True)
        lab.workspace.notice(BOB, "hello")
        events = [await _next_event(stream) for _ in range(5)]

    assert events == [
        ("changed", {"what": "messages", "channel": GENERAL}),
        ("changed", {"what": "modal", "channel": None}),
        ("changed", {"what": "home", "channel": None}),
        ("changed", {"what": "switches", "channel": None}),
        ("notice", {"text": "hello"}),
    ]


async def _next_event(stream: aiohttp.ClientResponse) -> tuple[str, Any]:
    async with asyncio.timeout(30):
        line = b""
        while not line.startswith(b"event: "):
            line = await stream.content.readline()
        data = await stream.content.readline()
    return line[7:].decode().strip(), json.loads(data[6:])


async def test_a_stream_ends_with_the_twin(lab: Lab, browser: aiohttp.ClientSession) -> None:
    async with browser.get("/client/events", params=ME) as stream:
        await lab.twin.stop()
        assert b"hello" in await stream.content.read()


async def test_only_this_machine_gets_in(lab: Lab, browser: aiohttp.ClientSession) -> None:
    for host, status in (
        ("evil.example", 403),
        ("127.0.0.1.evil.example", 403),
        ("localhost:1", 200),
        ("[::1]", 200),
    ):
        async with browser.get("/client/boot", headers={"Host": host}) as answer:
            assert answer.status == status
            assert "Access-Control-Allow-Origin" not in answer.headers
    async with browser.post("/client/read", data=json.dumps({**ME, "channel": GENERAL})) as answer:
        assert answer.status == 415
    async with browser.post("/client/read", json=[]) as answer:
        assert answer.status == 400
    assert lab.twin.url.startswith("http://127.0.0.1:")


async def test_the_page_is_served_with_a_strict_policy(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("<!doctype html>")
    (tmp_path / "app.js").write_text("export {};")
    (tmp_path / "notes.txt").write_text("secret")
    lab = Lab()
    twin = SlackTwin(clock=lab.clock, page=tmp_path)
    await twin.start()
    async with aiohttp.ClientSession(twin.url) as browser:
        async with browser.get("/") as answer:
            assert answer.content_type == "text/html"
            assert answer.headers["Content-Security-Policy"] == "default-src 'self'; img-src 'self' data:"
        async with browser.get("/assets/app.js") as answer:
            assert (answer.content_type, await answer.text()) == ("text/javascript", "export {};")
        for name in ("notes.txt", "missing.js", "..%2Fapp.js", "%2E%2E%2Fapp.js"):
            async with browser.get(f"/assets/{name}") as answer:
                assert answer.status == 404
    await twin.stop()
