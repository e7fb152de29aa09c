"""Thin old readings: a little at a time, each link once a day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from bot.domain.clusters import Cluster
from bot.domain.people import Link
from bot.domain.usage import Reading, aged, thin
from bot.ports import OldReadings

EVERY: Final = timedelta(days=1)
MOST_LINKS: Final = 50


@dataclass(frozen=True, kw_only=True, slots=True)
class ThinReadings:
    """Thin what has grown old."""

    clusters: Sequence[Cluster]
    old: OldReadings

    async def __call__(self, *, now: datetime) -> int:
        """Thin some of the links that are due; return how many readings went."""
        zones = {cluster.name: cluster.timezone for cluster in self.clusters}
        went = 0
        for link, thinned_at in await self.old.due(before=now - EVERY, most=MOST_LINKS):
            gone = await self._superfluous(
                link, thinned_at, zones.get(link.cluster, ZoneInfo("UTC")), now=now
            )
            await self.old.drop(link, gone, now=now)
            went += len(gone)
        return went

    async def _superfluous(
        self, link: Link, thinned_at: datetime | None, zone: ZoneInfo, *, now: datetime
    ) -> list[Reading]:
        """Look only at what grew old since the last time."""
        gone: dict[datetime, Reading] = {}
        for span in aged(thinned_at, now=now):
            found = await self.old.around(link, span)
            kept = {reading.at for reading in thin(found, now=now, zone=zone)}
            gone |= {reading.at: reading for reading in found if reading.at not in kept}
        return list(gone.values())
