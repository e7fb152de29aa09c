"""Fixtures that every kind of test may use."""

import asyncio
import logging
import shutil
from collections.abc import Iterator
from pathlib import Path
from zlib import crc32

import pytest
import structlog

from bot.store.engine import Database
from bot.store.tables import metadata
from bot.wiring.logs import set_up_logs
from tests import postgres

DOORS = ("socket", "http")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--both-doors", action="store_true", help="run all tests of the lab over Socket Mode and over HTTP"
    )
    parser.addoption(
        "--full-size", action="store_true", help="run the load and kill tests at their full size"
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave one door to a test that is not marked `both_doors`; of a table each row in turn has the other.

    Behind the doors stand the same listeners: the mark is for tests of what happens before these.
    """
    if config.getoption("both_doors"):
        return
    tests: dict[tuple[Path, str], dict[str, list[pytest.Item]]] = {}
    for item in items:
        row = getattr(item, "callspec", None)
        if (
            isinstance(item, pytest.Function)
            and row is not None
            and (door := row.params.get("lab")) in DOORS
            and item.get_closest_marker("both_doors") is None
        ):
            rows = tests.setdefault((item.path, item.originalname), {})
            rows.setdefault(row.id.replace(door, "", 1), []).append(item)
    spared = {
        doors[(crc32(name.encode()) + number) % 2]
        for (_, name), rows in tests.items()
        for number, doors in enumerate(rows.values())
        if len(doors) == len(DOORS)
    }
    items[:] = [item for item in items if item not in spared]
    config.hook.pytest_deselected(items=list(spared))


@pytest.fixture
def full_size(request: pytest.FixtureRequest) -> bool:
    """Whether load and kill tests shall run at the size that was asked for, which takes minutes."""
    return bool(request.config.getoption("--full-size"))


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        postgres.begin_run()


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        postgres.end_run()


@pytest.fixture(scope="session", autouse=True)
def _logs() -> None:
    """Log as in production: with tracebacks that show no local variables; each test may set logs up anew."""
    configure = structlog.configure
    # A logger that remembers the set-up of its first use would keep it for the tests that come later.
    structlog.configure = lambda **how: configure(**{**how, "cache_logger_on_first_use": False})
    set_up_logs(level="info", style="console")


@pytest.fixture(autouse=True)
def _logs_again(_logs: None) -> Iterator[None]:
    """Undo what a test did to the logs: its stderr is closed for those that come later."""
    root, level, how = logging.getLogger(), logging.getLogger().level, structlog.get_config()
    handlers = list(root.handlers)
    yield
    if root.handlers != handlers:
        root.handlers = handlers
        root.setLevel(level)
        structlog.configure(**how)


async def _migrate(url: str) -> None:
    database = Database(url)
    try:
        await database.upgrade()
    finally:
        await database.close()


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database of today's schema, made once and copied for each test."""
    path = tmp_path_factory.mktemp("template") / "walltime.sqlite3"
    asyncio.run(_migrate(f"sqlite:///{path}"))
    return path


@pytest.fixture
def data_dir(template: Path, tmp_path: Path) -> Path:
    """The test's own data directory, with nothing but a database of today's schema."""
    folder = tmp_path / "data"
    folder.mkdir()
    shutil.copy(template, folder)
    return folder


@pytest.fixture(scope="session")
def postgres_server() -> str:
    """The address of a server that has the template of an empty database of today's schema."""
    return postgres.shared_server(lambda url: asyncio.run(_migrate(url)))


@pytest.fixture(scope="session")
def recycled(postgres_server: str) -> Iterator[postgres.Recycled]:
    """This process's database on that server."""
    one = postgres.Recycled(postgres_server, [table.name for table in reversed(metadata.sorted_tables)])
    yield one
    one.close()


@pytest.fixture
def postgres_url(recycled: postgres.Recycled) -> str:
    """The test's own empty database of today's schema on PostgreSQL."""
    return recycled.url()
