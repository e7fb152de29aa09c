"""PostgreSQL: one server, many replicas."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from contextvars import ContextVar
from datetime import timedelta
from typing import Any, Final

import psycopg
import stamina
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

SCHEMES: Final = ("postgresql://", "postgres://")
# A replica's share of the server's connections (100 by default): what it keeps, and may add in a rush.
_POOL: Final = 10
_MORE: Final = 5
# Short against every lease: who waits may hold one.
_WAIT_S: Final = 10.0
# From the beginning of what a person waits for; then it waits as short as others. A minute's lease has room.
_PEOPLE_WAIT_S: Final = 20.0
_patient_until: ContextVar[float] = ContextVar("patient_until", default=0.0)
# How long a transaction waits for a server that is just now starting, or was gone a moment ago.
_PATIENCE: Final = timedelta(seconds=4)
# Nothing hangs for ever: not on a lock, not on a plan gone wrong, not on a client that died in a transaction.
_OPTIONS: Final = "-c lock_timeout=5s -c statement_timeout=30s -c idle_in_transaction_session_timeout=60s"
# Nor on a cable that was pulled. What stands in the address wins.
_DEFAULTS: Final[dict[str, Any]] = {
    "application_name": "walltime",
    "connect_timeout": 5,
    "keepalives_idle": 30,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}
_PASSING: Final = ("starting up", "shutting down", "not yet accepting", "recovery", "administrator command")
# Any number that nobody else takes: the lock of whoever changes the schema.
_SCHEMA_LOCK: Final = 0x57A1171E
_SCHEMA_WAIT: Final = "5min"


def connection_settings(url: str) -> dict[str, Any]:
    """Return libpq's settings of an address, ours included; raises ValueError, which holds no part of it.

    libpq reads the address itself: sockets (`?host=/path`), several hosts and every `?setting=` work.
    """
    try:
        given = conninfo_to_dict(url)
    except (psycopg.ProgrammingError, UnicodeError):
        # libpq quotes what it does not understand, which may be a piece of the password.
        raise ValueError(_FAULTY) from None
    port, where = str(given.get("port", "")), f"{given.get('host', '')}{given.get('dbname', '')}"
    if "@" in where or not all(part.isdecimal() for part in port.split(",") if part):
        raise ValueError(_FAULTY)
    if not given.get("dbname"):
        raise ValueError("must name a database: postgresql://USER:PASSWORD@HOST/DATABASE")
    return {**_DEFAULTS, **given, "options": f"{_OPTIONS} {given.get('options', '')}".strip()}


_FAULTY: Final = (
    "is no address of a database: postgresql://USER:PASSWORD@HOST:PORT/DATABASE, with %40 for @, %2F for / "
    "and %25 for % in user and password"
)


class Postgres:
    """A database on a server."""

    def __init__(self, url: str) -> None:
        """Take `postgresql://…`; raises ValueError."""
        settings = connection_settings(url)

        async def connect(*_: Any, **__: Any) -> psycopg.AsyncConnection[Any]:
            return await psycopg.AsyncConnection.connect(**settings)

        self.engine = create_async_engine(
            "postgresql+psycopg://",
            async_creator=connect,
            hide_parameters=True,
            pool_size=_POOL,
            max_overflow=_MORE,
            pool_timeout=_WAIT_S,
            # A connection that a restart of the server cut is replaced before anybody gets it.
            pool_pre_ping=True,
        )
        # First come, first served, whoever may wait how long; the pool itself has one patience for all.
        self._free = asyncio.Semaphore(_POOL + _MORE)
        self._reader = self.engine.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )

    def reads(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """Open a transaction that sees one state."""
        return self._connected(self._reader)

    @asynccontextmanager
    async def writes(self) -> AsyncIterator[AsyncConnection]:
        """Open a transaction at READ COMMITTED: whoever decides by what stands there locks it first."""
        async with self._connected(self.engine) as connection, connection.begin():
            yield connection

    async def hold_schema(self, connection: AsyncConnection) -> None:
        """Wait until no other replica changes the schema, and keep them waiting until the commit."""
        await connection.execute(text(f"SET LOCAL lock_timeout = '{_SCHEMA_WAIT}'"))
        await connection.execute(text("SET LOCAL statement_timeout = 0"))
        await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _SCHEMA_LOCK})

    async def close(self) -> None:
        """Close every connection."""
        await self.engine.dispose()

    async def erase_traces(self) -> None:
        """Leave it to the server: its vacuum and its recycled log are not ours to hurry."""

    @asynccontextmanager
    async def _connected(self, engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
        """Wait for a free connection and take it; raises SQLAlchemy's TimeoutError if none comes free."""
        try:
            async with asyncio.timeout(max(_WAIT_S, _patient_until.get() - time.monotonic())):
                await self._free.acquire()
        except TimeoutError:
            raise PoolTimeout("all connections are at work") from None
        try:
            async with _opened(engine) as connection:
                yield connection
        finally:
            self._free.release()


@contextmanager
def patiently() -> Iterator[None]:
    """Let what a person waits for wait longer for a free connection."""
    before = _patient_until.set(time.monotonic() + _PEOPLE_WAIT_S)
    try:
        yield
    finally:
        _patient_until.reset(before)


@asynccontextmanager
async def _opened(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """Take a connection; a server that is restarting is asked again for a moment, as nothing was sent yet."""
    async for attempt in stamina.retry_context(
        on=_is_away, attempts=None, timeout=_PATIENCE, wait_initial=0.05, wait_max=0.5, wait_jitter=0.05
    ):
        with attempt:
            connection = await engine.connect()
            break
    else:
        raise AssertionError("stamina gives up with the last error")
    try:
        yield connection
    finally:
        await connection.close()


def _is_away(error: Exception) -> bool:
    """Tell whether the server is away for a moment, as against one that turns us down."""
    if not isinstance(error, DBAPIError) or not isinstance(error.orig, psycopg.OperationalError):
        return False
    said = str(error.orig)
    return "FATAL:" not in said or any(part in said for part in _PASSING)


# The oldest that its makers still mend.
OLDEST: Final = 140_000
# What libpq and the server say, where its language is English, and what helps.
_HELP: Final = {
    "password authentication failed": "put the right user and password into WALLTIME_DATABASE_URL",
    "no password supplied": "put the password into WALLTIME_DATABASE_URL",
    "role ": "put the right user into WALLTIME_DATABASE_URL, or CREATE ROLE it",
    "database ": "CREATE DATABASE it on the server, or put the right name into WALLTIME_DATABASE_URL",
    "failed to resolve host": "put the right host into WALLTIME_DATABASE_URL",
    "Connection refused": "start the server, or put the right host and port into WALLTIME_DATABASE_URL",
    "No such file or directory": "start the server, or put its socket's folder into WALLTIME_DATABASE_URL",
    "timeout": "let this machine reach the server (firewall, pg_hba.conf)",
}


def why_away(error: DBAPIError) -> tuple[str, str]:
    """Return what the driver says of a connection that failed, and what to do; neither holds a secret."""
    said = str(error.orig).splitlines()[0] if isinstance(error.orig, psycopg.Error) else ""
    said = said.rpartition("FATAL:")[2].strip() or type(error).__name__
    return said, next(
        (advice for part, advice in _HELP.items() if part in said),
        "check WALLTIME_DATABASE_URL and the server",
    )


async def look(connection: AsyncConnection) -> tuple[int, bool]:
    """Return the server's version (180004 for 18.4), and whether we may make tables."""
    query = (
        "SELECT current_setting('server_version_num')::int, has_schema_privilege(current_schema(), 'CREATE')"
    )
    version, may_make = (await connection.execute(text(query))).one()
    return version, bool(may_make)
