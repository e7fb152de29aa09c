"""Which engine turns on which database, and where it keeps its jobs."""

from bot.jobs.embedded import Embedded
from bot.jobs.engine import Engine
from bot.jobs.job_tables import make_job_tables
from bot.jobs.replicated import Replicated
from bot.store.postgres import SCHEMES, connection_settings


def engine_for(database_url: str) -> Engine:
    """Return the engine: on PostgreSQL there may be other bots."""
    if database_url.startswith(SCHEMES):
        return Replicated(connection_settings(database_url))
    return Embedded()


async def make_room_for_jobs(database_url: str) -> str | None:
    """Make the tables of the engine's jobs, and return their schema's name; None where jobs need none."""
    if database_url.startswith(SCHEMES):
        return await make_job_tables(connection_settings(database_url))
    return None
