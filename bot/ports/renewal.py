"""The promises behind tokens that live on."""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from bot.domain.clusters import Cluster
from bot.domain.health import Health, State
from bot.domain.people import Link
from bot.domain.secret import Secret
from bot.ports.alerting import Notice


@dataclass(frozen=True, kw_only=True, slots=True)
class Held:
    """A link's token as it is held: `generation` counts the tokens that stood in this row.

    `lease_until` is set for whoever renews it.
    """

    link: Link
    generation: int
    stored_at: datetime
    health: Health
    renew_at: datetime | None
    lease_until: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """What becomes of a link: its health, when to renew next, whether to poll at once, what is owed."""

    health: Health
    renew_at: datetime | None
    poll_at: datetime | None = None
    notice: Notice | None = None


# Pure: the store calls it with the row as it is, which nobody else can write meanwhile.
Decide = Callable[[Held], Change]


class TokenApi(Protocol):
    """The platform that issues tokens."""

    async def next_token(self, cluster: Cluster, token: Secret) -> Secret:
        """Exchange a token for the next one; the old one may be dead from then on.

        Raises ClusterRefused, ClusterSilent or ClusterMisconfigured.
        """
        ...


class Tokens(Protocol):
    """The sealed tokens, and how their links fare."""

    async def opened(self, link: Link) -> tuple[Held, Secret]:
        """Return the newest token; raises NotLinked if the link is gone, SealBroken if it does not open."""
        ...

    async def look(self, link: Link) -> Held | None:
        """Return how a link fares, without opening its token; None if the link is gone."""
        ...

    async def due_on(self, *, now: datetime) -> tuple[str, ...]:
        """Return the clusters on which tokens are due that nobody renews."""
        ...

    async def claim(self, cluster: str, *, now: datetime, lease: timedelta, most: int) -> tuple[Held, ...]:
        """Take tokens that are due and that nobody renews, the longest due first, for the lease."""
        ...

    async def lease(self, held: Held, *, now: datetime, lease: timedelta) -> Held | None:
        """Take this very token for the lease; None if it is another by now, or somebody renews it."""
        ...

    async def change(self, held: Held, decide: Decide, *, now: datetime) -> Held | None:
        """Write what is decided on the row as it is now, with the notice it owes, and end the lease held.

        None, and nothing written, if the token is another by now or the link is gone.
        """
        ...

    async def renew(
        self, held: Held, token: Secret, *, expires_at: datetime | None, now: datetime, decide: Decide
    ) -> bool:
        """Put the next token in this one's place, as `change` does; False if another one stands there."""
        ...

    async def count(self) -> Mapping[State, int]:
        """Count the links by state."""
        ...


class Alone(Protocol):
    """One at a time per link: no request may start with a token that is being renewed."""

    def __call__(self, link: Link) -> AbstractAsyncContextManager[None]:
        """Wait for the turn of this link."""
        ...
