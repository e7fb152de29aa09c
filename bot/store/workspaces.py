"""The workspaces that the bot serves."""

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.engine import Database, insert_into
from bot.store.erasing import welcome
from bot.store.tables import workspaces


class SqlWorkspaces:
    """Remembers workspaces."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def served(self) -> tuple[str, ...]:
        """Return the ids of the workspaces, sorted."""
        query = select(workspaces.c.workspace).order_by(workspaces.c.workspace)
        async with self._database.reads() as connection:
            return tuple((await connection.execute(query)).scalars())

    async def join(self, workspace: str, enterprise: str, *, now: datetime) -> bool:
        """Remember to which organisation a workspace belongs; False if that was known."""
        here = workspaces.c.workspace == workspace
        async with self._database.reads() as connection:
            known = await connection.execute(select(workspaces.c.enterprise).where(here))
            if known.scalar_one_or_none() == enterprise:
                return False
        async with self._database.writes() as connection:
            name = (await connection.execute(select(workspaces.c.name).where(here))).scalar_one_or_none()
            await meet(connection, workspace, name or "", enterprise=enterprise, now=now)
        return True

    async def meet(self, workspace: str, name: str, *, enterprise: str | None = None, now: datetime) -> None:
        """Remember a workspace, its newest name, and the organisation that it belongs to."""
        async with self._database.writes() as connection:
            await meet(connection, workspace, name, enterprise=enterprise, now=now)


async def meet(
    connection: AsyncConnection, workspace: str, name: str, *, enterprise: str | None, now: datetime
) -> None:
    """Remember a workspace inside the caller's transaction; one that had left is there again."""
    await welcome(connection, workspace)
    await connection.execute(
        insert_into(connection, workspaces)
        .values(workspace=workspace, name=name, enterprise=enterprise, installed_at=now)
        .on_conflict_do_nothing()
    )
    await connection.execute(
        update(workspaces).where(workspaces.c.workspace == workspace).values(name=name, enterprise=enterprise)
    )
