"""What `history` answers and its views draw."""

from dataclasses import dataclass
from datetime import date, datetime

from bot.domain.clusters import Cluster
from bot.domain.history import DayUse, Finding
from bot.domain.history_words import HistoryWish


@dataclass(frozen=True, kw_only=True, slots=True)
class PersonHistory:
    """One link's days."""

    user: str
    username: str
    days: tuple[DayUse, ...]

    @property
    def core_hours(self) -> float:
        """All that is known of these days."""
        return sum(use.core_hours or 0.0 for use in self.days)

    @property
    def counted_from(self) -> date | None:
        """The first day of which something is known."""
        return next((use.day for use in self.days if use.core_hours is not None), None)


@dataclass(frozen=True, kw_only=True, slots=True)
class History:
    """The days of one person, or of a channel's team, on one cluster.

    `wish` names that cluster, so that its buttons ask for the same again. `people` are those of whom
    something is known, most used first; `days` is their sum. `silent` are usernames without data in these
    days, `unlinked` is how many of the team have no link here. `others` are clusters to choose instead,
    `withheld` how many joined before others could read the channel, and have not agreed to that.
    """

    wish: HistoryWish
    channel: str | None
    cluster: Cluster
    people: tuple[PersonHistory, ...]
    days: tuple[DayUse, ...]
    finding: Finding
    limit_per_day: float | None
    as_of: datetime | None
    silent: tuple[str, ...]
    unlinked: int
    others: tuple[Cluster, ...]
    withheld: int = 0
