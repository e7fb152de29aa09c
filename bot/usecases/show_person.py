"""`@person` or `username`: what somebody else used, if they share it with this channel."""

from dataclasses import dataclass, replace
from datetime import datetime

from bot.domain.answers import TeammateUsage
from bot.domain.errors import (
    ChannelNeeded,
    NotAgreed,
    NotInChannel,
    NotLinked,
    NotShared,
    TeammateNotLinked,
)
from bot.domain.people import Person
from bot.domain.standing import Standing
from bot.ports.alerting import Teams
from bot.usecases.answer_usage import AnswerUsage
from bot.usecases.counting import Counting
from bot.usecases.guard_audience import GuardAudience


@dataclass(frozen=True, kw_only=True, slots=True)
class ShowPerson:
    """Answer about a teammate. Their own limits and the state of their token are theirs alone."""

    answer_usage: AnswerUsage
    counting: Counting
    teams: Teams
    guard: GuardAudience

    async def user_of(self, asker: Person, channel: str | None, username: str) -> str | None:
        """Return whose username this is on the channel's roster; the asker's own everywhere."""
        roster = [asker.user]
        if channel is not None:
            roster += await self.teams.members(asker.workspace, channel)
        for cluster in self.counting.clusters:
            for one in await self.counting.polls.series(asker.workspace, roster, cluster.name):
                if one.link.username.casefold() == username.casefold():
                    return one.link.person.user
        return None

    async def __call__(
        self, asker: Person, user: str, channel: str | None, *, standing: Standing, now: datetime
    ) -> TeammateUsage:
        """Return their usage.

        Raises ChannelNeeded, ChannelClosed, NotInChannel, NotShared,
        NotAgreed or TeammateNotLinked.
        """
        if channel is None:
            raise ChannelNeeded
        if not standing.is_member:
            raise NotInChannel
        guard = await self.guard(asker.workspace, channel, now=now)
        name = (await self.guard.audiences.names(asker.workspace, [user]))[user]
        if user in guard.lapsed:
            raise NotAgreed(name)
        if user not in guard.agreed:
            raise NotShared(name)
        try:
            found = await self.answer_usage(Person(workspace=asker.workspace, user=user), now=now)
        except NotLinked:
            raise TeammateNotLinked(name) from None
        return TeammateUsage(
            name=name,
            links=tuple(
                replace(
                    one,
                    limits=tuple(share for share in one.limits if share.limit.scope.channel == channel),
                    problem=None,
                )
                for one in found
            ),
        )
