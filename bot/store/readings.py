"""Readings of the counters."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, func, literal, select

from bot.domain.people import Link
from bot.domain.usage import Reading
from bot.store.engine import Database
from bot.store.links import add_reading
from bot.store.tables import Moment, links, readings


class SqlReadings:
    """`Readings` in SQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def last(self, link: Link) -> Reading | None:
        """Return the newest reading."""
        query = select(readings).where(of_link(link)).order_by(readings.c.at.desc()).limit(1)
        async with self._database.reads() as connection:
            row = (await connection.execute(query)).one_or_none()
        return None if row is None else reading_of(row)

    async def covering(self, link: Link, start: datetime) -> tuple[Reading, ...]:
        """Return the readings from `start` on, and the one before it."""
        before = select(func.max(readings.c.at)).where(of_link(link), readings.c.at < start).scalar_subquery()
        query = (
            select(readings)
            .where(of_link(link), readings.c.at >= func.coalesce(before, literal(start, Moment)))
            .order_by(readings.c.at)
        )
        async with self._database.reads() as connection:
            return tuple(reading_of(row) for row in await connection.execute(query))

    async def record(self, link: Link, reading: Reading) -> Reading:
        """Store or confirm a reading, unless its link is gone."""
        held = (
            select(links.c.link_id)
            .where(links.c.workspace == link.person.workspace, links.c.link_id == link.link_id)
            .with_for_update()
        )
        async with self._database.writes() as connection:
            if (await connection.execute(held)).one_or_none() is None:
                return reading
            return await add_reading(connection, link, reading)


def of_link(link: Link) -> ColumnElement[bool]:
    """Select a link's readings."""
    return and_(readings.c.workspace == link.person.workspace, readings.c.link_id == link.link_id)


def reading_of(row: Row[Any]) -> Reading:
    """Read a reading from its row."""
    return Reading(core_hours=row.core_hours, at=row.at, confirmed_at=row.confirmed_at)
