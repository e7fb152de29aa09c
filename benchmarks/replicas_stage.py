"""Several bots on one database, each watched over as by an orchestrator, between stand-ins of both sides."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from benchmarks.bot_process import APP_TOKEN, BOT_TOKEN, SIGNING_SECRET, BotProcess, settings_for
from benchmarks.crowd import Crowd
from benchmarks.crowd_rows import TOKEN_LIVES, put, put_due
from benchmarks.poll_times import WatchedCluster
from benchmarks.postgres import Postgres, postgres
from benchmarks.replay_stage import Recorded
from benchmarks.trace import ZONE
from bot.playground.slack import SlackTwin
from bot.store.engine import Database
from bot.store.vault import KeyRing, new_key

TEAM: Final = "T0NASA"
LOOK_S: Final = 0.1
# An orchestrator would go on; here nobody would learn of it.
MOST_FALLS: Final = 20
# So long it takes to write down when a link is due.
WRITTEN_WITHIN: Final = timedelta(milliseconds=1)


def utc_now() -> datetime:
    """The real clock."""
    return datetime.now(UTC)


@dataclass(kw_only=True)
class Replica:
    """A bot that is started again whenever it ends, as an orchestrator does it."""

    bot: BotProcess
    pause_s: Callable[[], float]
    fell: int = 0  # times it ended by itself
    was_killed: bool = False

    async def keep(self) -> None:
        """Run it, again and again."""
        while True:
            await self.bot.begin()
            await self.bot.ended()
            if not self.was_killed:
                self.fell += 1
            self.was_killed = False
            await asyncio.sleep(self.pause_s())

    async def kill(self) -> float | None:
        """Pull the plug; return the seconds until it is ready again, None if it was down already."""
        if not self.bot.is_running:
            return None
        self.was_killed = True
        began = time.monotonic()
        await self.bot.kill()
        return await self.until_ready() - began

    async def until_ready(self) -> float:
        """Wait until it is ready, and return that moment by the monotonic clock."""
        fell = self.fell
        while not await self.bot.is_ready():
            if self.fell - fell > MOST_FALLS:
                raise RuntimeError(f"the bot ends by itself again and again; see {self.bot.log}")
            await asyncio.sleep(LOOK_S)
        return time.monotonic()


@dataclass(kw_only=True)
class ReplicaStage:
    """Stand-ins of Slack and of the cluster, the database's server (none: SQLite), and the replicas."""

    crowd: Crowd
    poll_interval: timedelta
    slack: SlackTwin
    cluster: WatchedCluster
    server: Postgres | None
    database: Database
    replicas: tuple[Replica, ...]
    _keeping: list[asyncio.Task[None]] = field(default_factory=list)

    async def start(self) -> None:
        """Start all replicas, and wait until they are ready."""
        self._keeping = [asyncio.create_task(each.keep(), name="keep") for each in self.replicas]
        ready = asyncio.gather(*(each.until_ready() for each in self.replicas))
        # Who keeps a replica ends only by failing.
        all_of_it: list[asyncio.Future[Any]] = [ready, *self._keeping]
        ended, _ = await asyncio.wait(all_of_it, return_when=asyncio.FIRST_COMPLETED)
        for each in ended:
            each.result()

    async def begin(self) -> None:
        """Let the log pass, and let everybody be polled, from a moment on; wait for it."""
        links = len(self.crowd.people)
        start = utc_now() + timedelta(seconds=2) + links * WRITTEN_WITHIN
        self.crowd = self.crowd.starting_at(start)
        for one in self.crowd.people:
            self.cluster.user(one.username).growth = Recorded(counter=one.counter, start=start)
        await put_due(self.database, self.crowd, poll_interval=self.poll_interval)
        await asyncio.sleep((start - utc_now()).total_seconds())

    def spent_s(self) -> tuple[float, float, float]:
        """Return the processor time of replicas, database and this process so far, in seconds."""
        database_s = self.server.cpu_s if self.server is not None else 0.0
        return sum(each.bot.cpu_s for each in self.replicas), database_s, time.process_time()

    async def stop(self) -> None:
        """Ask all replicas to stop, as an orchestrator does it, and see that they do."""
        await self._let_go()
        await asyncio.gather(*(each.bot.stop() for each in self.replicas))

    async def close(self) -> None:
        """End what still runs."""
        await self._let_go()
        await asyncio.gather(*(each.bot.close() for each in self.replicas))

    async def _let_go(self) -> None:
        for task in self._keeping:
            task.cancel()
        await asyncio.gather(*self._keeping, return_exceptions=True)
        self._keeping = []


@asynccontextmanager
async def replica_stage(
    crowd: Crowd,
    folder: Path,
    *,
    replicas: int,
    poll_interval: timedelta,
    sqlite: bool,
    pause_s: Callable[[], float],
    seed: int,
    socket_mode: bool = False,
) -> AsyncIterator[ReplicaStage]:
    """Build the stage and put the crowd into the database; nothing of the bot runs, and nobody is due."""
    async with AsyncExitStack() as opened:
        server = None if sqlite else opened.enter_context(postgres())
        url = f"sqlite:///{folder / 'walltime.sqlite3'}" if server is None else server.url
        slack = SlackTwin(clock=utc_now, signing_secret=SIGNING_SECRET, app_token=APP_TOKEN)
        cluster = WatchedCluster(clock=utc_now, seed=seed)
        await slack.start()
        opened.push_async_callback(slack.stop)
        await cluster.start()
        opened.push_async_callback(cluster.stop)
        _populate(slack, cluster, crowd)
        key = new_key()
        settings = {
            **settings_for(
                slack,
                cluster,
                folder,
                timezone=ZONE.key,
                poll_interval=poll_interval,
                socket_mode=socket_mode,
            ),
            "WALLTIME_DATABASE_URL": url,
            "WALLTIME_SECRET_KEYS": key,
        }
        database = Database(url)
        opened.push_async_callback(database.close)
        await database.upgrade()
        await put(
            database,
            crowd,
            ring=KeyRing.parse(key),
            token_of=lambda username: cluster.token(username, lives=TOKEN_LIVES),
        )
        bots = [BotProcess(settings=settings, log=folder / f"bot{number}.log") for number in range(replicas)]
        stage = ReplicaStage(
            crowd=crowd,
            poll_interval=poll_interval,
            slack=slack,
            cluster=cluster,
            server=server,
            database=database,
            replicas=tuple(Replica(bot=bot, pause_s=pause_s) for bot in bots),
        )
        opened.push_async_callback(stage.close)
        yield stage


def _populate(slack: SlackTwin, cluster: WatchedCluster, crowd: Crowd) -> None:
    """Put everybody into Slack and on the cluster."""
    workspace = slack.add_workspace(TEAM, "NASA Ames", bot_token=BOT_TOKEN)
    for one in crowd.people:
        workspace.add_person(one.user, name=one.username)
        cluster.add_user(one.username)
    for channel, team in crowd.teams.items():
        workspace.add_channel(channel, channel.lower(), members=[one.user for one in team], is_private=True)
    # The bot needs not hear of its own direct messages.
    slack.subscriptions.clear()
