"""Installations that were begun: a state is used up by one conditional DELETE, so that of two one gets it."""

from datetime import datetime

from sqlalchemy import delete, insert, select

from bot.domain.errors import InstallStateElsewhere, InstallStateUnknown
from bot.store.engine import Database
from bot.store.tables import install_states


class SqlInstallStates:
    """`InstallStates` in SQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, digest: str, *, browser: str, expires_at: datetime) -> None:
        """Insert it."""
        row = {"digest": digest, "browser": browser, "expires_at": expires_at}
        async with self._database.writes() as connection:
            await connection.execute(insert(install_states).values(row))

    async def take(self, digest: str, *, browser: str) -> datetime:
        """Delete it, if it is this browser's."""
        here = install_states.c.digest == digest
        mine = delete(install_states).where(here, install_states.c.browser == browser)
        async with self._database.writes() as connection:
            taken = await connection.execute(mine.returning(install_states.c.expires_at))
            expires_at: datetime | None = taken.scalar_one_or_none()
            if expires_at is not None:
                return expires_at
            is_there = (await connection.execute(select(install_states).where(here))).one_or_none()
        raise InstallStateUnknown if is_there is None else InstallStateElsewhere
