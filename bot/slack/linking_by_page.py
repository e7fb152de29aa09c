"""Linking by the one-time page, on Slack's side: the way there, and the code that makes it a link."""

import json
import secrets
import uuid
from typing import Any

import aiohttp
import structlog
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.clusters import Cluster
from bot.domain.errors import LinkPageWrong, WalltimeError
from bot.domain.link_pages import NAME_BYTES, LinkPage
from bot.domain.people import Link, Person
from bot.domain.secret import Secret
from bot.domain.usage import Reading
from bot.slack.channel import full_name_of
from bot.slack.desk import Body, Desk, person_of
from bot.slack.linking import Linking, Submission
from bot.slack.reply import Reply
from bot.usecases.link_by_page import Confirmation
from bot.views.errors import sentence
from bot.views.format import escape
from bot.views.kit import LINK_CANCEL, LINK_CONFIRM, LINK_PAGE, View, say
from bot.views.language import speaking
from bot.views.link import notice_view
from bot.views.link_offer import (
    CODE,
    code_again_sentence,
    link_cancelled_message,
    link_code_form,
    link_offer_message,
    link_offer_view,
)

log = structlog.get_logger(__name__)


class LinkingByPage:
    """Hands out pages, and takes the answers of the people they were made for."""

    def __init__(self, desk: Desk, linking: Linking) -> None:
        self._desk = desk
        self._linking = linking

    def register(self, app: AsyncApp) -> None:
        """Tell Bolt."""
        app.action(LINK_PAGE)(self.on_page)
        app.action(LINK_CONFIRM)(self.on_confirm)
        app.action(LINK_CANCEL)(self.on_cancel)
        app.view(LINK_CONFIRM)(self.on_code)

    async def on_page(self, ack: AsyncAck) -> None:
        """The browser opens the page; Slack only wants to know that we heard of the click."""
        await ack()

    async def on_confirm(self, ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        """Confirm: ask for the code."""
        await ack()
        reply = self._desk.reply(body, client)
        self._desk.work(LINK_CONFIRM, reply, self._ask_code(body, client))

    async def on_cancel(self, ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        """Cancel."""
        await ack()
        reply = self._desk.reply(body, client)
        self._desk.work(LINK_CANCEL, reply, self._cancel(body, reply))

    async def on_code(self, ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        """The code: a wrong one is said at its field; a right one asks the cluster once more, and links."""
        with speaking(self._desk.tongues.last(person_of(body))):
            await self._typed(ack, body, client)

    async def _typed(self, ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        desk, person = self._desk, person_of(body)
        question = json.loads(body["view"].get("private_metadata") or "{}")
        typed = body["view"]["state"]["values"].get(CODE, {}).get(CODE, {}).get("value") or ""
        try:
            confirmation = await desk.link_by_page.check_code(
                person, str(question.get("page")), typed, now=desk.clock()
            )
        except LinkPageWrong as error:
            text = sentence(error)
            await ack(response_action="update", view=notice_view(f":warning: {text}"))
            desk.aside(LINK_CONFIRM, self._settle(question, text, client))
            return
        except WalltimeError as error:
            await ack(response_action="errors", errors={CODE: sentence(error)})
            return
        except Exception as error:  # noqa: BLE001 (said to the person and logged, with one id)
            await ack(response_action="errors", errors={CODE: desk.failure(LINK_CONFIRM, error)})
            return
        linking = desk.link_by_page.confirm(confirmation, link_id=uuid.uuid4().hex, now=desk.clock())
        submission = self._submission(confirmation, body, question, client)
        await self._linking.conclude(linking, submission, ack, body, client)

    async def offer(
        self, public_url: str, body: Body, client: AsyncWebClient, reply: Reply, chosen: str | None
    ) -> None:
        """Make a page and show the way to it, where only this person sees it."""
        desk, person = self._desk, person_of(body)
        name = Secret(secrets.token_urlsafe(NAME_BYTES))
        page = await desk.link_by_page.open(
            person,
            person_name=await _name(client, person),
            cluster=chosen,
            name=name,
            page_id=uuid.uuid4().hex,
            now=desk.clock(),
        )
        url = f"{public_url}/link/{name.reveal()}"
        if "view" in body:
            view = link_offer_view(page, url, now=desk.clock())
            try:
                await client.views_open(trigger_id=body["trigger_id"], view=view)
            except (SlackApiError, aiohttp.ClientError, TimeoutError, OSError) as error:
                log.warning("the way to a link page did not open", why=type(error).__name__)
            else:
                return
        await reply(link_offer_message(page, url, now=desk.clock()))

    async def _ask_code(self, body: Body, client: AsyncWebClient) -> None:
        desk, page_id = self._desk, body["actions"][0].get("value") or ""
        page = await desk.link_by_page.question(person_of(body), page_id, now=desk.clock())
        container = body.get("container") or {}
        question = {
            "page": page_id,
            "channel": container.get("channel_id"),
            "ts": container.get("message_ts"),
        }
        form = link_code_form(page, self._label(page), metadata=json.dumps(question))
        await client.views_open(trigger_id=body["trigger_id"], view=form)

    async def _cancel(self, body: Body, reply: Reply) -> None:
        desk, page_id = self._desk, body["actions"][0].get("value") or ""
        page = await desk.link_by_page.cancel(person_of(body), page_id, now=desk.clock())
        await reply(link_cancelled_message(page, self._label(page)), replace=True)

    async def _settle(self, question: dict[str, Any], text: str, client: AsyncWebClient) -> None:
        """Put the end in place of the question's buttons."""
        if question.get("channel") and question.get("ts"):
            message = say(text).to_slack()
            await client.chat_update(channel=question["channel"], ts=question["ts"], **message)

    def _submission(
        self, confirmation: Confirmation, body: Body, question: dict[str, Any], client: AsyncWebClient
    ) -> Submission[tuple[Link, Reading]]:
        page, cluster = confirmation.page, confirmation.proof.cluster
        metadata = body["view"]["private_metadata"]
        return self._linking.submission(
            cluster,
            page.person,
            field=CODE,
            faults=lambda error: {CODE: sentence(error, cluster)},
            late=lambda error: _code_again(error, page, cluster, metadata),
            linked=lambda text: self._settle(question, text, client),
        )

    def _label(self, page: LinkPage) -> str:
        cluster = self._desk.cluster(page.cluster)
        return cluster.label if cluster else page.cluster or ""


def _code_again(error: WalltimeError, page: LinkPage, cluster: Cluster, metadata: str) -> tuple[View, str]:
    if isinstance(error, LinkPageWrong):
        over = f":warning: {sentence(error)}"
        return notice_view(over), over
    trouble = code_again_sentence(error, cluster)
    return link_code_form(page, cluster.label, metadata=metadata, trouble=trouble), escape(trouble)


async def _name(client: AsyncWebClient, person: Person) -> str:
    """Return how Slack calls a person; their id when Slack does not say."""
    try:
        return await full_name_of(client, person.user)
    except (SlackApiError, aiohttp.ClientError, TimeoutError, OSError) as error:
        log.warning("a name is not known", why=type(error).__name__)
        return person.user
