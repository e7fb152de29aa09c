"""A real Bolt app over the twin's Socket Mode."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond, AsyncSay
from slack_sdk.web.async_client import AsyncWebClient

from bot.playground.slack import Fault
from tests.playground.slack_kit import (
    APP_TOKEN,
    BOT,
    GENERAL,
    SECRETS,
    Lab,
    actions,
    bolt,
    button,
    in_socket_mode,
    modal,
    refusal,
    running,
    section,
    text_input,
    until,
)


@pytest.fixture
async def lab() -> AsyncIterator[Lab]:
    async with running(Lab()) as made:
        yield made


@pytest.fixture
async def app(lab: Lab) -> AsyncIterator[AsyncApp]:
    made = bolt(lab)
    async with in_socket_mode(made, ping_interval=0.2):
        yield made


async def test_a_command_is_acknowledged_and_answered(lab: Lab, app: AsyncApp) -> None:
    @app.command("/walltime")
    async def usage(ack: AsyncAck, respond: AsyncRespond, command: dict[str, Any]) -> None:
        await ack()
        await respond(f"You said {command['text']}.")

    delivery = await lab.alice.command("/walltime @bob #general #secrets x@y", channel=GENERAL)
    message = await lab.alice.wait_message()

    assert (delivery.ok, delivery.error) == (True, None)
    assert message.text == "You said <@U0BOB|bob> <#C0GENERAL|general> <#C0SECRETS|> x@y."
    assert message.ephemeral_for == lab.alice.person.id
    assert lab.bob.messages(GENERAL) == []


async def test_an_acknowledgement_may_carry_the_answer(lab: Lab, app: AsyncApp) -> None:
    @app.command("/walltime")
    async def usage(ack: AsyncAck) -> None:
        await ack(text="12 core-hours", response_type="in_channel")

    await lab.alice.command("/walltime", channel=GENERAL)

    assert [each.text for each in lab.bob.messages(GENERAL)] == ["/walltime", "12 core-hours"]


async def test_without_a_connection_a_person_sees_dispatch_failed(lab: Lab) -> None:
    delivery = await lab.alice.command("/walltime")

    assert delivery.error == "dispatch_failed"
    assert lab.alice.notices == ['/walltime failed with the error "dispatch_failed"']


async def test_without_an_acknowledgement_a_person_sees_operation_timeout(lab: Lab, app: AsyncApp) -> None:
    lab.twin.ack_seconds = 0.05

    delivery = await lab.alice.command("/walltime")

    assert app is not None
    assert delivery.error == "operation_timeout"


async def test_another_command_is_not_known(lab: Lab, app: AsyncApp) -> None:
    assert app is not None
    assert (await lab.alice.command("/wall")).error == "unknown_command"
    assert (await lab.twin.act_as("T0LAB", "U0CAROL").command("/walltime")).error == "unknown_command"
    with pytest.raises(LookupError, match="not in C0SECRETS"):
        await lab.bob.command("/walltime", channel=SECRETS)


async def test_a_click_on_an_ephemeral_message_carries_no_message_and_replaces_it(
    lab: Lab, app: AsyncApp
) -> None:
    bodies: list[dict[str, Any]] = []

    @app.command("/walltime")
    async def usage(ack: AsyncAck, respond: AsyncRespond) -> None:
        await ack()
        buttons = [button("go", value="1"), {**button("again"), "value": "2"}]
        await respond(text="12 core-hours", blocks=[section("12"), actions(*buttons)])

    @app.action("go")
    async def go(ack: AsyncAck, body: dict[str, Any], respond: AsyncRespond) -> None:
        await ack()
        bodies.append(body)
        await respond("done", replace_original=True)

    await lab.alice.command("/walltime", channel=GENERAL)
    shown = await lab.alice.wait_message()
    await lab.alice.click("go", message=shown)
    replaced = await lab.alice.wait_message(lambda message: message.text == "done")

    assert bodies[0]["container"] == {
        "type": "message",
        "message_ts": shown.ts,
        "channel_id": GENERAL,
        "is_ephemeral": True,
    }
    assert "message" not in bodies[0]
    assert bodies[0]["actions"][0]["value"] == "1"
    assert (replaced.ts, replaced.edited, replaced.blocks) == (shown.ts, True, [])
    assert len(lab.alice.messages(GENERAL)) == 1


async def test_a_click_on_a_public_message_carries_it(lab: Lab, app: AsyncApp) -> None:
    bodies: list[dict[str, Any]] = []

    @app.action("pick")
    async def go(ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack()
        bodies.append(body)

    options = [{"text": {"type": "plain_text", "text": each}, "value": each} for each in ("a", "b")]
    menu = {"type": "static_select", "action_id": "pick", "options": options}
    await lab.web().chat_postMessage(channel=GENERAL, text="?", blocks=[section("?", accessory=menu)])
    shown = await lab.bob.wait_message()
    assert (await lab.bob.click("pick", message=shown, selected="b")).ok

    assert bodies[0]["message"]["ts"] == shown.ts
    assert bodies[0]["actions"][0]["selected_option"]["value"] == "b"
    state = bodies[0]["state"]["values"][shown.blocks[0]["block_id"]]["pick"]
    assert state["selected_option"]["value"] == "b"
    with pytest.raises(LookupError, match="nothing to use"):
        await lab.bob.click("other", message=shown)
    with pytest.raises(ValueError, match="offers no 'c'"):
        await lab.bob.click("pick", message=shown, selected="c")


async def test_what_bolt_does_not_handle_is_never_acknowledged(lab: Lab, app: AsyncApp) -> None:
    lab.twin.ack_seconds = 0.05
    await lab.web().chat_postMessage(channel=GENERAL, text="?", blocks=[actions(button("go"))])

    delivery = await lab.alice.click("go", message=await lab.alice.wait_message())

    assert app is not None
    assert delivery.error == "operation_timeout"


async def test_words_in_a_direct_conversation_and_mentions_reach_the_app(lab: Lab, app: AsyncApp) -> None:
    @app.event("message")
    async def heard(event: dict[str, Any], say: AsyncSay) -> None:
        await say(f"heard {event['text']}")

    @app.event("app_mention")
    async def called(event: dict[str, Any], say: AsyncSay) -> None:
        await say(f"called by {event['user']}", thread_ts=event["ts"])

    await lab.alice.say("hello")
    heard_it = await lab.alice.wait_message(lambda message: message.bot_id is not None)
    asked = await lab.alice.say("hello @walltime", channel=GENERAL)
    called_it = await lab.alice.wait_message(lambda message: message.bot_id is not None, channel=GENERAL)
    await lab.alice.say("hello all", channel=GENERAL)
    await lab.twin.settled()

    assert heard_it.text == "heard hello"
    assert heard_it.channel == lab.alice.dm
    assert asked.text == f"hello <@{BOT}|walltime>"
    assert (called_it.text, called_it.thread_ts) == ("called by U0ALICE", asked.ts)
    assert [each.type for each in lab.twin.events if each.payload["event"]["user"] != BOT] == [
        "message",
        "app_mention",
    ]
    assert all(each.ok for each in lab.twin.events)


async def test_the_home_tab_is_told_and_published(lab: Lab, app: AsyncApp) -> None:
    events: list[dict[str, Any]] = []

    @app.event("app_home_opened")
    async def opened(event: dict[str, Any], client: AsyncWebClient) -> None:
        events.append(event)
        view = {"type": "home", "blocks": [actions(button("refresh"))]}
        await client.views_publish(user_id=event["user"], view=view)

    @app.action("refresh")
    async def refresh(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        view = {"type": "home", "blocks": [section("fresh")]}
        await client.views_publish(user_id=body["user"]["id"], view=view, hash=body["view"]["hash"])

    assert lab.alice.home is None
    await lab.alice.open_home()
    home = await lab.alice.wait_view(lambda view: view["type"] == "home")
    assert (await lab.alice.click("refresh", view=lab.alice.home)).payload["container"] == {
        "type": "view",
        "view_id": home.id,
    }
    await lab.alice.wait_view(lambda view: bool(view.blocks[0]["type"] == "section"))
    await lab.alice.open_home()

    assert lab.alice.views == []
    assert "view" not in events[0]
    assert events[1]["view"]["id"] == home.id


async def test_a_form_is_opened_refused_corrected_and_closed(lab: Lab, app: AsyncApp) -> None:
    states: list[Any] = []

    @app.shortcut("link")
    async def link(ack: AsyncAck, shortcut: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        form = modal(text_input("name"), text_input("note", optional=True))
        await client.views_open(trigger_id=shortcut["trigger_id"], view=form)

    @app.view("form")
    async def take(ack: AsyncAck, view: dict[str, Any]) -> None:
        states.append(view["state"]["values"])
        if view["state"]["values"]["name"]["name"]["value"] == "bad":
            await ack(response_action="errors", errors={"name": "not this one"})
        else:
            await ack()

    await lab.alice.shortcut("link")
    form = await lab.alice.wait_view(lambda view: view["callback_id"] == "form")
    empty = await lab.alice.submit(form, {"name": ""})
    bad = await lab.alice.submit(form, {"name": "bad"})
    assert [each.id for each in lab.alice.views] == [form.id]
    good = await lab.alice.submit(form, {"name": "good"})

    assert empty.errors == {"name": "Please complete this required field."}
    assert (bad.ok, bad.errors) == (True, {"name": "not this one"})
    assert (good.ok, good.errors, lab.alice.views) == (True, {}, [])
    assert states[0] == {
        "name": {"name": {"type": "plain_text_input", "value": "bad"}},
        "note": {"note": {"type": "plain_text_input", "value": None}},
    }
    with pytest.raises(LookupError, match="not open"):
        await lab.alice.submit(form, {"name": "again"})


async def test_a_refreshed_link_and_a_cut_one_both_heal(lab: Lab, app: AsyncApp) -> None:
    @app.command("/walltime")
    async def usage(ack: AsyncAck) -> None:
        await ack()

    for break_it in (lab.twin.disconnect, lab.twin.cut_sockets):
        opened = sum(call.method == "apps.connections.open" for call in lab.twin.calls)
        await break_it()
        await until(
            lambda before=opened: (
                sum(call.method == "apps.connections.open" for call in lab.twin.calls) > before
                and lab.twin.connections == 1
            )
        )
        assert (await lab.alice.command("/walltime")).ok


async def test_a_half_open_link_takes_nothing_in(lab: Lab, app: AsyncApp) -> None:
    @app.command("/walltime")
    async def usage(ack: AsyncAck) -> None:
        await ack()

    lab.twin.ack_seconds = 0.1
    lab.twin.deaf = True
    assert (await lab.alice.command("/walltime")).error in {"operation_timeout", "dispatch_failed"}

    lab.twin.deaf = False
    await until(lambda: lab.twin.connections == 1)
    assert (await lab.alice.command("/walltime")).ok


async def test_envelopes_go_round_the_connections(lab: Lab) -> None:
    taken: list[int] = []
    apps = [bolt(lab), bolt(lab)]

    def listen(number: int) -> None:
        @apps[number].command("/walltime")
        async def usage(ack: AsyncAck) -> None:
            taken.append(number)
            await ack()

    listen(0)
    listen(1)
    async with in_socket_mode(apps[0]), in_socket_mode(apps[1]):
        for _ in range(4):
            await lab.alice.command("/walltime")

    assert sorted(taken) == [0, 0, 1, 1]


async def test_a_ticket_is_good_for_one_connection_and_thirty_seconds(lab: Lab) -> None:
    async with aiohttp.ClientSession() as session:
        url = (await lab.web(APP_TOKEN).apps_connections_open(app_token=APP_TOKEN))["url"]
        async with session.ws_connect(url) as link:
            hello = await link.receive_json()
            with pytest.raises(aiohttp.WSServerHandshakeError) as used:
                await session.ws_connect(url)
        late = (await lab.web(APP_TOKEN).apps_connections_open(app_token=APP_TOKEN))["url"]
        lab.clock.forward(seconds=31)
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await session.ws_connect(late)

    assert (hello["type"], hello["num_connections"]) == ("hello", 1)
    assert used.value.status == 403


async def test_the_eleventh_connection_is_sent_away(lab: Lab) -> None:
    async with aiohttp.ClientSession() as session:
        links = []
        for _ in range(11):
            url = (await lab.web(APP_TOKEN).apps_connections_open(app_token=APP_TOKEN))["url"]
            links.append(await session.ws_connect(url))
        last = await links[-1].receive_json()
        for link in links:
            await link.close()

    assert (last["type"], last["reason"]) == ("disconnect", "too_many_websockets")


async def test_a_handshake_can_be_refused(lab: Lab) -> None:
    lab.twin.faults.add(Fault(method="handshake", kind="refuse"))
    url = (await lab.web(APP_TOKEN).apps_connections_open(app_token=APP_TOKEN))["url"]

    async with aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await session.ws_connect(url)
        async with session.ws_connect(url) as link:
            assert (await link.receive_json())["type"] == "hello"


async def test_only_the_app_token_opens_connections(lab: Lab) -> None:
    assert await refusal(lab.web().apps_connections_open(app_token="xoxb-lab")) == "not_allowed_token_type"
    assert await refusal(lab.web().apps_connections_open(app_token="xapp-no")) == "invalid_auth"
    assert await refusal(lab.web(APP_TOKEN).auth_test()) == "not_allowed_token_type"


async def test_an_event_nobody_acknowledges_comes_again_with_the_same_id(lab: Lab) -> None:
    lab.twin.ack_seconds = 0.05
    lab.twin.retry_delays = (0, 0.01, 0.01)
    async with aiohttp.ClientSession() as session:
        url = (await lab.web(APP_TOKEN).apps_connections_open(app_token=APP_TOKEN))["url"]
        async with session.ws_connect(url) as link:
            await link.receive_json()
            asking = asyncio.create_task(lab.alice.say("hello"))
            envelopes = [await link.receive_json() for _ in range(3)]
            await link.send_json({"envelope_id": envelopes[-1]["envelope_id"]})
            await until(lambda: lab.twin.events[0].ok)
            await asking

    assert {each["payload"]["event_id"] for each in envelopes} == {lab.twin.events[0].event_id}
    assert len({each["envelope_id"] for each in envelopes}) == 3
    assert [(each["retry_attempt"], each["retry_reason"]) for each in envelopes] == [
        (0, ""),
        (1, "http_timeout"),
        (2, "http_timeout"),
    ]


async def test_fifty_people_at_once_are_served(lab: Lab, app: AsyncApp) -> None:
    @app.command("/walltime")
    async def usage(ack: AsyncAck, respond: AsyncRespond, command: dict[str, Any]) -> None:
        await ack()
        await respond(command["user_id"])

    people = [f"U0P{number:03}" for number in range(50)]
    for person in people:
        lab.workspace.add_person(person, name=person.lower())
    clients = [lab.twin.act_as("T0LAB", person) for person in people]

    deliveries = await asyncio.gather(*(client.command("/walltime") for client in clients))
    messages = await asyncio.gather(*(client.wait_message() for client in clients))

    assert all(each.ok for each in deliveries)
    assert [each.text for each in messages] == people
