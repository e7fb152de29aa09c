"""A channel's standup, by words, buttons and the form."""

import uuid
from typing import Any, Final
from zoneinfo import ZoneInfo

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.errors import (
    ChannelNeeded,
    StandupDaysWrong,
    StandupTimeMissing,
    StandupZoneUnknown,
    WalltimeError,
)
from bot.domain.people import Person
from bot.domain.standup_words import (
    EXAMPLE,
    PreviewStandup,
    SendStandup,
    SetStandup,
    ShowStandup,
    StandupWish,
    StopStandup,
    read_time,
    read_zone,
)
from bot.domain.standups import Schedule
from bot.slack.channel import channel_of, check_may_post, open_channel, standing_of, user_of
from bot.slack.desk import Body, Desk, person_of
from bot.slack.reply import Reply
from bot.usecases.set_standup import StandupOrder, StandupSentences
from bot.views.digest import digest_preview_message
from bot.views.standup import (
    DAYS,
    HOLIDAYS,
    SKIP_IDLE,
    STANDUP,
    STANDUP_OPEN,
    TIME,
    TIMEZONE,
    standup_field_errors,
    standup_form,
    standup_message,
    standup_posted_sentence,
    standup_sent_message,
    standup_set_message,
    standup_stopped_message,
    standup_stopped_sentence,
)

SENTENCES: Final = StandupSentences(posted=standup_posted_sentence, stopped=standup_stopped_sentence)


class Scheduling:
    """Everything a person can do with a channel's standup."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def register(self, app: AsyncApp) -> None:
        """Tell Bolt who listens to what."""
        app.action(STANDUP_OPEN)(self.on_open)
        app.view(STANDUP)(self.on_submit)

    async def on_open(self, ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        """Set up or Change: the form."""
        await ack()
        self._desk.work(STANDUP_OPEN, self._desk.reply(body, client), self._open(body, client))

    async def on_submit(self, ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        """Say at once what is wrong in a field; all that needs Slack or the store follows."""
        channel = body["view"].get("private_metadata") or None
        try:
            wish = _wish(body["view"]["state"]["values"])
        except WalltimeError as error:
            await ack(response_action="errors", errors=standup_field_errors(error))
            return
        await ack()
        reply = self._desk.reply({**body, "channel_id": channel}, client)
        self._desk.work(STANDUP, reply, self._set(person_of(body), channel, wish, client, reply))

    async def about(self, wish: StandupWish, command: Body, client: AsyncWebClient, reply: Reply) -> None:
        """`standup …`."""
        desk, person, channel = self._desk, person_of(command), channel_of(command)
        if channel is None:
            raise ChannelNeeded
        match wish:
            case ShowStandup():
                found = await desk.set_standup.shown(person.workspace, channel)
                await reply(standup_message(found, channel, command=desk.command))
            case SetStandup():
                await self._set(person, channel, wish, client, reply)
            case PreviewStandup():
                order = await self._order(person, channel, client)
                digest = await desk.set_standup.preview(order, now=desk.clock())
                await reply(digest_preview_message(digest, now=desk.clock(), command=desk.command))
            case SendStandup():
                order = await self._order(person, channel, client)
                await self._check_channel(order, client)
                await desk.set_standup.send(order, notice_id=uuid.uuid4().hex, now=desk.clock())
                await reply(standup_sent_message(channel))
            case StopStandup():
                order = await self._order(person, channel, client)
                await desk.set_standup.stop(
                    order, say=SENTENCES, notice_id=uuid.uuid4().hex, now=desk.clock()
                )
                await reply(standup_stopped_message())

    async def _open(self, body: Body, client: AsyncWebClient) -> None:
        """Open the form for the channel of the click; the clicker's own zone is offered."""
        desk, person, channel = self._desk, person_of(body), channel_of(body)
        if channel is None:
            raise ChannelNeeded
        standup = await desk.set_standup.shown(person.workspace, channel)
        view = standup_form(
            standup,
            zone=await self._zone(person, client),
            countries=desk.set_standup.calendars.countries,
            metadata=channel,
        )
        await client.views_open(trigger_id=body["trigger_id"], view=view)

    async def _set(
        self, person: Person, channel: str | None, wish: SetStandup, client: AsyncWebClient, reply: Reply
    ) -> None:
        desk = self._desk
        if channel is None:
            raise ChannelNeeded
        order = await self._order(person, channel, client)
        await self._check_channel(order, client)
        schedule = Schedule(
            at=wish.at,
            days=wish.days,
            zone=wish.zone or await self._zone(person, client),
            skip_idle=wish.skip_idle,
            holidays=desk.set_standup.calendars.find(wish.holidays) if wish.holidays else None,
        )
        standup, people = await desk.set_standup(
            order, schedule, say=SENTENCES, notice_id=uuid.uuid4().hex, now=desk.clock()
        )
        await reply(standup_set_message(standup, people=people))

    async def _order(self, person: Person, channel: str, client: AsyncWebClient) -> StandupOrder:
        """Ask Slack who the asker or clicker is, at this moment."""
        standing = await standing_of(client, person, channel, admins=self._desk.admins)
        return StandupOrder(person=person, channel=channel, standing=standing)

    async def _check_channel(self, order: StandupOrder, client: AsyncWebClient) -> None:
        """Make sure that the bot can post there, before anything is promised; raises ChannelClosed."""
        await open_channel(client, order.channel)
        if order.standing.is_full_member:
            await check_may_post(client, order.person, order.channel)

    async def _zone(self, person: Person, client: AsyncWebClient) -> ZoneInfo:
        """Return the zone of a person's Slack profile; the first cluster's if there is none that we know."""
        user = await user_of(client, person.user) or {}
        try:
            return read_zone(str(user.get("tz") or ""))
        except StandupZoneUnknown:
            return self._desk.clusters[0].timezone


def _wish(values: dict[str, Any]) -> SetStandup:
    """Read the form by the rules of the words; raises a StandupWrong."""
    at = _state(values, TIME).get("selected_time") or ""
    if not at:
        raise StandupTimeMissing("standup", example=EXAMPLE)
    days = sorted(int(option["value"]) for option in _state(values, DAYS).get("selected_options") or ())
    if not days:
        raise StandupDaysWrong("", example=EXAMPLE)
    return SetStandup(
        at=read_time(at),
        days=tuple(days),
        zone=read_zone(_state(values, TIMEZONE).get("value") or ""),
        skip_idle=bool(_state(values, SKIP_IDLE).get("selected_options")),
        holidays=(_state(values, HOLIDAYS).get("selected_option") or {}).get("value"),
    )


def _state(values: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = values.get(name, {}).get(name) or {}
    return found
