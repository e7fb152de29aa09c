"""The bot, put together: which adapter stands behind which port, what starts first, what stops last."""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Self

import aiohttp
import structlog
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.cluster.client import HttpClusterApi
from bot.cluster.platform import HttpPlatform
from bot.cluster.regions import HttpRegions
from bot.jobs.engine import TICK, Engine
from bot.jobs.repeats import Repeats
from bot.jobs.tasks import Tasks
from bot.slack.app import dispatch, make_app
from bot.slack.client import TIMEOUT_S, make_client
from bot.slack.desk import Desk
from bot.slack.home import Homes
from bot.slack.leaving import Leavers, is_served
from bot.slack.linking import Linking
from bot.slack.socket_mode import SocketMode
from bot.store.deliveries import SqlDeliveries
from bot.store.engine import Database
from bot.store.found_clusters import SqlClusters
from bot.store.leaving import SqlLeaving
from bot.usecases.let_workspace_go import LetWorkspaceGo
from bot.web.link_page import LinkPages
from bot.web.server import Server, SlackEvents, make_server
from bot.wiring.asking import asking
from bot.wiring.desk import make_desk
from bot.wiring.engines import engine_for
from bot.wiring.installing import installing
from bot.wiring.keys import key_ring
from bot.wiring.meeting import Meeting, SlackRefuses
from bot.wiring.parting import Parting
from bot.wiring.patience import ClusterPatience
from bot.wiring.probe import Probe
from bot.wiring.settings import Settings
from bot.wiring.stores import Stores
from bot.wiring.telling import telling
from bot.wiring.turning import turn_by

# How soon a process sees a cluster that another one found; whoever polls a link looks at once.
LOOK_EVERY: Final = timedelta(seconds=5)

log = structlog.get_logger(__name__)


def utc_now() -> datetime:
    """The one clock."""
    return datetime.now(UTC)


class Bot:
    """One running bot."""

    def __init__(
        self,
        settings: Settings,
        *,
        clock: Callable[[], datetime] = utc_now,
        patience: ClusterPatience | None = None,
        tick: timedelta = TICK,
        engine: Engine | None = None,
    ) -> None:
        if settings.slack_bot_token is None and not settings.oauth:
            raise ValueError("settings were not read to run")
        self._settings = settings
        self._clock = clock
        self._patience = patience or ClusterPatience()
        self._tick = tick
        self._parting = Parting()
        self._tasks = Tasks()
        self._database = Database(settings.database_url)
        self._engine = engine or engine_for(settings.database_url)
        self._engine_stops: asyncio.Task[None] | None = None
        self._clusters = SqlClusters(self._database, settings.clusters, hosts=settings.region_hosts)
        self._ring = key_ring(settings.secret_keys, settings.data_dir)
        self._deliveries = SqlDeliveries(self._database)
        self._probe = Probe(self._write_something)
        self._repeats = Repeats(self._remember, self._tasks)
        self._socket: SocketMode | None = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    @property
    def port(self) -> int:
        """Where the HTTP server listens."""
        return self._server.port

    async def start(self) -> None:
        """Migrate, then serve HTTP, then meet Slack (in the background, for as long as it takes)."""
        settings = self._settings
        async with AsyncExitStack() as opened:
            opened.push_async_callback(self._database.close)
            opened.push_async_callback(self._probe.stop)
            await self._database.upgrade()
            await self._clusters.look()
            if settings.region_hosts.suffixes:
                self._engine.here(LOOK_EVERY, "clusters", self._clusters.look)
            self._session = await opened.enter_async_context(
                aiohttp.ClientSession(
                    cookie_jar=aiohttp.DummyCookieJar(),
                    # The SDK's own time-out is for sessions of its own only.
                    timeout=aiohttp.ClientTimeout(total=TIMEOUT_S),
                )
            )
            api = await opened.enter_async_context(
                HttpClusterApi(
                    settings.clusters,
                    clock=self._clock,
                    hosts=settings.region_hosts,
                    patience=self._patience.cluster,
                )
            )
            platform = await opened.enter_async_context(HttpPlatform(settings.clusters))
            regions = await opened.enter_async_context(
                HttpRegions(settings.clusters, hosts=settings.region_hosts)
            )
            opened.push_async_callback(self._drain)
            client = make_client(settings.slack_api_url, self._session)
            self._meeting = Meeting(
                settings, session=self._session, database=self._database, clock=self._clock
            )
            self._installing = installing(
                settings,
                database=self._database,
                ring=self._ring,
                session=self._session,
                own=self._meeting.own,
                tasks=self._tasks,
                clock=self._clock,
            )
            self._client_for = self._installing.clients.of
            self._installing.keep_time(self._engine, self._tick)
            leaving = SqlLeaving(self._database)
            forget: list[Callable[[str], None]] = [self._installing.clients.forget, self._meeting.lost]
            let_go = LetWorkspaceGo(
                leaving=leaving,
                still_served=lambda workspace: is_served(self._client_for(workspace)),
                forget=forget,
            )
            leavers = Leavers(
                lambda person: leaving.person(person, now=self._clock()),
                lambda workspace: let_go(workspace, now=self._clock()),
                self._tasks.spawn,
            )
            desk = self._desk(api, platform, regions, leavers, forget)
            homes = Homes(desk, self._client_for)
            forget.append(homes.forget)
            self._engine.here(self._tick, "home", homes.turn)
            app = make_app(
                desk,
                client,
                clients=self._installing.clients,
                homes=homes,
                leavers=leavers,
                linking=Linking(desk, homes, patience=self._patience.form),
            )
            self._server = Server(
                make_server(
                    slack_events=self._slack_events(app),
                    link_pages=self._link_pages(desk),
                    installs=self._installing.door,
                    trouble=self._asked_whether_ready,
                    is_leaving=lambda: self._parting.has_begun,
                ),
                host=settings.http_host,
                port=settings.http_port,
            )
            opened.push_async_callback(self._server.stop)
            await self._server.start()
            self._refused: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            meeting = asyncio.create_task(self._meet_slack(app, client), name="meet slack")
            meeting.add_done_callback(self._met)
            opened.push_async_callback(self._part_from_slack, meeting)
            await self._engine.start()
            # From here on all of it is closed by `stop`, the last thing opened first.
            self._opened = opened.pop_all()

    async def run_until(self, stop: asyncio.Event) -> None:
        """Serve until `stop` is set; raises SlackRefuses when Slack turns the token down for good."""
        waiting = asyncio.ensure_future(stop.wait())
        either: set[asyncio.Future[Any]] = {waiting, self._refused}
        try:
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            if self._refused.done():
                self._refused.result()
        finally:
            waiting.cancel()

    async def stop(self) -> None:
        """Say that we are going, take nothing new, finish what is under way, close."""
        self._parting.begin()
        # No new polls and turns; their end is waited for where all that is under way is drained.
        self._engine_stops = asyncio.create_task(self._engine.stop(), name="engine stops")
        if self._has_slack_door:
            await self._parting.looked_away()
        await self._opened.aclose()

    async def trouble(self) -> list[str]:
        """List what does not work."""
        reasons = []
        if (kind := await self._probe.trouble()) is not None:
            reasons.append(f"database: {kind}")
        if self._meeting.trouble is not None:
            reasons.append(f"slack: {self._meeting.trouble}")
        elif self._socket is not None and self._socket.trouble is not None:
            reasons.append(f"slack: {self._socket.trouble}")
        if self._engine.trouble is not None:
            reasons.append(f"engine: {self._engine.trouble}")
        return reasons

    async def _write_something(self) -> None:
        await self._deliveries.first_time(f"ready:{self._clock():%Y%m%d%H%M}", now=self._clock())

    async def _asked_whether_ready(self) -> list[str]:
        return ["stopping"] if self._parting.asked() else await self.trouble()

    async def _part_from_slack(self, meeting: asyncio.Task[None]) -> None:
        meeting.cancel()
        await asyncio.gather(meeting, return_exceptions=True)
        if self._socket is not None:
            await self._socket.stop()

    async def _drain(self) -> None:
        late = await self._tasks.drain(self._parting.left())
        if late:
            log.warning("work was cut off at the stop", tasks=late)
        if self._engine_stops is not None:
            await self._engine_stops

    def _desk(
        self,
        api: HttpClusterApi,
        platform: HttpPlatform,
        regions: HttpRegions,
        leavers: Leavers,
        forget: list[Callable[[str], None]],
    ) -> Desk:
        """Put together what asks, tells and answers; the engine learns its turns."""
        settings = self._settings
        stores = Stores.on(
            self._database,
            self._ring,
            clusters=self._clusters,
            own_clusters=[cluster.name for cluster in settings.clusters],
            clock=self._clock,
        )
        clusters_side = asking(
            stores,
            api=api,
            platform=platform,
            tasks=self._tasks,
            poll_interval=settings.poll_interval,
            may_find=bool(settings.region_hosts.suffixes),
            answer_within=self._patience.answer,
            clock=self._clock,
        )
        slack_side = telling(
            settings,
            stores,
            counting=clusters_side.counting,
            client_for=self._client_for,
            tasks=self._tasks,
            saw=leavers.saw,
            clock=self._clock,
        )
        forget += [slack_side.tongues.forget, slack_side.audiences.forget]
        turn_by(
            self._engine,
            settings,
            stores,
            asking=clusters_side,
            telling=slack_side,
            tasks=self._tasks,
            tick=self._tick,
            may_tell=lambda: self._meeting.trouble is None,
            may_poll=lambda: not self._parting.has_begun,
            clock=self._clock,
        )
        return make_desk(
            settings,
            stores,
            asking=clusters_side,
            telling=slack_side,
            api=api,
            regions=regions,
            tasks=self._tasks,
            client_for=self._client_for,
            session=self._session,
            clock=self._clock,
        )

    @property
    def _has_slack_door(self) -> bool:
        return self._settings.slack_signing_secret is not None and not self._settings.socket_mode

    def _slack_events(self, app: AsyncApp) -> SlackEvents | None:
        """The HTTP door; in Socket Mode there is none, whatever secret is set."""
        secret = self._settings.slack_signing_secret
        if secret is None or not self._has_slack_door:
            return None
        return SlackEvents(
            secret=secret,
            dispatch=lambda payload: dispatch(app, payload),
            first_time=self._repeats.first_time,
            clock=self._clock,
        )

    def _link_pages(self, desk: Desk) -> LinkPages | None:
        """The link page's door; without a public address nobody could come to it."""
        if desk.public_url is None:
            return None
        return LinkPages(
            desk.link_by_page,
            desk.clusters,
            command=desk.command,
            is_https=desk.public_url.startswith("https:"),
            clock=self._clock,
        )

    async def _remember(self, delivery: str) -> bool:
        return await self._deliveries.first_time(delivery, now=self._clock())

    async def _meet_slack(self, app: AsyncApp, client: AsyncWebClient) -> None:
        """Meet Slack, then listen over Socket Mode if that is the way."""
        await self._meeting.meet()
        if self._settings.slack_app_token is not None:
            self._socket = SocketMode(
                app,
                client,
                app_token=self._settings.slack_app_token,
                first_time=self._repeats.first_time,
                clock=self._clock,
                on_dead_token=self._dead_app_token,
            )
            self._socket.start()
        await self._meeting.check(self._installing.check_scopes)

    def _dead_app_token(self, code: str) -> None:
        if not self._refused.done():
            advice = (
                f"Slack refuses SLACK_APP_TOKEN ({code}): make an app-level token with the scope "
                "connections:write and set it"
            )
            self._refused.set_exception(SlackRefuses(advice))

    def _met(self, meeting: asyncio.Task[None]) -> None:
        """End the bot when the meeting failed on our side: nobody else would ever notice."""
        if not meeting.cancelled() and (error := meeting.exception()) is not None:
            self._refused.set_exception(error)
