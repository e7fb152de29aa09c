"""`lang`: in which language I am spoken to, and a channel is told."""

from dataclasses import dataclass
from datetime import datetime

from bot.domain.errors import ChannelNeeded, NotFullMember
from bot.domain.limits import Place, PlaceKind
from bot.domain.people import Person
from bot.domain.standing import Standing
from bot.ports import AuditEntry, Languages


@dataclass(frozen=True, kw_only=True, slots=True)
class ChooseLanguage:
    """Choose languages by their codes; None goes back to Slack's own."""

    languages: Languages

    async def mine(self, person: Person, code: str | None, *, now: datetime) -> None:
        """Choose for what only I see."""
        place = Place(kind=PlaceKind.DM, slack_id=person.user)
        await self._choose(person, place, code, now)

    async def of_channel(
        self, person: Person, channel: str | None, code: str | None, *, standing: Standing, now: datetime
    ) -> None:
        """Choose for what a channel is told; raises ChannelNeeded or NotFullMember."""
        if channel is None:
            raise ChannelNeeded
        if not (standing.is_full_member or standing.is_admin):
            raise NotFullMember
        await self._choose(person, Place(kind=PlaceKind.CHANNEL, slack_id=channel), code, now)

    async def _choose(self, person: Person, place: Place, code: str | None, now: datetime) -> None:
        entry = AuditEntry(
            workspace=person.workspace,
            actor=person.user,
            action="language_chosen",
            subject=place.slack_id,
            detail=code or "auto",
            at=now,
        )
        await self.languages.choose(person.workspace, place, code, entry=entry)
