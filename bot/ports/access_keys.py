"""What signing in with an access key relies on."""

from datetime import datetime
from typing import Protocol

from bot.domain.access_keys import AccessKey, RegionToken
from bot.domain.clusters import Cluster
from bot.domain.people import Link


class Platform(Protocol):
    """The platform that stands before the clusters."""

    async def sign_in(self, cluster: Cluster, key: AccessKey, *, now: datetime) -> tuple[RegionToken, ...]:
        """Sign in where this cluster's tokens come from.

        Raises SignInRefused, UsernameFrozen, ClusterSilent or ClusterMisconfigured.
        """
        ...


class AccessKeys(Protocol):
    """The keys that people left with their links. They come and go with the link: see `Links.record`."""

    async def of(self, link: Link) -> AccessKey | None:
        """Return the link's key, None if its owner gave a token; raises SealBroken if it does not open."""
        ...
