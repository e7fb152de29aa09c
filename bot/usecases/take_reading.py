"""Ask the cluster once for one link and store what it says. Every reading comes in by this door."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from bot.domain.clusters import Cluster, named
from bot.domain.errors import ClusterMisconfigured, ClusterRefused, TokenRefused, UsernameFrozen
from bot.domain.health import Event, Happened, State
from bot.domain.people import Link
from bot.domain.usage import Reading
from bot.ports import ClusterApi, Readings
from bot.ports.renewal import Alone, Held, Tokens
from bot.usecases.keep_health import KeepHealth
from bot.usecases.renew_token import RenewToken

REUSED_FOR: Final = timedelta(seconds=30)


@dataclass(frozen=True, kw_only=True, slots=True)
class TakeReading:
    """Fetch and record one reading; a token that is turned down is renewed once, and asked with again."""

    clusters: Sequence[Cluster]
    api: ClusterApi
    tokens: Tokens
    readings: Readings
    renew: RenewToken
    health: KeepHealth
    alone: Alone

    async def unless_fresh(self, link: Link, *, now: datetime) -> Reading:
        """Return the last reading if it is young enough to be given again, else take one."""
        last = await self.readings.last(link)
        if last is not None and timedelta(0) <= now - last.confirmed_at < REUSED_FOR:
            return last
        return await self(link, now=now)

    async def __call__(self, link: Link, *, now: datetime) -> Reading:
        """Return the reading as stored; raises what the cluster, the platform or the seal raises."""
        cluster = named(link.cluster, self.clusters)
        if cluster is None:
            raise ClusterMisconfigured("no longer in the settings")
        held, answer = await self._ask(link, cluster)
        if isinstance(answer, ClusterRefused):
            if not await self.renew.at_once(held, answer, now=now):
                raise answer
            held, answer = await self._ask(link, cluster)
            if isinstance(answer, ClusterRefused):
                # A renewed token that is turned down was no renewal.
                event = Event(what=Happened.RENEWAL_REFUSED, code=answer.code)
                await self.health.of_token(held, event, now=now)
                raise answer
        if held.health.state is not State.HEALTHY:
            await self.health.of_token(held, Event(what=Happened.POLL_ANSWERED), now=now)
        return await self.readings.record(link, answer)

    async def _ask(self, link: Link, cluster: Cluster) -> tuple[Held, Reading | ClusterRefused]:
        """Ask with the newest token, while nobody renews it; a refusal that is about it comes back."""
        async with self.alone(link):
            held, token = await self.tokens.opened(link)
            if held.health.state in {State.EXPIRED, State.REFUSED}:
                raise TokenRefused(held.health.code)
            try:
                return held, await self.api.core_hours(cluster, link.username, token)
            except (TokenRefused, UsernameFrozen) as refused:
                return held, refused
