"""`/walltime`: my usage on each linked cluster, live if the cluster answers in time."""

from dataclasses import dataclass
from datetime import datetime

from bot.domain.answers import LimitShare, LinkUsage
from bot.domain.clusters import Cluster
from bot.domain.errors import NotLinked, WalltimeError
from bot.domain.forecast import forecast
from bot.domain.limits import Limit, ScopeKind
from bot.domain.people import Link, Person
from bot.domain.periods import MONTH, window
from bot.domain.usage import PACE_WINDOW, Reading, pace_per_day, usage_in
from bot.ports import Links, LiveReadings, Readings
from bot.ports.alerting import Limits
from bot.usecases.counting import Counting


@dataclass(frozen=True, kw_only=True, slots=True)
class AnswerUsage:
    """Answer a person's own usage."""

    clusters: tuple[Cluster, ...]
    links: Links
    readings: Readings
    live: LiveReadings
    limits: Limits
    counting: Counting

    async def __call__(self, person: Person, *, now: datetime) -> tuple[LinkUsage, ...]:
        """Return one answer per link on a configured cluster; raises NotLinked if there is none."""
        by_name = {cluster.name: cluster for cluster in self.clusters}
        links = [link for link in await self.links.of(person) if link.cluster in by_name]
        if not links:
            raise NotLinked
        taken = await self.live.take(links)
        return tuple(
            [await self._usage(link, by_name[link.cluster], taken[link.link_id], now) for link in links]
        )

    async def _usage(
        self, link: Link, cluster: Cluster, taken: Reading | WalltimeError, now: datetime
    ) -> LinkUsage:
        month = window(MONTH, now, cluster.timezone)
        readings = await self.readings.covering(link, min(month.start, now - PACE_WINDOW))
        problem = taken if isinstance(taken, WalltimeError) else None
        return LinkUsage(
            link=link,
            cluster=cluster,
            reading=await self.readings.last(link) if isinstance(taken, WalltimeError) else taken,
            # Readings that end before the month say nothing about it.
            this_month=usage_in(month, readings)
            if readings and readings[-1].confirmed_at >= month.start
            else None,
            pace_per_day=pace_per_day(readings, now=now),
            limits=await self._limits(link, cluster, now) if readings else (),
            problem=problem,
        )

    async def _limits(self, link: Link, cluster: Cluster, now: datetime) -> tuple[LimitShare, ...]:
        """Say how full the limits are that count this person alone."""
        user = link.person.user
        shares = [
            await self._share(limit, user, cluster, now)
            for limit in await self.limits.counting(link.person, cluster.name)
            if limit.scope.kind is not ScopeKind.TEAM and user in await self.counting.subjects(limit)
        ]
        return tuple(sorted(shares, key=lambda share: -share.percent))

    async def _share(self, limit: Limit, user: str, cluster: Cluster, now: datetime) -> LimitShare:
        counted = await self.counting.one(limit, user, now=now)
        measured = self.counting.measure(limit, counted, cluster, now=now)
        room = limit.core_hours - measured.core_hours
        return LimitShare(
            limit=limit,
            percent=limit.percent(measured.core_hours),
            window=measured.window,
            forecast=forecast([one.readings for one in counted.series], room=room, now=now),
        )
