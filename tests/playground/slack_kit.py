"""A lab in the twin, and real Bolt apps to drive it with."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
from aiohttp import web
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.playground.slack import SlackTwin, Workspace
from bot.playground.slack.client import Client

APP_TOKEN = "xapp-1-A0WALLTIME-1-test"
BOT_TOKEN = "xoxb-lab"
SECRET = "test-signing-secret"
TEAM = "T0LAB"
ALICE, BOB, CAROL, BOT = "U0ALICE", "U0BOB", "U0CAROL", "U0BOT"
GENERAL, SECRETS, LOBBY = "C0GENERAL", "C0SECRETS", "C0LOBBY"


class Clock:
    """A clock that moves only when told to."""

    def __init__(self) -> None:
        self.now = datetime(2026, 9, 1, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **span: float) -> None:
        self.now += timedelta(**span)


class Lab:
    """A running twin with one workspace: alice and bob in general, alice in secrets, nobody in the lobby."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.twin = SlackTwin(clock=self.clock, app_token=APP_TOKEN, signing_secret=SECRET)
        self.workspace = self.add_workspace(TEAM, BOT_TOKEN)
        self.workspace.add_person(ALICE, name="alice", real_name="Alice Ng", tz="Asia/Shanghai")
        self.workspace.add_person(BOB, name="bob", is_restricted=True)
        self.workspace.add_person(CAROL, name="carol", team_id="T0OTHER")
        self.workspace.add_channel(GENERAL, "general", members={ALICE, BOB})
        self.workspace.add_channel(SECRETS, "secrets", members={ALICE}, is_private=True, has_bot=False)
        self.workspace.add_channel(LOBBY, "lobby", has_bot=False)

    def add_workspace(self, team: str, token: str, **more: Any) -> Workspace:
        return self.twin.add_workspace(team, "Lab", bot_token=token, bot_user_id=BOT, **more)

    @property
    def alice(self) -> Client:
        return self.twin.act_as(TEAM, ALICE)

    @property
    def bob(self) -> Client:
        return self.twin.act_as(TEAM, BOB)

    def web(self, token: str = BOT_TOKEN) -> AsyncWebClient:
        return AsyncWebClient(token=token, base_url=self.twin.api_url, retry_handlers=[])


@asynccontextmanager
async def running(lab: Lab) -> AsyncIterator[Lab]:
    await lab.twin.start()
    try:
        yield lab
    finally:
        await lab.twin.stop()


def bolt(lab: Lab) -> AsyncApp:
    """A real Bolt app that talks to the twin."""
    return AsyncApp(client=lab.web(), signing_secret=SECRET)


@asynccontextmanager
async def in_socket_mode(
    app: AsyncApp, *, ping_interval: float = 10
) -> AsyncIterator[AsyncSocketModeHandler]:
    handler = AsyncSocketModeHandler(app, APP_TOKEN, ping_interval=ping_interval)
    await handler.connect_async()  # type: ignore[no-untyped-call]
    try:
        yield handler
    finally:
        await handler.close_async()  # type: ignore[no-untyped-call]


@asynccontextmanager
async def over_http(app: AsyncApp, lab: Lab) -> AsyncIterator[str]:
    """Serve the app with Bolt's own server and point the twin at it."""
    async with served(app.server(port=0).web_app) as url:
        lab.twin.request_url = f"{url}/slack/events"
        yield lab.twin.request_url


@asynccontextmanager
async def served(application: web.Application) -> AsyncIterator[str]:
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def refusal(call: Any) -> str:
    """The error that a call of the Web API is refused with."""
    try:
        answer = await call
    except SlackApiError as error:
        return str(error.response["error"])
    raise AssertionError(f"not refused: {answer}")


async def post_json(url: str, body: Any) -> tuple[int, str]:
    async with aiohttp.ClientSession() as session, session.post(url, json=body) as answer:
        return answer.status, await answer.text()


async def until(seen: Any, *, seconds: float = 60.0) -> None:
    """Wait until a look at something is true."""
    deadline = asyncio.get_running_loop().time() + seconds
    while not seen():
        assert asyncio.get_running_loop().time() < deadline
        await asyncio.sleep(0.005)


def plain(text: str) -> dict[str, str]:
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str) -> dict[str, str]:
    return {"type": "mrkdwn", "text": text}


def section(text: str, **more: Any) -> dict[str, Any]:
    return {"type": "section", "text": mrkdwn(text), **more}


def button(action_id: str, **more: Any) -> dict[str, Any]:
    return {"type": "button", "text": plain("Go"), "action_id": action_id, **more}


def actions(*elements: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "actions", "elements": list(elements), **more}


def text_input(name: str, **more: Any) -> dict[str, Any]:
    element = {"type": "plain_text_input", "action_id": name}
    return {"type": "input", "block_id": name, "label": plain(name), "element": element, **more}


def modal(*blocks: dict[str, Any], **more: Any) -> dict[str, Any]:
    filled = list(blocks) or [text_input("name")]
    base = {"type": "modal", "callback_id": "form", "title": plain("Form"), "submit": plain("Save")}
    return {**base, "blocks": filled, **more}
