"""One-time link pages: each step is one conditional UPDATE, so that of two replicas one takes it."""

from typing import Any, Final

from sqlalchemy import ColumnElement, and_, insert, select, update

from bot.domain.errors import LinkPageUnknown
from bot.domain.link_pages import MOST_ASKINGS, MOST_CODE_TRIES, LinkPage, PageState
from bot.domain.people import Person
from bot.domain.secret import Secret
from bot.store.engine import Database
from bot.store.erasing import check_here
from bot.store.sealed import PAGE_CODE, PAGE_TOKEN, SealedColumn
from bot.store.tables import link_pages, workspaces
from bot.store.vault import KeyRing

_PAGE: Final = select(
    link_pages.c.workspace,
    link_pages.c.page_id,
    link_pages.c.person,
    link_pages.c.person_name,
    workspaces.c.name.label("workspace_name"),
    link_pages.c.cluster,
    link_pages.c.expires_at,
    link_pages.c.state,
    link_pages.c.browser,
    link_pages.c.username,
).select_from(link_pages.outerjoin(workspaces, workspaces.c.workspace == link_pages.c.workspace))
_NO_SECRETS: Final = {"token": None, "code": None}


class SqlLinkPages:
    """`LinkPages` in SQL."""

    def __init__(self, database: Database, ring: KeyRing) -> None:
        self._database = database
        self._ring = ring

    async def add(self, page: LinkPage, *, digest: str) -> None:
        """Insert the page."""
        row = {
            "workspace": page.person.workspace,
            "page_id": page.page_id,
            "digest": digest,
            "person": page.person.user,
            "person_name": page.person_name,
            "cluster": page.cluster,
            "expires_at": page.expires_at,
            "state": page.state,
            "askings": 0,
            "code_tries": 0,
            "username": page.username,
        }
        async with self._database.writes() as connection:
            await check_here(connection, page.person.workspace)
            await connection.execute(insert(link_pages).values(row))

    async def named(self, digest: str) -> LinkPage | None:
        """Look a page up by its name's digest."""
        return await self._find(link_pages.c.digest == digest)

    async def one(self, workspace: str, page_id: str) -> LinkPage | None:
        """Look a page up by its key."""
        return await self._find(link_pages.c.workspace == workspace, link_pages.c.page_id == page_id)

    async def count_asking(self, page: LinkPage) -> bool:
        """Take one of the askings that an open page has."""
        return await self._change(
            and_(_still(page), link_pages.c.askings < MOST_ASKINGS), {"askings": link_pages.c.askings + 1}
        )

    async def ask(self, page: LinkPage, *, token: Secret, code: Secret) -> bool:
        """Fill in the open page's row."""
        filled = {
            "state": page.state,
            "cluster": page.cluster,
            "username": page.username,
            "browser": page.browser,
            "expires_at": page.expires_at,
            "token": PAGE_TOKEN.seal(self._ring, token, *_identity(page)),
            "code": PAGE_CODE.seal(self._ring, code, *_identity(page)),
        }
        return await self._change(and_(_this(page), link_pages.c.state == PageState.OPEN), filled)

    async def token(self, page: LinkPage) -> Secret:
        """Open the sealed token."""
        return await self._open(page, PAGE_TOKEN)

    async def code(self, page: LinkPage) -> Secret:
        """Open the sealed code."""
        return await self._open(page, PAGE_CODE)

    async def count_code_try(self, page: LinkPage) -> int | None:
        """Take one of the tries of an asked page."""
        spend = (
            update(link_pages)
            .where(_still(page), link_pages.c.code_tries < MOST_CODE_TRIES)
            .values(code_tries=link_pages.c.code_tries + 1)
            .returning(link_pages.c.code_tries)
        )
        async with self._database.writes() as connection:
            tries: int | None = (await connection.execute(spend)).scalar_one_or_none()
            return tries

    async def forgive_code_tries(self, page: LinkPage) -> None:
        """Give all tries back."""
        await self._change(_still(page), {"code_tries": 0})

    async def end(self, page: LinkPage, state: PageState) -> bool:
        """Leave the page's state for a last one."""
        ended = await self._change(_still(page), {"state": state, **_NO_SECRETS})
        if ended:
            await self._database.erase_traces()
        return ended

    async def _find(self, *where: ColumnElement[bool]) -> LinkPage | None:
        async with self._database.reads() as connection:
            row = (await connection.execute(_PAGE.where(*where))).one_or_none()
        return None if row is None else _page_of(row)

    async def _change(self, where: ColumnElement[bool], values: dict[str, Any]) -> bool:
        async with self._database.writes() as connection:
            changed = await connection.execute(update(link_pages).where(where).values(values))
            return changed.rowcount == 1

    async def _open(self, page: LinkPage, column: SealedColumn) -> Secret:
        async with self._database.reads() as connection:
            sealed = (await connection.execute(select(column.column).where(_this(page)))).scalar_one_or_none()
        if sealed is None:
            raise LinkPageUnknown
        return column.unseal(self._ring, sealed, *_identity(page))


def _this(page: LinkPage) -> ColumnElement[bool]:
    return and_(link_pages.c.workspace == page.person.workspace, link_pages.c.page_id == page.page_id)


def _still(page: LinkPage) -> ColumnElement[bool]:
    """This page, if nobody moved it on since it was read."""
    return and_(_this(page), link_pages.c.state == page.state)


def _identity(page: LinkPage) -> tuple[str, ...]:
    """The row that its secrets' seals are bound to."""
    return (page.person.workspace, page.person.user, page.cluster or "", page.page_id)


def _page_of(row: Any) -> LinkPage:
    return LinkPage(
        page_id=row.page_id,
        person=Person(workspace=row.workspace, user=row.person),
        person_name=row.person_name,
        workspace_name=row.workspace_name or row.workspace,
        cluster=row.cluster,
        expires_at=row.expires_at,
        state=PageState(row.state),
        browser=row.browser,
        username=row.username,
    )
