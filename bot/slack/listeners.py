"""Commands, clicks and events. A listener acknowledges, parses, calls, draws and responds; nothing else."""

import asyncio
from datetime import timedelta
from typing import Any, Final

import aiohttp
import structlog
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.commands import (
    AboutHistory,
    AboutLimits,
    AboutStandup,
    AskJoin,
    AskUnlink,
    ChooseLanguage,
    Leave,
    OpenLinkForm,
    SendTestAlert,
    ShowAlerts,
    ShowHelp,
    ShowLanguage,
    ShowStatus,
    ShowTeam,
    ShowTeammate,
    ShowUsage,
    parse,
)
from bot.domain.limits import Place, PlaceKind
from bot.domain.people import Person
from bot.slack.alerting import Alerting
from bot.slack.channel import channel_of, standing_of
from bot.slack.desk import Body, Desk, person_of
from bot.slack.histories import Histories
from bot.slack.limiting import Limiting
from bot.slack.linking_by_page import LinkingByPage
from bot.slack.reply import Reply
from bot.slack.scheduling import Scheduling
from bot.slack.teaming import Teaming
from bot.slack.unlinking import Unlinking
from bot.slack.windows import open_form
from bot.views.help import help_message
from bot.views.kit import LINK_OPEN, USAGE_REFRESH
from bot.views.lang import language_chosen_message, language_message
from bot.views.language import spoken_in
from bot.views.link import form_button_message, form_late_message, link_form
from bot.views.status import status_message
from bot.views.usage import usage_message

# Slack takes a trigger for three seconds.
FORM_OPENS_WITHIN: Final = timedelta(seconds=3)

log = structlog.get_logger(__name__)


class Listeners:
    """Everything a person can do, save what has a room of its own."""

    def __init__(
        self,
        desk: Desk,
        *,
        limiting: Limiting,
        alerting: Alerting,
        teaming: Teaming,
        unlinking: Unlinking,
        by_page: LinkingByPage,
        histories: Histories,
        scheduling: Scheduling,
    ) -> None:
        self._desk = desk
        self._by_page = by_page
        self._scheduling = scheduling
        self._teaming = teaming
        self._unlinking = unlinking
        self._limiting = limiting
        self._alerting = alerting
        self._histories = histories

    def register(self, app: AsyncApp) -> None:
        """Tell Bolt who listens to what."""
        app.command(self._desk.command)(self.on_command)
        app.action(LINK_OPEN)(self.on_link_open)
        app.action(USAGE_REFRESH)(self.on_usage_refresh)

    async def on_command(self, ack: AsyncAck, command: dict[str, Any], client: AsyncWebClient) -> None:
        """`/walltime …`."""
        await ack()
        reply = self._desk.reply(command, client)
        self._desk.work("command", reply, self.answer(command, client, reply))

    async def on_link_open(self, ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        """The button that opens the link form, or offers the link page."""
        await ack()
        chosen = body["actions"][0].get("value")
        reply = self._desk.reply(body, client)
        self._desk.work("link.open", reply, self._open_form(body, client, reply, chosen))

    async def on_usage_refresh(self, ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        """Refresh, in place of the numbers that were there."""
        await ack()
        reply = self._desk.reply(body, client)
        self._desk.work("usage.refresh", reply, self._usage(person_of(body), reply, replace=True))

    async def answer(self, command: Body, client: AsyncWebClient, reply: Reply) -> None:  # noqa: C901, PLR0912 (one arm per word)
        """Do what the words say; `command` has the fields of a slash command, perhaps no trigger."""
        desk = self._desk
        person = person_of(command)
        names = tuple(cluster.name for cluster in desk.clusters)
        match parse(command.get("text") or "", clusters=names):
            case ShowUsage():
                await self._usage(person, reply, replace=False)
            case AboutHistory(wish=wish):
                await self._histories.show(wish, command, client, reply)
            case OpenLinkForm(cluster=cluster):
                await self._open_form(command, client, reply, cluster)
            case AskUnlink() as wish:
                await self._unlinking.ask(wish, command, client, reply)
            case AboutLimits(wish=wish):
                await self._limiting.about(wish, command, client, reply)
            case ShowAlerts():
                await self._alerting.show(command, reply)
            case SendTestAlert():
                await self._alerting.test(command, client, reply)
            case ShowTeam():
                await self._teaming.show(command, client, reply)
            case ShowTeammate() as wish:
                await self._teaming.show_teammate(wish, command, client, reply)
            case AskJoin():
                await self._teaming.ask_join(command, reply)
            case Leave():
                await self._teaming.leave(command, reply)
            case AboutStandup(wish=wish):
                await self._scheduling.about(wish, command, client, reply)
            case ShowStatus():
                status = await desk.show_status(person, channel_of(command))
                await reply(status_message(status, now=desk.clock(), version=desk.version))
            case ShowLanguage():
                await reply(language_message(command=desk.command))
            case ChooseLanguage(code=code, of_channel=of_channel):
                await self._choose_language(command, client, reply, code, of_channel=of_channel)
            case ShowHelp() as wanted:
                await reply(help_message(wanted, command=desk.command))

    async def _choose_language(
        self, command: Body, client: AsyncWebClient, reply: Reply, code: str | None, *, of_channel: bool
    ) -> None:
        desk, person, channel = self._desk, person_of(command), channel_of(command)
        if of_channel:
            standing = await standing_of(client, person, channel, admins=desk.admins)
            await desk.choose_language.of_channel(person, channel, code, standing=standing, now=desk.clock())
            place = Place(kind=PlaceKind.CHANNEL, slack_id=str(channel))
            language = await desk.tongues.of_place(person.workspace, place)
        else:
            await desk.choose_language.mine(person, code, now=desk.clock())
            language = await desk.tongues.of(person)
        await reply(spoken_in(language, language_chosen_message)(channel if of_channel else None))

    async def _usage(self, person: Person, reply: Reply, *, replace: bool) -> None:
        answers = await self._desk.answer_usage(person, now=self._desk.clock())
        await reply(usage_message(answers, now=self._desk.clock()), replace=replace)

    async def _open_form(self, body: Body, client: AsyncWebClient, reply: Reply, chosen: str | None) -> None:
        if self._desk.public_url is not None:
            await self._by_page.offer(self._desk.public_url, body, client, reply, chosen)
            return
        form = link_form(self._desk.clusters, chosen=chosen)
        if "trigger_id" not in body:
            await reply(form_button_message(chosen))
            return
        try:
            async with asyncio.timeout(FORM_OPENS_WITHIN.total_seconds()):
                await open_form(client, body, form)
        except (SlackApiError, aiohttp.ClientError, TimeoutError, OSError) as error:
            log.warning("a form did not open", why=type(error).__name__)
            await reply(form_late_message(chosen))
