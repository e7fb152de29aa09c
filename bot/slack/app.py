"""The Bolt app."""

import json
import logging
from collections.abc import Awaitable, Callable
from typing import Any, Final

import structlog
from slack_bolt import BoltResponse
from slack_bolt.async_app import AsyncApp, AsyncBoltContext, AsyncBoltRequest
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.error import BoltUnhandledRequestError
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.alerting import Alerting
from bot.slack.arrival import arrives
from bot.slack.channel_news import ChannelListeners
from bot.slack.clients import Clients, NotServed
from bot.slack.conversing import Conversing
from bot.slack.desk import Desk
from bot.slack.histories import Histories
from bot.slack.home import Homes
from bot.slack.homing import Homing
from bot.slack.leaving import Leavers
from bot.slack.limiting import Limiting
from bot.slack.linking import Linking
from bot.slack.linking_by_key import LinkingByKey
from bot.slack.linking_by_page import LinkingByPage
from bot.slack.linking_by_region import LinkingByRegion
from bot.slack.listeners import Listeners
from bot.slack.people_news import PeopleListeners
from bot.slack.placing import placed
from bot.slack.scheduling import Scheduling
from bot.slack.teaming import Teaming
from bot.slack.unlinking import Unlinking
from bot.views.installation import not_yet_served_sentence
from bot.views.language import LANGUAGES, spoken_in

# Bolt logs whole bodies, forms included: it may speak of errors only.
_BOLT_LOGGER: Final = logging.getLogger("bot.slack.bolt")
_BOLT_LOGGER.setLevel(logging.ERROR)

_LISTENERS_TAKE_S: Final = 30

log = structlog.get_logger(__name__)


def make_app(
    desk: Desk,
    client: AsyncWebClient,
    *,
    clients: Clients,
    homes: Homes,
    leavers: Leavers,
    linking: Linking,
) -> AsyncApp:
    """Build the app. `client` carries no token; `clients` know who we are in each workspace.

    Signatures and repeats are checked before a request comes here (`bot.web`, `bot.slack.socket_mode`).
    """

    # Bolt wants None for "not ours" but does not say so in its types: hence the Any.
    async def authorize(enterprise_id: str | None, team_id: str | None) -> Any:
        """Serve the workspaces that a token of ours belongs to, and no other; Slack is not asked."""
        try:
            service = await clients.service(team_id or "", enterprise_id)
        except NotServed as error:
            log.warning("request from a workspace that is not served", workspace=team_id, why=error.code)
            return None
        return AuthorizeResult(
            enterprise_id=enterprise_id,
            team_id=team_id,
            bot_id=service.bot_id,
            bot_user_id=service.bot_user,
            bot_token=service.token.reveal(),
        )

    async def with_client(context: AsyncBoltContext, next_: Callable[[], Awaitable[None]]) -> None:
        """Hand listeners a client whose token is always the newest: they may answer for half an hour."""
        if context.team_id is not None:
            context["client"] = clients.of(context.team_id)
        await next_()

    app = AsyncApp(
        name="walltime",
        logger=_BOLT_LOGGER,
        client=client,
        authorize=authorize,
        # Who asks is not known then: all languages.
        user_facing_authorize_error_message=" ".join(
            spoken_in(language, not_yet_served_sentence)(install_url=desk.install_url)
            for language in LANGUAGES
        ),
        request_verification_enabled=False,
        ssl_check_enabled=False,
        raise_error_for_unhandled_request=True,
    )
    app.use(with_client)
    limiting, alerting, teaming = Limiting(desk), Alerting(desk), Teaming(desk)
    by_page, histories, scheduling = LinkingByPage(desk, linking), Histories(desk), Scheduling(desk)
    unlinking = Unlinking(desk, homes)
    listeners = Listeners(
        desk,
        limiting=limiting,
        alerting=alerting,
        teaming=teaming,
        unlinking=unlinking,
        by_page=by_page,
        histories=histories,
        scheduling=scheduling,
    )
    listeners.register(app)
    Conversing(desk, listeners).register(app)
    scheduling.register(app)
    teaming.register(app)
    histories.register(app)
    limiting.register(app)
    alerting.register(app)
    linking.register(app)
    unlinking.register(app)
    regions = LinkingByRegion(desk, linking)
    regions.register(app)
    LinkingByKey(desk, linking, regions).register(app)
    by_page.register(app)
    ChannelListeners(desk).register(app)
    leavers.register(app)
    PeopleListeners(desk, leavers).register(app)
    Homing(desk, homes, listeners).register(app)
    app.error(_on_error)
    # Bolt stops waiting for a listener after three seconds of this machine, and what goes to Slack then
    # is an answer without content: it closes a form with all that was typed, and without a word.
    for listener in app._async_listeners:  # noqa: SLF001 (only its custom steps take the time as an argument)
        listener.ack_timeout = _LISTENERS_TAKE_S
    return app


async def _on_error(error: Exception, body: dict[str, Any]) -> BoltResponse | None:
    """Name what nobody listens to, without its content; everything else is a bug of ours."""
    if isinstance(error, BoltUnhandledRequestError):
        log.info("nobody listens to this", kind=str(body.get("type"))[:40])
        return BoltResponse(status=404)
    log.error("a listener failed", exc_info=error)
    return None


async def dispatch(app: AsyncApp, payload: dict[str, Any]) -> tuple[int, dict[str, str], str]:
    """Hand one verified HTTP request to Bolt; return status, headers and body of the answer.

    As JSON, whatever it came as: Bolt reads a form by looking for the word "payload" anywhere in it.
    """
    arrives()
    request = AsyncBoltRequest(
        body=json.dumps(placed(payload)), headers={"content-type": "application/json"}, mode="http"
    )
    answer = await app.async_dispatch(request)
    return answer.status, {name: value[0] for name, value in answer.headers.items()}, answer.body
