"""Slash commands while three replicas are restarted one after the other: failed, answered twice, how fast.

    python -m benchmarks.rolling_restart data/NASA-iPSC-1993-3.1-cln.swf.gz [--rate 50] [--help]

The replicas stand behind a small balancer that asks `/readyz`, or have Slack's links of Socket Mode. Each is
asked to stop (SIGTERM), waited for, and started again; the next one follows when it is ready. Counted is what
Slack's stand-in saw: a command has failed if it was not acknowledged within 3 s, never answered, or answered
that it was given up.
"""

import argparse
import asyncio
import sys
from collections import Counter as Tally
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from statistics import quantiles
from tempfile import TemporaryDirectory
from typing import Final

from benchmarks.balancer import Balancer
from benchmarks.crowd import Drawing, Size
from benchmarks.replicas_stage import LOOK_S, TEAM, Replica, ReplicaStage, replica_stage, utc_now
from benchmarks.trace import SECOND, Trace, read
from bot.playground.slack.delivery import Delivery
from bot.views.errors import busy_sentence, failure_sentence

WORDS: Final = ("", "help", "status", "limit", "alerts")
LASTS: Final = timedelta(hours=1)
POLL_INTERVAL: Final = timedelta(minutes=10)
# What the bot says when it did not do what it was asked.
GIVEN_UP: Final = (busy_sentence(), failure_sentence("").partition(".")[0])
# The last answers may take so long.
PATIENCE_S: Final = 30.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Typed:
    """A command, when it was typed, and how it went."""

    words: str
    at: datetime
    delivery: Delivery

    @property
    def url_id(self) -> str:
        """The last part of its response_url."""
        return str(self.delivery.payload["response_url"]).rpartition("/")[2]


@dataclass(frozen=True, kw_only=True)
class Phase:
    """What became of the commands of a phase; latencies are in seconds, sorted."""

    name: str
    commands: int
    not_acknowledged: Tally[str]
    not_answered: int
    given_up: int
    answered_twice: int
    acks: Sequence[float]
    answers: Sequence[float]
    cores: float

    def cells(self, calm: "Phase") -> list[str]:
        """Return its row; ratios are to the calm phase."""
        return [
            self.name,
            f"{self.commands:,}",
            str(self.not_acknowledged.total() + self.not_answered + self.given_up),
            str(self.answered_twice),
            f"{self.cores:.2f}",
            *(
                f"{_at(mine, percent) * 1000:.0f} ms ({_at(mine, percent) / _at(theirs, percent):.1f})"
                for mine, theirs in ((self.acks, calm.acks), (self.answers, calm.answers))
                for percent in (50, 99)
            ),
        ]


class Typists:
    """People who type commands at a steady rate, whatever becomes of them."""

    def __init__(self, stage: ReplicaStage, *, rate: float, seed: int) -> None:
        self.typed: list[Typed] = []
        self._stage = stage
        self._pause_s = 1 / rate
        self._dice = Random(seed)  # noqa: S311 (repeatable is the point)
        self._typing: set[asyncio.Task[None]] = set()

    async def type_on(self) -> None:
        """Type until cancelled."""
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            task = asyncio.create_task(self._type(), name="command")
            self._typing.add(task)
            task.add_done_callback(self._typing.discard)
            due += self._pause_s
            await asyncio.sleep(due - loop.time())

    async def all_acknowledged(self) -> None:
        """Wait until Slack has given up on, or heard of, every command."""
        await asyncio.gather(*self._typing)

    async def _type(self) -> None:
        one = self._dice.choice(self._stage.crowd.people)
        words, at = self._dice.choice(WORDS), utc_now()
        delivery = await self._stage.slack.act_as(TEAM, one.user).command(f"/walltime {words}")
        self.typed.append(Typed(words=words, at=at, delivery=delivery))


async def play(log: Trace, folder: Path, given: argparse.Namespace) -> tuple[Phase, Phase]:
    """Type in the calm, then through a restart of every replica."""
    size = Size(links=given.links, limited=given.links // 2, teams=0)
    crowd = Drawing(log, workspace=TEAM, now=utc_now(), lasts=LASTS, weeks=1, seed=given.seed).crowd(size)
    async with replica_stage(
        crowd,
        folder,
        replicas=given.replicas,
        poll_interval=POLL_INTERVAL,
        sqlite=False,
        pause_s=lambda: 0.0,
        seed=given.seed,
        socket_mode=given.socket,
    ) as stage:
        bots = [each.bot for each in stage.replicas]
        await asyncio.gather(*(bot.start() for bot in bots))
        balancer = None if given.socket else Balancer([bot.url for bot in bots])
        if balancer is not None:
            await balancer.start()
            stage.slack.request_url = f"{balancer.url}/slack/events"
        await stage.begin()
        typists = Typists(stage, rate=given.rate, seed=given.seed)
        await _until_ready(balancer, stage.replicas)
        typing = asyncio.create_task(typists.type_on(), name="typing")
        await asyncio.sleep(given.warm_up)
        calm_from, before = utc_now(), sum(stage.spent_s())
        await asyncio.sleep(given.calm)
        restart_from, between = utc_now(), sum(stage.spent_s())
        for each in stage.replicas:
            await each.bot.stop()
            await each.bot.start()
            await _until_ready(balancer, [each])
        typing.cancel()
        restart_to, after = utc_now(), sum(stage.spent_s())
        await typists.all_acknowledged()
        await asyncio.sleep(PATIENCE_S)
        if balancer is not None:
            await balancer.stop()
        print(f"restarting took {(restart_to - restart_from) / SECOND:.0f} s", file=sys.stderr)
        calm = [one for one in typists.typed if calm_from <= one.at < restart_from]
        restart = [one for one in typists.typed if one.at >= restart_from]
        busy = (between - before) / ((restart_from - calm_from) / SECOND)
        busy_then = (after - between) / ((restart_to - restart_from) / SECOND)
        return phase("calm", calm, stage, busy), phase("restart", restart, stage, busy_then)


def phase(name: str, typed: Sequence[Typed], stage: ReplicaStage, cores: float) -> Phase:
    """Count what became of these commands."""
    answers: dict[str, list[datetime]] = {}
    given_up = set()
    for use in stage.slack.responses:
        answers.setdefault(use.url_id, []).append(use.at)
        if any(said in str(use.body) for said in GIVEN_UP):
            given_up.add(use.url_id)
    acknowledged = [one for one in typed if one.delivery.ok]
    # An answer may also stand in the acknowledgement itself.
    times = {
        one.url_id: [*answers.get(one.url_id, ()), *([one.at] if one.delivery.response else ())]
        for one in acknowledged
    }
    return Phase(
        name=name,
        commands=len(typed),
        not_acknowledged=Tally(str(one.delivery.error) for one in typed if not one.delivery.ok),
        not_answered=sum(not times[one.url_id] for one in acknowledged),
        given_up=sum(one.url_id in given_up for one in acknowledged),
        answered_twice=sum(len(times[one.url_id]) > 1 for one in acknowledged),
        acks=sorted(one.delivery.elapsed / SECOND for one in acknowledged),
        cores=cores,
        answers=sorted((times[one.url_id][0] - one.at) / SECOND for one in acknowledged if times[one.url_id]),
    )


async def _until_ready(balancer: Balancer | None, replicas: Sequence[Replica]) -> None:
    if balancer is not None:
        while not balancer.ready.issuperset(each.bot.url for each in replicas):  # noqa: ASYNC110 (it looks now and then)
            await asyncio.sleep(LOOK_S)
        return
    for each in replicas:
        await each.until_ready()


def _at(latencies: Sequence[float], percent: int) -> float:
    return quantiles(latencies, n=100, method="inclusive")[percent - 1]


HEAD: Final = (
    "| phase | commands | failed | answered twice | processors busy | ack, median (ratio) | ack, 99 % "
    "| answer, median | answer, 99 % |"
)


def main(words: Sequence[str]) -> None:
    """Print the table, and why commands failed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.rolling_restart")
    parser.add_argument("log", type=Path)
    parser.add_argument("--replicas", type=int, default=3)
    parser.add_argument("--socket", action="store_true", help="by Socket Mode, without a balancer")
    parser.add_argument("--links", type=int, default=500)
    parser.add_argument("--rate", type=float, default=50, help="commands a second")
    parser.add_argument("--warm-up", type=float, default=5, help="seconds that do not count")
    parser.add_argument("--calm", type=float, default=20, help="seconds before the restart")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, help="keep logs and database in this new folder")
    given = parser.parse_args(words)
    with TemporaryDirectory() as spare:
        folder = given.folder or Path(spare) / "rolling"
        folder.mkdir(parents=True)
        calm, restart = asyncio.run(play(read(given.log), folder, given))
    print(f"{HEAD}\n| --- |{' ---: |' * (HEAD.count('|') - 2)}")
    for each in (calm, restart):
        print(f"| {' | '.join(each.cells(calm))} |")
        if each.not_acknowledged or each.not_answered or each.given_up:
            print(
                f"{each.name}: {dict(each.not_acknowledged)}, no answer: {each.not_answered}, "
                f"given up: {each.given_up}",
                file=sys.stderr,
            )


if __name__ == "__main__":
    main(sys.argv[1:])
