"""`walltime-bot db upgrade`."""

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
