"""Deactivated people are unlinked."""

from datetime import timedelta
from pathlib import Path

from bot.store.leaving import SqlLeaving
from tests.furnished import ANN, BEN, NOW, furnish
from tests.unit.store.kit import ON_SQLITE, RING, Store, files_with

LATER = NOW + timedelta(hours=1)


@ON_SQLITE
async def test_who_is_deactivated_has_no_token_no_reading_and_no_team(store: Store, tmp_path: Path) -> None:
    lab = await furnish(store.database, RING, "T1")
    await furnish(store.database, RING, "T2")
    (sealed,) = (row.token for row in await store.rows("links") if (row.workspace, row.person) == ("T1", ANN))
    leaving = SqlLeaving(store.database)
    assert await leaving.person(lab.person(ANN), now=LATER)
    for table in ("links", "team_members"):
        who = [(row.workspace, row.person) for row in await store.rows(table)]
        assert sorted(who) == [("T1", BEN), ("T2", ANN), ("T2", BEN)], table
    for table in ("readings", "polls", "health"):
        assert ("T1", lab.links[ANN].link_id) not in {
            (row.workspace, row.link_id) for row in await store.rows(table)
        }
    assert {row.workspace for row in await store.rows("access_keys")} == {"T2"}
    assert {row.workspace for row in await store.rows("link_pages")} == {"T2"}
    assert files_with(tmp_path / "data", sealed) == []
    owed = {(row.workspace, row.place_id) for row in await store.rows("notices") if row.ended_at is None}
    assert ("T1", ANN) not in owed
    lines = [(row.actor, row.action, row.subject) for row in await store.rows("audit") if row.at == LATER]
    assert lines == [("walltime", "unlinked", f"{ANN}/east"), ("walltime", "left", "C1")]


async def test_who_is_seen_again_or_was_never_linked_leaves_no_word(store: Store) -> None:
    lab = await furnish(store.database, RING, "T1")
    leaving = SqlLeaving(store.database)
    await leaving.person(lab.person(ANN), now=LATER)
    before = await store.rows("audit")
    assert not await leaving.person(lab.person(ANN), now=LATER)
    assert not await leaving.person(lab.person("U9"), now=LATER)
    assert await store.rows("audit") == before
