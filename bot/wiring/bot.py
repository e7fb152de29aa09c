"""The bot, put together: which adapter stands behind which port, what starts first, what stops last."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Final, Self, TypeVar

import aiohttp
import structlog
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.cluster.client import HttpClusterApi
from bot.cluster.platform import HttpPlatform
from bot.cluster.regions import HttpRegions
from bot.domain.limits import Place
from bot.domain.polling import LONGEST_GAP
from bot.jobs.alone import AloneInProcess
from bot.jobs.calendars import HolidayCalendars
from bot.jobs.delivery import Delivery
from bot.jobs.engine import TICK, Chunks, Engine
from bot.jobs.gauges import EVERY as GAUGES_EVERY
from bot.jobs.gauges import Gauges
from bot.jobs.live import SharedLiveReadings
from bot.jobs.polling import HANDS, Polling
from bot.jobs.renewing import Renewing
from bot.jobs.repeats import Repeats
from bot.jobs.tasks import Tasks
from bot.slack.app import dispatch, make_app
from bot.slack.audiences import SlackAudiences
from bot.slack.client import TIMEOUT_S, make_client
from bot.slack.desk import Desk
from bot.slack.home import Homes
from bot.slack.leaving import Leavers, is_served
from bot.slack.link_questions import SlackLinkQuestions
from bot.slack.linking import Linking
from bot.slack.notifier import SlackNotifier
from bot.slack.socket_mode import SocketMode
from bot.slack.tongues import Tongues
from bot.store.access_keys import SqlAccessKeys
from bot.store.audit import SqlAuditLog
from bot.store.backlog import SqlBacklog
from bot.store.deliveries import SqlDeliveries
from bot.store.engine import Database, is_busy
from bot.store.found_clusters import SqlClusters
from bot.store.languages import SqlLanguages
from bot.store.leaving import SqlLeaving
from bot.store.limits import SqlAlerts, SqlLimits
from bot.store.link_pages import SqlLinkPages
from bot.store.links import SqlLinks
from bot.store.notices import SqlNotices, SqlPlaces
from bot.store.old_readings import SqlOldReadings
from bot.store.place_turns import SqlPlaceTurns
from bot.store.polls import SqlPolls
from bot.store.postgres import patiently
from bot.store.readings import SqlReadings
from bot.store.retention import SqlRetention
from bot.store.sign_ins import SqlSignIns
from bot.store.standups import SqlStandups
from bot.store.teams import SqlTeams
from bot.store.tokens import SqlTokens
from bot.usecases.act_on_alert import ActOnAlert
from bot.usecases.answer_usage import AnswerUsage
from bot.usecases.choose_language import ChooseLanguage
from bot.usecases.counting import Counting
from bot.usecases.deliver import DeliverNotices
from bot.usecases.delivery.discretion import Discretion
from bot.usecases.gather_digest import GatherDigest
from bot.usecases.gather_team import GatherTeam
from bot.usecases.guard_audience import GuardAudience
from bot.usecases.hear_of_channel import HearOfChannel
from bot.usecases.join_team import JoinTeam
from bot.usecases.keep_health import KeepHealth
from bot.usecases.let_workspace_go import LetWorkspaceGo
from bot.usecases.link_account import LinkAccount
from bot.usecases.link_by_access_key import LinkByAccessKey
from bot.usecases.link_by_page import LinkByPage
from bot.usecases.link_region import LinkRegion
from bot.usecases.poll_link import PollLink
from bot.usecases.renew_token import LEASE, RenewToken
from bot.usecases.set_limit import SetLimit
from bot.usecases.set_standup import SetStandup
from bot.usecases.show_history import ShowHistory
from bot.usecases.show_home import ShowHome
from bot.usecases.show_person import ShowPerson
from bot.usecases.show_status import ShowStatus
from bot.usecases.show_team import ShowTeam
from bot.usecases.sign_in import SignIn
from bot.usecases.take_reading import TakeReading
from bot.usecases.thin_readings import ThinReadings
from bot.usecases.turn_standups import TurnStandups
from bot.usecases.unlink_account import UnlinkAccount
from bot.views.alerts import AlertDrawings
from bot.views.team import ask_again_sentence
from bot.web.link_page import LinkPages
from bot.web.server import Server, SlackEvents, make_server
from bot.wiring.engines import engine_for
from bot.wiring.installing import installing
from bot.wiring.keys import key_ring
from bot.wiring.meeting import Meeting, SlackRefuses
from bot.wiring.parting import Parting
from bot.wiring.patience import ClusterPatience
from bot.wiring.probe import Probe
from bot.wiring.settings import Settings

# How soon a process sees a cluster that another one found; whoever polls a link looks at once.
LOOK_EVERY: Final = timedelta(seconds=5)
# Where Slack is asked too much who reads channels. Whoever joins reads what stood there before, too.
READERS_KNOWN_FOR: Final = timedelta(seconds=30)
THIN_EVERY: Final = timedelta(minutes=1)
SWEEP_EVERY: Final = timedelta(minutes=1)

T = TypeVar("T")

log = structlog.get_logger(__name__)


def utc_now() -> datetime:
    """The one clock."""
    return datetime.now(UTC)


def bot_version() -> str:
    """The installed version; a checkout that was never installed has none."""
    try:
        return version("walltime-bot")
    except PackageNotFoundError:
        return "0 (checkout)"


async def _together(turns: Sequence[Awaitable[None]]) -> Sequence[BaseException | None]:
    """Run all at once; one that fails stops no other."""
    return await asyncio.gather(*turns, return_exceptions=True)


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

    def _spawn_for_people(self, work: Coroutine[Any, Any, T], *, name: str) -> asyncio.Task[T]:
        with patiently():
            return self._tasks.spawn(work, name=name)

    def _desk(
        self,
        api: HttpClusterApi,
        platform: HttpPlatform,
        regions: HttpRegions,
        leavers: Leavers,
        forget: list[Callable[[str], None]],
    ) -> Desk:
        clusters = self._clusters
        found = clusters if self._settings.region_hosts.suffixes else None
        links = SqlLinks(self._database, self._ring, clock=self._clock)
        readings = SqlReadings(self._database)
        limits, alerts, audit = (
            SqlLimits(self._database),
            SqlAlerts(self._database),
            SqlAuditLog(self._database),
        )
        tokens, alone = SqlTokens(self._database, self._ring, clock=self._clock), AloneInProcess()
        health = KeepHealth(tokens=tokens)
        keys = SqlAccessKeys(self._database, self._ring, clock=self._clock)
        sign_in = SignIn(clusters=clusters, platform=platform, keys=keys, audit=audit)
        renew = RenewToken(
            clusters=clusters,
            api=api,
            tokens=tokens,
            health=health,
            alone=alone,
            sign_in=sign_in,
            found=found,
        )
        take = TakeReading(
            clusters=clusters,
            api=api,
            tokens=tokens,
            readings=readings,
            renew=renew,
            health=health,
            alone=alone,
        )
        live = SharedLiveReadings(
            lambda link: take(link, now=self._clock()),
            lambda link: take.unless_fresh(link, now=self._clock()),
            self._tasks,
            budget=self._patience.answer,
        )
        languages = SqlLanguages(self._database)
        places = SqlPlaces(self._database)
        notices, teams = SqlNotices(self._database), SqlTeams(self._database)
        polls = SqlPolls(self._database, clusters=[cluster.name for cluster in self._settings.clusters])
        counting = Counting(
            clusters=clusters,
            poll_interval=self._settings.poll_interval,
            readings=readings,
            teams=teams,
            polls=polls,
        )
        poll = PollLink(
            counting=counting,
            live=live,
            limits=limits,
            alerts=alerts,
            polls=polls,
            health=health,
            found=found,
        )
        thin = ThinReadings(clusters=clusters, old=SqlOldReadings(self._database))
        tongues = Tongues(languages, self._client_for, clock=self._clock, saw=leavers.saw)

        async def drawings(workspace: str, place: Place) -> AlertDrawings:
            language = await tongues.of_place(workspace, place)
            return AlertDrawings(
                clusters=clusters,
                language=language,
                command=self._settings.command,
                install_url=self._settings.install_url,
            )

        renewing = Renewing(
            tokens, lambda held, now: renew(held, now=now), self._tasks, clock=self._clock, lease=LEASE
        )
        audiences = SlackAudiences(self._client_for, self._clock, saw=leavers.saw)
        forget += [tongues.forget, audiences.forget]
        guard = GuardAudience(teams=teams, audiences=audiences, notices=notices, ask_again=ask_again_sentence)
        telling_guard = replace(guard, within=READERS_KNOWN_FOR)
        standups, calendars = SqlStandups(self._database), HolidayCalendars()
        digests = GatherDigest(
            counting=counting, limits=limits, alerts=alerts, standups=standups, guard=telling_guard
        )
        gather_team = GatherTeam(counting=counting, limits=limits, guard=guard)
        turn_standups = TurnStandups(standups=standups, calendars=calendars)
        deliver = DeliverNotices(
            notices=notices,
            place_turns=SqlPlaceTurns(self._database),
            alerts=alerts,
            limits=limits,
            places=places,
            notifier=SlackNotifier(client_for=self._client_for, saw=leavers.saw),
            drawings=drawings,
            discretion=Discretion(guard=telling_guard, counting=counting),
            digests=digests,
            teams=gather_team,
            together=_together,
            clock=self._clock,
        )
        delivery = Delivery(
            lambda now: deliver(now=now),
            self._tasks,
            clock=self._clock,
            is_open=lambda: self._meeting.trouble is None,
        )
        link_account = LinkAccount(clusters=clusters, api=api, links=links, audit=audit)
        pages = SqlLinkPages(self._database, self._ring)
        retention = SqlRetention(self._database)
        self._engine.every(SWEEP_EVERY, "retention", lambda: retention.sweep(now=self._clock()))
        gauges = Gauges(
            SqlBacklog(self._database),
            tokens,
            clusters=[cluster.name for cluster in clusters],
            clock=self._clock,
        )
        self._engine.here(GAUGES_EVERY, "gauges", gauges.turn)
        # Those that were found are polled together, by the hands of no cluster.
        for cluster in (*(each.name for each in self._settings.clusters), None):
            polling = Polling(
                cluster,
                polls,
                lambda polled, now: poll(polled, now=now),
                self._tasks,
                clock=self._clock,
                furthest=LONGEST_GAP * self._settings.poll_interval,
                at_once=self._settings.polls_at_once,
                is_open=lambda: not self._parting.has_begun,
            )
            name = "polling" if cluster is None else f"polling {cluster}"
            chunks = Chunks(waiting=polling.waiting, work=polling.chunk)
            self._engine.chunks(self._tick, name, chunks, hands=HANDS)
        self._engine.every(self._tick, "renewal", renewing.turn)
        self._engine.every(self._tick, "delivery", delivery.turn)
        self._engine.every(self._tick, "standups", lambda: turn_standups(now=self._clock()))
        self._engine.every(THIN_EVERY, "thinning", lambda: thin(now=self._clock()))
        answer_usage = AnswerUsage(
            clusters=clusters, links=links, readings=readings, live=live, limits=limits, counting=counting
        )
        show_status = ShowStatus(
            clusters=clusters,
            links=links,
            readings=readings,
            polls=polls,
            limits=limits,
            teams=teams,
            tokens=tokens,
            standups=standups,
        )
        link_region = LinkRegion(
            clusters=clusters,
            sign_in=sign_in,
            regions=regions,
            sign_ins=SqlSignIns(self._database, self._ring),
            found=clusters,
            link_account=link_account,
            audit=audit,
        )
        return Desk(
            command=self._settings.command,
            version=bot_version(),
            clusters=clusters,
            answer_usage=answer_usage,
            link_by_page=LinkByPage(
                link_account=link_account,
                pages=pages,
                questions=SlackLinkQuestions(self._client_for, clusters, tongues),
                audit=audit,
            ),
            link_account=link_account,
            link_by_access_key=LinkByAccessKey(sign_in=sign_in, link_account=link_account),
            link_region=None if found is None else link_region,
            unlink_account=UnlinkAccount(links=links, audit=audit),
            show_status=show_status,
            show_home=ShowHome(
                answer_usage=answer_usage,
                show_status=show_status,
                limits=limits,
                alerts=alerts,
                teams=teams,
                languages=languages,
            ),
            show_history=ShowHistory(
                clusters=clusters, readings=readings, polls=polls, limits=limits, teams=teams, guard=guard
            ),
            set_limit=SetLimit(counting=counting, links=links, limits=limits, alerts=alerts, audit=audit),
            act_on_alert=ActOnAlert(
                counting=counting, limits=limits, alerts=alerts, notices=notices, audit=audit
            ),
            join_team=JoinTeam(teams=teams, limits=limits, alerts=alerts, counting=counting),
            choose_language=ChooseLanguage(languages=languages),
            tongues=tongues,
            public_url=self._settings.public_url,
            hear_of_channel=HearOfChannel(places=places),
            show_team=ShowTeam(gather=gather_team, notices=notices),
            show_person=ShowPerson(answer_usage=answer_usage, counting=counting, teams=teams, guard=guard),
            set_standup=SetStandup(
                standups=standups,
                calendars=calendars,
                teams=teams,
                notices=notices,
                audit=audit,
                gather=digests,
            ),
            guard_audience=guard,
            audiences=audiences,
            install_url=self._settings.install_url,
            admins=self._settings.admins,
            spawn=self._spawn_for_people,
            is_busy=is_busy,
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
