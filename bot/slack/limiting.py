"""Limits by words, buttons and the form."""

import json
import uuid
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.errors import LimitPeriodUnknown, LimitWordMissing, WalltimeError
from bot.domain.limit_words import (
    PERSON_EXAMPLE,
    LimitWish,
    ListLimits,
    OpenLimitForm,
    RemoveLimit,
    SetLimit,
    read_core_hours,
    read_range,
    read_thresholds,
)
from bot.domain.limits import EXAMPLE, RANGE_EXAMPLE, Limit, Place, PlaceKind, ScopeKind
from bot.domain.people import Person
from bot.domain.periods import Period, PeriodKind
from bot.domain.standing import OUTSIDER, Standing
from bot.slack.channel import channel_of, check_may_post, standing_of, target_of
from bot.slack.desk import Body, Desk, person_of
from bot.slack.reply import Reply
from bot.slack.windows import open_form
from bot.usecases.set_limit import LimitOrder, LimitSentences
from bot.views.language import speaking, spoken, spoken_in
from bot.views.limit_form import (
    CLUSTER,
    CORE_HOURS,
    FROM,
    LIMIT,
    LIMIT_TRY,
    PERIOD,
    PERSON,
    SCOPE,
    THRESHOLDS,
    TO,
    limit_field_errors,
    limit_form,
    tried_form,
)
from bot.views.limits import (
    LIMIT_OFF,
    LIMIT_OFF_CONFIRM,
    LIMIT_OPEN,
    limit_form_button_message,
    limit_off_question,
    limit_removed_message,
    limit_removed_sentence,
    limit_set_message,
    limit_set_sentence,
    limit_told_sentence,
    limits_message,
    rehearsal_sentence,
)


class Limiting:
    """Everything a person can do with limits."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def register(self, app: AsyncApp) -> None:
        """Tell Bolt who listens to what."""
        app.action(LIMIT_OPEN)(self.on_open)
        app.action(LIMIT_OFF)(self.on_off)
        app.action(LIMIT_OFF_CONFIRM)(self.on_off_confirm)
        app.action(LIMIT_TRY)(self.on_try)
        app.view(LIMIT)(self.on_submit)

    async def on_open(self, ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        """Add or Change: the form."""
        await ack()
        limit_id = body["actions"][0].get("value")
        self._desk.work(LIMIT_OPEN, self._desk.reply(body, client), self._open(body, client, limit_id))

    async def on_off(self, ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        """Remove: asks first."""
        await ack()
        reply = self._desk.reply(body, client)
        self._desk.work(LIMIT_OFF, reply, self._ask_off(person_of(body), body["actions"][0]["value"], reply))

    async def on_off_confirm(self, ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        """The deed."""
        await ack()
        reply = self._desk.reply(body, client)
        doing = self._remove(person_of(body), body["actions"][0]["value"], client, reply)
        self._desk.work(LIMIT_OFF_CONFIRM, reply, doing)

    async def on_try(self, ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        """Say in the form what this limit would have told."""
        await ack()
        self._desk.work(LIMIT_TRY, self._desk.reply(body, client), self._try(body, client))

    async def on_submit(self, ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        """Say at once what is wrong in a field; all that needs Slack or the store follows."""
        channel, changes = _read_metadata(body["view"].get("private_metadata") or "")
        try:
            wish = _wish(body["view"]["state"]["values"])
            self._desk.set_limit.examine(wish, channel=channel, now=self._desk.clock())
        except WalltimeError as error:
            with speaking(self._desk.tongues.last(person_of(body))):
                await ack(response_action="errors", errors=_at_fields(error, body))
            return
        await ack()
        reply = self._desk.reply({**body, "channel_id": channel}, client)
        doing = self._set(person_of(body), wish, channel, client, reply, changes=changes)
        self._desk.work(LIMIT, reply, doing)

    async def about(self, wish: LimitWish, command: Body, client: AsyncWebClient, reply: Reply) -> None:
        """`limit …`."""
        desk, person, channel = self._desk, person_of(command), channel_of(command)
        match wish:
            case ListLimits():
                listed = await desk.set_limit.listed(person, channel)
                await reply(limits_message(listed, command=desk.command))
            case OpenLimitForm() if "trigger_id" in command:
                await self._open(command, client, None)
            case OpenLimitForm():
                await reply(limit_form_button_message())
            case RemoveLimit(number=number):
                await reply(limit_off_question(await desk.set_limit.numbered(person, channel, number)))
            case SetLimit():
                await self._set(person, wish, channel, client, reply)

    async def _open(self, body: Body, client: AsyncWebClient, limit_id: str | None) -> None:
        limit = None
        if limit_id:
            limit = (await self._desk.set_limit.one(person_of(body), limit_id)).limit
        await open_limit_form(self._desk, body, client, limit)

    async def _set(
        self,
        person: Person,
        wish: SetLimit,
        channel: str | None,
        client: AsyncWebClient,
        reply: Reply,
        *,
        changes: str | None = None,
    ) -> None:
        desk = self._desk
        order = LimitOrder(person=person, wish=wish, channel=channel, changes=changes)
        answer = await desk.set_limit(
            await self._looked_up(order, client),
            say=await self._sentences(person.workspace, channel, wish.user),
            limit_id=uuid.uuid4().hex,
            notice_id=uuid.uuid4().hex,
            now=desk.clock(),
        )
        await reply(limit_set_message(answer))

    async def _try(self, body: Body, client: AsyncWebClient) -> None:
        desk, view = self._desk, body["view"]
        channel, changes = _read_metadata(view.get("private_metadata") or "")
        try:
            order = LimitOrder(
                person=person_of(body), wish=_wish(view["state"]["values"]), channel=channel, changes=changes
            )
            _, cluster, rehearsal = await desk.set_limit.rehearse(
                await self._looked_up(order, client, to_post=False), now=desk.clock()
            )
            said = rehearsal_sentence(rehearsal, cluster)
        except WalltimeError as error:
            said = " ".join(limit_field_errors(error).values())
        await client.views_update(view_id=view["id"], hash=view["hash"], view=tried_form(view, said))

    async def _sentences(self, workspace: str, channel: str | None, user: str | None) -> LimitSentences:
        """Word notices in the languages of the channel and of the person that they go to."""
        there = theirs = spoken()
        if channel is not None:
            place = Place(kind=PlaceKind.CHANNEL, slack_id=channel)
            there = await self._desk.tongues.of_place(workspace, place)
        if user is not None:
            theirs = await self._desk.tongues.of(Person(workspace=workspace, user=user))
        return LimitSentences(
            posted=spoken_in(there, limit_set_sentence),
            told=spoken_in(theirs, limit_told_sentence),
            removed=spoken_in(there, limit_removed_sentence),
        )

    async def _looked_up(
        self, order: LimitOrder, client: AsyncWebClient, *, to_post: bool = True
    ) -> LimitOrder:
        """Add what Slack says, when a channel's limit is set or changed; raises ChannelClosed."""
        person, channel, wish = order.person, order.channel, order.wish
        is_own = wish.scope is ScopeKind.ME
        if channel is None or (is_own and order.changes is None):
            return order
        guard = (
            None
            if is_own
            else await self._desk.guard_audience(person.workspace, channel, now=self._desk.clock())
        )
        standing = await standing_of(client, person, channel, admins=self._desk.admins)
        target = None if wish.user is None else await target_of(client, person.workspace, wish.user)
        if to_post and not is_own and standing.is_full_member:
            await check_may_post(client, person, channel)
        return LimitOrder(
            person=person,
            wish=wish,
            channel=channel,
            standing=standing,
            target=target,
            guard=guard,
            changes=order.changes,
        )

    async def _ask_off(self, person: Person, limit_id: str, reply: Reply) -> None:
        await reply(limit_off_question(await self._desk.set_limit.one(person, limit_id)))

    async def _remove(self, person: Person, limit_id: str, client: AsyncWebClient, reply: Reply) -> None:
        desk = self._desk
        limit = (await desk.set_limit.one(person, limit_id)).limit
        removed = await desk.set_limit.remove(
            person,
            limit_id,
            standing=await standing_at(desk, client, person, limit),
            say=await self._sentences(limit.workspace, limit.scope.channel, None),
            notice_id=uuid.uuid4().hex,
            now=desk.clock(),
        )
        await reply(limit_removed_message(removed), replace=True)


async def open_limit_form(desk: Desk, body: Body, client: AsyncWebClient, limit: Limit | None) -> None:
    """Open the form, for the channel where it was asked for, filled with a limit to change."""
    channel = (limit.scope.channel if limit else None) or channel_of(body)
    metadata = json.dumps({"channel": channel, "limit_id": limit.limit_id if limit else None})
    view = limit_form(desk.clusters, metadata=metadata, in_channel=channel is not None, limit=limit)
    await open_form(client, body, view)


async def standing_at(desk: Desk, client: AsyncWebClient, person: Person, limit: Limit) -> Standing:
    """Return who somebody is where a limit counts; for their own one nobody has to be asked."""
    if limit.scope.channel is None:
        return OUTSIDER
    return await standing_of(client, person, limit.scope.channel, admins=desk.admins)


def _read_metadata(text: str) -> tuple[str | None, str | None]:
    """Return the channel that the form was opened for, and the limit that it changes."""
    known = json.loads(text) if text else {}
    return known.get("channel"), known.get("limit_id")


def _at_fields(error: WalltimeError, body: Body) -> dict[str, str]:
    """Say an error at its field; one whose field this form does not have stands at the core-hours."""
    there = {block["block_id"] for block in body["view"]["blocks"] if block["type"] == "input"}
    return {
        (field if field in there else CORE_HOURS): words for field, words in limit_field_errors(error).items()
    }


def _wish(values: dict[str, Any]) -> SetLimit:
    """Read the form by the rules of the words; raises a LimitWrong."""
    scope = ScopeKind(_chosen(values, SCOPE) or ScopeKind.ME)
    user = values.get(PERSON, {}).get(PERSON, {}).get("selected_user")
    if scope is ScopeKind.PERSON and not user:
        raise LimitWordMissing("limit", missing=PERSON, example=PERSON_EXAMPLE)
    return SetLimit(
        scope=scope,
        user=user if scope is ScopeKind.PERSON else None,
        core_hours=read_core_hours(_text(values, CORE_HOURS)),
        period=_period(values),
        thresholds=read_thresholds(_text(values, THRESHOLDS)),
        cluster=_chosen(values, CLUSTER),
    )


def _period(values: dict[str, Any]) -> Period:
    chosen = _chosen(values, PERIOD) or ""
    try:
        kind = PeriodKind(chosen)
    except ValueError:
        raise LimitPeriodUnknown(chosen, example=EXAMPLE) from None
    if kind is not PeriodKind.RANGE:
        return Period(kind=kind)
    first, last = (values.get(name, {}).get(name, {}).get("selected_date") for name in (FROM, TO))
    if not first:
        raise LimitWordMissing("period", missing=FROM, example=RANGE_EXAMPLE)
    if not last:
        raise LimitWordMissing("period", missing=TO, example=RANGE_EXAMPLE)
    return read_range(first, last)


def _chosen(values: dict[str, Any], name: str) -> str | None:
    option = values.get(name, {}).get(name, {}).get("selected_option") or {}
    return option.get("value")


def _text(values: dict[str, Any], name: str) -> str:
    return values.get(name, {}).get(name, {}).get("value") or ""
