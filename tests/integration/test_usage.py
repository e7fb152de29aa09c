"""`/walltime`, as people use it: over a real websocket and over signed HTTP."""

from tests.world import GENERAL, World


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
