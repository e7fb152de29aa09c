"""Where Procrastinate keeps its jobs: a schema beside the bot's tables, made anew and never migrated.

Jobs are disposable, so a version of Procrastinate with other tables makes another schema. Bots of the old and
the new version turn side by side during an upgrade; the old schema goes when nobody worked in it for long.
"""

import hashlib
from collections.abc import Mapping
from typing import Any, Final

import psycopg
from procrastinate.schema import SchemaManager
from psycopg.sql import SQL, Identifier

_PREFIX: Final = "walltime_jobs_"
# Any number that nobody else takes: the lock of whoever makes or drops these schemas.
_LOCK: Final = 0x57A1170B
_WAIT: Final = "30s"
_FORSAKEN_AFTER: Final = "1 hour"


def schema_name() -> str:
    """Name the schema of the installed version's tables."""
    return _PREFIX + hashlib.sha256(SchemaManager.get_schema().encode()).hexdigest()[:8]


def in_schema(connect: Mapping[str, Any], schema: str) -> dict[str, Any]:
    """Return how to connect so that names mean this schema's."""
    return {**connect, "options": f"{connect.get('options', '')} -c search_path={schema}".strip()}


async def make_job_tables(connect: Mapping[str, Any]) -> str:
    """Make the schema unless it is there, drop forsaken ones, and return its name.

    All of it or nothing: of several at once one does it, the others wait. Raises `psycopg.Error`.
    """
    schema = schema_name()
    async with await psycopg.AsyncConnection.connect(**connect) as connection:
        await connection.execute(SQL("SET LOCAL lock_timeout = {}").format(_WAIT))
        await connection.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        found = await connection.execute(
            "SELECT nspname FROM pg_namespace WHERE starts_with(nspname, %s)", [_PREFIX]
        )
        there = {str(row[0]) for row in await found.fetchall()}
        if schema not in there:
            await connection.execute(SQL("CREATE SCHEMA {}").format(Identifier(schema)))
            await connection.execute(SQL("SET LOCAL search_path TO {}").format(Identifier(schema)))
            await connection.execute(SchemaManager.get_schema())
        for old in sorted(there - {schema}):
            await _drop_if_forsaken(connection, old)
    return schema


async def _drop_if_forsaken(connection: psycopg.AsyncConnection[Any], schema: str) -> None:
    workers = SQL("{}.procrastinate_workers").format(Identifier(schema))
    busy = await connection.execute(
        SQL("SELECT 1 FROM {} WHERE last_heartbeat > now() - {}::interval LIMIT 1").format(
            workers, _FORSAKEN_AFTER
        )
    )
    if await busy.fetchone() is None:
        await connection.execute(SQL("DROP SCHEMA {} CASCADE").format(Identifier(schema)))
