"""Fixtures that every kind of test may use."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.world import World, world


@pytest.fixture(params=["socket", "http"])
async def lab(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[World]:
    """A lab with a Slack and a cluster, once per way that Slack reaches the bot."""
    async with world(tmp_path / "data", http=request.param == "http") as made:
        yield made
