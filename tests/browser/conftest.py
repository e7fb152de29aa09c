"""The demo as the README starts it, and Debian's chromium to look at it."""

import asyncio
import os
import re
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, async_playwright, expect

from tests.process import START_S

# Long enough for a busy machine: what comes is not waited for this long.
expect.set_options(timeout=60_000)

CHROMIUM = shutil.which("chromium")
SHOTS = os.environ.get("WALLTIME_TEST_SHOTS")
# A closed machine: the browser must not look for anything but the page.
QUIET = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)
            if CHROMIUM is None:
                item.add_marker(
                    pytest.mark.skip(reason="no chromium on this machine (apt-get install chromium)")
                )


@pytest.fixture
async def demo() -> AsyncIterator[str]:
    """The demo as the README starts it."""
    async with running_demo() as address:
        yield address


@asynccontextmanager
async def running_demo(*options: str) -> AsyncIterator[str]:
    """Start `python -m bot demo` and return the address it prints."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "demo", "--port", "0", *options, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        line = await asyncio.wait_for(process.stdout.readline(), START_S)
        found = re.search(r"http://127\.0\.0\.1:\d+", line.decode())
        assert found, line
        yield found.group()
    finally:
        process.terminate()
        assert await asyncio.wait_for(process.wait(), START_S) == 0


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield started
        await started.close()


@pytest.fixture
async def page(browser: Browser, demo: str) -> AsyncIterator[Page]:
    """The page, opened; any error in it or request to elsewhere fails the test."""
    opened = await browser.new_page(viewport={"width": 1280, "height": 800})
    errors: list[str] = []
    opened.on("pageerror", lambda error: errors.append(str(error)))
    opened.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    opened.on("request", lambda r: None if r.url.startswith(demo) else errors.append(f"went to {r.url}"))
    await opened.goto(demo)
    yield opened
    await opened.close()
    assert errors == []


async def shot(page: Page, name: str) -> None:
    """Keep a picture, if the person who runs the tests wants to look."""
    if SHOTS:
        await page.screenshot(path=Path(SHOTS) / f"{name}.png")
