"""A sealed token that was copied to another place in the database: it opens nothing, and its owner hears."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from bot.domain.secret import Secret
from bot.store.engine import Database
from bot.store.tables import links
from bot.store.vault import KeyRing, new_key, seal
from tests.world import ALICE, BOB, GENERAL, TEAM, World

KEY = new_key()
# What stands in alice's row afterwards, made of the token that a thief could seal or copy.
Moved = Callable[[Any, str], bytes]


def sealed_as(table: str, column: str, workspace: str, person: str) -> Moved:
    return lambda _, token: seal(KeyRing.parse(KEY), Secret(token), table, column, workspace, person, "east")


def asked_about(lab: World, username: str) -> int:
    """How often the cluster was asked about somebody; others are polled meanwhile."""
    return sum(request.username == username for request in lab.east.requests)


@pytest.mark.parametrize(
    "moved",
    [
        pytest.param(lambda rows, _: rows[BOB], id="another person's row"),
        pytest.param(sealed_as("links", "token", "T0OTHER", ALICE), id="another workspace"),
        pytest.param(sealed_as("links", "username", TEAM, ALICE), id="another column"),
        pytest.param(sealed_as("readings", "token", TEAM, ALICE), id="another table"),
    ],
)
async def test_it_does_not_open_is_audited_and_its_owner_is_asked_to_link_again(
    lab: World, moved: Moved
) -> None:
    async with lab.bot(WALLTIME_SECRET_KEYS=KEY):
        await lab.link(lab.alice)
        await lab.link(lab.bob, username="bob")
        rows = {row.person: row.token for row in await lab.rows("links")}
        database = Database(lab.settings().database_url)
        async with database.writes() as connection:
            await connection.execute(
                update(links).where(links.c.person == ALICE).values(token=moved(rows, lab.east.token("bob")))
            )
        await database.close()
        lab.hours_pass()
        asked = asked_about(lab, "alice")
        for _ in range(2):
            await lab.alice.command("/walltime", channel=GENERAL)
        told = await lab.alice.wait_message(lambda m: "does not open any more. Link again" in m.text)
        assert "link.open" in str(told)
        assert asked_about(lab, "alice") == asked, "a moved token never leaves"
        noted = [row for row in await lab.rows("audit") if row.action == "seal_broken"]
        assert [(row.actor, row.subject) for row in noted] == [("walltime", f"{ALICE}/east")]
        await lab.link(lab.alice)
        await lab.alice.command("/walltime", channel=GENERAL)
        await lab.alice.wait_message(lambda m: "1,234.50 core-hours used" in m.text)


async def test_by_polling_alone_its_owner_hears_of_it(lab: World) -> None:
    async with lab.bot(
        tick=timedelta(milliseconds=50), WALLTIME_POLL_INTERVAL="1s", WALLTIME_SECRET_KEYS=KEY
    ):
        await lab.link(lab.alice)
        database = Database(lab.settings().database_url)
        async with database.writes() as connection:
            await connection.execute(update(links).values(token=b"\x02k0junk"))
        await database.close()
        with lab.clock.fast():
            await lab.alice.wait_message(lambda m: "Link again" in m.text)
        assert [row.action for row in await lab.rows("audit")] == ["linked", "seal_broken"]
