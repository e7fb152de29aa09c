"""The database connection: engines, pragmas, migrations."""

from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from importlib.resources import as_file, files
from pathlib import Path
from sqlite3 import Connection as SqliteConnection
from sqlite3 import OperationalError
from time import sleep
from typing import Any, Final

import alembic.command
import structlog
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, event, make_url
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

# How a transaction begins, as an execution option. Without it: with the write lock, because upgrading a read
# lock later fails at once instead of waiting.
_BEGIN: Final = "walltime_begin"
_CHECKPOINT_TRIES: Final = 3
_WAL_TRIES: Final = 50
_WAL_PAUSE_S: Final = 0.02

log = structlog.get_logger(__name__)


class Database:
    """One database: short transactions that read, and short ones that write."""

    def __init__(self, url: str) -> None:
        """Take `sqlite:///path`."""
        path = Path(make_url(url).database or "")
        path.parent.mkdir(parents=True, exist_ok=True)
        # Before SQLite creates it by the umask: usernames and readings are nobody else's business.
        path.touch(mode=0o600)
        self.engine = create_async_engine(make_url(url).set(drivername="sqlite+aiosqlite"))
        event.listen(self.engine.sync_engine, "connect", _on_connect)
        event.listen(self.engine.sync_engine, "begin", _on_begin)
        self._reader = self.engine.execution_options(**{_BEGIN: "BEGIN"})
        self._bare = self.engine.execution_options(**{_BEGIN: ""})

    def reads(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """Open a transaction that only reads."""
        return self._reader.connect()

    def writes(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """Open a transaction that commits at the end of the block, or rolls back on an error."""
        return self.engine.begin()

    async def close(self) -> None:
        """Close every connection."""
        await self.engine.dispose()

    async def upgrade(self) -> None:
        """Bring the schema to the newest revision."""
        async with self.writes() as connection:
            await connection.run_sync(_upgrade)

    async def revisions(self) -> tuple[str | None, str | None]:
        """Return the database's revision and the newest one this version knows."""
        async with self.reads() as connection:
            return await connection.run_sync(_revisions)

    async def erase_traces(self) -> None:
        """Empty SQLite's write-ahead log, where an erased row's old page would live on."""
        async with self._bare.connect() as connection:
            for _ in range(_CHECKPOINT_TRIES):
                # Waits for readers as long as `busy_timeout` says, then answers "busy".
                busy = (await connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")).scalar_one()
                if not busy:
                    return
        log.warning("an erased row may still stand in the write-ahead log until it is next emptied")


def _on_connect(connection: Any, _record: object) -> None:
    """Set what SQLite leaves off by default."""
    raw: SqliteConnection = connection
    raw.isolation_level = None  # our own BEGIN below, not the driver's late one
    cursor = raw.cursor()
    for left in reversed(range(_WAL_TRIES)):
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
            break
        except OperationalError:
            # `busy_timeout` does not help: of two processes that meet a new file one is refused at once.
            if not left:
                raise
            sleep(_WAL_PAUSE_S)
    for pragma in (
        "synchronous=NORMAL",
        "busy_timeout=5000",
        "foreign_keys=ON",
        "secure_delete=ON",  # an erased token is overwritten, not only unlinked
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _on_begin(connection: Connection) -> None:
    begin = connection.get_execution_options().get(_BEGIN, "BEGIN IMMEDIATE")
    if begin:
        connection.exec_driver_sql(begin)


def _upgrade(connection: Connection) -> None:
    with _config(connection) as config:
        alembic.command.upgrade(config, "head")


def _revisions(connection: Connection) -> tuple[str | None, str | None]:
    with _config(connection) as config:
        head = ScriptDirectory.from_config(config).get_current_head()
    return MigrationContext.configure(connection).get_current_revision(), head


@contextmanager
def _config(connection: Connection) -> Iterator[Config]:
    """Alembic's settings, in code: the migrations travel inside the package."""
    with as_file(files("bot.store") / "migrations") as folder:
        config = Config()
        config.set_main_option("script_location", str(folder))
        config.attributes["connection"] = connection
        yield config
