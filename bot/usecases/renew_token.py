"""Renew a token: ahead of its end, or at once when the cluster turns it down.

The answer of a renewal that was carried out may be lost, and with it the new token; the old one may be dead
then, or still live for a moment. So a failure is tried again soon, with the old token, and only a refusal
counts as one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from bot.domain.clusters import Cluster, named
from bot.domain.errors import ClusterRefused, ClusterSilent, NotLinked, RegionClosed, WalltimeError
from bot.domain.health import Event, Happened, State, renewable_until
from bot.domain.people import Link
from bot.domain.renewal import vouched
from bot.domain.secret import Secret
from bot.ports.regions import FoundClusters
from bot.ports.renewal import Alone, Held, TokenApi, Tokens
from bot.usecases.keep_health import KeepHealth, after
from bot.usecases.sign_in import SignIn

# Longer than a reading and a renewal take together; what a crash left behind is due again then.
LEASE: Final = timedelta(minutes=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class RenewToken:
    """Put the next token in a token's place."""

    clusters: Sequence[Cluster]
    api: TokenApi
    tokens: Tokens
    health: KeepHealth
    alone: Alone
    sign_in: SignIn | None = None  # None: nobody gives access keys
    found: FoundClusters | None = None  # None: the settings allow no clusters but their own

    async def __call__(self, held: Held, *, now: datetime) -> WalltimeError | None:
        """Renew a token that is leased to us; return what went wrong, if anything did."""
        cluster = named(held.link.cluster, self.clusters)
        if cluster is None and self.found is not None:
            await self.found.look()
            cluster = named(held.link.cluster, self.clusters)
        last = renewable_until(held.link.token_expires_at)
        if cluster is None:
            await self.health.of_token(held, Event(what=Happened.CLUSTER_MISSING), now=now)
            return None
        try:
            async with self.alone(held.link):
                is_renewed = await self._renew(held, cluster, now, too_late=last is not None and now > last)
        except NotLinked:
            return None
        except (ClusterRefused, RegionClosed) as refused:
            code = refused.code if isinstance(refused, ClusterRefused) else ""
            event = Event(what=Happened.RENEWAL_REFUSED, code=code)
            error: WalltimeError = refused
        except WalltimeError as failed:
            event = Event(what=Happened.RENEWAL_FAILED)
            error = failed
        else:
            if not is_renewed:
                await self.health.of_token(held, Event(what=Happened.TIME_PASSED), now=now)
            return None
        await self.health.of_token(held, event, now=now)
        return error

    async def at_once(self, held: Held, refused: ClusterRefused, *, now: datetime) -> bool:
        """Act on the cluster's refusal of a token; True if there is a newer one to ask with.

        Raises what kept the platform from answering.
        """
        event = Event(what=Happened.POLL_REFUSED, code=refused.code)
        noted = await self.health.of_token(held, event, now=now)
        if noted is None:
            return True
        if noted.health.state is not State.RENEWING:
            return False
        if held.health.turned_down:
            # Renewal was tried then, and is tried again in its own time.
            raise ClusterSilent("the token waits for its renewal")
        leased = await self.tokens.lease(noted, now=now, lease=LEASE)
        if leased is None:
            raise ClusterSilent("the token is being renewed")
        error = await self(leased, now=now)
        if error is not None and not isinstance(error, ClusterRefused):
            raise error
        return error is None

    async def _renew(self, held: Held, cluster: Cluster, now: datetime, *, too_late: bool) -> bool:
        """Exchange the token, unless another one stands in its place; False if there is no way left."""
        standing, old = await self.tokens.opened(held.link)
        if standing.generation != held.generation:
            raise NotLinked(held.link.cluster)
        if too_late:
            fresh = await self._signed_in(held.link, now)
        else:
            fresh = await self._next(held.link, cluster, old, now)
        if fresh is None:
            return False
        claims = vouched(fresh, old=old, link=held.link, cluster=cluster, now=now)
        event = Event(what=Happened.RENEWED)
        await self.tokens.renew(
            held,
            fresh,
            expires_at=claims.expires_at,
            now=now,
            decide=lambda row: after(row, event, now=now),
        )
        return True

    async def _next(self, link: Link, cluster: Cluster, old: Secret, now: datetime) -> Secret:
        """Return the next token: by renewal or, where that is refused, by the link's access key."""
        try:
            return await self.api.next_token(cluster, old)
        except ClusterRefused:
            fresh = await self._signed_in(link, now)
            if fresh is None:
                raise
            return fresh

    async def _signed_in(self, link: Link, now: datetime) -> Secret | None:
        return None if self.sign_in is None else await self.sign_in.again(link, now=now)
