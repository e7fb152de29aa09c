"""History in the demo: charts, tables, pictures and files, on a desk and on a phone."""

import re

from playwright.async_api import Page, ViewportSize, expect

from tests.browser.conftest import shot
from tests.browser.test_demo import say

PHONE: ViewportSize = {"width": 360, "height": 740}


async def fits(page: Page) -> bool:
    return bool(await page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


async def test_the_team_s_days_are_a_chart_and_a_table_on_any_screen(page: Page) -> None:
    await page.get_by_test_id("channel-hpc").click()
    await say(page, "/walltime history team 30d")
    answer = page.get_by_test_id("message").last
    await expect(answer).to_contain_text("core-hours in the last 30 days")
    await expect(answer.locator(".chart-area")).to_be_visible()
    await expect(answer.locator(".data-table tbody tr")).to_have_count(7)
    await answer.locator(".chart-area").scroll_into_view_if_needed()
    await shot(page, "history-team")
    await say(page, "/walltime history team 90d")
    await expect(page.get_by_test_id("message").last).to_contain_text("mean of each week")
    await page.set_viewport_size(PHONE)
    assert await fits(page)
    await shot(page, "history-team-phone")
    await page.get_by_test_id("message").last.locator(".chart").scroll_into_view_if_needed()
    await shot(page, "history-team-phone-chart")


async def test_without_charts_a_picture_comes_to_the_direct_message(page: Page) -> None:
    await page.get_by_test_id("channel-hpc").click()
    await page.get_by_test_id("switch-no-charts").check()
    await say(page, "/walltime history team")
    answer = page.get_by_test_id("message").last
    await expect(answer).to_contain_text("as a picture to our direct message")
    await expect(answer.locator(".table tbody tr")).to_have_count(14)
    await shot(page, "history-plain")
    await answer.get_by_test_id("button-history.csv").click()
    await expect(page.get_by_test_id("message").last).to_contain_text("as a CSV file")
    await page.get_by_test_id("app").click()
    picture = page.locator(".image-block img")
    await expect(picture).to_have_attribute("alt", re.compile("Busiest day"))
    await expect(picture).to_have_js_property("naturalWidth", 1200)
    await expect(page.locator(".file", has_text="Core-hours per day")).to_have_count(2)
    await picture.scroll_into_view_if_needed()
    await shot(page, "history-picture")
    await page.set_viewport_size(PHONE)
    assert await fits(page)
    await picture.scroll_into_view_if_needed()
    await shot(page, "history-picture-phone")
    await page.emulate_media(color_scheme="dark")
    await shot(page, "history-picture-dark")
