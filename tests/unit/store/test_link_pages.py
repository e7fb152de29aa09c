"""The port `LinkPages` on SQLite: what is kept, and who of two comes first."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import update

from bot.domain.errors import LinkPageUnknown, SealBroken
from bot.domain.link_pages import (
    MOST_ASKINGS,
    MOST_CODE_TRIES,
    PAGE_LIVES,
    LinkPage,
    PageState,
    digest_of,
)
from bot.domain.people import Person
from bot.domain.secret import Secret
from bot.store.engine import Database
from bot.store.link_pages import SqlLinkPages
from bot.store.tables import link_pages
from bot.store.vault import KeyRing
from bot.store.workspaces import SqlWorkspaces
from tests.unit.kit import ALICE, JWT, NOW, RING_KEY
from tests.unit.store.kit import ON_SQLITE, files_with

NAME = Secret("n" * 43)
CODE = Secret("K7M2QX")
OPEN = LinkPage(
    page_id="p1",
    person=ALICE,
    person_name="Alice Ng",
    workspace_name="T1",
    cluster=None,
    expires_at=NOW + PAGE_LIVES,
)
ASKED = replace(OPEN, state=PageState.ASKED, cluster="east", username="alice", browser="b" * 64)


def on(database: Database) -> SqlLinkPages:
    return SqlLinkPages(database, KeyRing.parse(f"k1:{RING_KEY}"))


@pytest.fixture
async def pages(database: Database) -> SqlLinkPages:
    """A store with one open page in it."""
    made = on(database)
    await made.add(OPEN, digest=digest_of(NAME))
    return made


@pytest.fixture
async def replica(database_url: str, pages: SqlLinkPages) -> AsyncIterator[SqlLinkPages]:
    """The same database, as another process has it."""
    del pages
    second = Database(database_url)
    yield on(second)
    await second.close()


async def test_a_page_is_found_by_its_name_s_digest_and_by_its_id(
    pages: SqlLinkPages, database: Database
) -> None:
    assert await pages.named(digest_of(NAME)) == OPEN
    assert await pages.one("T1", "p1") == OPEN
    assert await pages.one("T2", "p1") is None
    assert await pages.named(NAME.reveal()) is None
    await SqlWorkspaces(database).meet("T1", "Lab", now=NOW)
    assert await pages.named(digest_of(NAME)) == replace(OPEN, workspace_name="Lab")


@ON_SQLITE
async def test_what_was_asked_is_kept_sealed_and_its_end_leaves_no_trace(
    pages: SqlLinkPages, tmp_path: Path
) -> None:
    assert await pages.ask(ASKED, token=Secret(JWT), code=CODE)
    assert await pages.one("T1", "p1") == ASKED
    assert await pages.token(ASKED) == Secret(JWT)
    assert await pages.code(ASKED) == CODE
    folder = tmp_path / "data"
    for secret in (JWT, CODE.reveal(), NAME.reveal()):
        assert files_with(folder, secret.encode()) == []
    sealed = await column(pages, "token")
    assert files_with(folder, sealed) != []
    assert await pages.end(ASKED, PageState.CONFIRMED)
    assert files_with(folder, sealed) == []
    with pytest.raises(LinkPageUnknown):
        await pages.token(ASKED)


async def column(pages: SqlLinkPages, name: str) -> bytes:
    async with pages._database.reads() as connection:
        found = (await connection.execute(link_pages.select())).one()
    return bytes(found._mapping[name])


async def test_of_two_replicas_one_fills_in_the_page(pages: SqlLinkPages, replica: SqlLinkPages) -> None:
    wishes = [replace(ASKED, username=name) for name in ("alice", "mallory")]
    taken = await asyncio.gather(
        *(
            store.ask(wish, token=Secret(JWT), code=CODE)
            for store, wish in zip((pages, replica), wishes, strict=True)
        )
    )
    assert sorted(taken) == [False, True]
    found = await pages.one("T1", "p1")
    assert found is not None
    assert found.username == wishes[taken.index(True)].username


async def test_of_confirm_and_cancel_at_once_one_counts(pages: SqlLinkPages, replica: SqlLinkPages) -> None:
    await pages.ask(ASKED, token=Secret(JWT), code=CODE)
    ends = await asyncio.gather(
        pages.end(ASKED, PageState.CONFIRMED), replica.end(ASKED, PageState.CANCELLED)
    )
    assert sorted(ends) == [False, True]


async def test_a_page_that_moved_on_is_not_ended_by_who_saw_it_before(pages: SqlLinkPages) -> None:
    await pages.ask(ASKED, token=Secret(JWT), code=CODE)
    assert not await pages.end(OPEN, PageState.VOID)
    assert await pages.token(ASKED) == Secret(JWT)


async def test_askings_and_tries_are_counted_across_replicas(
    pages: SqlLinkPages, replica: SqlLinkPages
) -> None:
    asked = await asyncio.gather(
        *(store.count_asking(OPEN) for store in (pages, replica) for _ in range(MOST_ASKINGS))
    )
    assert asked.count(True) == MOST_ASKINGS
    await pages.ask(ASKED, token=Secret(JWT), code=CODE)
    tried = await asyncio.gather(
        *(store.count_code_try(ASKED) for store in (pages, replica) for _ in range(MOST_CODE_TRIES))
    )
    assert sorted(tries for tries in tried if tries) == list(range(1, MOST_CODE_TRIES + 1))
    await replica.forgive_code_tries(ASKED)
    assert await pages.count_code_try(ASKED) == 1


@pytest.mark.parametrize(
    "moved",
    [
        {"person": "U2"},
        {"workspace": "T2"},
        {"page_id": "p2"},
        {"cluster": "west"},
    ],
    ids=lambda moved: next(iter(moved)),
)
async def test_a_seal_moved_to_another_row_does_not_open(
    pages: SqlLinkPages, database: Database, moved: dict[str, str]
) -> None:
    await pages.ask(ASKED, token=Secret(JWT), code=CODE)
    async with database.writes() as connection:
        await connection.execute(update(link_pages).values(moved))
    now_there = replace(
        ASKED,
        person=Person(workspace=moved.get("workspace", "T1"), user=moved.get("person", "U1")),
        page_id=moved.get("page_id", "p1"),
        cluster=moved.get("cluster", "east"),
    )
    for opening in (pages.token, pages.code):
        with pytest.raises(SealBroken):
            await opening(now_there)


async def test_a_seal_moved_to_another_column_does_not_open(pages: SqlLinkPages, database: Database) -> None:
    await pages.ask(ASKED, token=Secret(JWT), code=CODE)
    async with database.writes() as connection:
        await connection.execute(update(link_pages).values(code=link_pages.c.token))
    with pytest.raises(SealBroken):
        await pages.code(ASKED)
