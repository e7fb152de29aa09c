"""The audit log: who did what to whom, when."""

from contextlib import suppress
from dataclasses import asdict
from datetime import datetime
from typing import Final

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.errors import WorkspaceLeft
from bot.domain.people import Link
from bot.ports import AuditEntry
from bot.store.engine import Database
from bot.store.erasing import check_here
from bot.store.tables import audit, links

# The actor of what nobody asked for.
BOT: Final = "walltime"
# The actor of what is done by a command of the shell.
OPERATOR: Final = "operator"


async def append(connection: AsyncConnection, entry: AuditEntry) -> None:
    """Add an entry inside the caller's transaction; raises WorkspaceLeft."""
    await check_here(connection, entry.workspace)
    await connection.execute(insert(audit).values(**asdict(entry)))


async def note_broken_seal(database: Database, link: Link, *, now: datetime) -> None:
    """Write down that a secret of this link does not open: once per link that is still there."""
    entry = AuditEntry(
        workspace=link.person.workspace,
        actor=BOT,
        action="seal_broken",
        subject=f"{link.person.user}/{link.cluster}",
        detail=f"username {link.username}",
        at=now,
    )
    noted = select(audit.c.entry_id).where(
        audit.c.workspace == entry.workspace,
        audit.c.action == entry.action,
        audit.c.subject == entry.subject,
        audit.c.at >= link.linked_at,
    )
    there = select(links.c.link_id).where(
        links.c.workspace == entry.workspace, links.c.link_id == link.link_id
    )
    async with database.writes() as connection:
        # The link's row first: of two who find it broken at once, the second sees the first one's entry.
        is_there = (await connection.execute(there.with_for_update())).one_or_none() is not None
        if is_there and (await connection.execute(noted.limit(1))).one_or_none() is None:
            await append(connection, entry)


class SqlAuditLog:
    """`AuditLog` in SQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def record(self, entry: AuditEntry) -> None:
        """Append one entry of its own; of a workspace that has left meanwhile there is nothing to say."""
        with suppress(WorkspaceLeft):
            await self._append(entry)

    async def _append(self, entry: AuditEntry) -> None:
        async with self._database.writes() as connection:
            await append(connection, entry)
