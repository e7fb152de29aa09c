"""Everything copied to another database, row by row as it stands: seals open there with the same keys.

Rows are read in the order of their keys, in one transaction that sees one state, and written in pages, each
in a transaction of its own. So a copy that is cut off leaves the beginning of each table, and the next run
goes on there, after it has compared that beginning with the source. A mark in the target tells an unfinished
copy from somebody's data. At the end every table is read again on both sides, which also finds what was
written to the source meanwhile.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, Final

from psycopg import sql
from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    MetaData,
    Table,
    Text,
    func,
    insert,
    inspect,
    select,
    true,
    tuple_,
    type_coerce,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.engine import Database
from bot.store.steps import delete_in_steps
from bot.store.tables import Moment, metadata

PAGE: Final = 5000
# Stands in the target until all is there and checked; it is no part of the schema.
MARK: Final = Table("walltime_copy", MetaData(), Column("unfinished", Text, primary_key=True))
_BYTES: Final = 16

Row = tuple[Any, ...]


class CannotCopy(Exception):
    """The target is not for this copy; the text says why, and what to do."""


@dataclass(slots=True)
class Tally:
    """How many rows, and a sum over their digests: the same for the same rows in whatever order."""

    rows: int = 0
    sum: int = 0

    def add(self, rows: Sequence[Row]) -> None:
        """Count these rows."""
        total = self.sum
        for row in rows:
            # Numbers, text and bytes are written alike, whichever database they come from.
            total += int.from_bytes(blake2b(repr(row).encode(), digest_size=_BYTES).digest())
        self.sum = total % (1 << 8 * _BYTES)
        self.rows += len(rows)

    @property
    def checksum(self) -> str:
        """The sum's first 16 digits, for people to compare."""
        return f"{self.sum:0{2 * _BYTES}x}"[:16]


@dataclass(frozen=True, kw_only=True, slots=True)
class Progress:
    """So many rows of a table are in the target, `kept` of them from an earlier run."""

    table: str
    rows: int
    total: int
    kept: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Checked:
    """A table as it was copied, as it stands in the target, and as it stands in the source by now."""

    table: str
    copied: Tally
    target: Tally
    source: Tally


@dataclass(slots=True)
class Copy:
    """One copy: `prepare`, `run`, `check`."""

    source: Database
    target: Database
    copied: dict[str, Tally] = field(default_factory=dict)

    async def prepare(self) -> None:
        """Make the target ready: empty, as an earlier run left it, or a whole copy. Raises CannotCopy."""
        now, newest = await self.target.revisions()
        if now is None:
            await self.target.upgrade()
        elif now != newest:
            raise CannotCopy(f"the target has schema {now}, not {newest}: take an empty database")
        if await _is_marked(self.target):
            return
        async with self.target.reads() as target, self.source.reads() as source:
            for table in metadata.sorted_tables:
                there = await _tally(target, table)
                if there.rows and there != await _tally(source, table):
                    raise CannotCopy(
                        f"the target holds other data, in {table.name} for one: take an empty database"
                    )
        async with self.target.writes() as connection:
            await connection.run_sync(MARK.create)

    async def run(self) -> AsyncIterator[Progress]:
        """Copy what is not there yet, the tables in an order in which each finds what it refers to."""
        async with self.source.reads() as source:
            begun = await self._begun(source)
            for table in metadata.sorted_tables:
                total = await _count(source, table)
                tally, last = begun.get(table.name, (Tally(), None))
                kept = tally.rows
                yield Progress(table=table.name, rows=kept, total=total, kept=kept)
                async for page in _pages(source, table, after=last):
                    async with self.target.writes() as target:
                        await _append(target, table, page)
                    tally.add(page)
                    yield Progress(table=table.name, rows=tally.rows, total=total, kept=kept)
                self.copied[table.name] = tally
        async with self.target.writes() as target:
            await _count_on(target)

    async def check(self) -> tuple[Checked, ...]:
        """Read every table on both sides; the copy is finished if each is as it was copied."""
        async with self.source.reads() as source, self.target.reads() as target:
            checked = tuple(
                [
                    Checked(
                        table=table.name,
                        copied=self.copied[table.name],
                        target=await _tally(target, table),
                        source=await _tally(source, table),
                    )
                    for table in metadata.sorted_tables
                ]
            )
        if all(each.copied == each.target == each.source for each in checked):
            async with self.target.writes() as connection:
                await connection.run_sync(MARK.drop)
        return checked

    async def _begun(self, source: AsyncConnection) -> dict[str, tuple[Tally, Row | None]]:
        """Return what an earlier run left of each table, and where it ended.

        From the first table on that is not the beginning of the source's, all is copied anew.
        """
        begun: dict[str, tuple[Tally, Row | None]] = {}
        for place, table in enumerate(metadata.sorted_tables):
            async with self.target.reads() as target:
                there = await _tally(target, table)
            tally, last = Tally(), None
            async for page in _pages(source, table, most=there.rows):
                tally.add(page)
                last = _key_of(table, page[-1])
            if tally != there:
                for stale in reversed(metadata.sorted_tables[place:]):
                    await delete_in_steps(self.target, stale, true())
                break
            begun[table.name] = (tally, last)
        return begun


async def _is_marked(database: Database) -> bool:
    async with database.reads() as connection:
        return await connection.run_sync(lambda there: inspect(there).has_table(MARK.name))


async def _count(connection: AsyncConnection, table: Table) -> int:
    return (await connection.execute(select(func.count()).select_from(table))).scalar_one()


async def _tally(connection: AsyncConnection, table: Table) -> Tally:
    tally = Tally()
    async for page in _pages(connection, table):
        tally.add(page)
    return tally


async def _pages(
    connection: AsyncConnection, table: Table, *, after: Row | None = None, most: int | None = None
) -> AsyncIterator[Sequence[Row]]:
    """Give the rows by the order of the key, `most` of them, as the database keeps them."""
    raw = _raw(table)
    key = [raw[each] for each in table.primary_key]
    query, left = select(*raw.values()).order_by(*key), most
    while left is None or left > 0:
        size = PAGE if left is None else min(PAGE, left)
        here = query if after is None else query.where(tuple_(*key) > tuple_(*after))
        page = [tuple(row) for row in await connection.execute(here.limit(size))]
        if page:
            yield page
            after = _key_of(table, page[-1])
        if len(page) < size:
            return
        left = None if left is None else left - len(page)


def _raw(table: Table) -> dict[Column[Any], ColumnElement[Any]]:
    """Return the columns as the database keeps them: moments stay the numbers that they are."""
    return {
        each: type_coerce(each, BigInteger) if isinstance(each.type, Moment) else each for each in table.c
    }


def _key_of(table: Table, row: Row) -> Row:
    places = {each: place for place, each in enumerate(table.c)}
    return tuple(row[places[each]] for each in table.primary_key)


async def _append(connection: AsyncConnection, table: Table, rows: Sequence[Row]) -> None:
    """Write rows as fast as the driver takes them."""
    names = [each.name for each in table.c]
    if connection.dialect.name == "sqlite":
        statement = str(insert(table).compile(dialect=connection.dialect))
        await connection.exec_driver_sql(statement, list(rows))
        return
    raw = await connection.get_raw_connection()
    into = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(table.name), sql.SQL(", ").join(map(sql.Identifier, names))
    )
    driver: Any = raw.driver_connection
    async with driver.cursor() as cursor, cursor.copy(into) as copying:
        for row in rows:
            await copying.write_row(row)


async def _count_on(connection: AsyncConnection) -> None:
    """Let the numbers of new entries begin after those copied; SQLite sees by itself."""
    if connection.dialect.name == "sqlite":
        return
    for table in metadata.sorted_tables:
        if (numbered := table.autoincrement_column) is not None:
            sequence = func.pg_get_serial_sequence(table.name, numbered.name)
            highest = select(func.max(numbered)).scalar_subquery()
            await connection.execute(select(func.setval(sequence, func.coalesce(highest, 0) + 1, False)))
