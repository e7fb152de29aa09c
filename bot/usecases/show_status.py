"""`status`: a person's links, their tokens and last readings."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.domain.answers import ChannelStatus, LinkHealth, Status
from bot.domain.clusters import Cluster
from bot.domain.people import Link, Person
from bot.ports import Links, Readings
from bot.ports.alerting import Limits, Polls, Teams
from bot.ports.renewal import Tokens
from bot.ports.standups import Standups


@dataclass(frozen=True, kw_only=True, slots=True)
class ShowStatus:
    """Gather what `status` and the Home tab show; asks no cluster."""

    clusters: Sequence[Cluster]
    links: Links
    readings: Readings
    polls: Polls
    limits: Limits
    teams: Teams
    tokens: Tokens
    standups: Standups

    async def __call__(self, person: Person, channel: str | None) -> Status:
        """Return every link, those on clusters that left the settings included, and the channel."""
        by_name = {cluster.name: cluster for cluster in self.clusters}
        found = [await self._health(link, by_name.get(link.cluster)) for link in await self.links.of(person)]
        return Status(
            person=person,
            links=tuple(found),
            channel=None if channel is None else await self._channel(person, channel),
        )

    async def _channel(self, person: Person, channel: str) -> ChannelStatus:
        of_both = await self.limits.of(person.workspace, user=person.user, channel=channel)
        members = await self.teams.members(person.workspace, channel)
        standup = await self.standups.of(person.workspace, channel)
        return ChannelStatus(
            channel=channel,
            limits=sum(limit.scope.channel == channel for limit in of_both),
            members=len(members),
            is_member=person.user in members,
            standup=standup if standup is not None and standup.is_on else None,
        )

    async def _health(self, link: Link, cluster: Cluster | None) -> LinkHealth:
        polled = await self.polls.series(link.person.workspace, [link.person.user], link.cluster)
        held = await self.tokens.look(link)
        return LinkHealth(
            link=link,
            cluster=cluster,
            reading=await self.readings.last(link),
            next_poll_at=await self.polls.next_due(link),
            failing_since=next((one.failing_since for one in polled), None),
            health=None if held is None else held.health,
            renew_at=None if held is None else held.renew_at,
        )
