"""What every listener needs, and the one place where a failure becomes a sentence."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.clusters import Cluster, named
from bot.domain.errors import NotLinked, OperatorMustFix, WalltimeError
from bot.domain.installations import WORKSPACE_IS_OUT
from bot.domain.people import Person
from bot.ports.audience import Audiences
from bot.slack.client import error_code
from bot.slack.reply import Reply
from bot.slack.tongues import Tongues
from bot.slack.windows import answer_window
from bot.usecases.act_on_alert import ActOnAlert
from bot.usecases.answer_usage import AnswerUsage
from bot.usecases.choose_language import ChooseLanguage
from bot.usecases.guard_audience import GuardAudience
from bot.usecases.hear_of_channel import HearOfChannel
from bot.usecases.join_team import JoinTeam
from bot.usecases.link_account import LinkAccount
from bot.usecases.link_by_access_key import LinkByAccessKey
from bot.usecases.link_by_page import LinkByPage
from bot.usecases.link_region import LinkRegion
from bot.usecases.set_limit import SetLimit
from bot.usecases.set_standup import SetStandup
from bot.usecases.show_history import ShowHistory
from bot.usecases.show_home import ShowHome
from bot.usecases.show_person import ShowPerson
from bot.usecases.show_status import ShowStatus
from bot.usecases.show_team import ShowTeam
from bot.usecases.unlink_account import UnlinkAccount
from bot.views.errors import busy_sentence, error_message, failure_sentence
from bot.views.installation import lacking_sentence, unserved_sentence
from bot.views.kit import say
from bot.views.language import speaking

Body = Mapping[str, Any]

log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True)
class Desk:
    """The use cases, and the few things of the shell that listeners share."""

    command: str
    version: str
    clusters: Sequence[Cluster]
    answer_usage: AnswerUsage
    link_account: LinkAccount
    link_by_access_key: LinkByAccessKey
    link_by_page: LinkByPage
    unlink_account: UnlinkAccount
    show_status: ShowStatus
    show_history: ShowHistory
    show_home: ShowHome
    set_limit: SetLimit
    act_on_alert: ActOnAlert
    join_team: JoinTeam
    hear_of_channel: HearOfChannel
    show_team: ShowTeam
    show_person: ShowPerson
    set_standup: SetStandup
    guard_audience: GuardAudience
    audiences: Audiences
    spawn: Callable[..., asyncio.Task[Any]]
    is_busy: Callable[[Exception], bool]  # whether a failure means no more than too much at once
    session: aiohttp.ClientSession
    clock: Callable[[], datetime]
    choose_language: ChooseLanguage
    tongues: Tongues
    install_url: str | None = None  # where the app is installed again, with OAuth
    link_region: LinkRegion | None = None  # None: the settings allow no regions but their own clusters
    public_url: str | None = None  # with one, tokens go by the link page; without, by Slack's form
    admins: frozenset[str] = frozenset()  # Slack users who may do what workspace admins may

    def cluster(self, name: str | None) -> Cluster | None:
        """Return a configured cluster."""
        return named(name, self.clusters)

    def reply(self, body: Body, client: AsyncWebClient) -> Reply:
        """Open the way back to whoever sent this request."""
        channel = body.get("channel_id") or (body.get("channel") or {}).get("id")
        return Reply(
            client=client,
            session=self.session,
            clock=self.clock,
            person=person_of(body),
            channel=channel,
            response_url=body.get("response_url"),
            thread=body.get("thread_ts"),
            window=answer_window(client, body),
        )

    def work(self, name: str, reply: Reply, doing: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run the work behind an acknowledged request; whatever goes wrong, the person hears of it."""
        return self.spawn(self._heard(name, reply, doing), name=name)

    def aside(self, name: str, doing: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run work that nobody waits for: its failure is the log's business alone."""
        return self.spawn(self._unheard(name, doing), name=name)

    async def _unheard(self, name: str, doing: Awaitable[None]) -> None:
        try:
            await doing
        except Exception as error:  # noqa: BLE001 (logged)
            log.warning("work on the side failed", work=name, why=f"{type(error).__name__}: {error}"[:200])

    async def _heard(self, name: str, reply: Reply, doing: Awaitable[None]) -> None:
        with speaking(await self.tongues.of(reply.person)):
            await self._answered(name, reply, doing)

    async def _answered(self, name: str, reply: Reply, doing: Awaitable[None]) -> None:
        try:
            await doing
        except WalltimeError as error:
            if (said := self._what_slack_lacks(error.__cause__)) is not None:
                await reply(say(said))
                return
            if isinstance(error, OperatorMustFix):
                log.warning("an operator must fix this", work=name, error=str(error))
            cluster = self.cluster(error.cluster) if isinstance(error, NotLinked) else None
            await reply(error_message(error, cluster))
        except Exception as error:  # noqa: BLE001 (said to the person and logged, with one id)
            if (said := self._what_slack_lacks(error)) is not None:
                await reply(say(said))
                return
            await reply(say(self.failure(name, error)))

    def failure(self, work: str, error: Exception) -> str:
        """Log an unforeseen failure and return what the person hears of it: the id it is found by, if any."""
        if self.is_busy(error):
            log.warning("work was given up: the bot is too busy", work=work)
            return busy_sentence()
        number = secrets.token_hex(4)
        log.error("work failed", work=work, incident=number, exc_info=error)
        return failure_sentence(number)

    def _what_slack_lacks(self, error: BaseException | None) -> str | None:
        """Say that a scope or a good token is missing; None if that is not why Slack refused something."""
        if not isinstance(error, SlackApiError):
            return None
        code = error_code(error)
        if code == "missing_scope":
            scope = str(error.response.get("needed") or "?")
            return lacking_sentence(scope, install_url=self.install_url)
        if code in WORKSPACE_IS_OUT:
            return unserved_sentence(install_url=self.install_url)
        return None


def person_of(body: Body) -> Person:
    """Read who acts, from a command, a click, a form or an event."""
    if "event" in body:
        return Person(workspace=body["team_id"], user=body["event"]["user"])
    if "user_id" in body:
        return Person(workspace=body["team_id"], user=body["user_id"])
    user = body["user"]
    team = body.get("team") or {}
    return Person(workspace=team.get("id") or user["team_id"], user=user["id"])
