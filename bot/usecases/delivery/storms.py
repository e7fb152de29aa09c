"""Storms: too many first messages at once are tables, one in the channel and the others in its thread."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from bot.ports.alerting import Receipt
from bot.usecases.delivery.in_hand import MOST_ROWS
from bot.usecases.delivery.posting import Post, Posting
from bot.usecases.delivery.truth import Truth
from bot.usecases.delivery.turn import Turn
from bot.usecases.delivery.units import Row, Unit, has_first, speaker

STORM: Final = 10
STORM_WITHIN: Final = timedelta(minutes=1)
# A table of the highest needs to know them all: it waits until no more came for so long, at most that long.
STORM_SETTLES: Final = timedelta(seconds=5)
STORM_WAITS: Final = timedelta(seconds=30)


@dataclass(frozen=True, kw_only=True, slots=True)
class Storms:
    """Tells many alerts at once."""

    turn: Turn
    truth: Truth
    posting: Posting

    async def tell(self, firsts: Sequence[Unit]) -> bool:
        """Post a table if there are too many first messages; those of an open storm go into its thread."""
        memory, now = self.turn.memory, self.turn.now
        memory.told_alone = [at for at in memory.told_alone if now - at < STORM_WITHIN]
        storm = memory.open_storm(now)
        if storm is not None:
            followers = [unit for unit in firsts if unit[0].created_at <= storm[1] + STORM_WITHIN]
            rows = await self._rows(followers)
            if rows:
                more = self.turn.drawn(lambda draw: draw.storm_more([row for _, row in rows[:MOST_ROWS]]))
                return await self._sent(rows, more, thread=storm[0])
        if len(firsts) <= 1 or len(firsts) + len(memory.told_alone) <= STORM:
            return False
        settled_at = _settled_at([unit[0].created_at for unit in firsts])
        if now < settled_at:
            memory.held_until = settled_at
            await self.posting.hand.give_back(settled_at)
            return True
        rows = await self._rows(firsts)
        if len(rows) <= 1 or len(rows) + len(memory.told_alone) <= STORM:
            return False
        table = self.turn.drawn(
            lambda draw: draw.storm([row for _, row in rows[:MOST_ROWS]], total=len(rows))
        )
        return await self._sent(rows, table, thread=None)

    async def _sent(
        self, rows: Sequence[tuple[Unit, Row]], message: object, *, thread: Receipt | None
    ) -> bool:
        """Post a table; if it cannot be drawn, its rows are told one by one, and the bad one is found."""
        if message is None:
            return False
        told = tuple(notice for unit, _ in rows[:MOST_ROWS] for notice in unit)
        await self.posting.send(Post(notices=told, message=message, thread=thread, is_table=True))
        return True

    async def _rows(self, units: Sequence[Unit]) -> list[tuple[Unit, Row]]:
        """Return what is still true, the highest share first."""
        rows = []
        for unit in units:
            true = await self.truth.of(unit)
            if true is not None and has_first(true[1]):
                alert, notices = true
                if (alert.limit.limit_id, alert.subject) in self.turn.withheld:
                    continue  # told by itself, without a name
                rows.append((notices, (alert, speaker(notices))))
        return sorted(rows, key=lambda row: -row[1][0].limit.percent(row[1][0].state.core_hours))


def _settled_at(owed_since: Sequence[datetime]) -> datetime:
    """Return when a storm's table may be drawn."""
    return min(max(owed_since) + STORM_SETTLES, min(owed_since) + STORM_WAITS)
