"""Renew a token: ahead of its end, or at once when the cluster turns it down.

The answer of a renewal that was carried out may be lost, and with it the new token; the old one may be dead
then, or still live for a moment. So a failure is tried again soon, with the old token, and only a refusal
counts as one.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from bot.domain.clusters import Cluster
from bot.domain.errors import ClusterRefused, ClusterSilent, NotLinked, WalltimeError
from bot.domain.health import Event, Happened, State, renewable_until
from bot.domain.renewal import vouched
from bot.ports.renewal import Alone, Held, TokenApi, Tokens
from bot.usecases.keep_health import KeepHealth, after

# Longer than a reading and a renewal take together; what a crash left behind is due again then.
LEASE: Final = timedelta(minutes=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class RenewToken:
    """Put the next token in a token's place."""

    clusters: tuple[Cluster, ...]
    api: TokenApi
    tokens: Tokens
    health: KeepHealth
    alone: Alone

    async def __call__(self, held: Held, *, now: datetime) -> WalltimeError | None:
        """Renew a token that is leased to us; return what went wrong, if anything did."""
        cluster = next((cluster for cluster in self.clusters if cluster.name == held.link.cluster), None)
        last = renewable_until(held.link.token_expires_at)
        if cluster is None:
            await self.health.of_token(held, Event(what=Happened.CLUSTER_MISSING), now=now)
            return None
        if last is not None and now > last:
            await self.health.of_token(held, Event(what=Happened.TIME_PASSED), now=now)
            return None
        try:
            async with self.alone(held.link):
                await self._renew(held, cluster, now)
        except NotLinked:
            return None
        except ClusterRefused as refused:
            event = Event(what=Happened.RENEWAL_REFUSED, code=refused.code)
            error: WalltimeError = refused
        except WalltimeError as failed:
            event = Event(what=Happened.RENEWAL_FAILED)
            error = failed
        else:
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

    async def _renew(self, held: Held, cluster: Cluster, now: datetime) -> None:
        """Exchange the token, unless another one stands in its place."""
        standing, old = await self.tokens.opened(held.link)
        if standing.generation != held.generation:
            raise NotLinked(held.link.cluster)
        fresh = await self.api.next_token(cluster, old)
        claims = vouched(fresh, old=old, link=held.link, cluster=cluster, now=now)
        event = Event(what=Happened.RENEWED)
        await self.tokens.renew(
            held,
            fresh,
            expires_at=claims.expires_at,
            now=now,
            decide=lambda row: after(row, event, now=now),
        )
