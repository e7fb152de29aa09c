"""The use cases on a real database and a real HTTP client, without Slack."""

import uuid
from collections import defaultdict
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Self
from zoneinfo import ZoneInfo

from bot.cluster.client import HttpClusterApi
from bot.domain.clusters import Cluster
from bot.domain.errors import NotLinked
from bot.domain.people import Person
from bot.domain.secret import Secret
from bot.jobs.alone import AloneInProcess
from bot.jobs.live import SharedLiveReadings
from bot.jobs.tasks import Tasks
from bot.playground.cluster import ClusterTwin
from bot.store.audit import SqlAuditLog
from bot.store.engine import Database
from bot.store.limits import SqlLimits
from bot.store.links import SqlLinks
from bot.store.polls import SqlPolls
from bot.store.readings import SqlReadings
from bot.store.teams import SqlTeams
from bot.store.tokens import SqlTokens
from bot.store.vault import KeyRing, new_key
from bot.usecases.answer_usage import AnswerUsage
from bot.usecases.counting import Counting
from bot.usecases.keep_health import KeepHealth
from bot.usecases.link_account import LinkAccount, LinkWish
from bot.usecases.renew_token import RenewToken
from bot.usecases.take_reading import TakeReading
from bot.usecases.unlink_account import UnlinkAccount


class Office:
    """A bot without a Slack."""

    def __init__(self, folder: Path, twin: ClusterTwin, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._database = Database(f"sqlite:///{folder / 'walltime.sqlite3'}")
        cluster = Cluster(
            name="east",
            label="East",
            url=twin.url,
            platform_url=twin.platform_url,
            timezone=ZoneInfo("Asia/Shanghai"),
        )
        clusters = (cluster,)
        self._api = HttpClusterApi(clusters, clock=clock)
        ring = KeyRing.parse(new_key())
        self.links = SqlLinks(self._database, ring)
        self.readings = SqlReadings(self._database)
        tokens, alone = SqlTokens(self._database, ring, clock=clock), AloneInProcess()
        health = KeepHealth(tokens=tokens)
        take = TakeReading(
            clusters=clusters,
            api=self._api,
            tokens=tokens,
            readings=self.readings,
            renew=RenewToken(clusters=clusters, api=self._api, tokens=tokens, health=health, alone=alone),
            health=health,
            alone=alone,
        )
        self._link = LinkAccount(
            clusters=clusters, api=self._api, links=self.links, audit=SqlAuditLog(self._database)
        )
        self._unlink = UnlinkAccount(links=self.links, audit=SqlAuditLog(self._database))
        live = SharedLiveReadings(
            lambda link: take(link, now=clock()), lambda link: take.unless_fresh(link, now=clock()), Tasks()
        )
        self._answer = AnswerUsage(
            clusters=clusters,
            links=self.links,
            readings=self.readings,
            live=live,
            limits=SqlLimits(self._database),
            counting=Counting(
                clusters=clusters,
                poll_interval=timedelta(minutes=10),
                readings=self.readings,
                teams=SqlTeams(self._database),
                polls=SqlPolls(self._database),
            ),
        )
        self.tokens: dict[tuple[Person, str], set[str]] = defaultdict(set)

    async def __aenter__(self) -> Self:
        await self._database.upgrade()
        await self._api.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._api.__aexit__()
        await self._database.close()

    async def link(self, person: Person, token: str, username: str) -> None:
        self.tokens[person, username].add(token)
        wish = LinkWish(person=person, cluster="east", username="", token=Secret(token))
        proof = self._link.examine(wish, now=self._clock())
        await self._link(proof, link_id=uuid.uuid4().hex, now=self._clock())

    async def forget(self, person: Person) -> None:
        try:
            await self._unlink(person, "east", now=self._clock())
        except NotLinked:
            return

    async def ask(self, person: Person) -> list[tuple[str, float]]:
        """Return username and core-hours of each link, as `/walltime` would show them."""
        try:
            answers = await self._answer(person, now=self._clock())
        except NotLinked:
            return []
        return [(a.link.username, a.reading.core_hours) for a in answers if a.reading is not None]
