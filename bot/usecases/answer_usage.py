"""`/walltime`: my usage on each linked cluster, live if the cluster answers in time."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.answers import LinkUsage
from bot.domain.clusters import Cluster
from bot.domain.errors import NotLinked, WalltimeError
from bot.domain.people import Link, Person
from bot.domain.periods import MONTH, window
from bot.domain.usage import PACE_WINDOW, Reading, pace_per_day, usage_in
from bot.ports import Links, LiveReadings, Readings

REUSED_FOR = timedelta(seconds=30)


@dataclass(frozen=True, kw_only=True, slots=True)
class AnswerUsage:
    """Answer a person's own usage."""

    clusters: tuple[Cluster, ...]
    links: Links
    readings: Readings
    live: LiveReadings

    async def __call__(self, person: Person, *, now: datetime) -> tuple[LinkUsage, ...]:
        """Return one answer per link on a configured cluster; raises NotLinked if there is none."""
        by_name = {cluster.name: cluster for cluster in self.clusters}
        links = [link for link in await self.links.of(person) if link.cluster in by_name]
        if not links:
            raise NotLinked
        stored = {link.link_id: await self.readings.last(link) for link in links}
        stale = [link for link in links if not _fresh(stored[link.link_id], now)]
        taken = await self.live.take(stale) if stale else {}
        answers = []
        for link in links:
            found = taken.get(link.link_id, stored[link.link_id])
            problem = found if isinstance(found, WalltimeError) else None
            reading = stored[link.link_id] if isinstance(found, WalltimeError) else found
            answers.append(await self._usage(link, by_name[link.cluster], reading, problem, now))
        return tuple(answers)

    async def _usage(
        self,
        link: Link,
        cluster: Cluster,
        reading: Reading | None,
        problem: WalltimeError | None,
        now: datetime,
    ) -> LinkUsage:
        month = window(MONTH, now, cluster.timezone)
        readings = await self.readings.covering(link, min(month.start, now - PACE_WINDOW))
        return LinkUsage(
            link=link,
            cluster=cluster,
            reading=reading,
            this_month=usage_in(month, readings),
            pace_per_day=pace_per_day(readings, now=now),
            problem=problem,
        )


def _fresh(reading: Reading | None, now: datetime) -> bool:
    """Tell whether a reading is young enough to be given again without asking."""
    return reading is not None and now - reading.confirmed_at < REUSED_FOR
