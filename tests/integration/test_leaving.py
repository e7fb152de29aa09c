"""People leave, by themselves or by an admin's hand."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.alerts_kit import join, say
from tests.world import ALICE, BOB, GENERAL, TEAM, World, until, world


@pytest.fixture
async def lab(tmp_path: Path) -> AsyncIterator[World]:
    """Events take the same way in whichever door they come."""
    async with world(tmp_path / "data") as made:
        yield made


async def test_a_deactivated_person_is_unlinked_at_once(lab: World) -> None:
    async with lab.bot():
        await lab.link(lab.alice)
        await lab.link(lab.bob, username="bob")
        await join(lab.alice)
        lab.slack.workspaces[TEAM].change_person(BOB, tz="Europe/Berlin")
        lab.slack.workspaces[TEAM].deactivate(ALICE)

        async def linked() -> list[str]:
            return [row.person for row in await lab.rows("links")]

        await until(linked, lambda people: people == [BOB])
        assert await lab.rows("team_members") == []


async def test_an_admin_unlinks_somebody_who_hears_of_it(lab: World) -> None:
    async with lab.bot():
        await lab.link(lab.alice)
        await say(lab.bob, f"unlink <@{ALICE}>", "Only workspace admins")
        lab.slack.workspaces[TEAM].change_person(BOB, is_admin=True)
        question = await say(lab.bob, f"unlink <@{ALICE}>", f"Unlink <@{ALICE}> from East?")
        assert "alice" not in question.text
        await lab.bob.click("unlink.confirm", message=question)
        await lab.bob.wait_message(lambda m: "is unlinked from" in m.text)
        told = await lab.alice.wait_message(lambda m: f"<@{BOB}>, an admin here, unlinked you" in m.text)
        assert told.channel != GENERAL
        assert await lab.rows("links") == []
        await say(lab.bob, f"unlink <@{ALICE}> east", "has no link (any more)")
        who = [(row.actor, row.action) for row in await lab.rows("audit")]
        assert who == [(ALICE, "linked"), (BOB, "unlink_refused"), (BOB, "unlinked")]
