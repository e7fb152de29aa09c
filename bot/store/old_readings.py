"""Old readings, of which fewer are kept."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import and_, delete, func, literal, or_, select, update

from bot.domain.people import Link
from bot.domain.usage import Reading, Window
from bot.store.engine import Database
from bot.store.links import COLUMNS, link_of
from bot.store.readings import of_link, reading_of
from bot.store.tables import Moment, links, polls, readings

# SQLite takes 32,766 values in one statement; this many is quick enough to let others write in between.
_AT_ONCE: Final = 500


class SqlOldReadings:
    """`OldReadings` in SQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def due(self, *, before: datetime, most: int) -> tuple[tuple[Link, datetime | None], ...]:
        """Return links that were thinned last before then, with that moment; those never thinned first."""
        query = (
            select(*COLUMNS, polls.c.thinned_at)
            .join_from(
                polls, links, and_(polls.c.workspace == links.c.workspace, polls.c.link_id == links.c.link_id)
            )
            .where(or_(polls.c.thinned_at.is_(None), polls.c.thinned_at < before))
            .order_by(polls.c.thinned_at.nulls_first(), polls.c.link_id)
            .limit(most)
        )
        async with self._database.reads() as connection:
            return tuple((link_of(row), row.thinned_at) for row in await connection.execute(query))

    async def around(self, link: Link, span: Window) -> tuple[Reading, ...]:
        """Return the readings in a span with one neighbour on either side, in order of time."""
        mine = of_link(link)
        before = select(func.max(readings.c.at)).where(mine, readings.c.at < span.start).scalar_subquery()
        after = select(func.min(readings.c.at)).where(mine, readings.c.at >= span.end).scalar_subquery()
        query = (
            select(readings)
            .where(
                mine,
                readings.c.at >= func.coalesce(before, literal(span.start, Moment)),
                readings.c.at <= func.coalesce(after, literal(span.end, Moment)),
            )
            .order_by(readings.c.at)
        )
        async with self._database.reads() as connection:
            return tuple(reading_of(row) for row in await connection.execute(query))

    async def drop(self, link: Link, gone: Sequence[Reading], *, now: datetime) -> None:
        """Delete readings, and note that the link is thinned as of now."""
        moments = [reading.at for reading in gone]
        for start in range(0, len(moments), _AT_ONCE):
            chunk = moments[start : start + _AT_ONCE]
            async with self._database.writes() as connection:
                await connection.execute(delete(readings).where(of_link(link), readings.c.at.in_(chunk)))
        async with self._database.writes() as connection:
            await connection.execute(
                update(polls)
                .where(polls.c.workspace == link.person.workspace, polls.c.link_id == link.link_id)
                .values(thinned_at=now)
            )
