"""`history`, its buttons, and the picture for a Slack that draws no charts itself."""

from typing import Any

import structlog
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.errors import FileRefused
from bot.domain.history_answers import History
from bot.domain.history_words import HistoryWish
from bot.domain.people import Person
from bot.domain.standing import OUTSIDER
from bot.slack.channel import channel_of, standing_of
from bot.slack.desk import Body, Desk, person_of
from bot.slack.files import send_file
from bot.slack.pictures import Rasteriser
from bot.slack.reply import BlocksRefused, Reply
from bot.views.errors import sentence
from bot.views.history import (
    HISTORY_CSV,
    HISTORY_OPEN,
    csv_sent_message,
    file_title,
    history_message,
    history_picture,
    history_plain_message,
    history_sentence,
    picture_sent_sentence,
)
from bot.views.history_csv import csv_name, history_csv

# Slack takes so many characters of an alt text.
_LONGEST_ALT = 1000

log = structlog.get_logger(__name__)


class Histories:
    """Everything a person can do with a history. Who may see it is asked anew at every click."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._rasteriser = Rasteriser()

    def register(self, app: AsyncApp) -> None:
        """Tell Bolt who listens to what."""
        app.action(HISTORY_OPEN)(self.on_open)
        app.action(HISTORY_CSV)(self.on_csv)

    async def on_open(self, ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        """The button that opens a history, or the choice of other days in it, which takes its place."""
        await ack()
        action = body["actions"][0]
        chosen = (action.get("selected_option") or {}).get("value")
        wish = HistoryWish.read(str(chosen or action.get("value") or ""))
        reply = self._desk.reply(body, client)
        doing = self.show(wish, body, client, reply, replace=chosen is not None)
        self._desk.work(HISTORY_OPEN, reply, doing)

    async def on_csv(self, ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        """Download CSV: the same numbers as a file."""
        await ack()
        wish = HistoryWish.read(str(body["actions"][0].get("value") or ""))
        reply = self._desk.reply(body, client)
        self._desk.work(HISTORY_CSV, reply, self._send_csv(wish, body, client, reply))

    async def show(
        self, wish: HistoryWish, body: Body, client: AsyncWebClient, reply: Reply, *, replace: bool = False
    ) -> None:
        """`history …`."""
        history = await self._history(wish, body, client)
        try:
            await reply(history_message(history), replace=replace)
        except BlocksRefused:
            log.info("Slack takes no chart block: a picture and a plain table instead")
            picture = await self._picture(history, person_of(body), client)
            await reply(history_plain_message(history, picture=picture), replace=replace)

    async def _history(self, wish: HistoryWish, body: Body, client: AsyncWebClient) -> History:
        desk, person, channel = self._desk, person_of(body), channel_of(body)
        standing = OUTSIDER
        if channel is not None and wish.of_others(person.user):
            standing = await standing_of(client, person, channel, admins=desk.admins)
        return await desk.show_history(person, wish, channel, standing=standing, now=desk.clock())

    async def _picture(self, history: History, person: Person, client: AsyncWebClient) -> str:
        """Send the chart as a picture; return the sentence that says where it is, or why there is none."""
        finding = history_sentence(history)
        try:
            await send_file(
                client,
                person.user,
                await self._rasteriser.png(history_picture(history)),
                name="core-hours.png",
                title=file_title(history),
                alt=finding[:_LONGEST_ALT],
                comment=finding,
            )
        except FileRefused as error:
            log.warning("a picture was not sent", why=error.reason)
            return sentence(error)
        return picture_sent_sentence()

    async def _send_csv(self, wish: HistoryWish, body: Body, client: AsyncWebClient, reply: Reply) -> None:
        history = await self._history(wish, body, client)
        title = file_title(history)
        await send_file(
            client,
            person_of(body).user,
            history_csv(history),
            name=csv_name(history),
            title=title,
            alt=title,
            comment=title,
        )
        await reply(csv_sent_message())
