"""`alerts` and the buttons of alerts."""

import uuid
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.alert_keys import AlertKey
from bot.domain.people import Person
from bot.domain.standing import OUTSIDER, Standing
from bot.slack.channel import channel_of, open_channel, standing_of
from bot.slack.desk import Body, Desk, person_of
from bot.slack.limiting import open_limit_form, standing_at
from bot.slack.reply import Reply
from bot.views.alert_buttons import ALERT_ACK, ALERT_RAISE_LIMIT, ALERT_SNOOZE, ALERT_WHY
from bot.views.open_alerts import (
    acknowledged_message,
    alert_test_message,
    alert_test_sentence,
    open_alerts_message,
    snoozed_message,
)
from bot.views.why import why_message


class Alerting:
    """Everything a person can do about alerts. Answers are theirs alone; delivery edits the message."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def register(self, app: AsyncApp) -> None:
        """Tell Bolt who listens to what."""
        app.action(ALERT_ACK)(self.on_acknowledge)
        app.action(ALERT_SNOOZE)(self.on_snooze)
        app.action(ALERT_WHY)(self.on_why)
        app.action(ALERT_RAISE_LIMIT)(self.on_raise_limit)

    async def on_acknowledge(self, ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        """Acknowledge."""
        await ack()
        reply = self._desk.reply(body, client)
        self._desk.work(ALERT_ACK, reply, self._acknowledge(body, client, reply))

    async def on_snooze(self, ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        """Snooze for the length chosen."""
        await ack()
        reply = self._desk.reply(body, client)
        self._desk.work(ALERT_SNOOZE, reply, self._snooze(body, client, reply))

    async def on_why(self, ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        """Why."""
        await ack()
        reply = self._desk.reply(body, client)
        self._desk.work(ALERT_WHY, reply, self._why(body, client, reply))

    async def on_raise_limit(self, ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        """Raise limit: the form, filled."""
        await ack()
        self._desk.work(ALERT_RAISE_LIMIT, self._desk.reply(body, client), self._raise_limit(body, client))

    async def show(self, command: Body, reply: Reply) -> None:
        """`alerts`."""
        desk, person, channel = self._desk, person_of(command), channel_of(command)
        guard = await desk.guard_audience.if_any(person.workspace, channel, now=desk.clock())
        found = await desk.act_on_alert.open_alerts(person, channel, guard=guard, now=desk.clock())
        await reply(open_alerts_message(found, now=desk.clock()))

    async def test(self, command: Body, client: AsyncWebClient, reply: Reply) -> None:
        """`alerts test`: to the channel, once the bot is sure to be in it; else to the person's DM."""
        desk, person, channel = self._desk, person_of(command), channel_of(command)
        standing = OUTSIDER
        if channel is not None:
            await open_channel(client, channel)
            standing = await standing_of(client, person, channel, admins=desk.admins)
        place = await desk.act_on_alert.test(
            person,
            channel,
            standing=standing,
            text=alert_test_sentence(person.user),
            notice_id=uuid.uuid4().hex,
            now=desk.clock(),
        )
        await reply(alert_test_message(place))

    async def _acknowledge(self, body: Body, client: AsyncWebClient, reply: Reply) -> None:
        desk, person, key = self._desk, person_of(body), AlertKey.read(_value(body))
        standing = await self._standing(person, key, client)
        acted = await desk.act_on_alert.acknowledge(person, key, standing=standing, now=desk.clock())
        await reply(acknowledged_message(acted))

    async def _snooze(self, body: Body, client: AsyncWebClient, reply: Reply) -> None:
        desk, person = self._desk, person_of(body)
        length, key = AlertKey.read_snooze(_value(body))
        standing = await self._standing(person, key, client)
        acted = await desk.act_on_alert.snooze(person, key, length, standing=standing, now=desk.clock())
        await reply(snoozed_message(acted, now=desk.clock()))

    async def _why(self, body: Body, client: AsyncWebClient, reply: Reply) -> None:
        desk, person, key = self._desk, person_of(body), AlertKey.read(_value(body))
        standing = await self._standing(person, key, client)
        limit = await desk.act_on_alert.limit_of(person, key)
        guard = await desk.guard_audience.if_any(person.workspace, limit.scope.channel, now=desk.clock())
        why = await desk.act_on_alert.why(person, key, standing=standing, guard=guard, now=desk.clock())
        await reply(why_message(why, now=desk.clock()))

    async def _raise_limit(self, body: Body, client: AsyncWebClient) -> None:
        desk, person, key = self._desk, person_of(body), AlertKey.read(_value(body))
        standing = await self._standing(person, key, client)
        limit = await desk.act_on_alert.may_raise(person, key, standing=standing, now=desk.clock())
        await open_limit_form(desk, body, client, limit)

    async def _standing(self, person: Person, key: AlertKey, client: AsyncWebClient) -> Standing:
        """Ask Slack who the clicker is where the alert's limit counts."""
        limit = await self._desk.act_on_alert.limit_of(person, key)
        return await standing_at(self._desk, client, person, limit)


def _value(body: Body) -> str:
    """Return the value of the button, or of the option chosen."""
    action = body["actions"][0]
    option = action.get("selected_option") or {}
    return str(option.get("value") or action.get("value") or "")
