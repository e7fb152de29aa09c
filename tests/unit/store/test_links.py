"""Who is linked to what: the port `Links` on SQLite."""

import asyncio
import shutil
import tempfile
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import update

from bot.domain.errors import NotLinked, SealBroken
from bot.domain.people import Link, Person
from bot.domain.secret import Secret
from bot.store.engine import Database
from bot.store.links import SqlLinks
from bot.store.tables import links
from bot.store.vault import KeyRing, new_key
from tests.unit.kit import ALICE, JWT, NOW, RING_KEY, link, reading
from tests.unit.store.kit import ON_SQLITE, Store, files_with

MINUTE = timedelta(minutes=1)
BOB = Person(workspace="T1", user="U2")
ALICE_ELSEWHERE = Person(workspace="T2", user="U1")


async def test_a_link_is_remembered_as_it_was_told(store: Store) -> None:
    told = link(token_expires_at=NOW + timedelta(hours=5))
    assert await store.record(told, token=JWT) == told
    assert await store.links.of(ALICE) == (told,)
    assert (await store.links.token(told)).reveal() == JWT
    assert await store.readings.last(told) == reading(1)


async def test_links_come_by_the_cluster_s_name(store: Store) -> None:
    for cluster in ("west", "east", "north"):
        await store.record(link(cluster=cluster))
    assert [each.cluster for each in await store.links.of(ALICE)] == ["east", "north", "west"]


async def test_who_is_not_linked_has_no_links_and_no_token(store: Store) -> None:
    assert await store.links.of(BOB) == ()
    with pytest.raises(NotLinked) as caught:
        await store.links.token(link(BOB))
    assert caught.value.cluster == "east"


async def test_a_new_token_for_the_same_username_keeps_the_readings(store: Store) -> None:
    first = await store.record(link(link_id="first"), reading(5))
    later = NOW + timedelta(days=1)
    again = await store.record(
        link(link_id="second", linked_at=later, token_expires_at=later + MINUTE),
        reading(9, later),
        token="fresh",
    )
    assert again.link_id == "first"
    assert (again.linked_at, again.token_expires_at) == (later, later + MINUTE)
    assert await store.links.of(ALICE) == (again,)
    assert await store.kept(again) == [reading(5), reading(9, later)]
    assert (await store.links.token(first)).reveal() == "fresh"


async def test_a_new_token_may_not_say_when_it_expires(store: Store) -> None:
    await store.record(link(token_expires_at=NOW))
    assert (await store.record(link())).token_expires_at is None
    assert (await store.links.of(ALICE))[0].token_expires_at is None


async def test_another_username_drops_the_readings_of_the_one_before(store: Store) -> None:
    old = await store.record(link(username="alice"), reading(5))
    new = await store.record(link(username="al01"), reading(7, NOW + MINUTE))
    assert new.link_id != old.link_id
    assert await store.links.of(ALICE) == (new,)
    assert await store.kept(old) == []
    assert await store.kept(new) == [reading(7, NOW + MINUTE)]
    with pytest.raises(NotLinked):
        await store.links.token(old)


async def test_links_on_two_clusters_do_not_touch_each_other(store: Store) -> None:
    east = await store.record(link(cluster="east"), reading(5))
    west = await store.record(link(cluster="west"), reading(7), token="west's")
    assert await store.links.forget(ALICE, "east", actor="U1", now=NOW)
    assert await store.links.of(ALICE) == (west,)
    assert (await store.kept(east), await store.kept(west)) == ([], [reading(7)])
    assert (await store.links.token(west)).reveal() == "west's"


async def test_every_link_and_unlink_is_in_the_audit_log_without_a_secret(store: Store) -> None:
    await store.record(link(), token=JWT)
    await store.links.forget(ALICE, "east", actor="UADMIN", now=NOW + MINUTE)
    await store.links.forget(ALICE, "east", actor="UADMIN", now=NOW + MINUTE)
    found = [tuple(row)[1:] for row in await store.rows("audit")]
    assert found == [
        ("T1", NOW, "U1", "linked", "U1/east", "username alice"),
        ("T1", NOW + MINUTE, "UADMIN", "unlinked", "U1/east", "username alice"),
    ]
    assert JWT not in repr(found)


async def test_what_fails_half_way_leaves_nothing_behind(store: Store) -> None:
    with pytest.raises(ValueError, match="naive"):
        await store.record(link(), reading(1, NOW, NOW.replace(tzinfo=None)))
    await store.record(link(BOB))
    assert await store.links.of(ALICE) == ()
    assert [row.actor for row in await store.rows("audit")] == ["U2"]


async def test_a_token_moved_to_another_row_does_not_open(store: Store) -> None:
    for person in (ALICE, BOB, ALICE_ELSEWHERE):
        await store.record(link(person), token=f"of {person}")
    await store.record(link(cluster="west"))
    stolen = next(row.token for row in await store.rows("links") if row.person == "U2")
    async with store.database.writes() as connection:
        await connection.execute(update(links).values(token=stolen))
    for moved in (link(ALICE), link(ALICE_ELSEWHERE), link(cluster="west")):
        with pytest.raises(SealBroken):
            await store.links.token(moved)
    assert (await store.links.token(link(BOB))).reveal() == f"of {BOB}"


async def test_after_a_rotation_old_rows_open_and_new_ones_take_the_new_key(store: Store) -> None:
    await store.record(link())
    rotated = SqlLinks(store.database, KeyRing.parse(f"{new_key()},k1:{RING_KEY}"))
    assert (await rotated.token(link())).reveal() == "token"
    await rotated.record(link(), token=Secret("fresh"), reading=reading(1))
    assert (await rotated.token(link())).reveal() == "fresh"
    with pytest.raises(SealBroken):
        await store.links.token(link())


@ON_SQLITE
@pytest.mark.parametrize("size", [20, 4096], ids=["short-token", "token-over-several-pages"])
@pytest.mark.parametrize("neighbours", [0, 20], ids=["alone", "among-others"])
async def test_forgotten_is_in_no_file(store: Store, tmp_path: Path, size: int, neighbours: int) -> None:
    data = tmp_path / "data"
    for number in range(neighbours):
        await store.record(link(Person(workspace="T1", user=f"N{number}")), token="n" * size)
    mine = await store.record(link(username="canaryname"), reading(0.123456789), token="c" * size)
    sealed = next(row.token for row in await store.rows("links") if row.person == "U1")
    assert files_with(data, sealed[-40:]) != []
    await store.readings.record(mine, reading(2.5, NOW + MINUTE))
    assert await store.links.forget(ALICE, "east", actor="U1", now=NOW)
    for piece in (sealed[-40:], sealed[:40], mine.link_id.encode()):
        assert files_with(data, piece) == []
    assert not await store.links.forget(ALICE, "east", actor="U1", now=NOW)
    assert len(await store.rows("links")) == neighbours


@ON_SQLITE
async def test_forgotten_is_in_no_file_after_a_renewal_either(store: Store, tmp_path: Path) -> None:
    tokens = [f"{number}" * 200 for number in range(5)]
    sealed = []
    for token in tokens:
        await store.record(link(), token=token)
        sealed.append(next(row.token for row in await store.rows("links")))
    await store.links.forget(ALICE, "east", actor="U1", now=NOW)
    assert [files_with(tmp_path / "data", each[-40:]) for each in sealed] == [[]] * 5


async def test_after_forgetting_life_goes_on(store: Store) -> None:
    for number in range(3):
        await store.record(link(link_id=f"link{number}"), reading(number))
        assert await store.links.forget(ALICE, "east", actor="U1", now=NOW)
    again = await store.record(link(link_id="last"), reading(9))
    assert await store.kept(again) == [reading(9)]


async def test_the_same_person_from_many_sides_at_once_ends_with_one_link(store: Store) -> None:
    names = [f"name{number % 3}" for number in range(12)]
    await asyncio.gather(
        *(store.record(link(username=name, link_id=f"id{n}"), token=name) for n, name in enumerate(names))
    )
    (left,) = await store.links.of(ALICE)
    assert (await store.links.token(left)).reveal() == left.username
    assert len(await store.kept(left)) == 1
    assert len(await store.rows("readings")) == 1


async def test_many_link_and_unlink_at_once_in_two_processes(store: Store, database_url: str) -> None:
    other = Store(Database(database_url))
    people = [Person(workspace="T1", user=f"U{number}") for number in range(14)]
    try:
        await asyncio.gather(*((store, other)[n % 2].record(link(who)) for n, who in enumerate(people)))
        gone = await asyncio.gather(
            *(
                each.links.forget(who, "east", actor=who.user, now=NOW)
                for who in people[:5]
                for each in (store, other)
            )
        )
    finally:
        await other.database.close()
    assert sum(gone) == 5
    assert {row.person for row in await store.rows("links")} == {who.user for who in people[5:]}


PEOPLE = st.builds(Person, workspace=st.sampled_from(["T1", "T2"]), user=st.sampled_from(["U1", "U2"]))
CLUSTERS = st.sampled_from(["east", "west"])
ACTS = st.lists(
    st.tuples(st.just("link"), PEOPLE, CLUSTERS, st.sampled_from(["alice", "bob"]))
    | st.tuples(st.just("forget"), PEOPLE, CLUSTERS, st.just(""))
    | st.tuples(st.just("read"), PEOPLE, CLUSTERS, st.just("")),
    max_size=14,
)


@settings(max_examples=20)
@given(acts=ACTS)
def test_workspaces_people_and_clusters_never_mix(  # noqa: C901 (one arm per act)
    template: Path, acts: list[tuple[str, Person, str, str]]
) -> None:
    """Play the acts on the store and on a dictionary; whoever looks sees the same in both."""

    async def play(store: Store) -> None:
        model: dict[tuple[Person, str], tuple[Link, str, list[float]]] = {}
        for number, (act, person, cluster, username) in enumerate(acts):
            at, known = NOW + number * MINUTE, model.get((person, cluster))
            value, secret = float(number), f"{act} {number}"
            if act == "link":
                made = link(person, cluster=cluster, username=username, link_id=f"id{number}", linked_at=at)
                kept: list[float] = []
                if known and known[0].username == username:
                    made, kept = replace(made, link_id=known[0].link_id), known[2]
                wish = replace(made, link_id=f"id{number}")
                assert await store.record(wish, reading(value, at), token=secret) == made
                model[person, cluster] = made, secret, [*kept, value]
            elif act == "forget":
                assert await store.links.forget(person, cluster, actor="U1", now=at) == (known is not None)
                model.pop((person, cluster), None)
            elif known:
                await store.readings.record(known[0], reading(value, at))
                known[2].append(value)
        for user in ("U1", "U2"):
            for workspace in ("T1", "T2"):
                person = Person(workspace=workspace, user=user)
                mine = [model[key] for key in sorted(model) if key[0] == person]
                assert await store.links.of(person) == tuple(found for found, _, _ in mine)
                for found, secret, values in mine:
                    assert (await store.links.token(found)).reveal() == secret
                    assert [each.core_hours for each in await store.kept(found)] == values
        assert len(await store.rows("links")) == len(model)

    async def fresh() -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "walltime.sqlite3"
            shutil.copy(template, path)
            database = Database(f"sqlite:///{path}")
            try:
                await play(Store(database))
            finally:
                await database.close()

    asyncio.run(fresh())
