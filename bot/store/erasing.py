"""Everything of a workspace erased, table by table in small transactions, and nothing written back.

A workspace that leaves is marked first: while the mark stands, what is still under way (a poll, a delivery, a
click) finds its rows gone, or is turned away where it would make new ones. On PostgreSQL something may have
been written while the mark was not committed yet; so the sweep looks again for a while. The mark ends when
the workspace is met anew, or after a day.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Table, and_, delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.errors import WorkspaceLeft
from bot.store.engine import Database, insert_into
from bot.store.steps import delete_in_steps
from bot.store.tables import departures, metadata

# Whatever was under way when a workspace left has ended by then.
SWEPT_FOR: Final = timedelta(hours=1)
MARKED_FOR: Final = timedelta(days=1)
# Whose rows are of no workspace: requests of Slack's for minutes, what comes before Slack says who it is, and
# the platform's regions.
OF_NOBODY: Final = frozenset({"deliveries", "install_states", "found_clusters"})


def tenant_tables() -> tuple[Table, ...]:
    """Return the tables of workspaces, those that hang on another before it."""
    return tuple(
        table
        for table in reversed(metadata.sorted_tables)
        if table.name not in OF_NOBODY and table is not departures
    )


async def left_among(connection: AsyncConnection, workspaces: Iterable[str]) -> frozenset[str]:
    """Return, inside a transaction that writes, which of these workspaces have left."""
    marks = select(departures.c.workspace).where(departures.c.workspace.in_(sorted(set(workspaces))))
    return frozenset((await connection.execute(marks)).scalars())


async def has_left(connection: AsyncConnection, workspace: str) -> bool:
    """Tell the same of one."""
    return workspace in await left_among(connection, [workspace])


async def check_here(connection: AsyncConnection, workspace: str) -> None:
    """Raise WorkspaceLeft, which takes back what the transaction wrote for it."""
    if await has_left(connection, workspace):
        raise WorkspaceLeft


async def mark_left(connection: AsyncConnection, workspace: str, *, now: datetime) -> None:
    """Turn away whatever would write for a workspace from now on."""
    await connection.execute(
        insert_into(connection, departures)
        .values(workspace=workspace, left_at=now)
        .on_conflict_do_update(index_elements=[departures.c.workspace], set_={"left_at": now})
    )


async def welcome(connection: AsyncConnection, workspace: str) -> None:
    """Take the mark away: it is there again."""
    await connection.execute(delete(departures).where(departures.c.workspace == workspace))


async def erase_workspace(database: Database, workspace: str) -> int:
    """Erase every row of a workspace, from the database's files too; return how many there were."""
    gone = 0
    for table in tenant_tables():
        gone += await delete_in_steps(database, table, table.c.workspace == workspace)
    if gone:
        await database.erase_traces()
    return gone


async def sweep_departures(database: Database, *, now: datetime) -> None:
    """Erase what was written for workspaces that left a short while ago, and end old marks."""
    async with database.reads() as connection:
        marks = {row.workspace: row.left_at for row in await connection.execute(select(departures))}
    for workspace, left_at in marks.items():
        if now - left_at < SWEPT_FOR:
            await erase_workspace(database, workspace)
        elif now - left_at >= MARKED_FOR:
            async with database.writes() as connection:
                is_old = and_(departures.c.workspace == workspace, departures.c.left_at == left_at)
                await connection.execute(delete(departures).where(is_old))
