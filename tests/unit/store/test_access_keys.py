"""Access keys in the database: sealed, bound to their row, and gone with their link."""

from pathlib import Path

import pytest
from sqlalchemy import update

from bot.domain.access_keys import AccessKey
from bot.domain.errors import SealBroken
from bot.domain.people import Link, Person
from bot.domain.secret import Secret
from bot.store.access_keys import SqlAccessKeys
from bot.store.rotation import rotate
from bot.store.tables import access_keys, links
from bot.store.vault import KeyRing, new_key
from tests.unit.kit import ACCESS_KEY, ALICE, NOW, RING_KEY, SECRET_KEY, link, reading
from tests.unit.store.kit import ON_SQLITE, RING, Store, files_with

BOB = Person(workspace="T1", user="U2")
KEY = AccessKey(login="alice", access_key=ACCESS_KEY, secret_key=Secret(SECRET_KEY))


async def keep(store: Store, made: Link, key: AccessKey | None = KEY) -> Link:
    return await store.links.record(made, token=Secret("token"), reading=reading(1), access_key=key)


def keys(store: Store, ring: KeyRing = RING) -> SqlAccessKeys:
    return SqlAccessKeys(store.database, ring, clock=lambda: NOW)


@ON_SQLITE
async def test_a_key_comes_back_whole_and_stands_nowhere_in_clear(store: Store, tmp_path: Path) -> None:
    made = await keep(store, link())
    assert await keys(store).of(made) == KEY
    assert files_with(tmp_path / "data", SECRET_KEY.encode()) == []


async def test_a_link_by_token_has_none(store: Store) -> None:
    assert await keys(store).of(await keep(store, link(), None)) is None


@ON_SQLITE
@pytest.mark.parametrize("username", ["alice", "al01"])
async def test_linking_again_by_token_forgets_the_key_from_its_files_too(
    store: Store, tmp_path: Path, username: str
) -> None:
    await keep(store, link())
    (row,) = await store.rows("access_keys")
    again = await keep(store, link(username=username), None)
    assert await keys(store).of(again) is None
    assert files_with(tmp_path / "data", row.secret_key[-40:]) == []


async def test_linking_again_by_another_key_keeps_that_one(store: Store) -> None:
    await keep(store, link())
    other = AccessKey(login="renamed", access_key="f" * 32, secret_key=Secret("e" * 64))
    assert await keys(store).of(await keep(store, link(), other)) == other
    assert len(await store.rows("access_keys")) == 1


@ON_SQLITE
async def test_unlinking_forgets_the_key_of_this_link_alone(store: Store, tmp_path: Path) -> None:
    await keep(store, link())
    bobs = await keep(store, link(BOB))
    sealed = {row.person: row.secret_key for row in await store.rows("access_keys")}
    await store.links.forget(ALICE, "east", actor="U1", now=NOW)
    assert [row.person for row in await store.rows("access_keys")] == ["U2"]
    assert files_with(tmp_path / "data", sealed["U1"][-40:]) == []
    assert await keys(store).of(bobs) == KEY


async def test_a_key_moved_to_another_row_or_column_does_not_open_and_is_in_the_audit_log(
    store: Store,
) -> None:
    made, bobs = await keep(store, link()), await keep(store, link(BOB))
    sealed = {row.person: row.secret_key for row in await store.rows("access_keys")}
    (token, _) = [row.token for row in await store.rows("links")]
    async with store.database.writes() as connection:
        await connection.execute(
            update(access_keys).where(access_keys.c.person == "U1").values(secret_key=token)
        )
        await connection.execute(
            update(access_keys).where(access_keys.c.person == "U2").values(secret_key=sealed["U1"])
        )
        await connection.execute(update(links).where(links.c.person == "U1").values(token=sealed["U1"]))
    for moved in (made, bobs):
        with pytest.raises(SealBroken):
            await keys(store).of(moved)
    with pytest.raises(SealBroken):
        await store.links.token(made)
    noted = [row.subject for row in await store.rows("audit") if row.action == "seal_broken"]
    assert noted == ["U1/east", "U2/east"]


async def test_a_rotation_seals_keys_and_tokens_again(store: Store) -> None:
    made = await keep(store, link())
    new = new_key()
    done = await rotate(store.database, KeyRing.parse(f"{new},k1:{RING_KEY}"))
    assert (done.resealed, done.newest) == (2, 2)
    assert await keys(store, KeyRing.parse(new)).of(made) == KEY
