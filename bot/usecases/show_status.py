"""`status`: a person's links, their tokens and last readings."""

from dataclasses import dataclass

from bot.domain.answers import LinkHealth, Status
from bot.domain.clusters import Cluster
from bot.domain.people import Person
from bot.ports import Links, Readings


@dataclass(frozen=True, kw_only=True, slots=True)
class ShowStatus:
    """Gather what `status` and the Home tab show; asks no cluster."""

    clusters: tuple[Cluster, ...]
    links: Links
    readings: Readings

    async def __call__(self, person: Person) -> Status:
        """Return every link, those on clusters that left the settings included."""
        by_name = {cluster.name: cluster for cluster in self.clusters}
        found = [
            LinkHealth(link=link, cluster=by_name.get(link.cluster), reading=await self.readings.last(link))
            for link in await self.links.of(person)
        ]
        return Status(person=person, links=tuple(found))
