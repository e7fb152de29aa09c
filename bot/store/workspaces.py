"""The workspaces that the bot serves."""

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite

from bot.store.engine import Database
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

    async def meet(self, workspace: str, name: str, *, now: datetime) -> None:
        """Remember a workspace, and its newest name."""
        make = sqlite.insert if self._database.engine.dialect.name == "sqlite" else postgresql.insert
        async with self._database.writes() as connection:
            await connection.execute(
                make(workspaces)
                .values(workspace=workspace, name=name, installed_at=now)
                .on_conflict_do_nothing()
            )
            await connection.execute(
                update(workspaces).where(workspaces.c.workspace == workspace).values(name=name)
            )
