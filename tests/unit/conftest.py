"""Hypothesis without chance, and a database of the test's own."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import settings

from bot.store.engine import Database

# The same examples at every run, however slow the machine is.
settings.register_profile("unit", derandomize=True, deadline=None, max_examples=60)
settings.register_profile("inner loop", settings.get_profile("unit"), max_examples=15)
settings.load_profile("unit")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs a database: the inner loop leaves it out."""
    here = Path(__file__).parent
    for item in items:
        names = getattr(item, "fixturenames", ())
        if here in item.path.parents and not {"template", "postgres_server", "database_url"}.isdisjoint(
            names
        ):
            item.add_marker(pytest.mark.database)


@pytest.fixture
def sqlite_url(data_dir: Path) -> str:
    """Where the test's own database is."""
    return f"sqlite:///{data_dir / 'walltime.sqlite3'}"


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
