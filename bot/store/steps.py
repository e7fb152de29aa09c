"""Deleting many rows without keeping anybody waiting."""

from typing import Final

from sqlalchemy import ColumnElement, Table, delete, select, tuple_

from bot.store.engine import Database

# SQLite has one writer, who waits no longer than this takes: some 20 ms.
AT_ONCE: Final = 1000


async def delete_in_steps(database: Database, table: Table, where: ColumnElement[bool]) -> int:
    """Delete these rows, some at a time, and return how many; each look before needs no write lock."""
    key = tuple(table.primary_key)
    some = select(*key).where(where).limit(AT_ONCE)
    gone = 0
    while True:
        async with database.reads() as connection:
            keys = [tuple(row) for row in await connection.execute(some)]
        if not keys:
            return gone
        async with database.writes() as connection:
            deleted = await connection.execute(delete(table).where(where, tuple_(*key).in_(keys)))
            gone += deleted.rowcount
