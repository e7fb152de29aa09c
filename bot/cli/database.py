"""`walltime-bot db upgrade`, and where the database is."""

from pathlib import Path

import typer

from bot.store.engine import Database
from bot.wiring.settings import Settings


async def upgrade(settings: Settings) -> None:
    """Migrate, and say from where to where."""
    database = Database(settings.database_url)
    try:
        before, newest = await database.revisions()
        await database.upgrade()
    finally:
        await database.close()
    typer.echo(
        f"schema: {before or 'none'} -> {newest}" if before != newest else f"schema: {newest}, up to date"
    )


def missing_file(database_url: str) -> Path | None:
    """Return where SQLite's file would be made; None if it is there."""
    path = Path(database_url.removeprefix("sqlite:///"))
    return None if path.exists() else path
