"""The words of the command in other places: after a mention, in a direct message, and as a shortcut."""

from typing import Any, Final

import structlog
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_bolt.context.async_context import AsyncBoltContext
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.errors import NotLinked, WalltimeError
from bot.domain.people import Person
from bot.slack.desk import Body, Desk, person_of
from bot.slack.listeners import Listeners
from bot.views.shortcut import SHORTCUT, refused_view, usage_view, waiting_view

_IM: Final = "im"

log = structlog.get_logger(__name__)


class Conversing:
    """Takes what people say to the bot, and hands it on as the command that it is."""

    def __init__(self, desk: Desk, listeners: Listeners) -> None:
        self._desk = desk
        self._listeners = listeners

    def register(self, app: AsyncApp) -> None:
        """Tell Bolt who listens to what."""
        app.event("app_mention")(self.on_mention)
        app.event("message")(self.on_message)
        app.shortcut(SHORTCUT)(self.on_shortcut)

    async def on_mention(
        self, body: dict[str, Any], client: AsyncWebClient, context: AsyncBoltContext
    ) -> None:
        """`@walltime …`: what follows the mention is the command; the answer is in its thread."""
        event = body["event"]
        _, _, said = event.get("text", "").partition(f"<@{context.bot_user_id}>")
        self._answer(body, said, client)

    async def on_message(self, body: dict[str, Any], client: AsyncWebClient) -> None:
        """A direct message is a command as it stands; edits and what bots say are none."""
        event = body["event"]
        if event.get("channel_type") == _IM and not event.get("subtype"):
            self._answer(body, event.get("text", ""), client)

    async def on_shortcut(self, ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        """The shortcut "My core-hours": the numbers in a window of their own."""
        await ack()
        self._desk.work(SHORTCUT, self._desk.reply(body, client), self._show(body, client))

    def _answer(self, body: Body, said: str, client: AsyncWebClient) -> None:
        event = body["event"]
        if event.get("bot_id") or "user" not in event:
            return
        home = event.get("user_team") or event.get("team") or body["team_id"]
        if home != body["team_id"]:
            # As with the slash command, which Slack keeps from other organisations itself.
            log.info("a mention from another organisation is left alone")
            return
        command = {
            "team_id": body["team_id"],
            "user_id": event["user"],
            "channel_id": event["channel"],
            "channel_name": "directmessage" if event.get("channel_type") == _IM else "",
            "text": said,
            "thread_ts": event.get("thread_ts") or event["ts"],
        }
        reply = self._desk.reply(command, client)
        self._desk.work("said", reply, self._listeners.answer(command, client, reply))

    async def _show(self, body: Body, client: AsyncWebClient) -> None:
        """Open the window at once, for Slack waits no longer; then draw the numbers into it."""
        desk, person = self._desk, person_of(body)
        opened = await client.views_open(trigger_id=body["trigger_id"], view=waiting_view())
        await client.views_update(view_id=opened["view"]["id"], view=await self._view(desk, person))

    async def _view(self, desk: Desk, person: Person) -> dict[str, Any]:
        try:
            return usage_view(await desk.answer_usage(person, now=desk.clock()), now=desk.clock())
        except WalltimeError as error:
            cluster = desk.cluster(error.cluster) if isinstance(error, NotLinked) else None
            return refused_view(error, cluster)
