"""`/walltime`, as people use it: over a real websocket and over signed HTTP."""

from datetime import timedelta

import pytest

from tests.world import GENERAL, World

pytestmark = pytest.mark.both_doors


async def test_who_links_reads_the_number_that_the_cluster_has(lab: World) -> None:
    async with lab.bot():
        await lab.link(lab.alice)
        delivery = await lab.alice.command("/walltime", channel=GENERAL)
        assert delivery.ok
        answer = await lab.alice.wait_message(lambda m: "core-hours used" in m.text)
        assert answer.ephemeral_for == lab.alice.person.id
        assert "alice on East: 1,234.50 core-hours used, as of " in answer.text


async def test_who_is_not_linked_is_offered_the_form(lab: World) -> None:
    async with lab.bot():
        await lab.alice.command("/walltime", channel=GENERAL)
        answer = await lab.alice.wait_message(lambda m: "not linked" in m.text)
        await lab.alice.click("link.open", message=answer)
        form = await lab.alice.wait_view(lambda view: view.view.get("callback_id") == "link")
        assert form.view["title"]["text"] == "Link a cluster"


async def test_use_since_the_link_is_told_for_the_month_and_as_a_pace(lab: World) -> None:
    async with lab.bot():
        await lab.link(lab.alice, lives=timedelta(days=3))
        lab.hours_pass(48)
        lab.east.add_core_hours("alice", 100.0)
        await lab.alice.command("/walltime", channel=GENERAL)
        answer = await lab.alice.wait_message(lambda m: "core-hours used" in m.text)
        assert "1,334.50 core-hours used" in answer.text
        assert "Pace: about 50.00 core-hours a day." in answer.text
