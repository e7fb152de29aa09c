"""`walltime-bot db upgrade`, and where the database is."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import typer

from bot.store.engine import Database
from bot.wiring.engines import make_room_for_jobs
from bot.wiring.settings import Settings


class DatabaseNotReady(Exception):
    """There is no database, or it has another schema; the text says what to do."""


async def upgrade(settings: Settings) -> None:
    """Migrate, and say from where to where."""
    database = Database(settings.database_url)
    try:
        before, newest = await database.revisions()
        await database.upgrade()
    finally:
        await database.close()
    await make_room_for_jobs(settings.database_url)
    typer.echo(
        f"schema: {before or 'none'} -> {newest}" if before != newest else f"schema: {newest}, up to date"
    )


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Database]:
    """Open the database that is there, at this version's schema; raises DatabaseNotReady. Makes nothing."""
    if (path := missing_file(settings.database_url)) is not None:
        raise DatabaseNotReady(f"there is no database at {path}")
    database = Database(settings.database_url)
    try:
        now, newest = await database.revisions()
        if now != newest:
            raise DatabaseNotReady(
                f"the database has schema {now}, not {newest}: run `walltime-bot db upgrade`"
            )
        yield database
    finally:
        await database.close()


def missing_file(database_url: str) -> Path | None:
    """Return where SQLite's file would be made; None if it is there, or the database is no file."""
    if not database_url.startswith("sqlite:"):
        return None
    path = Path(database_url.removeprefix("sqlite:///"))
    return None if path.exists() else path
