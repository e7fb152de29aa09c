"""Sealing everything again with another key, beside a bot that goes on storing."""

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from bot.domain.errors import SealBroken
from bot.domain.people import Person
from bot.domain.secret import Secret
from bot.store import rotation
from bot.store.engine import Database
from bot.store.links import SqlLinks
from bot.store.rotation import Condition, census, rotate
from bot.store.tables import links
from bot.store.vault import KeyRing, key_id_of, new_key
from tests.unit.kit import ALICE, NOW, RING_KEY, link, reading
from tests.unit.store.kit import ON_SQLITE, Store, files_with

OLD, NEW, OTHER = f"k1:{RING_KEY}", "k2:" + new_key().partition(":")[2], "k3:" + new_key().partition(":")[2]
BOTH = KeyRing.parse(f"{NEW},{OLD}")
ONLY_NEW = KeyRing.parse(NEW)


async def fill(store: Store, count: int) -> list[Person]:
    """Link so many people; each one's token names them."""
    people = [Person(workspace=f"T{number % 3}", user=f"U{number:04}") for number in range(count)]
    for person in people:
        await store.record(link(person), token=f"token of {person.user}")
    return people


async def tokens(database: Database, ring: KeyRing, people: Sequence[Person]) -> list[str]:
    opened = SqlLinks(database, ring)
    return [(await opened.token(link(person))).reveal() for person in people]


def named(people: Sequence[Person]) -> list[str]:
    return [f"token of {person.user}" for person in people]


async def seen(store: Store, ring: KeyRing) -> dict[Condition, int]:
    counts: dict[Condition, int] = {}
    async for found in census(store.database, ring):
        counts[found.condition] = counts.get(found.condition, 0) + 1
    return counts


@pytest.mark.parametrize("count", [0, 1, 6, 7, 15])
async def test_after_a_rotation_the_old_key_is_not_needed(store: Store, count: int) -> None:
    people = await fill(store, count)
    done = await rotate(store.database, BOTH, page_size=7)
    assert (done.resealed, done.newest, done.unopened) == (count, count, ())
    assert await tokens(store.database, ONLY_NEW, people) == named(people)
    again = await rotate(store.database, ONLY_NEW, page_size=7)
    assert (again.resealed, again.newest, again.unopened) == (0, count, ())


async def test_a_second_rotation_writes_nothing(store: Store) -> None:
    await fill(store, 5)
    await rotate(store.database, BOTH)
    before = [row.token for row in await store.rows("links")]
    await rotate(store.database, BOTH)
    assert [row.token for row in await store.rows("links")] == before


@ON_SQLITE
async def test_what_the_old_key_sealed_is_in_no_file_afterwards(store: Store, tmp_path: Path) -> None:
    await fill(store, 5)
    sealed = [row.token[-40:] for row in await store.rows("links")]
    await rotate(store.database, BOTH)
    assert [files_with(tmp_path / "data", piece) for piece in sealed] == [[]] * 5


async def test_a_census_counts_by_condition_and_changes_nothing(store: Store) -> None:
    people = await fill(store, 6)
    await SqlLinks(store.database, ONLY_NEW).record(
        link(people[0]), token=Secret("fresh"), reading=reading(1)
    )
    await SqlLinks(store.database, KeyRing.parse(OTHER)).record(
        link(people[1]), token=Secret("lost"), reading=reading(1)
    )
    await harm(store, people[2], b"")
    before = [row.token for row in await store.rows("links")]
    assert await seen(store, BOTH) == {
        Condition.NEWEST: 1, Condition.KEYLESS: 1, Condition.BROKEN: 1, Condition.OLDER: 3,
    }  # fmt: skip
    assert [row.token for row in await store.rows("links")] == before


async def harm(store: Store, person: Person, sealed: bytes) -> None:
    async with store.database.writes() as connection:
        await connection.execute(
            update(links)
            .where(links.c.workspace == person.workspace, links.c.person == person.user)
            .values(token=sealed)
        )


async def test_what_does_not_open_is_told_and_left_as_it_is(store: Store) -> None:
    people = await fill(store, 6)
    by_person = {row.person: row.token for row in await store.rows("links")}
    await harm(store, people[0], by_person["U0001"])  # another row's
    await harm(store, people[2], b"\x02\xff\xffjunk")
    await SqlLinks(store.database, KeyRing.parse(OTHER)).record(
        link(people[3]), token=Secret("of a key that is gone"), reading=reading(1)
    )
    before = {row.person: row.token for row in await store.rows("links")}
    done = await rotate(store.database, BOTH, page_size=2)
    assert (done.resealed, done.newest) == (3, 3)
    assert {(found.row, found.condition) for found in done.unopened} == {
        (("T0", "U0000", "east"), Condition.BROKEN),
        (("T2", "U0002", "east"), Condition.BROKEN),
        (("T0", "U0003", "east"), Condition.KEYLESS),
    }
    after = {row.person: row.token for row in await store.rows("links")}
    left = {"U0000", "U0002", "U0003"}
    assert {person for person in before if before[person] == after[person]} == left
    whole = await rotate(store.database, KeyRing.parse(f"{NEW},{OLD},{OTHER}"))
    assert (whole.resealed, len(whole.unopened)) == (1, 2)


async def test_a_token_that_is_stored_meanwhile_is_not_overwritten(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between reading and writing of every page somebody links anew, still with the old key first."""
    people = await fill(store, 9)
    anew = iter(people[::2])
    real_write = rotation._write

    async def late(database: Database, column: Any, resealed: Any) -> int:
        if (person := next(anew, None)) is not None:
            await store.record(link(person, linked_at=NOW), token=f"fresh of {person.user}")
        return await real_write(database, column, resealed)

    monkeypatch.setattr(rotation, "_write", late)
    done = await rotate(store.database, BOTH, page_size=3)
    assert done.unopened == ()
    assert await seen(store, BOTH) == {Condition.NEWEST: 9}
    wanted = [f"{'fresh' if p in people[::2] else 'token'} of {p.user}" for p in people]
    assert await tokens(store.database, ONLY_NEW, people) == wanted


async def test_a_bot_that_never_stops_sealing_with_the_old_key_does_not_hold_a_rotation_up_for_ever(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    (person,) = await fill(store, 1)
    real_write = rotation._write

    async def late(database: Database, column: Any, resealed: Any) -> int:
        await store.record(link(person), token="fresh")
        return await real_write(database, column, resealed)

    monkeypatch.setattr(rotation, "_write", late)
    done = await rotate(store.database, BOTH)
    assert (done.settled, done.resealed, done.newest) == (False, 0, 0)
    assert await tokens(store.database, BOTH, [person]) == ["fresh"]
    monkeypatch.undo()
    assert (await rotate(store.database, BOTH)).settled


async def test_a_link_that_is_forgotten_meanwhile_stays_forgotten(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = await fill(store, 3)
    real_write = rotation._write

    async def late(database: Database, column: Any, resealed: Any) -> int:
        await store.links.forget(people[1], "east", actor="U1", now=NOW)
        return await real_write(database, column, resealed)

    monkeypatch.setattr(rotation, "_write", late)
    done = await rotate(store.database, BOTH)
    assert (done.resealed, done.newest, done.unopened) == (2, 2, ())
    assert [row.person for row in await store.rows("links")] == ["U0000", "U0002"]


async def test_two_rotations_at_once_end_with_every_token_open(store: Store, database_url: str) -> None:
    people = await fill(store, 40)
    other = Database(database_url)
    try:
        first, second = await asyncio.gather(
            rotate(store.database, BOTH, page_size=3), rotate(other, BOTH, page_size=3)
        )
    finally:
        await other.close()
    assert first.resealed + second.resealed == 40
    assert first.newest == second.newest == 40
    assert await tokens(store.database, ONLY_NEW, people) == named(people)


async def test_beside_a_bot_that_links_and_unlinks_every_token_opens(store: Store, database_url: str) -> None:
    """The bot still has the old key first: what it seals afterwards is the next rotation's work."""
    people = await fill(store, 30)
    chance = random.Random(4)  # noqa: S311 (the same at every run)
    standing = dict(zip(people, named(people), strict=True))
    other = Database(database_url)

    async def bot() -> None:
        for number in range(60):
            person = chance.choice(people)
            if number % 4 == 3:
                await store.links.forget(person, "east", actor="U1", now=NOW)
                standing.pop(person, None)
            else:
                await store.record(link(person), token=f"fresh {number}")
                standing[person] = f"fresh {number}"

    async def operator() -> None:
        for _ in range(6):
            assert (await rotate(other, BOTH, page_size=4)).unopened == ()

    try:
        await asyncio.gather(bot(), operator())
        await rotate(other, BOTH)
    finally:
        await other.close()
    assert await tokens(store.database, ONLY_NEW, list(standing)) == list(standing.values())
    assert len(await store.rows("links")) == len(standing)


async def test_a_kill_between_two_transactions_loses_nothing_and_is_taken_up_again(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = await fill(store, 20)
    real_pages, cut = rotation._pages, 0

    async def pages(*words: Any) -> AsyncIterator[Any]:
        async for number, page in _numbered(real_pages(*words)):
            if number == cut:
                raise KeyboardInterrupt
            yield page

    for cut in range(1, 5):
        with monkeypatch.context() as patch:
            patch.setattr(rotation, "_pages", pages)
            with pytest.raises(KeyboardInterrupt):
                await rotate(store.database, BOTH, page_size=5 - cut)
        assert await tokens(store.database, BOTH, people) == named(people)
    assert {key_id_of(row.token) for row in await store.rows("links")} == {"k1", "k2"}
    done = await rotate(store.database, BOTH)
    assert 0 < done.resealed < 20
    assert await tokens(store.database, ONLY_NEW, people) == named(people)


async def _numbered(pages: AsyncIterator[Any]) -> AsyncIterator[tuple[int, Any]]:
    number = 0
    async for page in pages:
        yield number, page
        number += 1


async def test_a_seal_that_does_not_open_is_in_the_audit_log_once_per_link(store: Store) -> None:
    await store.record(link())
    keyless = SqlLinks(store.database, ONLY_NEW, clock=lambda: NOW)
    for _ in range(3):
        with pytest.raises(SealBroken):
            await keyless.token(link())
    noted = [tuple(row)[1:] for row in await store.rows("audit") if row.action == "seal_broken"]
    assert noted == [(ALICE.workspace, NOW, "walltime", "seal_broken", "U1/east", "username alice")]
