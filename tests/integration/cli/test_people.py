"""`export` and `forget`: one person's data, beside a running bot."""

import json
from pathlib import Path

from tests.alerts_kit import join, say
from tests.integration.cli.shell import shell
from tests.process import running
from tests.world import ALICE, GENERAL, TEAM, World

ALICES = ("--workspace", TEAM, "--person", ALICE)


async def test_a_person_is_shown_and_forgotten_beside_a_running_bot(lab: World, tmp_path: Path) -> None:
    async with running(lab):
        await lab.link(lab.alice)
        await lab.link(lab.bob, username="bob")
        await join(lab.alice)
        await say(lab.alice, "limit team 20000 per quarter", "20,000")
        told = await shell(tmp_path, "export", *ALICES, env=lab.environ())
        assert (told.code, told.err) == (0, "")
        found = json.loads(told.out)
        assert [(link["username"], len(link["readings"])) for link in found["links"]] == [("alice", 1)]
        assert [team["channel"] for team in found["teams"]] == [GENERAL]

        unasked = await shell(tmp_path, "forget", *ALICES, env=lab.environ())
        assert (unasked.code, "--yes" in unasked.err) == (2, True)
        assert len(await lab.rows("links")) == 2
        gone = await shell(tmp_path, "forget", *ALICES, "--yes", env=lab.environ())
        assert (gone.code, gone.err) == (0, "")
        assert "1 links" in gone.out
        assert [row.person for row in await lab.rows("links")] == ["U0BOB"]
        assert ALICE not in {row.actor for row in await lab.rows("audit")}

        await say(lab.alice, "", "not linked")
        await say(lab.bob, "limit", "20,000", "someone who left")
    again = await shell(tmp_path, "export", *ALICES, env=lab.environ())
    assert (again.code, again.out) == (1, "")
    assert f"nothing is stored of {ALICE} in {TEAM}" in again.err


async def test_who_and_which_workspace_is_not_known_is_said(lab: World, tmp_path: Path) -> None:
    nowhere = await shell(tmp_path, "export", *ALICES, env=lab.environ())
    assert (nowhere.code, "there is no database" in nowhere.err) == (1, True)
    async with lab.bot():
        pass
    strange = await shell(
        tmp_path, "forget", "--workspace", "T9", "--person", ALICE, "--yes", env=lab.environ()
    )
    assert (strange.code, f"there is no workspace T9 here; there is {TEAM}" in strange.err) == (1, True)
