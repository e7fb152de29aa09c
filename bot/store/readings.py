"""Readings of the counters."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    CompoundSelect,
    Row,
    and_,
    bindparam,
    func,
    select,
    union_all,
)

from bot.domain.people import Link
from bot.domain.usage import Reading
from bot.store.engine import Database
from bot.store.links import add_reading
from bot.store.tables import Moment, links, readings

# A month of readings of so many links is read within some 40 ms; between two batches others have their turn.
READ_TOGETHER: Final = 10


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

    async def covering(self, of: Sequence[Link], start: datetime) -> Mapping[str, tuple[Reading, ...]]:
        """Return each link's readings from `start` on, and the one before it."""
        found: dict[str, list[Reading]] = {link.link_id: [] for link in of}
        for first in range(0, len(of), READ_TOGETHER):
            some = of[first : first + READ_TOGETHER]
            given: dict[str, object] = {f"link_{number}": link.link_id for number, link in enumerate(some)}
            given |= {"workspace": some[0].person.workspace, "start": start}
            # Nor does a large team keep a connection for itself.
            async with self._database.reads() as connection:
                for row in await connection.execute(_covering(len(some)), given):
                    found[row.link_id].append(reading_of(row))
        return {link_id: tuple(rows) for link_id, rows in found.items()}

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


@lru_cache(maxsize=READ_TOGETHER)
def _covering(count: int) -> CompoundSelect[Any]:
    """Return what reads so many links, each as if alone: no planner then reads what was before the start."""
    workspace: BindParameter[str] = bindparam("workspace")
    start = bindparam("start", type_=Moment)
    parts = []
    for number in range(count):
        its = and_(readings.c.workspace == workspace, readings.c.link_id == bindparam(f"link_{number}"))
        before = select(func.max(readings.c.at)).where(its, readings.c.at < start).scalar_subquery()
        parts.append(select(readings).where(its, readings.c.at >= func.coalesce(before, start)))
    all_of_them = union_all(*parts)
    columns = all_of_them.selected_columns
    return all_of_them.order_by(columns.link_id, columns.at)


def of_link(link: Link) -> ColumnElement[bool]:
    """Select a link's readings."""
    return and_(readings.c.workspace == link.person.workspace, readings.c.link_id == link.link_id)


def reading_of(row: Row[Any]) -> Reading:
    """Read a reading from its row."""
    return Reading(core_hours=row.core_hours, at=row.at, confirmed_at=row.confirmed_at)
