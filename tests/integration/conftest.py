"""The lab, over the ways that Slack reaches the bot."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.conftest import DOORS
from tests.world import World, world


@pytest.fixture(params=DOORS)
async def lab(request: pytest.FixtureRequest, data_dir: Path) -> AsyncIterator[World]:
    """A lab with a Slack and a cluster, over one of the ways that Slack reaches the bot."""
    async with world(data_dir, http=request.param == "http") as made:
        yield made
