"""Ask the cluster once for one link and store what it says. Every reading comes in by this door."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from bot.domain.clusters import Cluster
from bot.domain.errors import ClusterMisconfigured
from bot.domain.people import Link
from bot.domain.usage import Reading
from bot.ports import ClusterApi, Links, Readings

REUSED_FOR: Final = timedelta(seconds=30)


@dataclass(frozen=True, kw_only=True, slots=True)
class TakeReading:
    """Fetch and record one reading."""

    clusters: tuple[Cluster, ...]
    api: ClusterApi
    links: Links
    readings: Readings

    async def unless_fresh(self, link: Link, *, now: datetime) -> Reading:
        """Return the last reading if it is young enough to be given again, else take one."""
        last = await self.readings.last(link)
        if last is not None and timedelta(0) <= now - last.confirmed_at < REUSED_FOR:
            return last
        return await self(link)

    async def __call__(self, link: Link) -> Reading:
        """Return the reading as stored; raises what the cluster or the seal raises."""
        cluster = next((cluster for cluster in self.clusters if cluster.name == link.cluster), None)
        if cluster is None:
            raise ClusterMisconfigured("no longer in the settings")
        token = await self.links.token(link)
        return await self.readings.record(link, await self.api.core_hours(cluster, link.username, token))
