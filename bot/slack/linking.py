"""The link form's submission, and that of the code that confirms a link page.

The answer to a submission is Slack's only way to mark a field and keep what the person typed, and it must
come within three seconds. So the cluster gets a moment first; if it needs longer, the form gives way to
"asking", and the end of the story is drawn into that view, or told in a message if it was closed.
"""

import asyncio
import contextlib
import uuid
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, Generic, TypeVar

import aiohttp
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.clusters import Cluster
from bot.domain.errors import WalltimeError
from bot.domain.people import Link, Person
from bot.domain.secret import Secret
from bot.domain.usage import Reading
from bot.slack.arrival import waiting_s
from bot.slack.desk import Body, Desk, person_of
from bot.slack.home import Homes
from bot.slack.reply import Reply
from bot.usecases.link_account import LinkWish
from bot.views.format import escape
from bot.views.kit import View, say
from bot.views.language import speaking
from bot.views.link import (
    LINK,
    TOKEN,
    asking_failed_view,
    asking_view,
    field_errors,
    link_form,
    linked_sentence,
    linked_view,
    restarting_sentence,
    token_again_sentence,
)
from bot.views.link_frame import CLUSTER, USERNAME

FORM_PATIENCE: Final = timedelta(seconds=1.5)
# Slack waits three seconds, and its way here and back counts too.
SLACK_WAITS_S: Final = 2.5
_ANSWER_ARRIVES_S: Final = 0.3
LAST_WORD: Final = timedelta(seconds=1.5)

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Submission(Generic[T]):
    """A form that was sent, and what its answer needs to know of it."""

    asking: Callable[[], View]  # what stands while it takes its time
    field: str  # where a failure stands that is no field's own
    faults: Callable[[WalltimeError], dict[str, str]]
    late: Callable[[WalltimeError], tuple[View, str]]  # how a late failure is drawn, and said in a message
    done: Callable[[T], tuple[View, str]]  # the same when it went well
    then: Callable[[str], None] = lambda _: None  # hears the sentence of a success


class Linking:
    """Takes a form, proves the token, tells how it went."""

    def __init__(self, desk: Desk, homes: Homes, *, patience: timedelta = FORM_PATIENCE) -> None:
        self._desk = desk
        self._homes = homes
        self._patience = patience.total_seconds()

    def register(self, app: AsyncApp) -> None:
        """Tell Bolt."""
        app.view(LINK)(self.on_submit)

    async def on_submit(self, ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        """Check what needs no network at once; then ask the cluster."""
        with speaking(self._desk.tongues.last(person_of(body))):
            await self._submitted(ack, body, client)

    async def _submitted(self, ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        wish = _wish(body)
        cluster = self._desk.cluster(wish.cluster)
        try:
            proof = self._desk.link_account.examine(wish, now=self._desk.clock())
        except WalltimeError as error:
            await ack(response_action="errors", errors=field_errors(error, cluster))
            return
        submission = self.submission(
            proof.cluster,
            wish.person,
            field=TOKEN,
            faults=lambda error: field_errors(error, proof.cluster),
            late=lambda error: self._form_again(error, wish, proof.cluster),
        )
        linking = self._desk.link_account(proof, link_id=uuid.uuid4().hex, now=self._desk.clock())
        await self.conclude(linking, submission, ack, body, client)

    def submission(
        self,
        cluster: Cluster,
        person: Person,
        *,
        field: str,
        faults: Callable[[WalltimeError], dict[str, str]],
        late: Callable[[WalltimeError], tuple[View, str]],
        linked: Callable[[str], Coroutine[Any, Any, None]] | None = None,
    ) -> Submission[tuple[Link, Reading]]:
        """Describe a form that links at the end; `linked` is told how it went well."""

        def done(outcome: tuple[Link, Reading]) -> tuple[View, str]:
            return linked_view(*outcome, cluster), linked_sentence(*outcome, cluster)

        def then(text: str) -> None:
            # Bring up to date what else shows the link.
            self._desk.aside("home", self._homes.draw(person))
            if linked is not None:
                self._desk.aside("linked", linked(text))

        return Submission(
            asking=lambda: asking_view(cluster), field=field, faults=faults, late=late, done=done, then=then
        )

    async def conclude(
        self,
        linking: Coroutine[Any, Any, T],
        submission: Submission[T],
        ack: AsyncAck,
        body: Body,
        client: AsyncWebClient,
    ) -> None:
        """Answer a submission with how its linking ends, as soon as that is known."""
        proving = self._desk.spawn(_outcome(linking), name="link")
        await asyncio.wait([proving], timeout=max(0.0, self._patience - waiting_s()))
        if waiting_s() > SLACK_WAITS_S or not proving.done():
            await ack(response_action="update", view=submission.asking())
            reply = self._desk.reply(body, client)
            self._desk.work("link", reply, self._tell_late(proving, submission, body, client, reply))
            return
        try:
            outcome = proving.result()
        except Exception as error:  # noqa: BLE001 (said to the person and logged, with one id)
            await ack(response_action="errors", errors={submission.field: self._desk.failure("link", error)})
            return
        if isinstance(outcome, WalltimeError):
            await ack(response_action="errors", errors=submission.faults(outcome))
        else:
            view, text = submission.done(outcome)
            await ack(response_action="update", view=view)
            submission.then(text)

    def _form_again(self, error: WalltimeError, wish: LinkWish, cluster: Cluster) -> tuple[View, str]:
        trouble = token_again_sentence(error, cluster)
        form = link_form(self._desk.clusters, chosen=cluster.name, username=wish.username, trouble=trouble)
        return form, escape(trouble)

    async def _tell_late(
        self,
        proving: "asyncio.Task[T | WalltimeError]",
        submission: Submission[T],
        body: Body,
        client: AsyncWebClient,
        reply: Reply,
    ) -> None:
        try:
            # What is drawn before the answer to the submission has come would be overwritten by it.
            await asyncio.sleep(_ANSWER_ARRIVES_S)
            outcome = await proving
        except asyncio.CancelledError:
            # A stop that could not wait any longer. The promise "I will tell you" holds all the same.
            with contextlib.suppress(Exception):
                async with asyncio.timeout(LAST_WORD.total_seconds()):
                    if proving.done() and not proving.cancelled():
                        await self._tell_end(proving.result(), submission, body, client, reply)
                    else:
                        await self._tell(asking_failed_view(), restarting_sentence(), body, client, reply)
            raise
        await self._tell_end(outcome, submission, body, client, reply)

    async def _tell_end(
        self,
        outcome: T | WalltimeError,
        submission: Submission[T],
        body: Body,
        client: AsyncWebClient,
        reply: Reply,
    ) -> None:
        if isinstance(outcome, WalltimeError):
            await self._tell(*submission.late(outcome), body, client, reply)
        else:
            view, text = submission.done(outcome)
            await self._tell(view, text, body, client, reply)
            submission.then(text)

    async def _tell(self, view: View, text: str, body: Body, client: AsyncWebClient, reply: Reply) -> None:
        """Draw the end into the form; if it was closed, or Slack does not take it, say it in a message."""
        try:
            await client.views_update(view_id=body["view"]["id"], view=view)
        except (SlackApiError, aiohttp.ClientError, TimeoutError, OSError):
            await reply(say(text))


async def _outcome(linking: Coroutine[Any, Any, T]) -> T | WalltimeError:
    """Return an expected failure instead of raising it: it is told in two different ways."""
    try:
        return await linking
    except WalltimeError as error:
        return error


def _wish(body: Body) -> LinkWish:
    """Read the form. The token is a Secret from here on."""
    values = body["view"]["state"]["values"]
    option = _field(values, CLUSTER).get("selected_option") or {}
    return LinkWish(
        person=person_of(body),
        cluster=option.get("value") or "",
        username=(_field(values, USERNAME).get("value") or "").strip(),
        token=Secret("".join((_field(values, TOKEN).get("value") or "").split())),
    )


def _field(values: Body, name: str) -> Body:
    """Return an input's state; one that is not there is an empty one."""
    found: Body = values.get(name, {}).get(name, {})
    return found
