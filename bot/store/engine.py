"""The database: transactions that read, transactions that write, migrations."""

from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from importlib.resources import as_file, files
from typing import Any

import alembic.command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Table, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.store.postgres import SCHEMES, Postgres
from bot.store.sqlite import Sqlite


class DatabaseNewer(Exception):
    """The schema is one that only a newer version knows."""


def is_busy(error: Exception) -> bool:
    """Tell whether work failed because all connections are at other work."""
    return isinstance(error, PoolTimeout)


class Database:
    """One database: short transactions that read, and short ones that write."""

    def __init__(self, url: str) -> None:
        """Take `sqlite:///path` or `postgresql://…`."""
        self._backend = Postgres(url) if url.startswith(SCHEMES) else Sqlite(url)

    @property
    def engine(self) -> AsyncEngine:
        """The engine, for what needs more than a transaction."""
        return self._backend.engine

    @property
    def many_write(self) -> bool:
        """Tell whether several replicas may write to it at once."""
        return isinstance(self._backend, Postgres)

    def reads(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """Open a transaction that only reads, and sees one state."""
        return self._backend.reads()

    def writes(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """Open a transaction that commits at the end of the block, or rolls back on an error.

        On SQLite it is the only one that writes. On PostgreSQL others write beside it, and what it read may
        be gone: it locks the rows that it decides by, or makes its writing depend on what stands there.
        """
        return self._backend.writes()

    async def close(self) -> None:
        """Close every connection."""
        await self._backend.close()

    async def upgrade(self) -> None:
        """Bring the schema to the newest revision; of several replicas at once one does it."""
        async with self.writes() as connection:
            await self._backend.hold_schema(connection)
            await connection.run_sync(_upgrade)

    async def revisions(self) -> tuple[str | None, str | None]:
        """Return the database's revision and the newest one this version knows."""
        async with self.reads() as connection:
            return await connection.run_sync(_revisions)

    async def erase_traces(self) -> None:
        """Let no file keep what was erased, as far as it is ours."""
        await self._backend.erase_traces()


def insert_into(connection: AsyncConnection, table: Table) -> Any:
    """Begin an INSERT that may have an `on_conflict_…`, which both databases spell alike."""
    return (sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert)(table)


async def hold_name(connection: AsyncConnection, *parts: str | None) -> None:
    """Keep others from what has no row to lock yet, by its name, until the caller's transaction ends."""
    if connection.dialect.name != "sqlite":
        name = "\x1f".join(part or "" for part in parts)
        await connection.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(name, 0))))


def _upgrade(connection: Connection) -> None:
    _revisions(connection)
    with _config(connection) as config:
        alembic.command.upgrade(config, "head")


def _revisions(connection: Connection) -> tuple[str | None, str | None]:
    with _config(connection) as config:
        script = ScriptDirectory.from_config(config)
    current = MigrationContext.configure(connection).get_current_revision()
    if current is not None and current not in {revision.revision for revision in script.walk_revisions()}:
        raise DatabaseNewer(
            f"the database has schema {current}, which a newer version made: run that version"
        )
    return current, script.get_current_head()


@contextmanager
def _config(connection: Connection) -> Iterator[Config]:
    """Alembic's settings, in code: the migrations travel inside the package."""
    with as_file(files("bot.store") / "migrations") as folder:
        config = Config()
        config.set_main_option("script_location", str(folder))
        config.attributes["connection"] = connection
        yield config
