"""The exam that both engines sit, and what only several bots on one PostgreSQL have to prove."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

import psycopg
import pytest
from prometheus_client import REGISTRY
from psycopg.sql import SQL, Identifier
from structlog.testing import capture_logs

from bot.jobs.embedded import Embedded
from bot.jobs.engine import Chunks, Engine
from bot.jobs.job_tables import make_job_tables, schema_name
from bot.jobs.replicated import Replicated
from bot.store.postgres import connection_settings
from tests.postgres import run_sql
from tests.world import until

SECOND = timedelta(seconds=1)
BEAT = timedelta(seconds=0.25)


@pytest.fixture(params=["embedded", "replicated"])
def engine(request: pytest.FixtureRequest) -> Engine:
    """Each engine by itself."""
    if request.param == "embedded":
        return Embedded()
    return Replicated(connection_settings(request.getfixturevalue("postgres_url")))


@pytest.fixture
def pair(postgres_url: str) -> tuple[Engine, Engine]:
    """The engines of two bots on one database."""
    one, two = (Replicated(connection_settings(postgres_url), heartbeat=BEAT) for _ in range(2))
    return one, two


@asynccontextmanager
async def turning(*engines: Engine) -> AsyncIterator[None]:
    """Start them, wait until they turn, and stop them at the end."""
    await asyncio.gather(*(engine.start() for engine in engines))
    try:
        await comes(lambda: [engine.trouble for engine in engines] == [None] * len(engines))
        yield
    finally:
        await asyncio.gather(*(engine.stop() for engine in engines))


async def comes(is_so: Callable[[], bool]) -> None:
    async def look() -> bool:
        return is_so()

    await until(look, bool, 30)


class Pile:
    """Work that is cut into chunks, and who did how many of them at a time."""

    def __init__(self, chunks: int) -> None:
        self.left = chunks
        self.under_way: Counter[str] = Counter()
        self.most: Counter[str] = Counter()
        self.done: Counter[str] = Counter()

    def chunks(self, name: str) -> Chunks:
        return Chunks(waiting=self.waiting, work=lambda: self._work(name))

    async def waiting(self) -> int:
        return self.left

    async def _work(self, name: str) -> None:
        if not self.left:
            return
        self.left -= 1
        self.under_way[name] += 1
        self.most[name] = max(self.most[name], self.under_way[name])
        await asyncio.sleep(0.1)
        self.under_way[name] -= 1
        self.done[name] += 1


# Both


async def test_turns_come_again_and_again_and_one_that_fails_is_two_lines_and_delays_no_other(
    engine: Engine,
) -> None:
    good, bad = list[int](), list[int]()
    is_broken = True

    async def fails() -> None:
        bad.append(1)
        if is_broken:
            raise LookupError

    async def works() -> None:
        good.append(1)

    engine.every(SECOND, "bad", fails)
    engine.every(SECOND, "good", works)
    with capture_logs() as lines:
        async with turning(engine):
            await comes(lambda: len(good) >= 2 and len(bad) >= 2)
            is_broken = False
            before = len(bad)
            await comes(lambda: len(bad) > before + 1)
    told = [(line["event"], line["job"]) for line in lines if "job" in line]
    assert told == [("job fails", "bad"), ("job is well again", "bad")]
    assert abs(len(good) - len(bad)) <= 1


async def test_a_turn_that_takes_long_is_not_overlapped_and_a_stop_lets_it_finish(engine: Engine) -> None:
    here, there, go = list[int](), list[int](), asyncio.Event()
    others = list[int]()

    async def slow(begun: list[int]) -> None:
        begun.append(1)
        await go.wait()
        begun.append(2)

    async def quick() -> None:
        others.append(1)

    engine.here(SECOND / 10, "here", lambda: slow(here))
    engine.every(SECOND, "there", lambda: slow(there))
    engine.every(SECOND, "quick", quick)
    async with turning(engine):
        await comes(lambda: len(others) >= 3)
        assert (here, there) == ([1], [1])
        asyncio.get_running_loop().call_later(0.2, go.set)
    assert (here, there) == ([1, 2], [1, 2])
    assert engine.trouble == "stopped"
    count = len(others)
    await asyncio.sleep(1.2)
    assert len(others) == count


async def test_chunks_are_done_by_so_many_hands_and_a_stop_leaves_none_half_done(engine: Engine) -> None:
    pile, endless = Pile(9), Pile(10_000)
    engine.chunks(SECOND, "pile", pile.chunks("here"), hands=3)
    engine.chunks(
        SECOND, "a name that is too long for a channel of PostgreSQL", endless.chunks("here"), hands=1
    )
    async with turning(engine):
        await comes(lambda: pile.done["here"] == 9)
    assert pile.most == {"here": 3}
    assert endless.most == {"here": 1}
    assert endless.under_way["here"] == 0
    assert endless.done["here"] > 0


# Several


async def test_a_stop_while_waiting_chunks_are_counted_is_no_failure(postgres_url: str) -> None:
    begun, done = asyncio.Event(), asyncio.Event()

    async def waiting() -> int:
        begun.set()
        await done.wait()
        return 3

    engine = Replicated(connection_settings(postgres_url))
    engine.chunks(SECOND, "counted", Chunks(waiting=waiting, work=done.wait), hands=1)
    with capture_logs() as logs:
        async with turning(engine):
            await begun.wait()
            asyncio.get_running_loop().call_later(1, done.set)
    assert [each for each in logs if each["log_level"] == "error"] == []


async def test_of_two_bots_one_ticks_each_second_and_both_do_chunks(
    pair: tuple[Engine, Engine], postgres_url: str
) -> None:
    ticks, here, pile = list[str](), Counter[str](), Pile(24)

    def give(name: str, engine: Engine) -> None:
        async def tick() -> None:
            ticks.append(name)

        async def tick_here() -> None:
            here[name] += 1

        engine.every(SECOND, "tick", tick)
        engine.here(SECOND, "here", tick_here)
        engine.chunks(SECOND, "pile", pile.chunks(name), hands=2)

    for name, engine in zip("ab", pair, strict=True):
        give(name, engine)
    async with turning(*pair):
        await comes(lambda: min(here.values(), default=0) >= 5 and pile.done.total() == 24)
        with psycopg.connect(postgres_url) as connection:
            jobs = SQL("SELECT count(*) FROM {}.procrastinate_jobs").format(Identifier(schema_name()))
            (kept,) = connection.execute(jobs).fetchone() or (None,)
    # The first second may have been under way already; none is ticked twice.
    assert len(ticks) <= max(here.values()) + 2
    assert set(pile.done) == {"a", "b"}
    assert pile.most == {"a": 2, "b": 2}
    assert kept is not None
    assert kept <= 3  # what is finished is pruned


async def test_when_connections_are_cut_and_the_jobs_of_a_dead_bot_are_left_the_others_turn_on(
    pair: tuple[Engine, Engine], postgres_url: str
) -> None:
    schema, ticks, engine = Identifier(schema_name()), list[int](), pair[0]

    async def tick() -> None:
        ticks.append(1)

    engine.every(SECOND, "tick", tick)
    before = REGISTRY.get_sample_value("walltime_jobs_stalled_total") or 0
    async with turning(engine):
        await comes(lambda: len(ticks) >= 1)
        with psycopg.connect(postgres_url, autocommit=True) as connection:
            connection.execute(
                SQL(
                    "WITH dead AS (INSERT INTO {0}.procrastinate_workers (last_heartbeat)"
                    " VALUES (now() - interval '1 hour') RETURNING id)"
                    " INSERT INTO {0}.procrastinate_jobs (queue_name, task_name, status, worker_id)"
                    " SELECT 'ticks', 'tick 1', 'doing', id FROM dead"
                ).format(schema)
            )
            await comes(lambda: REGISTRY.get_sample_value("walltime_jobs_stalled_total") == before + 1)
            workers = SQL("SELECT count(*) FROM {}.procrastinate_workers").format(schema)
            await comes(lambda: connection.execute(workers).fetchone() == (1,))
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND application_name = 'walltime'"
            )
        count = len(ticks)
        await comes(lambda: len(ticks) >= count + 2)
        await comes(lambda: engine.trouble is None)


async def test_the_tables_of_jobs_are_made_once_beside_ours_and_forsaken_ones_go(postgres_url: str) -> None:
    run_sql(
        postgres_url,
        "CREATE SCHEMA walltime_jobs_old",
        "CREATE TABLE walltime_jobs_old.procrastinate_workers (last_heartbeat timestamptz)",
        "CREATE SCHEMA walltime_jobs_busy",
        "CREATE TABLE walltime_jobs_busy.procrastinate_workers AS SELECT now() AS last_heartbeat",
    )
    connect = connection_settings(postgres_url)
    names = await asyncio.gather(*(make_job_tables(connect) for _ in range(5)))
    assert set(names) == {schema_name()}
    with psycopg.connect(postgres_url) as connection:
        made = connection.execute(
            "SELECT schemaname FROM pg_tables WHERE tablename = 'procrastinate_workers' ORDER BY schemaname"
        ).fetchall()
    assert [name for (name,) in made] == sorted(["walltime_jobs_busy", schema_name()])
