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
    AboutLimits,
    AboutStandup,
    AskJoin,
    AskUnlink,
    Leave,
    OpenLinkForm,
    SendTestAlert,
    ShowAlerts,
    ShowHelp,
    ShowStatus,
    ShowTeam,
    ShowTeammate,
    ShowUsage,
    parse,
)
from bot.domain.people import Person
from bot.slack.alerting import Alerting
from bot.slack.channel import channel_of
from bot.slack.desk import Body, Desk, person_of
from bot.slack.home import publish_home
from bot.slack.limiting import Limiting
from bot.slack.reply import Reply
from bot.slack.scheduling import Scheduling
from bot.slack.teaming import Teaming
from bot.views.help import help_message
from bot.views.kit import HOME_REFRESH, LINK_OPEN, UNLINK_CONFIRM, USAGE_REFRESH
from bot.views.link import form_late_message, link_form
from bot.views.status import status_message
from bot.views.unlink import unlink_question, unlinked_message
from bot.views.usage import usage_message

# Slack takes a trigger for three seconds.
FORM_OPENS_WITHIN: Final = timedelta(seconds=3)

log = structlog.get_logger(__name__)


class Listeners:
    """Everything a person can do, save what has its own room: link form, limits, alerts, team, standup."""

    def __init__(
        self,
        desk: Desk,
        *,
        limiting: Limiting,
        alerting: Alerting,
        teaming: Teaming,
        scheduling: Scheduling,
    ) -> None:
        self._desk = desk
        self._scheduling = scheduling
        self._teaming = teaming
        self._limiting = limiting
        self._alerting = alerting

    def register(self, app: AsyncApp) -> None:
        """Tell Bolt who listens to what."""
        app.command(self._desk.command)(self.on_command)
        app.action(LINK_OPEN)(self.on_link_open)
        app.action(USAGE_REFRESH)(self.on_usage_refresh)
        app.action(UNLINK_CONFIRM)(self.on_unlink_confirm)
        app.action(HOME_REFRESH)(self.on_home_refresh)
        app.event("app_home_opened")(self.on_home_opened)

    async def on_command(self, ack: AsyncAck, command: dict[str, Any], client: AsyncWebClient) -> None:
        """`/walltime …`."""
        await ack()
        reply = self._desk.reply(command, client)
        self._desk.work("command", reply, self._command(command, client, reply))

    async def on_link_open(self, ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        """The button that opens the link form."""
        await ack()
        chosen = body["actions"][0].get("value")
        reply = self._desk.reply(body, client)
        self._desk.work("link.open", reply, self._open_form(body, client, reply, chosen))

    async def on_usage_refresh(self, ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        """Refresh, in place of the numbers that were there."""
        await ack()
        reply = self._desk.reply(body, client)
        self._desk.work("usage.refresh", reply, self._usage(person_of(body), reply, replace=True))

    async def on_unlink_confirm(self, ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        """The confirmed unlink, from a message or from Home."""
        await ack()
        reply = self._desk.reply(body, client)
        self._desk.work("unlink.confirm", reply, self._unlink(body, client, reply))

    async def on_home_refresh(self, ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        """Refresh on the Home tab."""
        await ack()
        reply = self._desk.reply(body, client)
        self._desk.work("home.refresh", reply, publish_home(self._desk, person_of(body), client))

    async def on_home_opened(self, body: dict[str, Any], client: AsyncWebClient) -> None:
        """Draw the Home tab for whoever opened it."""
        if body["event"].get("tab") == "home":
            self._desk.aside("home", publish_home(self._desk, person_of(body), client))

    async def _command(self, command: Body, client: AsyncWebClient, reply: Reply) -> None:  # noqa: C901, PLR0912 (one arm per word)
        desk = self._desk
        person = person_of(command)
        names = tuple(cluster.name for cluster in desk.clusters)
        match parse(command.get("text") or "", clusters=names):
            case ShowUsage():
                await self._usage(person, reply, replace=False)
            case OpenLinkForm(cluster=cluster):
                await self._open_form(command, client, reply, cluster)
            case AskUnlink(cluster=cluster):
                links = await desk.unlink_account.candidates(person, cluster)
                await reply(unlink_question(links, {c.name: c for c in desk.clusters}))
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
            case ShowHelp() as wanted:
                await reply(help_message(wanted, command=desk.command))

    async def _usage(self, person: Person, reply: Reply, *, replace: bool) -> None:
        answers = await self._desk.answer_usage(person, now=self._desk.clock())
        await reply(usage_message(answers, now=self._desk.clock()), replace=replace)

    async def _open_form(self, body: Body, client: AsyncWebClient, reply: Reply, chosen: str | None) -> None:
        form = link_form(self._desk.clusters, chosen=chosen)
        try:
            async with asyncio.timeout(FORM_OPENS_WITHIN.total_seconds()):
                await client.views_open(trigger_id=str(body.get("trigger_id")), view=form)
        except (SlackApiError, aiohttp.ClientError, TimeoutError, OSError) as error:
            log.warning("a form did not open", why=type(error).__name__)
            await reply(form_late_message(chosen))

    async def _unlink(self, body: Body, client: AsyncWebClient, reply: Reply) -> None:
        desk = self._desk
        person = person_of(body)
        cluster = body["actions"][0]["value"]
        await desk.unlink_account(person, cluster, now=desk.clock())
        if "view" not in body:
            await reply(unlinked_message(cluster, {c.name: c for c in desk.clusters}), replace=True)
        desk.aside("home", publish_home(desk, person, client))
