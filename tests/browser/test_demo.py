"""A newcomer's first minutes with the demo, in a real browser."""

import re

from playwright.async_api import Page, expect

from tests.browser.conftest import shot


async def say(page: Page, text: str) -> None:
    await page.get_by_test_id("composer").fill(text)
    await page.get_by_test_id("composer").press("Escape")
    await page.get_by_test_id("send").click()


async def link(page: Page) -> None:
    await say(page, "/walltime link east")
    await expect(page.get_by_test_id("modal")).to_be_visible()
    await shot(page, "form")
    await page.get_by_test_id("field-token").fill(await token(page))
    await page.get_by_test_id("modal-submit").click()
    await expect(page.get_by_test_id("modal")).to_contain_text("You are linked as")
    await shot(page, "linked")
    await page.get_by_test_id("modal-close").click()


async def token(page: Page) -> str:
    boot = await page.evaluate("fetch('/client/boot').then(answer => answer.json())")
    found = next(c["value"] for c in boot["clipboard"] if c["for"] == "U0ALICE" and "East" in c["label"])
    assert isinstance(found, str)
    return found


async def test_link_read_unlink(page: Page) -> None:
    await page.get_by_test_id("channel-hpc").click()
    await say(page, "/walltime")
    await expect(page.get_by_test_id("message").last).to_contain_text("You have not linked a cluster yet")
    await shot(page, "not-linked")
    await link(page)
    await say(page, "/walltime")
    answer = page.get_by_test_id("message").last
    await expect(answer).to_contain_text(re.compile(r"alice on East"))
    await expect(answer).to_contain_text(re.compile(r"[\d,]+\.\d\d core-hours"))
    await expect(answer).to_contain_text("Only visible to you")
    await shot(page, "usage")
    await say(page, "/walltime unlink")
    await page.get_by_test_id("button-unlink.confirm").last.click()
    await expect(page.get_by_test_id("message").last).to_contain_text("Unlinked from East")
    await shot(page, "unlinked")


async def test_a_wrong_token_is_marked_at_its_field_and_nothing_typed_is_lost(page: Page) -> None:
    await page.get_by_test_id("channel-hpc").click()
    await say(page, "/walltime link")
    await page.get_by_test_id("field-cluster").select_option("east")
    await page.get_by_test_id("field-username").fill("alice")
    await page.get_by_test_id("field-token").fill("hunter2")
    await page.get_by_test_id("modal-submit").click()
    await expect(page.get_by_test_id("error-token")).to_contain_text("not an API token")
    await expect(page.get_by_test_id("field-username")).to_have_value("alice")
    await shot(page, "field-error")


async def test_with_the_cluster_down_the_last_reading_is_shown(page: Page) -> None:
    await page.get_by_test_id("channel-hpc").click()
    await link(page)
    await page.get_by_test_id("switch-east-down").check()
    await say(page, "/walltime")
    await expect(page.get_by_test_id("message").last).to_contain_text("core-hours")
    await shot(page, "down")


async def test_home_shows_the_usage_and_works_on_a_phone(page: Page) -> None:
    await page.get_by_test_id("channel-hpc").click()
    await link(page)
    await say(page, "/walltime join")
    await page.get_by_test_id("button-team.join.confirm").click()
    await expect(page.get_by_text("You are in the team of").last).to_be_visible()
    await page.get_by_test_id("app").click()
    await page.get_by_test_id("home-tab").click()
    await expect(page.get_by_role("heading", name="Your core-hours")).to_be_visible()
    await expect(page.get_by_text("3 people joined")).to_be_visible()
    await page.get_by_role("button", name="Add a limit").click()
    await page.get_by_test_id("field-cluster").select_option("east")
    await page.get_by_test_id("field-core_hours").fill("20000")
    await page.get_by_test_id("field-period").select_option("total")
    await page.get_by_test_id("modal-submit").click()
    await expect(page.get_by_text("of 20,000.00 core-hours in total")).to_be_visible()  # by itself
    await shot(page, "home")
    await page.get_by_role("button", name="Status").click()
    await expect(page.get_by_test_id("modal")).to_contain_text("For support")
    await shot(page, "home-status")
    await page.get_by_test_id("modal-close").click()
    await page.set_viewport_size({"width": 360, "height": 740})
    width = await page.evaluate("document.documentElement.scrollWidth")
    assert width <= 360
    await page.wait_for_timeout(500)  # the sidebar slides away
    await shot(page, "home-phone")
