"""A channel's team in the demo's page, on a desk and on a phone."""

from playwright.async_api import Page, expect

from tests.browser.conftest import shot
from tests.browser.test_demo import say


async def link(page: Page, user: str, cluster: str) -> None:
    """Link as this person, by the form."""
    boot = await page.evaluate("fetch('/client/boot').then(answer => answer.json())")
    token = next(
        one["value"] for one in boot["clipboard"] if one["for"] == user and cluster.title() in one["label"]
    )
    await say(page, f"/walltime link {cluster}")
    await page.get_by_test_id("field-token").fill(token)
    await page.get_by_test_id("modal-submit").click()
    await expect(page.get_by_test_id("modal")).to_contain_text("You are linked as")
    await page.get_by_test_id("modal-close").click()


async def join(page: Page) -> None:
    await say(page, "/walltime join")
    await expect(page.get_by_test_id("message").last).to_contain_text("Join the team of")
    await shot(page, "team-join")
    await page.get_by_test_id("button-team.join.confirm").last.click()
    await expect(page.get_by_test_id("message").last).to_contain_text("You are in the team of")


async def test_a_team_is_read_posted_and_fits_a_phone(page: Page) -> None:
    await page.get_by_test_id("channel-hpc").click()
    await link(page, "U0ALICE", "east")
    await join(page)
    await page.get_by_test_id("act-as").select_option("U0MAYA")  # she and 李博 are of the team already
    await page.get_by_test_id("channel-hpc").click()
    await say(page, "/walltime limit team 20000 per month on east")
    await expect(page.get_by_test_id("message").last).to_contain_text("@Maya Okafor: Limit set")
    await say(page, "/walltime team")
    table = page.get_by_test_id("message").last
    await expect(table).to_contain_text("3 people together")
    await expect(table).to_contain_text("of the team's limit of 20,000.00")
    await shot(page, "team")
    await page.get_by_test_id("button-team.post").last.click()
    await expect(page.get_by_test_id("message").get_by_text("posted by maya")).to_be_visible()
    await shot(page, "team-posted")
    await page.set_viewport_size({"width": 360, "height": 740})
    assert await page.evaluate("document.documentElement.scrollWidth") <= 360
    used = page.get_by_test_id("message").last.get_by_role("columnheader", name="Used")
    await expect(used).to_be_in_viewport(ratio=1)
    await expect(page.get_by_test_id("channel-hpc")).not_to_be_in_viewport()
    await shot(page, "team-phone")
