"""Linking by the one-time page on a phone, in both languages, without scripts on our page."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.conftest import running_demo, shot
from tests.browser.test_demo import say, token

PHONE = 360


@pytest.fixture
async def demo() -> AsyncIterator[str]:
    """The demo, with tokens going by the page."""
    async with running_demo("--link-page") as address:
        yield address


async def fits(page: Page, name: str) -> None:
    """Nothing is cut off or scrolls sideways, and nothing broke our own policy."""
    box = await page.locator("body").bounding_box()
    assert box is not None
    assert box["width"] <= PHONE
    for element in await page.locator("main *").all():
        inner = await element.bounding_box()
        assert inner is None or inner["x"] + inner["width"] <= PHONE, await element.inner_text()
    await shot(page, name)


@pytest.mark.parametrize(
    ("locale", "lang", "over"),
    [("en-GB", "en", "This page is over"), ("zh-CN", "zh-Hans", "此页面已结束")],
    ids=["English", "Chinese"],
)
async def test_a_token_goes_by_the_page_and_the_code_by_slack(
    page: Page, browser: Browser, locale: str, lang: str, over: str
) -> None:
    await page.get_by_test_id("channel-hpc").click()
    await say(page, "/walltime link east")
    button = page.get_by_test_id("button-link.page").last
    await expect(button).to_be_visible()
    await shot(page, "offer")
    address = await button.get_attribute("href")
    assert address

    opened = await browser.new_page(
        locale=locale, viewport={"width": PHONE, "height": 740}, java_script_enabled=False
    )
    complaints: list[str] = []
    opened.on("console", lambda message: complaints.append(message.text))
    await opened.goto(address)
    await expect(opened.locator("html")).to_have_attribute("lang", lang)
    await expect(opened.locator(".person")).to_have_text("Alice Ng (alice)")
    await fits(opened, f"page-{lang}")
    await opened.locator("#username").fill("alice")
    await opened.locator("#token").fill("hunter2")
    await opened.locator("button").click()
    await expect(opened.locator("#token-fault")).to_contain_text("eyJ")
    await expect(opened.locator("#username")).to_have_value("alice")
    await expect(opened.locator("#token")).to_have_value("")
    await expect(opened.locator("#token")).to_be_focused()
    await fits(opened, f"page-fault-{lang}")
    await opened.locator("#token").fill(await token(page))
    await opened.locator("button").click()
    code = await opened.locator(".code").inner_text()
    await fits(opened, f"page-code-{lang}")
    await opened.reload()
    await expect(opened.locator(".code")).to_have_text(code)
    await opened.locator("nav a").click()
    await expect(opened.locator("html")).not_to_have_attribute("lang", lang)
    await expect(opened.locator(".code")).to_have_text(code)

    await page.get_by_test_id("app").click()
    await shot(page, "question")
    await page.get_by_test_id("button-link.confirm").last.click()
    await expect(page.get_by_test_id("modal")).to_be_visible()
    await shot(page, "code-form")
    await page.get_by_test_id("field-code").fill(code.lower())
    await page.get_by_test_id("modal-submit").click()
    await expect(page.get_by_test_id("modal")).to_contain_text("You are linked as")
    await page.get_by_test_id("modal-close").click()
    await expect(page.get_by_test_id("message").last).to_contain_text("You are linked as")

    await opened.goto(address)
    await expect(opened.locator("h1")).to_have_text(over)
    await fits(opened, f"page-over-{lang}")
    assert [text for text in complaints if "410" not in text and "422" not in text] == []
    await opened.close()
