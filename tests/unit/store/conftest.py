"""The store on a database of its own."""

import pytest

from bot.store.engine import Database
from tests.unit.store.kit import Store


@pytest.fixture
def store(database: Database) -> Store:
    return Store(database)
