"""A simulated world for commands: how Slack reaches the bot is theirs to say, by the environment."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.world import World, world


@pytest.fixture
async def lab(tmp_path: Path) -> AsyncIterator[World]:
    """A Slack and a cluster; the bot starts when the test says so."""
    async with world(tmp_path / "data") as made:
        yield made
