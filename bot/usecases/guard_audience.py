"""The audience guard at work: compare who agreed with who reads, and ask again those who did not."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.audience import Consent, Guard
from bot.domain.errors import AudienceUnknown, ChannelClosed
from bot.domain.limits import Place, PlaceKind
from bot.domain.people import Person
from bot.domain.standing import Audience
from bot.ports.alerting import Notice, NoticeKind, Notices, Teams
from bot.ports.audience import Audiences
from bot.usecases.counting import derived_id
from bot.usecases.join_team import take_off


@dataclass(frozen=True, kw_only=True, slots=True)
class GuardAudience:
    """Ask before anything about single people goes to a channel.

    Who is not in the channel any more is taken off its team then. What Slack said at most `within` ago may
    confirm that everybody agreed, no more: before anything is taken away from somebody, Slack is asked.

    `ask_again` words the direct message to somebody who joined before others could read the channel.
    """

    teams: Teams
    audiences: Audiences
    notices: Notices
    ask_again: Callable[[str, Audience], str]
    within: timedelta | None = None

    async def __call__(self, workspace: str, channel: str, *, now: datetime) -> Guard:
        """Return what the channel may be told now; raises ChannelClosed or AudienceUnknown."""
        # Before Slack is asked: who joins meanwhile is not known there yet, and must not be taken off.
        consents = dict(await self.teams.consents(workspace, channel))
        audience = None
        if self.within is not None:
            audience = self.audiences.lately(workspace, channel, within=self.within)
        if audience is None or not _all_agreed(consents, audience):
            audience = await self.audiences.of(workspace, channel)
        for user in sorted(consents.keys() - audience.users if audience.users is not None else ()):
            # They left while nobody told us.
            await take_off(self.teams, Person(workspace=workspace, user=user), channel, now=now)
            del consents[user]
        agreed = frozenset(user for user, consent in consents.items() if consent.covers(audience))
        guard = Guard(audience=audience, agreed=agreed, lapsed=frozenset(consents) - agreed)
        for user in sorted(guard.lapsed):
            await self._ask(workspace, channel, user, audience, now)
        return guard

    async def if_any(self, workspace: str, channel: str | None, *, now: datetime) -> Guard | None:
        """Return the guard of a channel, None without one; where it cannot be known nobody is named."""
        if channel is None:
            return None
        try:
            return await self(workspace, channel, now=now)
        except (ChannelClosed, AudienceUnknown):
            nobody = Audience(is_private=False, is_shared_outside=True, guests=None)
            return Guard(audience=nobody, agreed=frozenset(), lapsed=frozenset())

    async def forbids(
        self, workspace: str, place: Place, users: Collection[str], *, now: datetime
    ) -> Guard | None:
        """Return the guard that forbids to tell in a place what these people used together; None if not.

        A direct message goes to one person, who chose what they hear of. Raises ChannelClosed or
        AudienceUnknown: then it must not be told either, and may be tried again.
        """
        if place.kind is PlaceKind.DM:
            return None
        guard = await self(workspace, place.slack_id, now=now)
        return None if guard.may_sum(users) else guard

    async def _ask(self, workspace: str, channel: str, user: str, audience: Audience, now: datetime) -> None:
        """Owe the question once for each audience, however often the channel is looked at."""
        await self.notices.owe(
            Notice(
                workspace=workspace,
                notice_id=derived_id("consent", channel, user, Consent.to(audience).digest),
                place=Place(kind=PlaceKind.DM, slack_id=user),
                kind=NoticeKind.CONSENT,
                created_at=now,
                text=self.ask_again(channel, audience),
            )
        )


def _all_agreed(consents: Mapping[str, Consent], audience: Audience) -> bool:
    """Tell whether everybody on the team reads the channel and agreed to all who do."""
    are_there = audience.users is None or consents.keys() <= audience.users
    return are_there and all(consent.covers(audience) for consent in consents.values())
