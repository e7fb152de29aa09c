"""Clusters that were found, and sign-ins that wait for a choice."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.domain.access_keys import AccessKey
from bot.domain.clusters import Cluster
from bot.domain.errors import SealBroken
from bot.domain.people import Person
from bot.domain.region_hosts import NOWHERE, RegionHosts
from bot.domain.regions import Offer, Standing
from bot.domain.secret import Secret
from bot.ports.regions import SignedIn
from bot.store.engine import Database
from bot.store.found_clusters import SqlClusters
from bot.store.retention import SqlRetention
from bot.store.sign_ins import SqlSignIns
from tests.unit.kit import ACCESS_KEY, ALICE, NOW, SECRET_KEY, east, table
from tests.unit.store.kit import ON_SQLITE, RING, Store, files_with

HOSTS = RegionHosts.read(["example.edu"])
EAST = east(allow_access_keys=True, cluster_id="11112")
NORTH = replace(
    EAST,
    name="region-7",
    label="North",
    url="https://north.example.edu:65106",
    cluster_id="7",
    is_found=True,
)
MINUTE = timedelta(minutes=1)


async def known(database: Database, *settings: Cluster, hosts: RegionHosts = HOSTS) -> list[Cluster]:
    """What a process with these settings knows."""
    clusters = SqlClusters(database, settings, hosts=hosts)
    await clusters.look()
    return list(clusters)


async def test_a_cluster_that_was_found_is_seen_by_all_that_hold_the_sequence_and_by_other_processes(
    database: Database,
) -> None:
    mine, other = (SqlClusters(database, (EAST,), hosts=HOSTS) for _ in range(2))
    assert list(mine) == [EAST]
    await mine.keep(NORTH, now=NOW)
    assert list(mine) == [EAST, NORTH]
    assert list(other) == [EAST]
    await other.look()
    assert (list(other), len(other), other[1]) == ([EAST, NORTH], 2, NORTH)


async def test_found_again_it_has_its_newest_address(database: Database) -> None:
    clusters = SqlClusters(database, (EAST,), hosts=HOSTS)
    await clusters.keep(NORTH, now=NOW)
    moved = replace(NORTH, url="https://n2.example.edu", label="North 2")
    await clusters.keep(moved, now=NOW)
    assert list(clusters) == [EAST, moved]


@table(
    "settings hosts",
    {
        "its host is allowed no more": ((EAST,), RegionHosts.read(["example.org"])),
        "no hosts are allowed": ((EAST,), NOWHERE),
        "access keys are allowed no more": ((replace(EAST, allow_access_keys=False),), HOSTS),
        "its platform is gone": ((replace(EAST, sign_in_url="https://other.example.edu"),), HOSTS),
        "its name was given to another": ((EAST, replace(EAST, name="region-7")), HOSTS),
    },
)
async def test_what_was_found_counts_only_as_far_as_the_settings_allow(
    database: Database, settings: tuple[Cluster, ...], hosts: RegionHosts
) -> None:
    await SqlClusters(database, (EAST,), hosts=HOSTS).keep(NORTH, now=NOW)
    assert await known(database, *settings, hosts=hosts) == list(settings)
    assert await known(database, EAST) == [EAST, NORTH], "and it comes back"


def signed_in(person: Person = ALICE, sign_in_id: str = "one") -> SignedIn:
    return SignedIn(
        sign_in_id=sign_in_id,
        person=person,
        via="east",
        key=AccessKey(login="alice", access_key=ACCESS_KEY, secret_key=Secret(SECRET_KEY)),
        offers=(
            Offer(cluster_id="7", label="North", standing=Standing.OPEN, urls=("https://n.example.edu",)),
            Offer(cluster_id="8", label="South", standing=Standing.STOPPED),
        ),
        expires_at=NOW + 10 * MINUTE,
        tokens={"7": Secret("token-of-north")},
    )


async def test_a_sign_in_is_its_own_person_s_for_its_minutes(database: Database) -> None:
    sign_ins = SqlSignIns(database, RING)
    await sign_ins.add(signed_in())
    assert await sign_ins.one(ALICE, "one", now=NOW) == signed_in()
    assert await sign_ins.one(replace(ALICE, user="U2"), "one", now=NOW) is None
    assert await sign_ins.one(replace(ALICE, workspace="T2"), "one", now=NOW) is None
    assert await sign_ins.one(ALICE, "two", now=NOW) is None
    assert await sign_ins.one(ALICE, "one", now=NOW + 10 * MINUTE) is None


async def test_a_person_has_one_at_a_time_and_it_ends(database: Database) -> None:
    sign_ins = SqlSignIns(database, RING)
    await sign_ins.add(signed_in())
    await sign_ins.add(signed_in(sign_in_id="two"))
    assert await sign_ins.one(ALICE, "one", now=NOW) is None
    await sign_ins.end(ALICE)
    assert await sign_ins.one(ALICE, "two", now=NOW) is None


async def test_those_that_are_over_are_swept_away(store: Store) -> None:
    sign_ins = SqlSignIns(store.database, RING)
    await sign_ins.add(signed_in())
    await SqlRetention(store.database).sweep(now=NOW)
    assert len(await store.rows("sign_ins")) == 1
    await SqlRetention(store.database).sweep(now=NOW + 10 * MINUTE)
    assert await store.rows("sign_ins") == []


async def test_a_sign_in_moved_to_somebody_else_does_not_open(database: Database) -> None:
    sign_ins, bob = SqlSignIns(database, RING), replace(ALICE, user="U2")
    await sign_ins.add(signed_in())
    async with database.writes() as connection:
        await connection.exec_driver_sql("UPDATE sign_ins SET person = 'U2'")
    with pytest.raises(SealBroken):
        await sign_ins.one(bob, "one", now=NOW)


@ON_SQLITE
async def test_no_secret_of_it_is_in_the_files(store: Store, tmp_path: Path) -> None:
    sign_ins = SqlSignIns(store.database, RING)
    await sign_ins.add(signed_in())
    sealed = (await store.rows("sign_ins"))[0].body
    for needle in (SECRET_KEY, ACCESS_KEY, "token-of-north"):
        assert files_with(tmp_path / "data", needle.encode()) == []
    await sign_ins.end(ALICE)
    assert files_with(tmp_path / "data", sealed) == []
