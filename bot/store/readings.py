"""Readings of the counters."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, case, func, literal, or_, select

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

    async def around(self, link: Link, edges: Sequence[datetime]) -> tuple[Reading, ...]:
        """Return what `covering` would, without what is neither beside an edge nor beside a fall."""
        # Months of somebody are thousands of rows, and a team's chart is of hundreds of people.
        before = (
            select(func.max(readings.c.at)).where(of_link(link), readings.c.at < edges[0]).scalar_subquery()
        )
        between = case(*((readings.c.at < edge, n) for n, edge in enumerate(edges)), else_=len(edges))
        at = readings.c.at
        each = (
            select(
                readings,
                between.label("between"),
                func.lag(between).over(order_by=at).label("between_before"),
                func.lead(between).over(order_by=at).label("between_after"),
                func.lag(readings.c.core_hours).over(order_by=at).label("before"),
                func.lead(readings.c.core_hours).over(order_by=at).label("after"),
            )
            .where(of_link(link), readings.c.at >= func.coalesce(before, literal(edges[0], Moment)))
            .subquery()
        )
        is_needed = or_(
            each.c.between_before.is_distinct_from(each.c.between),
            each.c.between_after.is_distinct_from(each.c.between),
            each.c.before > each.c.core_hours,
            each.c.after < each.c.core_hours,
        )
        async with self._database.reads() as connection:
            found = await connection.execute(select(each).where(is_needed).order_by(each.c.at))
            return tuple(reading_of(row) for row in found)

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
