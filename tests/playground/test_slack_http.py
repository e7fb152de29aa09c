"""A real Bolt app behind signed HTTP requests."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

import pytest
from aiohttp import web
from slack_bolt.async_app import AsyncAck, AsyncRespond, AsyncSay
from slack_sdk.signature import SignatureVerifier

from bot.playground.slack import SlackTwin
from tests.playground.slack_kit import (
    BOT_TOKEN,
    GENERAL,
    SECRET,
    TEAM,
    Lab,
    actions,
    bolt,
    button,
    over_http,
    running,
    served,
    until,
)


@pytest.fixture
async def lab() -> AsyncIterator[Lab]:
    made = Lab()
    made.twin.retry_delays = (0, 0.01, 0.01)
    async with running(made):
        yield made


class Inbox:
    """An app of our own that keeps what it is sent and answers as told."""

    def __init__(self, *answers: web.Response) -> None:
        self.requests: list[tuple[dict[str, str], str]] = []
        self._answers = list(answers)

    async def take(self, request: web.Request) -> web.Response:
        self.requests.append((dict(request.headers), await request.text()))
        return self._answers.pop(0) if self._answers else web.Response()

    def application(self) -> web.Application:
        application = web.Application()
        application.router.add_post("/slack/events", self.take)
        return application


@pytest.fixture
def real_time(lab: Lab) -> None:
    # Bolt checks the age of a signature by the clock on the wall.
    lab.clock.now = datetime.now(UTC)


@pytest.mark.usefixtures("real_time")
async def test_commands_clicks_and_events_pass_bolts_own_check_of_signatures(lab: Lab) -> None:
    app = bolt(lab)

    @app.command("/walltime")
    async def usage(ack: AsyncAck, respond: AsyncRespond) -> None:
        await ack()
        await respond(text="?", blocks=[actions(button("go"))])

    @app.action("go")
    async def go(ack: AsyncAck, respond: AsyncRespond) -> None:
        await ack()
        await respond("gone")

    @app.event("message")
    async def heard(event: dict[str, Any], say: AsyncSay) -> None:
        await say(f"heard {event['text']}")

    async with over_http(app, lab):
        assert await lab.twin.verify_request_url()
        assert (await lab.alice.command("/walltime", channel=GENERAL)).ok
        assert (await lab.alice.click("go", message=await lab.alice.wait_message())).ok
        await lab.alice.wait_message(lambda message: message.text == "gone")
        await lab.alice.say("hello")
        await lab.alice.wait_message(lambda message: message.text == "heard hello")
        await lab.twin.settled()

    assert all(each.ok for each in lab.twin.events)


@pytest.mark.usefixtures("real_time")
async def test_a_wrong_secret_is_seen_as_http_401(lab: Lab) -> None:
    stranger = SlackTwin(clock=lab.clock, signing_secret="another")
    workspace = stranger.add_workspace(TEAM, "Lab", bot_token=BOT_TOKEN)
    workspace.add_person("U0EVE", name="eve")
    app = bolt(lab)

    @app.command("/walltime")
    async def usage(ack: AsyncAck) -> None:
        await ack()

    await stranger.start()
    async with over_http(app, lab) as url:
        stranger.request_url = url
        delivery = await stranger.act_as(TEAM, "U0EVE").command("/walltime")
    await stranger.stop()

    assert delivery.error == "http 401"


async def test_a_request_has_the_headers_and_fields_of_slack(lab: Lab) -> None:
    inbox = Inbox()
    async with served(inbox.application()) as url:
        lab.twin.request_url = f"{url}/slack/events"
        await lab.alice.command("/walltime team", channel=GENERAL)
        await lab.alice.shortcut("usage")
        await lab.alice.say("hello")

    (command, command_body), (_, shortcut_body), (event, event_body) = inbox.requests
    for headers, body in inbox.requests:
        signature = SignatureVerifier(SECRET).generate_signature(
            timestamp=headers["X-Slack-Request-Timestamp"], body=body
        )
        assert headers["X-Slack-Signature"] == signature
        assert headers["X-Slack-Request-Timestamp"] == str(int(lab.clock.now.timestamp()))
    assert command["Content-Type"] == "application/x-www-form-urlencoded"
    assert command["User-Agent"] == "Slackbot 1.0 (+https://api.slack.com/robots)"
    fields = {name: values[0] for name, values in parse_qs(command_body, keep_blank_values=True).items()}
    assert (
        fields.items()
        >= {
            "command": "/walltime",
            "text": "team",
            "team_id": TEAM,
            "channel_name": "general",
            "user_name": "alice",
            "is_enterprise_install": "false",
        }.items()
    )
    assert fields["response_url"].startswith(f"{lab.twin.url}/response/")
    assert json.loads(parse_qs(shortcut_body)["payload"][0])["type"] == "shortcut"
    assert event["Content-Type"] == "application/json"
    payload = json.loads(event_body)
    assert payload["event"]["channel_type"] == "im"
    assert payload["authorizations"][0]["is_bot"] is True
    assert "X-Slack-Retry-Num" not in event


async def test_answers_of_commands_over_http_are_shown(lab: Lab) -> None:
    inbox = Inbox(
        web.Response(text="plain words"),
        web.json_response({"text": "as JSON"}),
        web.Response(text="{", content_type="application/json"),
        web.json_response({"blocks": [{"type": "gallery"}]}),
    )
    async with served(inbox.application()) as url:
        lab.twin.request_url = f"{url}/slack/events"
        deliveries = [await lab.alice.command("/walltime", channel=GENERAL) for _ in range(4)]

    assert [each.error for each in deliveries] == [None, None, "dispatch_failed", "invalid_blocks"]
    assert [each.text for each in lab.alice.messages(GENERAL)] == ["plain words", "as JSON"]


async def test_a_failed_event_is_tried_three_times_more_with_its_reason(lab: Lab) -> None:
    inbox = Inbox(*(web.Response(status=500) for _ in range(4)))
    async with served(inbox.application()) as url:
        lab.twin.request_url = f"{url}/slack/events"
        await lab.alice.say("hello")
        await until(lambda: lab.twin.events[0].attempts == 4 and len(inbox.requests) == 4)

    assert [headers.get("X-Slack-Retry-Num") for headers, _ in inbox.requests] == [None, "1", "2", "3"]
    assert inbox.requests[1][0]["X-Slack-Retry-Reason"] == "http_error"
    assert len({json.loads(body)["event_id"] for _, body in inbox.requests}) == 1
    assert not lab.twin.events[0].ok


async def test_an_app_may_ask_for_no_more_tries(lab: Lab) -> None:
    inbox = Inbox(web.Response(status=500, headers={"X-Slack-No-Retry": "1"}))
    async with served(inbox.application()) as url:
        lab.twin.request_url = f"{url}/slack/events"
        await lab.alice.say("hello")
        await lab.twin.settled()

    assert lab.twin.events[0].attempts == 1


async def test_an_address_where_nobody_listens_gives_dispatch_failed(lab: Lab) -> None:
    lab.twin.request_url = "http://127.0.0.1:1/slack/events"

    assert (await lab.alice.command("/walltime")).error == "dispatch_failed"
    assert not await lab.twin.verify_request_url()


async def test_a_slow_app_gives_operation_timeout(lab: Lab) -> None:
    lab.twin.ack_seconds = 0.05
    application = web.Application()

    async def wait(_: web.Request) -> web.Response:
        await asyncio.sleep(0.2)
        return web.Response()

    application.router.add_post("/slack/events", wait)
    async with served(application) as url:
        lab.twin.request_url = f"{url}/slack/events"
        delivery = await lab.alice.command("/walltime")

    assert delivery.error == "operation_timeout"
