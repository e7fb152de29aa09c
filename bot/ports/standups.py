"""The promise behind standups."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from bot.domain.holidays import Holidays
from bot.domain.standups import Standup
from bot.ports import AuditEntry
from bot.ports.alerting import Notice


class Calendars(Protocol):
    """The public holidays of the world."""

    @property
    def countries(self) -> tuple[str, ...]:
        """Return the countries whose holidays are known, by their two letters."""
        ...

    def find(self, text: str) -> str:
        """Return the country, or the part of one, that is meant: `CN`, `DE-BY`.

        Codes and names are understood, in English and Chinese; raises HolidaysUnknown with the nearest names.
        """
        ...

    def of(self, region: str | None, years: range) -> Holidays:
        """Return a region's holidays in these years; none without a region, or for one that nobody knows."""
        ...


class Standups(Protocol):
    """The standups of channels, and what was decided about their digests."""

    async def of(self, workspace: str, channel: str) -> Standup | None:
        """Return a channel's standup, on or off."""
        ...

    async def due(self, *, now: datetime, most: int) -> tuple[Standup, ...]:
        """Return standups whose time has come, the longest due first."""
        ...

    async def put(
        self, standup: Standup, *, notices: Sequence[Notice] = (), audit: AuditEntry | None = None
    ) -> bool:
        """Store a standup over the revision before its own, with what it owes, in one transaction.

        False, and nothing written, if somebody else has written that revision.
        """
        ...
