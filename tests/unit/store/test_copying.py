"""Everything copied to another database: whole, checked, gone on with after a cut."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from bot.ports import AuditEntry
from bot.store.audit import SqlAuditLog
from bot.store.copying import MARK, CannotCopy, Checked, Copy
from bot.store.engine import Database
from bot.store.links import SqlLinks
from bot.store.readings import SqlReadings
from bot.store.rotation import Condition, census
from bot.store.tables import languages, metadata
from tests.furnished import ANN, NOW, Furnished, furnish
from tests.unit.kit import reading
from tests.unit.store.kit import RING, Store

BOTH_ON_SQLITE = pytest.mark.parametrize(("database_url", "other_url"), [("sqlite", "sqlite")], indirect=True)
EVERYTHING = len(metadata.tables)


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Database]:
    database = Database(url)
    try:
        yield database
    finally:
        await database.close()


@pytest.fixture
def other_url(request: pytest.FixtureRequest, database_url: str, tmp_path: Path) -> str:
    """An empty database of the other kind, or `sqlite` where it matters to nobody which kind it is."""
    if hasattr(request, "param") or not database_url.startswith("sqlite:"):
        return f"sqlite:///{tmp_path}/copy.sqlite3"
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture
async def other(other_url: str) -> AsyncIterator[Database]:
    async with opened(other_url) as database:
        yield database


async def filled(store: Store) -> Furnished:
    lab = await furnish(store.database, RING, "T1")
    await furnish(store.database, RING, "T2")
    for number in range(1, 12):
        at = NOW + timedelta(minutes=number, milliseconds=number)
        await store.readings.record(lab.links[ANN], reading(10 / 3 + number, at))
    return lab


async def copied(source: Database, target: Database, *, pages: int | None = None) -> Sequence[Checked]:
    """Copy; with `pages` pull the plug after so many steps."""
    copying = Copy(source=source, target=target)
    await copying.prepare()
    steps = copying.run()
    try:
        async for _ in steps:
            if pages is not None and (pages := pages - 1) < 0:
                return ()
    finally:
        await steps.aclose()  # type: ignore[attr-defined]  # it is a generator
    return await copying.check()


def whole(checked: Sequence[Checked]) -> bool:
    return len(checked) == EVERYTHING and all(one.copied == one.target == one.source for one in checked)


async def content(database: Database) -> dict[str, Sequence[Any]]:
    store = Store(database)
    return {name: await store.rows(name) for name in metadata.tables}


async def test_everything_is_there_and_opens_with_the_same_keys(store: Store, other: Database) -> None:
    """From SQLite to PostgreSQL, and back."""
    lab = await filled(store)
    assert whole(await copied(store.database, other))
    assert await content(other) == await content(store.database)
    assert {found.condition async for found in census(other, RING)} == {Condition.NEWEST}
    for user, link in lab.links.items():
        assert (await SqlLinks(other, RING).token(link)).reveal() == lab.tokens[user]
    log = SqlAuditLog(other)
    await log.record(AuditEntry(workspace="T1", actor=ANN, action="after", subject="", detail="", at=NOW))
    (*_, last, newest) = await Store(other).rows("audit")
    assert (newest.action, newest.entry_id) == ("after", last.entry_id + 1)


@BOTH_ON_SQLITE
async def test_wherever_it_is_cut_off_the_next_run_goes_on_there(
    store: Store, other: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.store.copying.PAGE", 3)
    await filled(store)
    kept = -1
    for pages in (0, 3, 9, 14, 20, 26):
        await copied(store.database, other, pages=pages)
        there = sum(len(rows) for rows in (await content(other)).values())
        assert there >= kept
        kept = there
    assert kept > 10
    copying = Copy(source=store.database, target=other)
    await copying.prepare()
    assert sum({step.table: step.kept async for step in copying.run()}.values()) == kept
    assert whole(await copying.check())
    assert await content(other) == await content(store.database)


@BOTH_ON_SQLITE
async def test_what_is_not_the_source_s_beginning_any_more_is_copied_anew(
    store: Store, other: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.store.copying.PAGE", 3)
    lab = await filled(store)
    await copied(store.database, other, pages=30)
    await store.links.forget(lab.person(ANN), "east", actor=ANN, now=NOW)
    assert whole(await copied(store.database, other))
    assert await content(other) == await content(store.database)


@BOTH_ON_SQLITE
async def test_what_is_written_meanwhile_is_found_and_copied_by_the_next_run(
    store: Store, other: Database
) -> None:
    lab = await filled(store)
    copying = Copy(source=store.database, target=other)
    await copying.prepare()
    async for step in copying.run():
        if step.table == "readings" and step.rows == step.total:
            await SqlReadings(store.database).record(lab.links[ANN], reading(99, NOW + timedelta(hours=1)))
    checked = {one.table: one for one in await copying.check()}
    assert {name for name, one in checked.items() if one.copied != one.source} == {"readings"}
    assert all(one.copied == one.target for one in checked.values())
    assert whole(await copied(store.database, other))


@BOTH_ON_SQLITE
async def test_a_fault_in_the_target_is_found(store: Store, other: Database) -> None:
    await filled(store)
    copying = Copy(source=store.database, target=other)
    await copying.prepare()
    async for _ in copying.run():
        pass
    async with other.writes() as connection:
        await connection.execute(update(languages).where(languages.c.place_id == ANN).values(code="en"))
    assert [one.table for one in await copying.check() if one.copied != one.target] == ["languages"]
    assert whole(await copied(store.database, other))


@BOTH_ON_SQLITE
async def test_a_target_with_other_data_or_another_schema_is_refused_and_a_whole_copy_is_not(
    store: Store, other: Database, tmp_path: Path
) -> None:
    await filled(store)
    assert whole(await copied(store.database, other))
    assert whole(await copied(store.database, other))
    async with other.reads() as connection:
        names = await connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'")
        assert MARK.name not in set(names.scalars())
    await SqlAuditLog(other).record(
        AuditEntry(workspace="T9", actor="U9", action="lives", subject="", detail="", at=NOW)
    )
    before = await content(other)
    with pytest.raises(CannotCopy, match="holds other data, in audit"):
        await copied(store.database, other)
    assert await content(other) == before
    async with opened(f"sqlite:///{tmp_path}/old.sqlite3") as old:
        await old.upgrade()
        async with old.writes() as connection:
            await connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0004'")
        with pytest.raises(CannotCopy, match="schema 0004"):
            await copied(store.database, old)
