"""A channel's team: join, leave, its table, and what a teammate used."""

from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.audience import Consent
from bot.domain.commands import ShowHelp, ShowTeammate
from bot.domain.errors import ChannelNeeded, NotShared, PersonUnknown
from bot.domain.people import Person
from bot.domain.standing import Standing
from bot.domain.team_usage import TeamUsage
from bot.slack.channel import channel_of, open_channel, standing_of
from bot.slack.desk import Body, Desk, person_of
from bot.slack.reply import Reply
from bot.usecases.counting import derived_id
from bot.views.help import help_message
from bot.views.kit import Message
from bot.views.team import (
    TEAM_JOIN_CONFIRM,
    already_joined_message,
    join_question,
    joined_message,
    left_message,
    read_join,
)
from bot.views.team_table import (
    TEAM_NEXT,
    TEAM_POST,
    TEAM_PREVIOUS,
    TeamPage,
    read_page,
    team_message,
    team_messages,
    team_posted_message,
)
from bot.views.usage import teammate_message, usage_message


class Teaming:
    """Everything a person can do with a channel's team."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def register(self, app: AsyncApp) -> None:
        """Tell Bolt who listens to what."""
        app.action(TEAM_JOIN_CONFIRM)(self.on_join_confirm)
        app.action(TEAM_PREVIOUS)(self.on_page)
        app.action(TEAM_NEXT)(self.on_page)
        app.action(TEAM_POST)(self.on_post)

    async def on_join_confirm(self, ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        """Join the team of the channel that the question named."""
        await ack()
        reply = self._desk.reply(body, client)
        doing = self._join(person_of(body), body["actions"][0]["value"], client, reply)
        self._desk.work(TEAM_JOIN_CONFIRM, reply, doing)

    async def on_page(self, ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        """Next or Previous, in place of the page that was there."""
        await ack()
        reply = self._desk.reply(body, client)
        self._desk.work("team.page", reply, self._page(body, client, reply))

    async def on_post(self, ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        """Post to channel."""
        await ack()
        reply = self._desk.reply(body, client)
        self._desk.work(TEAM_POST, reply, self._post(body, client, reply))

    async def show(self, command: Body, client: AsyncWebClient, reply: Reply) -> None:
        """`team`."""
        desk, person, channel = self._desk, person_of(command), _channel(command)
        standing = await self._standing(client, person, channel)
        team = await desk.show_team(person, channel, standing=standing, now=desk.clock())
        for message in team_messages(team, command=desk.command):
            await reply(message)

    async def show_teammate(
        self, wish: ShowTeammate, command: Body, client: AsyncWebClient, reply: Reply
    ) -> None:
        """`@person` or `username`; a username that nobody here has may be a misspelt word."""
        desk, person, channel = self._desk, person_of(command), channel_of(command)
        user = wish.user
        if user is None:
            if wish.word.startswith("@"):
                raise PersonUnknown(wish.word)
            user = await desk.show_person.user_of(person, channel, wish.word)
        if user is None:
            if channel is None or wish.nearest is not None:
                wanted = ShowHelp(unknown=wish.word, nearest=wish.nearest)
                await reply(help_message(wanted, command=desk.command))
                return
            raise NotShared(wish.word)
        if user == person.user:
            answers = await desk.answer_usage(person, now=desk.clock())
            await reply(usage_message(answers, now=desk.clock()))
            return
        if channel is None:
            raise ChannelNeeded
        standing = await self._standing(client, person, channel)
        found = await desk.show_person(person, user, channel, standing=standing, now=desk.clock())
        await reply(teammate_message(found, channel, now=desk.clock()))

    async def ask_join(self, command: Body, reply: Reply) -> None:
        """`join`."""
        desk, person, channel = self._desk, person_of(command), _channel(command)
        audience = await desk.audiences.of(person.workspace, channel)
        consent = await desk.join_team.consent(person, channel)
        if consent is not None and consent.covers(audience):
            await reply(already_joined_message(channel))
        else:
            await reply(join_question(channel, audience, again=consent is not None))

    async def leave(self, command: Body, reply: Reply) -> None:
        """`leave`."""
        channel = _channel(command)
        was_in = await self._desk.join_team.leave(person_of(command), channel, now=self._desk.clock())
        await reply(left_message(channel, was_in=was_in))

    async def _join(self, person: Person, value: str, client: AsyncWebClient, reply: Reply) -> None:
        """Join with the audience that the question showed; if it is another one by now, ask anew."""
        desk = self._desk
        channel, shown = read_join(value)
        audience = await desk.audiences.of(person.workspace, channel)
        consent = Consent.to(audience)
        if consent.digest != shown:
            before = await desk.join_team.consent(person, channel)
            await reply(join_question(channel, audience, again=before is not None), replace=True)
            return
        standing = await self._standing(client, person, channel)
        await desk.join_team.join(person, channel, standing=standing, consent=consent, now=desk.clock())
        await reply(joined_message(channel, audience), replace=True)

    async def _page(self, body: Body, client: AsyncWebClient, reply: Reply) -> None:
        desk, person, channel = self._desk, person_of(body), _channel(body)
        standing = await self._standing(client, person, channel)
        team = await desk.show_team(person, channel, standing=standing, now=desk.clock())
        await reply(self._drawn(read_page(body["actions"][0]["value"]), team), replace=True)

    def _drawn(self, page: TeamPage, team: TeamUsage) -> Message:
        """Draw a page; when nobody is linked any more, the sentence that says so."""
        if not team.tables:
            return team_messages(team, command=self._desk.command)[0]
        return team_message(team, page, command=self._desk.command)

    async def _post(self, body: Body, client: AsyncWebClient, reply: Reply) -> None:
        """Owe the table; of the same message once, however often its button is clicked."""
        desk, person, channel = self._desk, person_of(body), _channel(body)
        standing = await self._standing(client, person, channel)
        await open_channel(client, channel)
        cluster = body["actions"][0]["value"]
        await desk.show_team.post(
            person,
            channel,
            cluster,
            standing=standing,
            notice_id=derived_id("team", channel, cluster, person.user, body["container"]["message_ts"]),
            now=desk.clock(),
        )
        await reply(team_posted_message(channel), replace=True)

    async def _standing(self, client: AsyncWebClient, person: Person, channel: str) -> Standing:
        """Ask Slack who the asker or clicker is, at this moment."""
        return await standing_of(client, person, channel, admins=self._desk.admins)


def _channel(body: Body) -> str:
    """Return the channel that a command or click is about; raises ChannelNeeded without one."""
    channel = channel_of(body)
    if channel is None:
        raise ChannelNeeded
    return channel
