"""The whole stand-in: one server that is Slack for the bot under test."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from aiohttp import web

from bot.playground.slack import files
from bot.playground.slack.browser import Browser, Extras, Switch
from bot.playground.slack.client import Client
from bot.playground.slack.delivery import Courier, SentEvent
from bot.playground.slack.faults import Faults
from bot.playground.slack.grants import Grants
from bot.playground.slack.limits import Limits
from bot.playground.slack.model import Call, ResponseUse
from bot.playground.slack.oauth import Consent
from bot.playground.slack.organisation import Organisation
from bot.playground.slack.response_urls import ResponseUrls
from bot.playground.slack.socket_mode import SocketMode
from bot.playground.slack.state import State
from bot.playground.slack.web_api import WebApi
from bot.playground.slack.workspace import Workspace

HOST = "127.0.0.1"
PAGE = Path(__file__).parent.parent / "page"
BIGGEST_BODY = 32 * 1024 * 1024


class SlackTwin:
    """Slack on loopback: Web API, Socket Mode, signed HTTP delivery, and people who use it.

    `clock` gives aware UTC datetimes: timestamps, trigger_ids, response_urls and tickets live by it.
    Deadlines of 3 s and retries of events are real seconds; rate limits count by `seconds`.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], datetime],
        app_token: str = "xapp-1-A0WALLTIME-1-playground",
        signing_secret: str = "playground-signing-secret",
        app_id: str = "A0WALLTIME",
        client_id: str = "",
        client_secret: str = "",
        command: str = "/walltime",
        request_url: str | None = None,
        page: Path | None = None,
        port: int = 0,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._state = State(
            clock=clock,
            app_token=app_token,
            signing_secret=signing_secret,
            app_id=app_id,
            client_id=client_id,
            client_secret=client_secret,
            command=command,
            seconds=seconds,
        )
        self._sockets = SocketMode(self._state)
        self._courier = Courier(self._state, self._sockets)
        self._courier.request_url = request_url
        self._port = port
        self._extras = Extras()
        self._browser = Browser(self._state, self.act_as, self._extras, page or PAGE)
        self._clients: dict[tuple[str, str], Client] = {}
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        """The address of the running twin, without a slash at the end."""
        return self._state.url

    @property
    def api_url(self) -> str:
        """What the bot takes for `https://slack.com/api/`."""
        return f"{self.url}/api/"

    @property
    def request_url(self) -> str | None:
        """Where payloads are posted; None means Socket Mode."""
        return self._courier.request_url

    @request_url.setter
    def request_url(self, url: str | None) -> None:
        self._courier.request_url = url

    @property
    def calls(self) -> list[Call]:
        """Every call of the Web API so far."""
        return self._state.calls

    @property
    def responses(self) -> list[ResponseUse]:
        """Every use of a response_url so far."""
        return self._state.responses

    @property
    def events(self) -> list[SentEvent]:
        """Every event sent so far, with its attempts."""
        return self._courier.events

    @property
    def faults(self) -> Faults:
        """The fault switches."""
        return self._state.faults

    @property
    def limits(self) -> Limits:
        """The rate limits."""
        return self._state.limits

    @property
    def workspaces(self) -> dict[str, Workspace]:
        """The workspaces by id."""
        return self._state.workspaces

    @property
    def organisations(self) -> dict[str, Organisation]:
        """The organisations by id."""
        return self._state.organisations

    @property
    def grants(self) -> Grants:
        """Codes and tokens handed out, and whether tokens end (`rotation`)."""
        return self._state.grants

    @property
    def redirect_urls(self) -> set[str]:
        """Where people may be led back to after they allowed the app."""
        return self._state.redirect_urls

    @property
    def withheld(self) -> set[str]:
        """Scopes that are asked for and not granted."""
        return self._state.withheld

    @property
    def subscriptions(self) -> set[str]:
        """The events that the app has subscribed to, such as `message.im`."""
        return self._state.subscriptions

    @property
    def should_escape(self) -> bool:
        """Whether @names and #channels in commands and messages are turned into ids."""
        return self._state.should_escape

    @should_escape.setter
    def should_escape(self, on: bool) -> None:
        self._state.should_escape = on

    @property
    def ack_seconds(self) -> float:
        """How long the app has to acknowledge; 3 real seconds as with Slack."""
        return self._courier.ack_seconds

    @ack_seconds.setter
    def ack_seconds(self, seconds: float) -> None:
        self._courier.ack_seconds = seconds

    @property
    def trigger_lives(self) -> timedelta:
        """How long a trigger opens a view; 3 seconds of the clock as with Slack."""
        return self._state.trigger_lives

    @trigger_lives.setter
    def trigger_lives(self, lives: timedelta) -> None:
        self._state.trigger_lives = lives

    @property
    def retry_delays(self) -> tuple[timedelta | float, ...]:
        """The pauses before each retry of an event, as timedeltas or seconds."""
        return self._courier.retry_delays

    @retry_delays.setter
    def retry_delays(self, delays: tuple[timedelta | float, ...]) -> None:
        self._courier.retry_delays = delays

    @property
    def deaf(self) -> bool:
        """Whether Socket Mode links stay open but take nothing in, pings included: half-open links."""
        return self._sockets.is_deaf

    @deaf.setter
    def deaf(self, on: bool) -> None:
        self._sockets.is_deaf = on

    @property
    def connections(self) -> int:
        """How many Socket Mode links are open."""
        return len(self._sockets.links)

    @property
    def clipboard(self) -> list[dict[str, str]]:
        """What the page offers for pasting: `for` (a person's id), `label`, `value`."""
        return self._extras.clipboard

    @property
    def notes(self) -> list[str]:
        """What the page tells its reader."""
        return self._extras.notes

    def add_switch(
        self,
        name: str,
        label: str,
        on: bool,  # noqa: FBT001 - its place between label and handler reads as a table row
        handler: Callable[[bool], None],
    ) -> None:
        """Offer a switch on the page; `handler` is told the new position."""
        self._extras.switches[name] = Switch(name=name, label=label, on=on, handler=handler)

    async def verify_request_url(self) -> bool:
        """Send `url_verification` to request_url; True if the challenge comes back."""
        return await self._courier.verify_request_url()

    async def start(self) -> None:
        """Listen; `url` is known afterwards."""
        runner = web.AppRunner(self._app(), access_log=None, handle_signals=False, shutdown_timeout=0.2)
        await runner.setup()
        site = web.TCPSite(runner, HOST, self._port)
        await site.start()
        host, port = runner.addresses[0][:2]
        self._state.url = f"http://{host}:{port}"
        self._runner = runner
        await self._courier.start()

    async def stop(self) -> None:
        """End everything the twin started."""
        self._browser.stop()
        await self._courier.stop()
        await self._sockets.stop()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    def add_workspace(
        self,
        team_id: str,
        name: str,
        *,
        bot_token: str | None,
        bot_user_id: str = "U0BOT",
        scopes: frozenset[str] | None = None,
        organisation: str | None = None,
    ) -> Workspace:
        """Add a workspace; with a token the app is installed there, `scopes=None` grants ALL_SCOPES.

        One of an `organisation` (its id) has the bot user of that.
        """
        above = None if organisation is None else self._state.organisations[organisation]
        bot_user_id = bot_user_id if above is None else above.bot_user_id
        workspace = Workspace(
            team_id=team_id,
            name=name,
            bot_user_id=bot_user_id,
            scopes=scopes,
            app_id=self._state.app_id,
            bot_name=self._state.bot_name,
            clock=self._state.now,
            emit=self._courier.announce,
            settled=self._courier.settled,
            tell=self._state.tell,
        )
        self._state.workspaces[team_id] = workspace
        if above is not None:
            workspace.enterprise = above.enterprise
            above.workspaces[team_id] = workspace
        workspace.is_installed = bot_token is not None
        if bot_token is not None:
            self._state.grants.add(bot_token, workspace)
        return workspace

    def add_organisation(self, enterprise_id: str, name: str, *, bot_user_id: str = "W0BOT") -> Organisation:
        """Add an Enterprise organisation without workspaces, in which the app is not installed."""
        organisation = Organisation(
            enterprise_id=enterprise_id,
            name=name,
            bot_user_id=bot_user_id,
            emit=self._courier.announce_organisation,
            settled=self._courier.settled,
        )
        self._state.organisations[enterprise_id] = organisation
        return organisation

    def act_as(self, team_id: str, person_id: str) -> Client:
        """Return Slack as this person has it open, always the same for the same person."""
        key = (team_id, person_id)
        if key not in self._clients:
            workspace = self._state.workspace(team_id)
            self._clients[key] = Client(self._state, self._courier, workspace, person_id)
        return self._clients[key]

    async def disconnect(self, reason: str = "refresh_requested") -> None:
        """Send `disconnect` over every Socket Mode link, then close it."""
        await self._sockets.disconnect(reason)

    async def cut_sockets(self) -> None:
        """Cut every Socket Mode link without a word."""
        self._sockets.cut()

    async def settled(self) -> None:
        """Wait until every event that is due now was delivered or refused."""
        await self._courier.settled()

    def _app(self) -> web.Application:
        app = web.Application(client_max_size=BIGGEST_BODY)
        api, consent = WebApi(self._state, self._sockets), Consent(self._state)
        responses = ResponseUrls(self._state)

        async def upload(request: web.Request) -> web.Response:
            return await files.receive(self._state, request)

        async def download(request: web.Request) -> web.Response:
            return await files.download(self._state, request)

        self._browser.add_routes(app.router)
        app.router.add_route("*", "/api/{method}", api.serve)
        app.router.add_get("/oauth/v2/authorize", consent.show)
        app.router.add_post("/oauth/v2/authorize", consent.decide)
        app.router.add_post("/response/{id}", responses.serve)
        app.router.add_get("/link/", self._sockets.connect)
        app.router.add_post("/upload/{file}", upload)
        app.router.add_put("/upload/{file}", upload)
        app.router.add_get("/files/{file}", download)
        return app
