"""`unlink`: oneself, or as an admin somebody else."""

from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.commands import AskUnlink
from bot.domain.people import Person
from bot.slack.channel import standing_of
from bot.slack.desk import Body, Desk, person_of
from bot.slack.home import Homes
from bot.slack.reply import Reply
from bot.usecases.unlink_account import Unlinker
from bot.views.kit import UNLINK_CONFIRM
from bot.views.language import spoken_in
from bot.views.unlink import (
    read_unlink,
    somebody_unlinked_message,
    unlink_question,
    unlinked_by_sentence,
    unlinked_message,
)


class Unlinking:
    """Asks first; the click is checked anew."""

    def __init__(self, desk: Desk, homes: Homes) -> None:
        self._desk = desk
        self._homes = homes

    def register(self, app: AsyncApp) -> None:
        """Tell Bolt who listens to what."""
        app.action(UNLINK_CONFIRM)(self.on_confirm)

    async def on_confirm(self, ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        """The confirmed unlink, from a message or from Home."""
        await ack()
        reply = self._desk.reply(body, client)
        self._desk.work(UNLINK_CONFIRM, reply, self._unlink(body, client, reply))

    async def ask(self, wish: AskUnlink, command: Body, client: AsyncWebClient, reply: Reply) -> None:
        """`unlink [cluster | @person]`."""
        desk, asker = self._desk, person_of(command)
        person, by = await self._who(asker, wish.user, client)
        links = await desk.unlink_account.candidates(person, wish.cluster, by=by, now=desk.clock())
        clusters = {each.name: each for each in desk.clusters}
        await reply(unlink_question(links, clusters, user=wish.user))

    async def _unlink(self, body: Body, client: AsyncWebClient, reply: Reply) -> None:
        desk = self._desk
        cluster, user = read_unlink(body["actions"][0]["value"])
        person, by = await self._who(person_of(body), user, client)
        await desk.unlink_account(person, cluster, by=by, now=desk.clock())
        clusters = {each.name: each for each in desk.clusters}
        if user is not None:
            await reply(somebody_unlinked_message(user, cluster, clusters), replace=True)
        elif "view" not in body:
            await reply(unlinked_message(cluster, clusters), replace=True)
        desk.aside("home", self._homes.draw(person))

    async def _who(
        self, asker: Person, user: str | None, client: AsyncWebClient
    ) -> tuple[Person, Unlinker | None]:
        """Return whose link it is and, if that is not the asker's own, who the asker is."""
        if user in {None, asker.user}:
            return asker, None
        desk = self._desk
        person = Person(workspace=asker.workspace, user=str(user))
        clusters = {each.name: each for each in desk.clusters}
        language = await desk.tongues.of(person)
        return person, Unlinker(
            person=asker,
            standing=await standing_of(client, asker, None, admins=desk.admins),
            tell=lambda cluster: spoken_in(language, unlinked_by_sentence)(
                asker.user, cluster, clusters, command=desk.command
            ),
        )
