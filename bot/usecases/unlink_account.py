"""`unlink`: forget a link, its token and its readings."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bot.domain.errors import NotAdmin, NotLinked, SomebodyNotLinked
from bot.domain.people import Link, Person
from bot.domain.standing import Standing
from bot.ports import AuditEntry, AuditLog, Links


@dataclass(frozen=True, kw_only=True, slots=True)
class Unlinker:
    """Who unlinks somebody else; `tell` words what that one hears of it."""

    person: Person
    standing: Standing
    tell: Callable[[str], str]


@dataclass(frozen=True, kw_only=True, slots=True)
class UnlinkAccount:
    """Unlink a person from one cluster, in two steps: what would be forgotten, then the deed.

    With an `Unlinker` it is for somebody else; raises NotAdmin for anybody but an admin then, and
    SomebodyNotLinked in the place of NotLinked.
    """

    links: Links
    audit: AuditLog

    async def candidates(
        self, person: Person, cluster: str | None, *, by: Unlinker | None = None, now: datetime
    ) -> tuple[Link, ...]:
        """Return the links the person may mean; raises NotLinked if there is none."""
        await self._check(person, by, now)
        links = tuple(link for link in await self.links.of(person) if cluster in (None, link.cluster))
        if not links:
            raise _nothing(cluster, by)
        return links

    async def __call__(
        self, person: Person, cluster: str, *, by: Unlinker | None = None, now: datetime
    ) -> None:
        """Erase; raises NotLinked if there is nothing (any more)."""
        await self._check(person, by, now)
        actor, told = (person, None) if by is None else (by.person, by.tell(cluster))
        if not await self.links.forget(person, cluster, actor=actor.user, told=told, now=now):
            raise _nothing(cluster, by)

    async def _check(self, person: Person, by: Unlinker | None, now: datetime) -> None:
        """Let admins go on; the audit log has who tried."""
        if by is None or by.standing.is_admin:
            return
        await self.audit.record(
            AuditEntry(
                workspace=by.person.workspace,
                actor=by.person.user,
                action="unlink_refused",
                subject=person.user,
                detail=NotAdmin.__name__,
                at=now,
            )
        )
        raise NotAdmin


def _nothing(cluster: str | None, by: Unlinker | None) -> NotLinked | SomebodyNotLinked:
    return NotLinked(cluster) if by is None else SomebodyNotLinked()
