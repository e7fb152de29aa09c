"""The promises behind regions of the platform that are not in the settings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from bot.domain.access_keys import AccessKey
from bot.domain.clusters import Cluster
from bot.domain.errors import WalltimeError
from bot.domain.people import Person
from bot.domain.regions import Offer, Region
from bot.domain.secret import Secret


class Regions(Protocol):
    """The platform's word on where its regions are."""

    async def of_tokens(
        self, platform_url: str, tokens: Sequence[Secret]
    ) -> Sequence[Region | WalltimeError]:
        """Return for each token its region, or what kept the platform from telling it.

        A region's addresses are those that the settings allow.
        """
        ...


class FoundClusters(Protocol):
    """Clusters that were found. All who hold the sequence of clusters see what is kept here."""

    async def look(self) -> None:
        """Learn what other processes found."""
        ...

    async def keep(self, cluster: Cluster, *, now: datetime) -> None:
        """Remember a cluster that was found, with its newest address."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class SignedIn:
    """A sign-in that waits for its person's choice of a region. `tokens` are by the region's id."""

    sign_in_id: str
    person: Person
    via: str  # the cluster of the settings that named the platform
    key: AccessKey
    offers: tuple[Offer, ...]
    expires_at: datetime
    tokens: Mapping[str, Secret] = field(repr=False)


class SignIns(Protocol):
    """Sign-ins under way, sealed, for minutes."""

    async def add(self, signed_in: SignedIn) -> None:
        """Remember it; others of the same person are forgotten."""
        ...

    async def one(self, person: Person, sign_in_id: str, *, now: datetime) -> SignedIn | None:
        """Return it; None when it is over, or another person's. Raises SealBroken."""
        ...

    async def end(self, person: Person) -> None:
        """Forget this person's sign-ins, in the database's files too."""
        ...
