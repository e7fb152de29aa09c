"""`unlink`: forget a link, its token and its readings."""

from dataclasses import dataclass
from datetime import datetime

from bot.domain.errors import NotLinked
from bot.domain.people import Link, Person
from bot.ports import Links


@dataclass(frozen=True, kw_only=True, slots=True)
class UnlinkAccount:
    """Unlink a person from one cluster, in two steps: what would be forgotten, then the deed."""

    links: Links

    async def candidates(self, person: Person, cluster: str | None) -> tuple[Link, ...]:
        """Return the links the person may mean; raises NotLinked if there is none."""
        links = tuple(link for link in await self.links.of(person) if cluster in (None, link.cluster))
        if not links:
            raise NotLinked(cluster)
        return links

    async def __call__(self, person: Person, cluster: str, *, now: datetime) -> None:
        """Erase; raises NotLinked if there is nothing (any more)."""
        if not await self.links.forget(person, cluster, actor=person.user, now=now):
            raise NotLinked(cluster)
