"""`history`: core-hours per day, mine, somebody's who shares them here, or the team's."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final

from bot.domain.clusters import Cluster
from bot.domain.errors import (
    ChannelNeeded,
    NotAgreed,
    NotInChannel,
    NotLinked,
    NotShared,
    TeamEmpty,
    TeammateNotLinked,
    UnknownCluster,
)
from bot.domain.history import days_start, find, last_days, limit_per_day, together, use_per_day
from bot.domain.history_answers import History, PersonHistory
from bot.domain.history_words import HistoryWish
from bot.domain.limits import Limit, ScopeKind
from bot.domain.people import Link, Person
from bot.domain.standing import Standing
from bot.domain.usage import Reading
from bot.ports import Readings
from bot.ports.alerting import Limits, Polls, Teams
from bot.usecases.guard_audience import GuardAudience

# Of so many people 90 days are read and reckoned in a go; others have their turn in between.
AT_ONCE: Final = 10


@dataclass(frozen=True, kw_only=True, slots=True)
class _Asked:
    """A question whose answer its asker may see: about these users; so many more are withheld."""

    person: Person
    wish: HistoryWish
    channel: str | None
    users: tuple[str, ...]
    withheld: int
    now: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class ShowHistory:
    """Gather days from stored readings; asks no cluster."""

    clusters: Sequence[Cluster]
    readings: Readings
    polls: Polls
    limits: Limits
    teams: Teams
    guard: GuardAudience

    async def __call__(
        self, person: Person, wish: HistoryWish, channel: str | None, *, standing: Standing, now: datetime
    ) -> History:
        """Return the history wished for, on the cluster wished for or the one with the most use.

        Raises what `may_see` raises; NotLinked, TeammateNotLinked or TeamEmpty if there is nothing to draw;
        UnknownCluster for a cluster without a link.
        """
        users, withheld = await self.may_see(person, wish, channel, standing=standing, now=now)
        asked = _Asked(person=person, wish=wish, channel=channel, users=users, withheld=withheld, now=now)
        found = [
            await self._on(cluster, asked)
            for cluster in self.clusters
            if wish.cluster in {None, cluster.name}
        ]
        drawn = [history for history in found if history is not None]
        if not drawn:
            raise await self._nothing(person, wish)
        most = max(drawn, key=lambda history: history.finding.core_hours)
        linked = await self._linked(asked) if wish.cluster else tuple(history.cluster for history in drawn)
        return replace(most, others=tuple(cluster for cluster in linked if cluster != most.cluster))

    async def may_see(
        self, person: Person, wish: HistoryWish, channel: str | None, *, standing: Standing, now: datetime
    ) -> tuple[tuple[str, ...], int]:
        """Return the users whose days this person may see here, and how many more are withheld.

        My own always. Somebody else's, and the team's, are for members of a channel that they joined, in
        that channel, as long as they agreed to whoever reads it now. Raises ChannelNeeded, ChannelClosed,
        AudienceUnknown, NotInChannel, NotShared, NotAgreed or TeamEmpty.
        """
        if not wish.of_others(person.user):
            return (person.user,), 0
        if channel is None:
            raise ChannelNeeded
        if not standing.is_member:
            raise NotInChannel
        guard = await self.guard(person.workspace, channel, now=now)
        if wish.team:
            if not guard.agreed | guard.lapsed:
                raise TeamEmpty(joined=False)
            return tuple(sorted(guard.agreed)), len(guard.lapsed)
        user = str(wish.user)
        if user in guard.agreed:
            return (user,), 0
        name = await self._name(person, user)
        raise NotAgreed(name) if user in guard.lapsed else NotShared(name)

    async def _name(self, person: Person, user: str) -> str:
        return (await self.guard.audiences.names(person.workspace, [user]))[user]

    async def _on(self, cluster: Cluster, asked: _Asked) -> History | None:
        """Return these people's days on one cluster; None if none of them has a link there."""
        polled = await self.polls.series(asked.person.workspace, asked.users, cluster.name)
        if not polled:
            return None
        zone, now = cluster.timezone, asked.now
        days = last_days(asked.wish.span, now=now, zone=zone)
        people, confirmed = [], []
        for first in range(0, len(polled), AT_ONCE):
            links = [one.link for one in polled[first : first + AT_ONCE]]
            found = await self.readings.covering(links, days_start(days, cluster.timezone))
            for link in links:
                history, as_of = _person(link, found[link.link_id], days, cluster)
                people.append(history)
                confirmed += [] if as_of is None else [as_of]
        known = sorted(
            (one for one in people if one.counted_from is not None),
            key=lambda one: (-one.core_hours, one.username),
        )
        total = together([one.days for one in known or people])
        rate = limit_per_day(await self._limits(asked, cluster), now=now, zone=zone)
        return History(
            wish=replace(asked.wish, cluster=cluster.name),
            channel=asked.channel,
            cluster=cluster,
            people=tuple(known),
            days=total,
            finding=find(total, limit_per_day=rate),
            limit_per_day=rate,
            as_of=min(confirmed, default=None),
            silent=tuple(one.username for one in people if one.counted_from is None),
            unlinked=len(asked.users) - len(polled),
            others=(),
            withheld=asked.withheld,
        )

    async def _limits(self, asked: _Asked, cluster: Cluster) -> list[Limit]:
        """Return the limits whose line belongs into this chart; another's own limits are theirs alone."""
        person, wish, channel = asked.person, asked.wish, asked.channel
        subject = wish.user or person.user
        members = () if channel is None else await self.teams.members(person.workspace, channel)

        def counts(limit: Limit) -> bool:
            if limit.cluster != cluster.name:
                return False
            if wish.team:
                return limit.scope.kind is ScopeKind.TEAM
            match limit.scope.kind:
                case ScopeKind.ME:
                    return subject == person.user
                case ScopeKind.PERSON:
                    return limit.scope.user == subject
                case ScopeKind.EACH:
                    return subject in members
                case ScopeKind.TEAM:
                    return False

        standing = await self.limits.of(person.workspace, user=person.user, channel=channel)
        return [limit for limit in standing if counts(limit)]

    async def _linked(self, asked: _Asked) -> tuple[Cluster, ...]:
        workspace, users = asked.person.workspace, asked.users
        return tuple(
            [cluster for cluster in self.clusters if await self.polls.series(workspace, users, cluster.name)]
        )

    async def _nothing(self, person: Person, wish: HistoryWish) -> Exception:
        """Say why there is nothing to draw."""
        known = tuple(cluster.name for cluster in self.clusters)
        if wish.cluster is not None and wish.cluster not in known:
            return UnknownCluster(wish.cluster, known=known)
        if wish.team:
            return TeamEmpty(joined=True)
        if wish.of_others(person.user):
            return TeammateNotLinked(await self._name(person, str(wish.user)))
        return NotLinked(wish.cluster)


def _person(
    link: Link, readings: Sequence[Reading], days: Sequence[date], cluster: Cluster
) -> tuple[PersonHistory, datetime | None]:
    """Return one link's days, and as of when."""
    uses = use_per_day(readings, days, cluster.timezone)
    history = PersonHistory(user=link.person.user, username=link.username, days=uses)
    return history, readings[-1].confirmed_at if history.counted_from is not None else None
