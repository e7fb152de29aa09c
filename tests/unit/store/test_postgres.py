"""What a server that is away, or turns us down, is said to be; and connections that were cut."""

import asyncio
from datetime import timedelta

import pytest
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy.exc import DBAPIError

from bot.store import postgres
from bot.store.engine import Database, is_busy
from tests.postgres import cut_connections
from tests.unit.kit import table


@table(
    "change said advice",
    {
        "a database that is not there": (
            {"dbname": "canary"},
            'database "canary" does not exist',
            "CREATE DATABASE",
        ),
        "a user that is not there": ({"user": "canary"}, 'role "canary" does not exist', "the right user"),
        "a host that nobody knows": ({"host": "nowhere.invalid"}, "failed to resolve host", "the right host"),
        "a port where nobody listens": (
            {"host": "127.0.0.1", "port": "1"},
            "Connection refused",
            "host and port",
        ),
        "a socket that is not there": ({"host": "/nowhere"}, "No such file", "its socket's folder"),
    },
)
async def test_why_there_is_no_database_is_said_with_what_to_do(
    postgres_server: str,
    monkeypatch: pytest.MonkeyPatch,
    change: dict[str, str],
    said: str,
    advice: str,
) -> None:
    monkeypatch.setattr(postgres, "_PATIENCE", timedelta(milliseconds=10))
    parts = conninfo_to_dict(postgres_server) | {"password": "secret"} | change
    query = "&".join(f"{name}={value}" for name, value in parts.items())
    database = Database(f"postgresql:///?{query}")
    try:
        with pytest.raises(DBAPIError) as caught:
            await database.revisions()
    finally:
        await database.close()
    found, helps = postgres.why_away(caught.value)
    assert said in found
    assert advice in helps
    assert "secret" not in f"{found}{helps}{caught.value!r}"


async def test_connections_that_were_cut_are_replaced_before_anybody_gets_one(postgres_url: str) -> None:
    database = Database(postgres_url)
    try:
        before = await database.revisions()
        cut_connections(postgres_url)
        assert await database.revisions() == before
        async with database.writes() as connection:
            assert (await postgres.look(connection))[1]
    finally:
        await database.close()


async def test_who_is_waited_for_waits_longer_for_a_free_connection_and_nobody_is_passed_by(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "_WAIT_S", 0.2)
    monkeypatch.setattr(postgres, "_POOL", 1)
    monkeypatch.setattr(postgres, "_MORE", 0)
    database, done = Database(postgres_url), []

    async def ask(name: str) -> None:
        async with database.reads():
            done.append(name)

    try:
        async with database.reads():
            with postgres.patiently():
                patient = asyncio.create_task(ask("patient"))
            (error,) = await asyncio.gather(ask("other"), return_exceptions=True)
            assert isinstance(error, Exception)
            assert is_busy(error)
            later = asyncio.create_task(ask("later"))
            await asyncio.sleep(0)
        await asyncio.gather(patient, later)
        assert done == ["patient", "later"]
    finally:
        await database.close()
