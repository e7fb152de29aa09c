"""Fixtures that every kind of test may use."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import structlog

from bot.wiring.logs import set_up_logs
from tests.world import World, world


@pytest.fixture(scope="session", autouse=True)
def _logs() -> None:
    """Log as in production: with tracebacks that show no local variables; each test may set logs up anew."""
    configure = structlog.configure
    # A logger that remembers the set-up of its first use would keep it for the tests that come later.
    structlog.configure = lambda **how: configure(**{**how, "cache_logger_on_first_use": False})
    set_up_logs(level="info", style="console")


@pytest.fixture(params=["socket", "http"])
async def lab(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[World]:
    """A lab with a Slack and a cluster, once per way that Slack reaches the bot."""
    async with world(tmp_path / "data", http=request.param == "http") as made:
        yield made
