"""People leave, by themselves or by an admin's hand."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.store.tables import metadata
from tests.alerts_kit import join, say
from tests.world import ALICE, BOB, GENERAL, TEAM, World, until, world


@pytest.fixture
async def lab(data_dir: Path) -> AsyncIterator[World]:
    """Events take the same way in whichever door they come."""
    async with world(data_dir) as made:
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


async def test_a_workspace_that_removes_the_app_is_erased_and_the_bot_runs_on(
    lab: World,
) -> None:
    async with lab.bot() as bot:
        await lab.link(lab.alice)
        await join(lab.alice)
        await say(lab.alice, "limit 2000 per month", "2,000")
        sealed = (await lab.rows("links"))[0].token
        lab.slack.workspaces[TEAM].emit({"type": "tokens_revoked", "tokens": {"oauth": [ALICE], "bot": []}})
        await lab.slack.settled()
        assert len(await lab.rows("links")) == 1
        await lab.slack.workspaces[TEAM].uninstall()

        async def left() -> dict[str, int]:
            counts = {name: len(await lab.rows(name)) for name in metadata.tables}
            return {name: count for name, count in counts.items() if count}

        await until(left, lambda tables: tables.keys() <= {"departures", "deliveries"}, 30)
        assert (await until(bot.trouble, bool)) == [
            f"slack: the app was removed from {TEAM}: install it again and start with its new SLACK_BOT_TOKEN"
        ]
        assert [path.name for path in lab.data_dir.iterdir() if sealed in path.read_bytes()] == []
    lab.slack.workspaces[TEAM].is_installed = True
    async with lab.bot():
        await lab.link(lab.bob, username="bob")
        assert await lab.rows("departures") == []
