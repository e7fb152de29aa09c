"""The tests' PostgreSQL, with the settings it comes with: stopped, started again, its connections cut."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import psycopg

from benchmarks.bot_process import cpu_s
from tests.postgres import Server, own_server

_PROC: Final = Path("/proc")
_CUT: Final = """
select count(pg_terminate_backend(pid)) from pg_stat_activity
where backend_type = 'client backend' and pid <> pg_backend_pid()
"""


class Postgres:
    """The server; `url` stays the same across restarts."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._master: int | None = server.pid
        self._spent_s = 0.0
        self.url = server.url()

    async def start(self) -> None:
        """Start it, and wait until it takes connections."""
        await asyncio.to_thread(self._server.start)
        self._master = self._server.pid

    async def stop(self) -> None:
        """End every connection, write everything down, and stop."""
        self._spent_s, self._master = self.cpu_s, None
        await asyncio.to_thread(self._server.stop)

    async def cut_connections(self) -> int:
        """End every connection but the own one; return how many there were."""
        async with await psycopg.AsyncConnection.connect(self.url) as connection:
            row = await (await connection.execute(_CUT)).fetchone()
        return 0 if row is None else int(row[0])

    @property
    def log(self) -> Path:
        """What the server wrote."""
        return self._server.log

    async def write_statements(self, *, on: bool) -> None:
        """Let the server write down every statement with its time, or let it be."""
        least = "0" if on else "-1"
        async with await psycopg.AsyncConnection.connect(self.url, autocommit=True) as connection:
            await connection.execute(f"alter system set log_min_duration_statement = {least}".encode())
            await connection.execute("select pg_reload_conf()")

    @property
    def cpu_s(self) -> float:
        """Seconds of processor time that the server and all its processes took, across restarts."""
        if self._master is None:
            return self._spent_s
        return self._spent_s + sum(cpu_s(pid) for pid in (self._master, *_children(self._master)))


def _children(parent: int) -> Iterator[int]:
    for pid in _PROC.iterdir():
        if pid.name.isdecimal() and _parent(pid) == parent:
            yield int(pid.name)


def _parent(process: Path) -> int | None:
    try:
        return int((process / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()[1])
    except (FileNotFoundError, ProcessLookupError):
        return None


@contextmanager
def postgres() -> Iterator[Postgres]:
    """Run a PostgreSQL of one's own."""
    with own_server(settings=()) as server:
        yield Postgres(server)
