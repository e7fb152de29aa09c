"""`/walltime`: my usage on each linked cluster, live if the cluster answers in time."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.domain.answers import LimitShare, LinkUsage
from bot.domain.clusters import Cluster
from bot.domain.errors import NotLinked, WalltimeError
from bot.domain.forecast import forecast
from bot.domain.home import Asked
from bot.domain.limits import Limit, ScopeKind
from bot.domain.people import Link, Person
from bot.domain.periods import MONTH, window
from bot.domain.usage import PACE_WINDOW, Reading, pace_per_day, usage_in
from bot.ports import Links, LiveReadings, Readings
from bot.ports.alerting import Limits
from bot.usecases.counting import Counting


@dataclass(frozen=True, kw_only=True, slots=True)
class AnswerUsage:
    """Answer a person's own usage."""

    clusters: Sequence[Cluster]
    links: Links
    readings: Readings
    live: LiveReadings
    limits: Limits
    counting: Counting

    async def __call__(self, person: Person, *, now: datetime) -> tuple[LinkUsage, ...]:
        """Return one answer per link on a configured cluster; raises NotLinked if there is none."""
        links = await self._links(person)
        if not links:
            raise NotLinked
        taken = await self.live.take([link for link, _ in links])
        found = [await self._usage(link, cluster, taken[link.link_id], now) for link, cluster in links]
        return tuple([await self._with_limits(one, now) for one in found])

    async def ask(self, person: Person, *, now: datetime) -> Asked:
        """Ask the clusters as for an answer, and return only what went wrong."""
        taken = await self.live.take([link for link, _ in await self._links(person)])
        wrong = {link_id: answer for link_id, answer in taken.items() if isinstance(answer, WalltimeError)}
        return Asked(at=now, problems=wrong)

    async def last_known(
        self, person: Person, *, asked: Asked | None, now: datetime
    ) -> tuple[LinkUsage, ...]:
        """Return the answers that the last readings give, without limits; asks no cluster.

        What went wrong when it was `asked` is over with a later reading.
        """
        problems = asked.problems if asked else {}
        found = [
            await self._usage(link, cluster, problems.get(link.link_id), now)
            for link, cluster in await self._links(person)
        ]
        return tuple(
            replace(one, problem=None)
            if asked and one.reading and one.reading.confirmed_at > asked.at
            else one
            for one in found
        )

    async def _links(self, person: Person) -> list[tuple[Link, Cluster]]:
        """Return a person's links on configured clusters."""
        by_name = {cluster.name: cluster for cluster in self.clusters}
        return [
            (link, by_name[link.cluster]) for link in await self.links.of(person) if link.cluster in by_name
        ]

    async def _usage(
        self, link: Link, cluster: Cluster, taken: Reading | WalltimeError | None, now: datetime
    ) -> LinkUsage:
        """Draw up an answer on what was taken just now; None if nobody asked."""
        month = window(MONTH, now, cluster.timezone)
        start = min(month.start, now - PACE_WINDOW)
        readings = (await self.readings.covering([link], start))[link.link_id]
        return LinkUsage(
            link=link,
            cluster=cluster,
            reading=taken if isinstance(taken, Reading) else await self.readings.last(link),
            # Readings that end before the month say nothing about it.
            this_month=usage_in(month, readings)
            if readings and readings[-1].confirmed_at >= month.start
            else None,
            pace_per_day=pace_per_day(readings, now=now),
            limits=(),
            problem=taken if isinstance(taken, WalltimeError) else None,
        )

    async def _with_limits(self, answer: LinkUsage, now: datetime) -> LinkUsage:
        """Say how full the limits are that count this person alone; nothing without a reading."""
        if answer.reading is None:
            return answer
        person, cluster = answer.link.person, answer.cluster
        shares = [
            await self.share(limit, person.user, cluster, now)
            for limit in await self.limits.counting(person, cluster.name)
            if limit.scope.kind is not ScopeKind.TEAM and person.user in await self.counting.subjects(limit)
        ]
        return replace(answer, limits=tuple(sorted(shares, key=lambda share: -share.percent)))

    async def share(self, limit: Limit, user: str, cluster: Cluster, now: datetime) -> LimitShare:
        """Say how full a limit is that counts this person alone."""
        counted = await self.counting.one(limit, user, now=now)
        measured = self.counting.measure(limit, counted, cluster, now=now)
        room = limit.core_hours - measured.core_hours
        return LimitShare(
            limit=limit,
            percent=limit.percent(measured.core_hours),
            window=measured.window,
            forecast=forecast([one.readings for one in counted.series], room=room, now=now),
        )
