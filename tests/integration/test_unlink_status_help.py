"""`unlink`, `status`, `help` and the Home tab."""

from pathlib import Path

import pytest

from bot.playground.slack import Message
from tests.world import GENERAL, World


@pytest.mark.both_doors
async def test_unlink_asks_first_then_erases(lab: World) -> None:
    async with lab.bot():
        await lab.link(lab.alice)
        sealed = (await lab.rows("links"))[0].token
        assert _holds(lab.data_dir, sealed)
        await lab.alice.command("/walltime unlink", channel=GENERAL)
        question = await lab.alice.wait_message(lambda m: "Unlink alice on East?" in m.text)
        assert len(await lab.rows("links")) == 1
        await lab.alice.click("unlink.confirm", message=question)
        await lab.alice.wait_message(lambda m: "Unlinked from" in m.text)
        assert await lab.rows("links") == []
        assert await lab.rows("readings") == []
        assert not _holds(lab.data_dir, sealed), "the sealed token is still in a file"
        await lab.alice.command("/walltime", channel=GENERAL)
        await lab.alice.wait_message(lambda m: "not linked" in m.text)


async def test_a_second_click_on_unlink_says_that_there_is_nothing(lab: World) -> None:
    async with lab.bot():
        await lab.link(lab.alice)
        questions: list[Message] = []
        for _ in range(2):
            await lab.alice.command("/walltime unlink east", channel=GENERAL)
            questions.append(await lab.alice.wait_message(lambda m: "Unlink alice" in m.text))
        await lab.alice.click("unlink.confirm", message=questions[0])
        await lab.alice.wait_message(lambda m: "Unlinked from" in m.text)
        await lab.alice.click("unlink.confirm", message=questions[1])
        await lab.alice.wait_message(lambda m: "You have no link on East" in m.text)


async def test_status_tells_the_token_the_reading_and_the_support_id(lab: World) -> None:
    async with lab.bot():
        await lab.link(lab.alice)
        lab.hours_pass()
        await lab.alice.command("/walltime status", channel=GENERAL)
        told = await lab.alice.wait_message(lambda m: "For support" in m.text)
        assert "alice on East: the token expires in" in told.text
        assert "Last reading 1,234.50 core-hours, " in told.text
        assert "T0LAB/U0ALICE" in told.text


async def test_help_lists_every_word_and_a_slip_gets_the_nearest(lab: World) -> None:
    async with lab.bot():
        await lab.alice.command("/walltime HELP", channel=GENERAL)
        told = await lab.alice.wait_message(lambda m: "You can type" in m.text)
        assert all(f"/walltime {word}" in told.text for word in ("link", "unlink", "status", "help"))
        await lab.alice.command("/walltime statsu", channel=GENERAL)
        told = await lab.alice.wait_message(lambda m: "Did you mean" in m.text)
        assert "`/walltime status`" in told.text


async def test_refresh_takes_the_place_of_the_old_numbers(lab: World) -> None:
    async with lab.bot():
        await lab.link(lab.alice)
        lab.hours_pass()
        await lab.alice.command("/walltime", channel=GENERAL)
        first = await lab.alice.wait_message(lambda m: "1,234.50 core-hours used" in m.text)
        lab.hours_pass()
        lab.east.add_core_hours("alice", 10.0)
        await lab.alice.click("usage.refresh", message=first)
        await lab.alice.wait_message(lambda m: "1,244.50 core-hours used" in m.text)
        shown = [m for m in lab.alice.messages(GENERAL) if "core-hours used" in m.text]
        assert len(shown) == 1


@pytest.mark.both_doors
async def test_home_fits_who_is_not_linked_and_who_is(lab: World) -> None:
    async with lab.bot():
        await lab.alice.open_home()
        home = await lab.alice.wait_view(lambda v: v.view["type"] == "home")
        assert "You have not linked a cluster yet" in str(home.view)
        await lab.alice.click("link.open", view=home)
        form = await lab.alice.wait_view(lambda v: v.view.get("callback_id") == "link")
        await lab.alice.submit(form, {"cluster": "east", "token": lab.east.token("alice")})
        await lab.alice.wait_view(lambda v: v.view["type"] == "home" and "1,234.50 core-hours" in str(v))


async def test_unlink_on_home_takes_the_link_from_home(lab: World) -> None:
    async with lab.bot():
        await lab.link(lab.alice)
        await lab.alice.open_home()
        home = await lab.alice.wait_view(lambda v: v.view["type"] == "home" and "alice" in str(v))
        await lab.alice.click("unlink.confirm", view=home)
        await lab.alice.wait_view(lambda v: v.view["type"] == "home" and "not linked" in str(v))
        assert await lab.rows("links") == []


def _holds(folder: Path, needle: bytes) -> bool:
    return any(needle in path.read_bytes() for path in folder.iterdir() if path.is_file())
