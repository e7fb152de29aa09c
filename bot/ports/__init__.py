"""The promises the use cases rely on, in their words. Each port has one exam in the tests."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.domain.access_keys import AccessKey
from bot.domain.clusters import Cluster
from bot.domain.errors import WalltimeError
from bot.domain.limits import Place
from bot.domain.people import Link, Person
from bot.domain.secret import Secret
from bot.domain.usage import Reading, Window


@dataclass(frozen=True, kw_only=True, slots=True)
class AuditEntry:
    """Who did what to whom, when; `detail` holds no secret."""

    workspace: str
    actor: str
    action: str
    subject: str
    detail: str
    at: datetime


class ClusterApi(Protocol):
    """The cluster's API."""

    async def core_hours(self, cluster: Cluster, username: str, token: Secret) -> Reading:
        """Ask once for the cumulative counter.

        Raises ClusterRefused, ClusterSilent, NoData or ClusterMisconfigured.
        """
        ...


class Links(Protocol):
    """Who is linked to what, and the sealed tokens."""

    async def of(self, person: Person) -> tuple[Link, ...]:
        """Return a person's links, by cluster name."""
        ...

    async def token(self, link: Link) -> Secret:
        """Open the link's token; raises NotLinked if the link is gone, SealBroken if it does not open."""
        ...

    async def record(
        self, link: Link, *, token: Secret, reading: Reading, access_key: AccessKey | None = None
    ) -> Link:
        """Store the link, its sealed token and key, its first reading and the audit entry, all or nothing.

        A link of the same person to the same cluster is replaced; if the username is the same its
        readings stay, and the link returned carries the old `link_id`. A key from before is forgotten.
        """
        ...

    async def forget(
        self, person: Person, cluster: str, *, actor: str, now: datetime, told: str | None = None
    ) -> bool:
        """Erase the link, its token and its readings, from the database's files too; False if none.

        What somebody else did to it the person is `told` by direct message.
        """
        ...


class Readings(Protocol):
    """What the counters showed, and when."""

    async def last(self, link: Link) -> Reading | None:
        """Return the newest reading."""
        ...

    async def covering(self, of: Sequence[Link], start: datetime) -> Mapping[str, tuple[Reading, ...]]:
        """Return each link's readings from `start` on, and the one before it, in order of time; by link id.

        All links are of one workspace.
        """
        ...

    async def record(self, link: Link, reading: Reading) -> Reading:
        """Store a reading if its value is new, else move the last one's `confirmed_at`; return what stands.

        A reading of a link that was forgotten or replaced meanwhile is dropped.
        """
        ...


class OldReadings(Protocol):
    """Readings that have grown old, of which fewer are kept."""

    async def due(self, *, before: datetime, most: int) -> Sequence[tuple[Link, datetime | None]]:
        """Return links that were thinned last before then, or (None) never, and when that was."""
        ...

    async def around(self, link: Link, span: Window) -> tuple[Reading, ...]:
        """Return the readings in a span with one neighbour on either side, in order of time."""
        ...

    async def drop(self, link: Link, gone: Sequence[Reading], *, now: datetime) -> None:
        """Delete readings, and note that the link is thinned as of now."""
        ...


class LiveReadings(Protocol):
    """Readings of this moment, under a time budget."""

    async def one(self, link: Link) -> Reading:
        """Take a reading of one link now, however long it takes; joins a request that is in flight.

        Raises what the cluster or the seal raises.
        """
        ...

    async def take(self, links: Sequence[Link]) -> Mapping[str, Reading | WalltimeError]:
        """Ask all clusters at once, one request in flight per link; answers by `link_id`.

        Who does not answer within the budget is a ClusterSilent here; a late answer is still stored.
        """
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Spoken:
    """A person's language: the code of what they chose, else the locale that Slack told last, and when."""

    chosen: str | None = None
    locale: str | None = None
    locale_at: datetime | None = None


class Languages(Protocol):
    """Which language people chose for their direct messages and answers, and for channels."""

    async def spoken(self, person: Person) -> Spoken:
        """Return what is known of a person's language."""
        ...

    async def heard(self, person: Person, locale: str, *, at: datetime) -> None:
        """Remember what Slack says of the language of somebody who is or was linked; of others nothing."""
        ...

    async def chosen(self, workspace: str, place: Place) -> str | None:
        """Return the code of the language chosen, None without a choice."""
        ...

    async def choose(self, workspace: str, place: Place, code: str | None, *, entry: AuditEntry) -> None:
        """Store a choice, or forget it (None), with its audit entry."""
        ...


class AuditLog(Protocol):
    """Who did what."""

    async def record(self, entry: AuditEntry) -> None:
        """Append one entry."""
        ...
