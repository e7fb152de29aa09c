"""Installing from the address to the first answer, on a phone for our page, in both languages."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.conftest import running_demo, shot
from tests.browser.test_demo import say
from tests.browser.test_link_page import PHONE, fits


@pytest.fixture
async def demo() -> AsyncIterator[str]:
    """The demo with workspaces that have not installed the app."""
    async with running_demo("--install") as address:
        yield address


async def install_address(page: Page) -> str:
    note = await page.get_by_text("/slack/install").first.inner_text()
    return next(word for word in note.split() if "/slack/install" in word)


WORDS = {
    "en-GB": (
        "Walltime is installed in Basalt Institute",
        "Cancelled",
        "Begin again",
        "Add it to workspaces",
    ),
    "zh-CN": ("Walltime 已安装到 Basalt Institute", "已取消", "重新开始", "添加到工作区"),
}


@pytest.mark.parametrize("locale", WORDS)
async def test_from_the_address_to_the_first_answer(page: Page, browser: Browser, locale: str) -> None:
    done, cancelled, begin, add = WORDS[locale]
    address = await install_address(page)
    opened = await browser.new_page(
        locale=locale, viewport={"width": PHONE, "height": 740}, java_script_enabled=False
    )
    await opened.goto(address)
    await shot(opened, f"install-consent-{locale}")
    await opened.get_by_role("button", name="Cancel").click()
    await expect(opened.get_by_role("heading", name=cancelled)).to_be_visible()
    await fits(opened, f"install-cancelled-{locale}")
    await opened.get_by_role("link", name=begin).click()
    await opened.get_by_label("Workspace").select_option("T0BASALT")
    await opened.get_by_label("Signed in as").select_option("U0NOOR")
    await opened.get_by_role("button", name="Allow").click()
    await expect(opened.get_by_role("heading", name=done)).to_be_visible()
    await fits(opened, f"install-done-{locale}")
    await opened.reload()
    await expect(opened.get_by_role("link", name=begin)).to_be_visible()
    await fits(opened, f"install-twice-{locale}")
    await opened.goto(address)
    await opened.get_by_label("Workspace").select_option("E0COAST")
    await opened.get_by_role("button", name="Allow").click()
    await expect(opened.get_by_role("link", name=add)).to_be_visible()
    await fits(opened, f"install-organisation-{locale}")
    await opened.close()
    await page.reload()
    await page.get_by_role("button", name="Basalt Institute").click()
    await expect(page.get_by_role("heading", name="Basalt Institute")).to_be_visible()
    await page.get_by_test_id("channel-hpc").click()
    await say(page, "/walltime")
    await expect(page.get_by_text("You have not linked a cluster yet").last).to_be_visible()
    await shot(page, f"install-first-answer-{locale}")
