"""`keys rotate` under kill -9, in processes of its own, beside somebody who reads all the time."""

import asyncio
import random
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.domain.people import Person
from bot.domain.secret import Secret
from bot.store.engine import Database
from bot.store.links import SqlLinks
from bot.store.rotation import rotate
from bot.store.vault import KeyRing, key_id_of, new_key
from tests.forked import FORKS
from tests.unit.kit import link, reading
from tests.unit.store.kit import Store

PEOPLE = [Person(workspace=f"T{number % 3}", user=f"U{number:03}") for number in range(100)]


def rotate_alone(database_url: str, ring: str) -> None:
    """What the killed process runs: small transactions, so that there are many moments to be killed at."""

    async def work() -> None:
        database = Database(database_url)
        try:
            await rotate(database, KeyRing.parse(ring), page_size=2)
        finally:
            await database.close()

    asyncio.run(work())


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    database = Database(f"sqlite:///{tmp_path / 'walltime.sqlite3'}")
    await database.upgrade()
    yield Store(database)
    await database.close()


@pytest.mark.slow
async def test_killed_at_random_points_every_token_opens_at_every_moment(
    store: Store, *, full_size: bool
) -> None:
    url, chance = str(store.database.engine.url).replace("+aiosqlite", ""), random.Random(11)  # noqa: S311 (the same at every run)
    keys = [new_key(), new_key()]
    stored = {person: f"token of {person.user}" for person in PEOPLE}

    def links() -> SqlLinks:
        return SqlLinks(store.database, KeyRing.parse(",".join(keys)))

    for person, token in stored.items():
        await links().record(link(person), token=Secret(token), reading=reading(1))

    async def all_open() -> int:
        """Open every token; return how many the first key has sealed."""
        opened = links()
        for person, token in stored.items():
            assert (await opened.token(link(person))).reveal() == token
        first = KeyRing.parse(keys[0]).sealing_id
        return sum(key_id_of(row.token) == first for row in await store.rows("links"))

    wanted_kills, kills, cut_in_the_middle = 50 if full_size else 5, 0, 0
    while kills < wanted_kills:
        if await all_open() == len(PEOPLE):
            keys.reverse()  # everything is sealed with the first: now the other way
        process = FORKS.Process(target=rotate_alone, args=(url, ",".join(keys)))
        process.start()
        wanted = chance.randrange(len(PEOPLE))
        while await all_open() < wanted and process.is_alive():
            person = chance.choice(PEOPLE)  # the running bot stores new tokens meanwhile
            stored[person] = f"fresh {chance.random()}"
            await links().record(link(person), token=Secret(stored[person]), reading=reading(1))
        process.kill()
        await asyncio.to_thread(process.join)
        kills += process.exitcode == -signal.SIGKILL
        cut_in_the_middle += 0 < await all_open() < len(PEOPLE)
    assert cut_in_the_middle > 0
    await asyncio.to_thread(rotate_alone, url, ",".join(keys))
    del keys[1]
    assert await all_open() == len(PEOPLE)
