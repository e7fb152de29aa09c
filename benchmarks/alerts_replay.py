"""Every crossing of a recorded log through the real bot: told, missed, told twice, false.

    python -m benchmarks.alerts_replay data/NASA-iPSC-1993-3.1-cln.swf.gz [--faults]

The bot is a process of its own on a SQLite file. It polls a stand-in of the cluster that follows the log, on
the log's own dates, and posts to a stand-in of Slack; what that holds in the end is compared with the log.
With `--faults` a twentieth of the cluster's answers fails, the cluster is gone for six poll intervals, Slack
answers 429 and loses answers, and the bot is killed three times within milliseconds of a post. A run takes
about 18 minutes of processor time.
"""

import argparse
import asyncio
import sys
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from statistics import median
from tempfile import TemporaryDirectory
from typing import Final, NamedTuple

from benchmarks.replay_stage import TEAM, Stage, stage
from benchmarks.replay_truth import Count, compare
from benchmarks.trace import Trace, read
from bot.playground.cluster import ClusterFault
from bot.playground.slack import Fault

INTERVAL: Final = timedelta(hours=2)
OUTAGE: Final = 6 * INTERVAL
KILLS: Final = 3
SEED: Final = 1
# After the log's end: the last poll, the last message, and what waits for it.
AFTERWARDS: Final = timedelta(days=1)
# A kill waits for a post to strike at, but no longer than this.
PATIENCE: Final = timedelta(hours=12)
STUCK_S: Final = 60.0
LOOK_S: Final = 0.001

CLUSTER_FAULTS: Final = (
    ClusterFault(kind="code", code="10001", share=0.01),
    ClusterFault(kind="reset", share=0.01),
    ClusterFault(kind="not_json", share=0.015),
    ClusterFault(kind="data", data=None, share=0.015),
)
SLACK_FAULTS: Final = (
    Fault(method="chat.postMessage", kind="ratelimited", retry_after=2, times=None, share=0.03),
    Fault(method="chat.postMessage", kind="ratelimited", retry_after=30, times=None, share=0.02),
    Fault(method="chat.postMessage", kind="lose_answer", times=None, share=0.05),
)


class Event(NamedTuple):
    """Something that happens at a moment of the log."""

    at: datetime
    do: Callable[[], Awaitable[None]]


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """One scenario's row."""

    name: str
    count: Count
    polls: int
    kills: int
    failed_answers: int
    too_many: int
    lost_answers: int
    errors: int


class Replay:
    """One run through the log."""

    def __init__(self, on: Stage, *, seed: int) -> None:
        self._stage = on
        self._dice = Random(seed)  # noqa: S311 (repeatable is the point)

    async def run(self, *, faults: bool) -> None:
        """Set everything up, let the log pass, and let the bot finish."""
        stage, trace = self._stage, self._stage.trace
        await stage.bot.start()
        await stage.set_up()
        end = trace.moment(trace.seconds) + AFTERWARDS
        events = [*(self._faults(end) if faults else ()), Event(end, stage.bot.stop)]
        for event in sorted(events, key=lambda event: event.at):
            await self._until(event.at)
            await event.do()

    def _faults(self, end: datetime) -> list[Event]:
        """Switch on what goes wrong all the time; return what goes wrong once, each at a random moment."""
        stage = self._stage
        for fault in CLUSTER_FAULTS:
            stage.cluster.faults.add(fault)
        stage.slack.faults.add(*SLACK_FAULTS)
        start = stage.trace.start
        gap = (end - start) / (KILLS + 1)
        moments = [start + (number + 0.9 * self._dice.random()) * gap for number in range(KILLS + 1)]
        self._dice.shuffle(moments)
        gone, *killed = moments
        return [
            Event(gone, lambda: self._set_down(down=True)),
            Event(gone + OUTAGE, lambda: self._set_down(down=False)),
            *(Event(at, self._kill) for at in killed),
        ]

    async def _set_down(self, *, down: bool) -> None:
        self._stage.cluster.down = down

    async def _kill(self) -> None:
        """Kill the bot within milliseconds of its next post, and start it again some time later."""
        stage, before = self._stage, self._posts()
        await self._until(stage.clock() + PATIENCE, or_when=lambda: self._posts() > before)
        await asyncio.sleep(self._dice.random() * 0.01)
        await stage.bot.kill()
        stage.clock.leap_to(stage.clock() + self._dice.random() * 2 * INTERVAL)
        await stage.bot.start()

    def _posts(self) -> int:
        return sum(call.method == "chat.postMessage" for call in self._stage.slack.calls)

    async def _until(self, moment: datetime, or_when: Callable[[], bool] = lambda: False) -> None:
        """Wait for a moment of the log."""
        clock = self._stage.clock
        clock.not_past = max(moment, clock.not_past)
        seen, at = clock(), time.monotonic()
        while clock() < moment and not or_when():
            self._stage.bot.check_alive()
            if clock() - seen > timedelta(minutes=10):
                seen, at = clock(), time.monotonic()
            elif time.monotonic() - at > STUCK_S:
                raise RuntimeError(f"the clock stands still at {clock()}; see {self._stage.bot.log}")
            await asyncio.sleep(LOOK_S)


async def play(trace: Trace, folder: Path, *, faults: bool, seed: int) -> Outcome:
    """Play one scenario."""
    async with stage(trace, folder, poll_interval=INTERVAL, seed=seed) as on:
        await Replay(on, seed=seed).run(faults=faults)
        answered: dict[str, list[datetime]] = defaultdict(list)
        polls = [request for request in on.cluster.requests if request.endpoint == "walltime"]
        for request in polls:
            if request.fault is None and request.username is not None:
                answered[request.username].append(request.at)
        slack = on.slack
        return Outcome(
            name="faults" if faults else "no faults",
            count=compare(on.watched, trace, slack.workspaces[TEAM].channels.values(), answered),
            polls=len(polls),
            kills=on.bot.kills,
            failed_answers=sum(request.fault is not None for request in polls),
            too_many=sum(call.answer.get("error") == "ratelimited" for call in slack.calls),
            lost_answers=slack.faults.struck["lose_answer"],
            errors=on.bot.log.read_text(encoding="utf-8").count('"level": "error"'),
        )


def cut(trace: Trace, days: float) -> Trace:
    """Return the log's first days only."""
    seconds = min(trace.seconds, int(days * 86_400))
    counters = []
    for counter in trace.counters:
        shown = [(at, value) for at, value in zip(counter.times, counter.values, strict=True) if at < seconds]
        if shown:
            shown.append((float(seconds), counter.at(seconds)))
            times, values = [at for at, _ in shown], [value for _, value in shown]
            counters.append(replace(counter, times=times, values=values))
    return replace(trace, seconds=seconds, counters=tuple(counters))


def row(outcome: Outcome) -> str:
    """Format a scenario's row."""
    count = outcome.count
    delays = sorted(count.delays)
    cells = [
        outcome.name,
        count.crossings,
        count.messages,
        count.told,
        len(count.missed),
        len(count.twice) + len(count.repeated_notices),
        len(count.false),
        f"{outcome.polls:,}",
        outcome.failed_answers,
        outcome.kills,
        outcome.too_many,
        outcome.lost_answers,
        f"{median(delays):.0f} s" if delays else "",
        f"{delays[-1]:.0f} s" if delays else "",
        outcome.errors,
    ]
    return f"| {' | '.join(str(cell) for cell in cells)} |"


HEAD: Final = (
    "| scenario | crossings | messages | told | missed | twice | false | polls | failed answers | kills "
    "| 429 | lost answers | reading to message, median | longest | errors logged |"
)


def main(words: Sequence[str]) -> None:
    """Print the scenario's row, and name every deviation."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.alerts_replay")
    parser.add_argument("log", type=Path)
    parser.add_argument("--faults", action="store_true", help="let things go wrong")
    parser.add_argument("--days", type=float, default=1000, help="only so many days of the log")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--folder", type=Path, help="keep the bot's database and log in this new folder")
    given = parser.parse_args(words)
    trace = cut(read(given.log), given.days)
    with TemporaryDirectory() as spare:
        folder = given.folder or Path(spare) / "replay"
        folder.mkdir(parents=True)
        outcome = asyncio.run(play(trace, folder, faults=given.faults, seed=given.seed))
    print(f"{HEAD}\n| --- |{' ---: |' * (HEAD.count('|') - 2)}\n{row(outcome)}")
    count = outcome.count
    deviations: dict[str, Sequence[object]] = {
        "missed": count.missed,
        "told twice": count.twice,
        "posted twice": count.repeated_notices,
        "false": count.false,
    }
    for name, found in deviations.items():
        for one in found:
            print(f"{name}: {one}", file=sys.stderr)


if __name__ == "__main__":
    main(sys.argv[1:])
