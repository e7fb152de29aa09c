"""Hypothesis without chance, and a migrated database to start from."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import settings

from bot.store.engine import Database

# The same examples at every run, however slow the machine is.
settings.register_profile("unit", derandomize=True, deadline=None, max_examples=60)
settings.load_profile("unit")


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database of today's schema, made once and copied for each test."""
    path = tmp_path_factory.mktemp("template") / "walltime.sqlite3"

    async def make() -> None:
        database = Database(f"sqlite:///{path}")
        await database.upgrade()
        await database.close()

    asyncio.run(make())
    return path


@pytest.fixture
def sqlite_url(template: Path, tmp_path: Path) -> str:
    """Where the test's own database is: alone in the folder `data`."""
    path = tmp_path / "data" / "walltime.sqlite3"
    path.parent.mkdir()
    shutil.copy(template, path)
    return f"sqlite:///{path}"


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The test's own database of today's schema, on either kind."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """The test's own database."""
    opened = Database(database_url)
    yield opened
    await opened.close()
