"""Three replicas on one PostgreSQL, two of them killed every 20 seconds: who was told, and who was polled.

    python -m benchmarks.replicas_chaos data/NASA-iPSC-1993-3.1-cln.swf.gz [--links N] [--minutes M] [--help]

Each replica is `python -m bot run`, killed with `kill -9` and started again after a pause. PostgreSQL is
restarted once, all connections are cut once, and Slack answers 429 or loses its answer to a twentieth of the
posts. While that goes on weeks of the log pass on the cluster; in the calm after it the counters stand still.
Counted is what Slack holds in the end against the log, and when the cluster was asked. The defaults are a
small run, for checking.
"""

import argparse
import asyncio
import sys
import time
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any, Final, NamedTuple

from benchmarks.chaos_report import Report, Spent, Struck
from benchmarks.crowd import Drawing, Size
from benchmarks.replicas_stage import TEAM, ReplicaStage, replica_stage, utc_now
from benchmarks.trace import Trace, read
from bot.domain.polling import LONGEST_GAP
from bot.jobs.polling import LEASE
from bot.playground.slack import Fault

KILL_EVERY: Final = timedelta(seconds=20)
KILLED_AT_ONCE: Final = 2
LONGEST_PAUSE_S: Final = 10.0
WEEKS: Final = 3.0
SLACK_FAULTS: Final = (
    Fault(method="chat.postMessage", kind="ratelimited", retry_after=2, times=None, share=0.025),
    Fault(method="chat.postMessage", kind="lose_answer", times=None, share=0.025),
)


class Event(NamedTuple):
    """Something that happens so long after the start."""

    after: timedelta
    do: Callable[[], Coroutine[Any, Any, None]]


@dataclass(kw_only=True)
class Chaos:
    """The blows of one run."""

    stage: ReplicaStage
    lasts: timedelta
    dice: Random
    struck: list[Struck] = field(default_factory=list)
    _recovering: set[asyncio.Task[None]] = field(default_factory=set)
    _database: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def run(self) -> None:
        """Strike, one blow after the other, until the time is over."""
        start = self.stage.crowd.trace.start
        for event in sorted(self._events(), key=lambda event: event.after):
            await asyncio.sleep(max((start + event.after - utc_now()).total_seconds(), 0))
            task = asyncio.create_task(event.do(), name="blow")
            self._recovering.add(task)
        await asyncio.sleep(max((start + self.lasts - utc_now()).total_seconds(), 0))

    async def settled(self) -> None:
        """Wait until everything that was hit is ready again."""
        await asyncio.gather(*self._recovering)

    def _events(self) -> list[Event]:
        kills = int(self.lasts / KILL_EVERY)
        events = [Event((number + self.dice.random()) * KILL_EVERY, self._kill) for number in range(kills)]
        if self.stage.server is not None:
            events.append(Event(self.dice.uniform(0.3, 0.45) * self.lasts, self._restart_database))
            events.append(Event(self.dice.uniform(0.55, 0.8) * self.lasts, self._cut_connections))
        return events

    async def _kill(self) -> None:
        replicas = self.stage.replicas
        hit = self.dice.sample(replicas, min(KILLED_AT_ONCE, len(replicas)))
        at = utc_now()
        ready = await asyncio.gather(*(each.kill() for each in hit))
        self._note("kill -9", at, [seconds for seconds in ready if seconds is not None])

    async def _restart_database(self) -> None:
        if self.stage.server is not None:
            at, began = utc_now(), time.monotonic()
            async with self._database:
                await self.stage.server.stop()
                await asyncio.sleep(self.dice.uniform(1, 5))
                await self.stage.server.start()
            self._note("PostgreSQL restarted", at, await self._all_ready(began))

    async def _cut_connections(self) -> None:
        if self.stage.server is not None:
            async with self._database:
                at, began = utc_now(), time.monotonic()
                cut = await self.stage.server.cut_connections()
            self._note(f"{cut} connections cut", at, await self._all_ready(began))

    async def _all_ready(self, began: float) -> list[float]:
        return [await each.until_ready() - began for each in self.stage.replicas]

    def _note(self, what: str, at: datetime, ready_after_s: Sequence[float]) -> None:
        self.struck.append(Struck(what=what, at=at, ready_after_s=tuple(ready_after_s)))


async def play(log: Trace, folder: Path, given: argparse.Namespace) -> Report:
    """Play one run."""
    dice = Random(given.seed)  # noqa: S311 (repeatable is the point)
    size = Size(links=given.links, limited=given.limited, teams=given.teams)
    lasts, calm = timedelta(minutes=given.minutes), timedelta(minutes=given.calm)
    poll_interval = timedelta(seconds=given.poll_interval)
    drawing = Drawing(log, workspace=TEAM, now=utc_now(), lasts=lasts, weeks=given.weeks, seed=given.seed)
    async with replica_stage(
        drawing.crowd(size),
        folder,
        replicas=given.replicas,
        poll_interval=poll_interval,
        sqlite=given.sqlite,
        pause_s=lambda: dice.uniform(0, LONGEST_PAUSE_S),
        seed=given.seed,
    ) as stage:
        await stage.start()
        await stage.begin()
        before, began = stage.spent_s(), time.monotonic()
        stage.slack.faults.add(*SLACK_FAULTS)
        chaos = Chaos(stage=stage, lasts=lasts, dice=dice)
        await chaos.run()
        stage.slack.faults.clear()
        calm_from = utc_now()
        await chaos.settled()
        await asyncio.sleep((calm_from + calm - utc_now()).total_seconds())
        spent = [now - then for now, then in zip(stage.spent_s(), before, strict=True)]
        end, memory_mb = utc_now(), max(each.bot.memory_mb for each in stage.replicas)
        await stage.stop()
        return Report(
            stage=stage,
            struck=sorted(chaos.struck, key=lambda each: each.at),
            poll_interval=poll_interval,
            calm_from=calm_from,
            end=end,
            spent=Spent(
                real_s=time.monotonic() - began,
                replicas_s=spent[0],
                database_s=spent[1],
                stand_ins_s=spent[2],
                largest_replica_mb=memory_mb,
            ),
        )


def main(words: Sequence[str]) -> None:
    """Print the tables, and name every deviation."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.replicas_chaos")
    parser.add_argument("log", type=Path)
    parser.add_argument("--replicas", type=int, default=3)
    parser.add_argument("--links", type=int, default=1000)
    parser.add_argument("--limited", type=int, default=200, help="links with a limit of their own")
    parser.add_argument("--teams", type=int, default=6, help="channels with limits and a digest")
    parser.add_argument("--minutes", type=float, default=1.0, help="so long the log passes and things break")
    parser.add_argument("--calm", type=float, default=2.5, help="so many minutes follow without faults")
    parser.add_argument("--poll-interval", type=int, default=10, help="seconds")
    parser.add_argument("--weeks", type=float, default=WEEKS, help="so much of the log passes")
    parser.add_argument("--sqlite", action="store_true", help="all replicas on one SQLite file instead")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, help="keep logs and database in this new folder")
    given = parser.parse_args(words)
    # What a killed replica had claimed is free again after the lease; then the longest interval may follow.
    longest = LEASE.total_seconds() + 1.1 * LONGEST_GAP * given.poll_interval
    if given.calm * 60 < longest:
        parser.error(f"--calm must be at least {longest / 60:.1f} minutes")
    with TemporaryDirectory() as spare:
        folder = given.folder or Path(spare) / "chaos"
        folder.mkdir(parents=True)
        report = asyncio.run(play(read(given.log), folder, given))
    print(report.tables())
    for line in report.deviations():
        print(line, file=sys.stderr)


if __name__ == "__main__":
    main(sys.argv[1:])
