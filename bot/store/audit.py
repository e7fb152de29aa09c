"""The audit log: who did what to whom, when."""

from dataclasses import asdict

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.ports import AuditEntry
from bot.store.engine import Database
from bot.store.tables import audit


async def append(connection: AsyncConnection, entry: AuditEntry) -> None:
    """Add an entry inside the caller's transaction."""
    await connection.execute(insert(audit).values(**asdict(entry)))


class SqlAuditLog:
    """`AuditLog` in SQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def record(self, entry: AuditEntry) -> None:
        """Append one entry of its own."""
        async with self._database.writes() as connection:
            await append(connection, entry)
