"""What people do on the Home tab. What their clicks have to say stands in a window."""

import re
from typing import Any, Final

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.desk import Body, Desk, person_of
from bot.slack.home import Homes
from bot.slack.listeners import Listeners
from bot.slack.reply import Reply
from bot.views.home import HOME_LANGUAGE, HOME_LEAVE, HOME_PAGE, HOME_SAY
from bot.views.kit import HOME_REFRESH

_PAGES: Final = re.compile(rf"{re.escape(HOME_PAGE)}\.\w+")
_WORDS: Final = re.compile(rf"{re.escape(HOME_SAY)}\.[\w.]+")


class Homing:
    """Takes the events and clicks of Home; buttons that say a word do what the typed word does."""

    def __init__(self, desk: Desk, homes: Homes, listeners: Listeners) -> None:
        self._desk = desk
        self._homes = homes
        self._listeners = listeners

    def register(self, app: AsyncApp) -> None:
        """Tell Bolt who listens to what."""
        app.event("app_home_opened")(self.on_opened)
        app.action(HOME_REFRESH)(self.on_refresh)
        app.action(_PAGES)(self.on_page)
        app.action(_WORDS)(self.on_say)
        app.action(HOME_LANGUAGE)(self.on_language)
        app.action(HOME_LEAVE)(self.on_leave)

    async def on_opened(self, body: dict[str, Any]) -> None:
        """Draw Home for whoever opened it; the event comes for the Messages tab too."""
        if body["event"].get("tab") == "home":
            self._desk.aside("home", self._homes.open(person_of(body)))

    async def on_refresh(self, ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        """Refresh: ask the clusters again."""
        await ack()
        reply = self._desk.reply(body, client)
        self._desk.work(HOME_REFRESH, reply, self._homes.open(person_of(body), page=_page_of(body)))

    async def on_page(self, ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        """Another page of limits."""
        await ack()
        reply = self._desk.reply(body, client)
        turning = self._homes.turn_to(person_of(body), int(body["actions"][0]["value"]))
        self._desk.work(HOME_PAGE, reply, turning)

    async def on_say(self, ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        """A button that says a word of the command."""
        await ack()
        self._say(body["actions"][0]["value"], body, client)

    async def on_language(self, ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        """The language chosen."""
        await ack()
        self._say(f"lang {body['actions'][0]['selected_option']['value']}", body, client)

    async def on_leave(self, ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        """Leave a channel's team from afar."""
        await ack()
        self._say("leave", body, client, channel=body["actions"][0]["value"])

    def _say(self, words: str, body: Body, client: AsyncWebClient, *, channel: str | None = None) -> None:
        """Do what the words do, and draw Home as it is then."""
        person = person_of(body)
        command = {
            "team_id": person.workspace,
            "user_id": person.user,
            "trigger_id": body.get("trigger_id"),
            "text": words,
            **({} if channel is None else {"channel_id": channel}),
        }
        reply = self._desk.reply(body, client)
        self._desk.work(HOME_SAY, reply, self._said(command, client, reply, page=_page_of(body)))

    async def _said(self, command: Body, client: AsyncWebClient, reply: Reply, *, page: int) -> None:
        await self._listeners.answer(command, client, reply)
        self._desk.aside("home", self._homes.draw(person_of(command), page=page))


def _page_of(body: Body) -> int:
    """Return the page of limits on the Home that was clicked in."""
    return int(body["view"].get("private_metadata") or 0)
