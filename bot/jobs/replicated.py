"""The engine of several bots on one PostgreSQL: ticks and chunks are jobs of Procrastinate.

Each tick is a job of its second, which the first of the bots makes and one of them takes. It runs the turns
that are due, and makes jobs of the chunks that are waiting; each kind of chunk has a queue, and in each bot
so many hands. Nothing is retried: what a dead bot had in hand is found in the tables by a later tick.
"""

import asyncio
import contextlib
import hashlib
import logging
from collections import defaultdict
from collections.abc import Mapping
from datetime import timedelta
from time import time
from typing import Any, Final

import structlog
from procrastinate import App, PsycopgConnector
from procrastinate.exceptions import AlreadyEnqueued, AppNotOpen, ConnectorException
from procrastinate.jobs import Status

from bot.jobs.embedded import Embedded
from bot.jobs.engine import LATE, STALLED, Chunks, Running, Turn
from bot.jobs.job_tables import in_schema, make_job_tables

# Each job would be several lines, and each failure a traceback: ours is one line.
for _name in ("procrastinate", "psycopg.pool"):
    logging.getLogger(_name).setLevel(logging.CRITICAL)

_TICKS: Final = "ticks"
_TICKS_AT_ONCE: Final = 8
HEARTBEAT: Final = timedelta(seconds=5)
# A bot whose heart missed so many beats is dead; its jobs are dropped.
_DEAD_AFTER: Final = 4
_LOOK: Final = timedelta(seconds=1)
_TRY_AGAIN: Final = timedelta(seconds=1)
# Jobs let go of their work at once: it goes on by itself, and `stop` waits for it.
_LET_GO: Final = timedelta(seconds=0.2)
_MOST_QUEUED: Final = 20
_POOL: Final = 4
_POOL_WAIT_S: Final = 3.0
# PostgreSQL takes channels of 63 bytes, of which Procrastinate's own part is 23.
_LONGEST_QUEUE: Final = 40
_STOPPED: Final = "stopped"

log = structlog.get_logger(__name__)


class Replicated:
    """`Engine` across processes. `connect` is how to reach the database, as psycopg takes it."""

    def __init__(self, connect: Mapping[str, Any], *, heartbeat: timedelta = HEARTBEAT) -> None:
        self._connect = connect
        self._heartbeat = heartbeat.total_seconds()
        self._local = Embedded()
        self._running = Running()
        self._turns: defaultdict[int, dict[str, Turn]] = defaultdict(dict)
        self._chunks: dict[str, tuple[Chunks, int]] = {}
        self._queues: App | None = None
        self._stopping = asyncio.Event()
        self._keeper: asyncio.Task[None] | None = None
        self.trouble: str | None = "not started"

    def here(self, gap: timedelta, name: str, turn: Turn) -> None:
        """Run `turn` every `gap` in this process."""
        self._local.here(gap, name, turn)

    def every(self, gap: timedelta, name: str, turn: Turn) -> None:
        """Run `turn` every `gap`, to the second; a gap divides a minute, an hour or a day."""
        seconds = max(1, round(gap.total_seconds()))
        _cron(seconds)
        self._turns[seconds][name] = turn

    def chunks(self, gap: timedelta, name: str, chunks: Chunks, *, hands: int) -> None:
        """Make jobs of what is waiting every `gap`, and do them."""
        self._chunks[name] = (chunks, hands)
        self.every(gap, name, lambda: self._queue(name, chunks))

    async def start(self) -> None:
        """Begin to turn, as soon as the database lets us."""
        await self._local.start()
        self._keeper = asyncio.create_task(self._keep(), name="jobs")

    async def stop(self) -> None:
        """Take no more jobs, and let what is under way finish."""
        self.trouble = _STOPPED
        self._stopping.set()
        await self._local.stop()
        if self._keeper is not None:
            await self._keeper
        await self._running.finished()

    async def _keep(self) -> None:
        """Work until we stop; whatever breaks, the database being away above all, begin again."""
        while not self._stopping.is_set():
            try:
                await self._work()
            except Exception as error:  # noqa: BLE001 (whatever it is, work has to go on)
                why = type(error.__cause__ or error).__name__
                if self.trouble != why:
                    log.warning("jobs do not turn, trying on", why=why)
                self.trouble = why
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), _TRY_AGAIN.total_seconds())
        self.trouble = _STOPPED

    async def _work(self) -> None:
        """Connect, and take jobs until we stop or something breaks."""
        schema = await make_job_tables(self._connect)
        connector = PsycopgConnector(
            kwargs=in_schema(self._connect, schema), min_size=1, max_size=_POOL, timeout=_POOL_WAIT_S
        )
        ticks, queues = App(connector=connector), App(connector=connector)
        self._add_ticks(ticks)
        self._add_chunks(queues)
        async with ticks.open_async():
            self._queues = queues
            workers = [
                self._worker(ticks, _TICKS, hands=_TICKS_AT_ONCE, listen=True),
                *(self._worker(queues, name, hands=hands) for name, (_, hands) in self._chunks.items()),
            ]
            await self._until_stopped_or_broken([*workers, self._tidy(ticks)])

    async def _until_stopped_or_broken(self, works: list[Any]) -> None:
        tasks = [asyncio.create_task(work, name="jobs") for work in works]
        stopping = asyncio.create_task(self._stopping.wait())
        if self.trouble not in {None, _STOPPED}:
            log.info("jobs turn")
            self.trouble = None
        try:
            broken, _ = await asyncio.wait({*tasks, stopping}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (*tasks, stopping):
                task.cancel()
            await asyncio.gather(*tasks, stopping, return_exceptions=True)
        for task in broken - {stopping}:
            task.result()
            raise ConnectionError("a worker ended")  # its own reasons are its log's

    def _add_ticks(self, app: App) -> None:
        for seconds, turns in self._turns.items():

            async def tick(timestamp: int, turns: Mapping[str, Turn] = turns) -> None:
                LATE.observe(max(0.0, time() - timestamp))
                begun = (self._running.start_unless_under_way(name, turn) for name, turn in turns.items())
                # Who cancels the job leaves what it began to end by itself.
                await asyncio.gather(*(asyncio.shield(task) for task in begun if task is not None))

            name = f"tick {seconds}"
            # Behind one that waits for a hand, no second one has to.
            app.periodic(cron=_cron(seconds), queueing_lock=name)(app.task(name=name, queue=_TICKS)(tick))

    def _add_chunks(self, app: App) -> None:
        for name, (chunks, _) in self._chunks.items():

            async def chunk(name: str = name, work: Turn = chunks.work) -> None:
                await asyncio.shield(self._running.start(f"{name} chunk", work))

            app.task(name=name, queue=_queue_name(name))(chunk)

    async def _queue(self, name: str, chunks: Chunks) -> None:
        """Make jobs of the chunks that are waiting, without those that are queued already."""
        app, waiting = self._queues, await chunks.waiting()
        if app is None or not waiting:
            return
        # If the app was closed meanwhile, whoever turns next counts again.
        closed = (AppNotOpen, ConnectorException) if self._stopping.is_set() else (AppNotOpen,)
        with contextlib.suppress(AlreadyEnqueued, *closed):
            todo = await app.job_manager.list_jobs_async(queue=_queue_name(name), status=Status.TODO.value)
            queued = {job.queueing_lock for job in todo}
            locks = {f"{name} {number}" for number in range(min(waiting, _MOST_QUEUED))} - queued
            jobs = [app.tasks[name].configure(queueing_lock=lock).job for lock in sorted(locks)]
            if jobs:
                await app.job_manager.batch_defer_jobs_async(jobs)

    async def _tidy(self, app: App) -> None:
        """Drop the jobs of the dead, and the dead."""
        manager, dead_after = app.job_manager, _DEAD_AFTER * self._heartbeat
        while True:
            await asyncio.sleep(self._heartbeat)
            for job in await manager.get_stalled_jobs(seconds_since_heartbeat=dead_after):
                with contextlib.suppress(ConnectorException):  # another bot was quicker
                    await manager.finish_job(job, Status.FAILED, delete_job=True)
                    STALLED.inc()
                    log.info("a job of a bot that died was dropped", job=job.task_name)
            await manager.prune_stalled_workers(dead_after)

    async def _worker(self, app: App, name: str, *, hands: int, listen: bool = False) -> None:
        """Take jobs of a queue, with so many hands."""
        await app.run_worker_async(
            queues=[_queue_name(name)],
            name=name,
            concurrency=hands,
            wait=True,
            fetch_job_polling_interval=_LOOK.total_seconds(),
            abort_job_polling_interval=timedelta(hours=1).total_seconds(),  # no job is ever called back
            shutdown_graceful_timeout=_LET_GO.total_seconds(),
            listen_notify=listen,
            delete_jobs="always",
            install_signal_handlers=False,
            update_heartbeat_interval=self._heartbeat,
            stalled_worker_timeout=_DEAD_AFTER * self._heartbeat,
        )


def _queue_name(name: str) -> str:
    """Shorten what is too long, so that it stays one name."""
    if len(name) <= _LONGEST_QUEUE:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:8]
    return f"{name[: _LONGEST_QUEUE - len(digest) - 1]}~{digest}"


def _cron(seconds: int) -> str:
    """Return the pattern of every so many seconds; raises ValueError."""
    if seconds < 60 and 60 % seconds == 0:  # noqa: PLR2004 (a minute)
        return f"* * * * * */{seconds}"
    minutes, rest = divmod(seconds, 60)
    if not rest and minutes < 60 and 60 % minutes == 0:  # noqa: PLR2004 (an hour)
        return f"*/{minutes} * * * *"
    hours, rest = divmod(minutes, 60) if not rest else (0, 1)
    if not rest and 0 < hours <= 24 and 24 % hours == 0:  # noqa: PLR2004 (a day)
        return f"0 */{hours} * * *" if hours < 24 else "0 0 * * *"  # noqa: PLR2004
    raise ValueError(f"no such rhythm: every {seconds} s")
