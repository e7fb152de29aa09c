"""The schema and the database's files."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from stat import S_IMODE
from typing import Any

import alembic.command
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, inspect, select
from sqlalchemy.exc import IntegrityError, StatementError

from bot.store.engine import Database, _config
from bot.store.tables import Moment, as_kept, links, metadata, people
from tests.postgres import fresh_database
from tests.unit.kit import NOW, link
from tests.unit.store.kit import ON_SQLITE, Store


def differences(connection: Connection) -> list[Any]:
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    return list(compare_metadata(context, metadata))


async def test_the_migrations_make_what_the_tables_say(database: Database) -> None:
    async with database.reads() as connection:
        assert await connection.run_sync(differences) == []


async def test_the_check_of_the_migrations_would_see_a_difference(database: Database) -> None:
    async with database.writes() as connection:
        await connection.exec_driver_sql("ALTER TABLE people ADD COLUMN more TEXT")
        assert await connection.run_sync(differences) != []


@pytest.fixture(params=["sqlite", "postgres"])
def new_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database without a schema."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/deep/down/new.sqlite3"
        return
    with fresh_database(request.getfixturevalue("postgres_server"), "template0") as url:
        yield url


async def test_a_database_that_is_new_has_no_revision_and_then_the_newest(new_url: str) -> None:
    database = Database(new_url)
    try:
        before, newest = await database.revisions()
        assert (before, newest is not None) == (None, True)
        await database.upgrade()
        await database.upgrade()
        assert await database.revisions() == (newest, newest)
    finally:
        await database.close()


async def test_processes_that_upgrade_at_once_all_succeed(new_url: str) -> None:
    databases = [Database(new_url) for _ in range(6)]
    try:
        await asyncio.gather(*(database.upgrade() for database in databases))
        assert len({await database.revisions() for database in databases}) == 1
    finally:
        for database in databases:
            await database.close()


async def test_the_way_back_leaves_nothing(database: Database) -> None:
    def back(connection: Connection) -> list[str]:
        with _config(connection) as config:
            alembic.command.downgrade(config, "base")
        return inspect(connection).get_table_names()

    async with database.writes() as connection:
        assert await connection.run_sync(back) == ["alembic_version"]


# Whose key does not begin with the tenant, and why.
WITHOUT_TENANT_FIRST = {
    "audit": "numbered in the order of time; the workspace has an index",
    "transitions": "numbered in the order of time; the index begins with the workspace",
    "deliveries": "Slack's requests, by their own ids, which no two workspaces share",
    "found_clusters": "a cluster is the same for everybody, like those in the settings",
    "install_states": "before Slack's answer there is no tenant",
}


def test_the_tenant_comes_first_in_every_key() -> None:
    first = {name: next(iter(table.primary_key)).name for name, table in metadata.tables.items()}
    assert {name for name, key in first.items() if key != "workspace"} == WITHOUT_TENANT_FIRST.keys()
    for table in metadata.sorted_tables:
        for key in table.foreign_key_constraints:
            # A row hangs on a row of its own workspace only.
            assert (key.column_keys[0], key.elements[0].column.name) == ("workspace", "workspace"), table.name


@ON_SQLITE
async def test_the_files_are_nobody_else_s_business(store: Store, tmp_path: Path) -> None:
    await store.record(link())
    files = sorted((tmp_path / "data").iterdir())
    fresh = tmp_path / "fresh" / "new.sqlite3"
    opened = Database(f"sqlite:///{fresh}")
    try:
        await opened.upgrade()
        assert [S_IMODE(path.stat().st_mode) for path in fresh.parent.iterdir()] == [0o600] * 3
    finally:
        await opened.close()
    assert {path.name for path in files} >= {"walltime.sqlite3", "walltime.sqlite3-wal"}


async def test_a_link_without_its_person_is_refused(database: Database) -> None:
    async with database.writes() as connection:
        with pytest.raises(IntegrityError):
            await connection.execute(
                links.insert().values(
                    workspace="T1",
                    person="U1",
                    cluster="east",
                    link_id="id",
                    username="alice",
                    linked_at=NOW,
                    token=b"sealed",
                )
            )


async def test_what_was_written_before_an_error_is_rolled_back(database: Database) -> None:
    async def fail() -> None:
        async with database.writes() as connection:
            await connection.execute(people.insert().values(workspace="T1", person="U1", first_seen_at=NOW))
            raise LookupError

    with pytest.raises(LookupError):
        await fail()
    async with database.reads() as connection:
        assert (await connection.execute(select(people))).all() == []


async def test_who_reads_sees_one_state_and_keeps_nobody_from_writing(store: Store) -> None:
    async with store.database.reads() as connection:
        assert (await connection.execute(select(people))).all() == []
        await asyncio.wait_for(store.record(link()), timeout=30)
        assert (await connection.execute(select(people))).all() == []
    assert len(await store.rows("people")) == 1


async def test_a_moment_without_a_zone_is_refused(database: Database) -> None:
    naive = NOW.replace(tzinfo=None)
    async with database.writes() as connection:
        with pytest.raises(StatementError, match="naive"):
            await connection.execute(people.insert().values(workspace="T", person="U", first_seen_at=naive))


@pytest.mark.parametrize(
    "moment",
    [
        NOW,
        datetime(2026, 11, 22, 12, 0, 0, 123000, tzinfo=UTC),
        datetime(2026, 11, 22, 12, 0, 0, 999999, tzinfo=UTC),
        datetime(1970, 1, 1, tzinfo=UTC),
        datetime(2026, 3, 29, 2, 30, tzinfo=timezone(timedelta(hours=8))),
    ],
    ids=str,
)
async def test_a_moment_comes_back_to_the_millisecond_in_utc(database: Database, moment: datetime) -> None:
    async with database.writes() as connection:
        await connection.execute(people.insert().values(workspace="T", person="U", first_seen_at=moment))
        (found,) = (await connection.execute(select(people.c.first_seen_at))).scalars()
    assert found == as_kept(moment)
    assert found.tzinfo is UTC
    assert abs(found - moment) <= timedelta(milliseconds=0.5)


def test_no_moment_stays_none() -> None:
    kind: Any = Moment()
    assert kind.process_bind_param(None, None) is None
    assert kind.process_result_value(None, None) is None
