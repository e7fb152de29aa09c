"""The bot's half of a simulated month: a process that is told what time it is, and may be killed.

    python -m benchmarks.token_worker DATABASE CLUSTER_URL

Reads its sealing key and then moments (epoch seconds) from standard input. At each it renews and polls what
is due, both at the same time as the bot does, and says `done`.
"""

import asyncio
import sys
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import stamina

from bot.cluster.client import HttpClusterApi
from bot.domain.clusters import Cluster
from bot.domain.polling import LONGEST_GAP
from bot.jobs.alone import AloneInProcess
from bot.jobs.live import SharedLiveReadings
from bot.jobs.polling import Polling
from bot.jobs.renewing import Renewing
from bot.jobs.tasks import Tasks
from bot.store.engine import Database
from bot.store.limits import SqlAlerts, SqlLimits
from bot.store.polls import SqlPolls
from bot.store.readings import SqlReadings
from bot.store.teams import SqlTeams
from bot.store.tokens import SqlTokens
from bot.store.vault import KeyRing
from bot.usecases.counting import Counting
from bot.usecases.keep_health import KeepHealth
from bot.usecases.poll_link import PollLink
from bot.usecases.renew_token import LEASE, RenewToken
from bot.usecases.take_reading import TakeReading
from bot.wiring.logs import set_up_logs

POLL_INTERVAL: Final = timedelta(hours=3)
PATIENCE: Final = timedelta(minutes=5)


class Told:
    """The clock: it stands still between two moments."""

    def __init__(self) -> None:
        self.now = datetime.fromtimestamp(0, UTC)

    def __call__(self) -> datetime:
        """Tell the moment told last."""
        return self.now


def cluster_at(url: str) -> Cluster:
    """The one cluster of the simulation."""
    return Cluster(name="east", label="East", url=url, platform_url=url, timezone=ZoneInfo("Asia/Shanghai"))


async def work(database_path: str, url: str) -> None:
    """Do what is due at each moment, until the input ends."""
    ring = KeyRing.parse(sys.stdin.readline().strip())
    clock, tasks, clusters = Told(), Tasks(), (cluster_at(url),)
    database = Database(f"sqlite:///{database_path}")
    async with HttpClusterApi(clusters, clock=clock) as api:
        tokens = SqlTokens(database, ring, clock=clock)
        readings, polls = SqlReadings(database), SqlPolls(database)
        health, alone = KeepHealth(tokens=tokens), AloneInProcess()
        renew = RenewToken(clusters=clusters, api=api, tokens=tokens, health=health, alone=alone)
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
            lambda link: take(link, now=clock()), lambda link: take.unless_fresh(link, now=clock()), tasks
        )
        counting = Counting(
            clusters=clusters,
            poll_interval=POLL_INTERVAL,
            readings=readings,
            teams=SqlTeams(database),
            polls=polls,
        )
        poll = PollLink(
            counting=counting,
            live=live,
            limits=SqlLimits(database),
            alerts=SqlAlerts(database),
            polls=polls,
            health=health,
        )
        polling = Polling(
            clusters[0].name,
            polls,
            lambda polled, now: poll(polled, now=now),
            tasks,
            clock=clock,
            furthest=LONGEST_GAP * POLL_INTERVAL,
        )
        renewing = Renewing(tokens, lambda held, now: renew(held, now=now), tasks, clock=clock, lease=LEASE)
        while line := await asyncio.to_thread(sys.stdin.readline):
            clock.now = datetime.fromtimestamp(float(line), UTC)
            is_first = True
            while is_first or await tokens.due_on(now=clock()):
                is_first = False
                while await polling.waiting():
                    await polling.chunk()
                await renewing.turn()
                await tasks.drain(PATIENCE)
            print("done", flush=True)
    await database.close()


if __name__ == "__main__":
    set_up_logs(level="error", style="console")
    # Another try comes at once: the simulated time stands still meanwhile.
    with stamina.set_testing(True, attempts=3, cap=True):
        asyncio.run(work(*sys.argv[1:]))
