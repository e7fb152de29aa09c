"""Tables gathered lately, for the pages that follow their messages."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from bot.domain.digests import Digest
from bot.domain.limits import Place
from bot.domain.team_usage import TeamUsage

# Further pages say the numbers of the first one, unless they are held up or another process tells them.
HELD_FOR: Final = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class LastTables:
    """The last tables gathered for each place; who does not find them here gathers them again."""

    _kept: dict[tuple[str, Place], tuple[Digest | TeamUsage, datetime]] = field(default_factory=dict)

    def keep(self, workspace: str, place: Place, tables: Digest | TeamUsage | None, *, now: datetime) -> None:
        """Keep a place's tables, or none, instead of those before; what is too old goes."""
        for key in [key for key, (_, at) in self._kept.items() if now - at > HELD_FOR]:
            del self._kept[key]
        self._kept.pop((workspace, place), None)
        if tables is not None:
            self._kept[workspace, place] = (tables, now)

    def of(self, workspace: str, place: Place, *, now: datetime) -> Digest | TeamUsage | None:
        """Return a place's tables unless they are too old."""
        kept = self._kept.get((workspace, place))
        return kept[0] if kept is not None and now - kept[1] <= HELD_FOR else None
