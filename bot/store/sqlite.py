"""SQLite: one file, one writer."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from sqlite3 import Connection as SqliteConnection
from sqlite3 import OperationalError
from time import sleep
from typing import Any, Final

from sqlalchemy import Connection, event, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

# How a transaction begins, as an execution option. Without it: with the write lock, because upgrading a read
# lock later fails at once instead of waiting.
_BEGIN: Final = "walltime_begin"
_BUSY_MS: Final = 5000
_SHORT_BUSY_MS: Final = 100
_WAL_TRIES: Final = 50
_WAL_PAUSE_S: Final = 0.02


class Sqlite:
    """A database file."""

    def __init__(self, url: str) -> None:
        """Take `sqlite:///path`."""
        path = Path(make_url(url).database or "")
        path.parent.mkdir(parents=True, exist_ok=True)
        # Before SQLite creates it by the umask: usernames and readings are nobody else's business.
        path.touch(mode=0o600)
        self.engine = create_async_engine(
            make_url(url).set(drivername="sqlite+aiosqlite"), hide_parameters=True
        )
        event.listen(self.engine.sync_engine, "connect", _on_connect)
        event.listen(self.engine.sync_engine, "begin", _on_begin)
        self._reader = self.engine.execution_options(**{_BEGIN: "BEGIN"})
        self._erasing: asyncio.Task[None] | None = None
        # SQLite has one writer: ours wait here, in order, and not in its lottery of retries.
        self._writing = asyncio.Lock()
        self._bare = self.engine.execution_options(**{_BEGIN: ""})

    def reads(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """Open a transaction that sees one state."""
        return self._reader.connect()

    @asynccontextmanager
    async def writes(self) -> AsyncIterator[AsyncConnection]:
        """Open a transaction that holds the write lock."""
        async with self._writing, self.engine.begin() as connection:
            yield connection

    async def hold_schema(self, connection: AsyncConnection) -> None:
        """Whoever writes is alone already."""

    async def close(self) -> None:
        """Close every connection."""
        if self._erasing is not None:
            self._erasing.cancel()
            await asyncio.gather(self._erasing, return_exceptions=True)
        await self.engine.dispose()

    async def erase_traces(self) -> None:
        """Empty the write-ahead log, where an erased row's old page would live on.

        A reader outside (a backup) may hold it up: then it is tried again in the background.
        """
        if not await self._emptied() and (self._erasing is None or self._erasing.done()):
            self._erasing = asyncio.create_task(self._erase_later(), name="erase traces")

    async def _erase_later(self) -> None:
        pause = 1.0
        while not await self._emptied():
            await asyncio.sleep(pause)
            pause = min(2 * pause, 60.0)

    async def _emptied(self) -> bool:
        """Try once, without waiting for anybody."""
        async with self._bare.connect() as connection:
            await connection.exec_driver_sql(f"PRAGMA busy_timeout={_SHORT_BUSY_MS}")
            try:
                busy = (await connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")).scalar_one()
            except DBAPIError:
                return False
            finally:
                await connection.exec_driver_sql(f"PRAGMA busy_timeout={_BUSY_MS}")
        return not busy


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
        f"busy_timeout={_BUSY_MS}",
        "foreign_keys=ON",
        "secure_delete=ON",  # an erased token is overwritten, not only unlinked
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _on_begin(connection: Connection) -> None:
    begin = connection.get_execution_options().get(_BEGIN, "BEGIN IMMEDIATE")
    if begin:
        connection.exec_driver_sql(begin)
