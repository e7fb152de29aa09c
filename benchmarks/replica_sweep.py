"""How replicas divide the polling: the same sweep by one, two and more, on a cluster that takes its time.

    python -m benchmarks.replica_sweep data/NASA-iPSC-1993-3.1-cln.swf.gz [--due N] [--latency MS] [--help]

All links are due at once. Each replica asks a cluster 20 questions at a time, so the cluster's latency bounds
it; what replicas, database and stand-ins need of the processors is shown beside. Ratios are of one run.
Counted
is what the cluster was asked, and whether it was asked twice.
"""

import argparse
import asyncio
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from benchmarks.crowd import Crowd, Drawing, Size
from benchmarks.link_costs import LASTS, POLL_INTERVAL, Sweep, sweep
from benchmarks.replicas_stage import TEAM, replica_stage, utc_now
from benchmarks.trace import Trace, read
from bot.jobs.polling import AT_ONCE

# Whoever is asked a second time is asked within a lease.
CALM_S: Final = 5.0


@dataclass(frozen=True, kw_only=True)
class Division:
    """One sweep, and how many were asked more than once."""

    sweep: Sweep
    twice: int

    def row(self, alone_s: float) -> str:
        """Return its line."""
        done = self.sweep
        busy = (done.replicas_cpu + done.database_cpu + done.stand_ins_cpu) / done.took
        bound = done.due / AT_ONCE / done.replicas * done.latency_ms / 1000
        cells = (
            done.replicas,
            f"{done.took:.1f} s",
            f"{bound:.1f} s",
            f"{alone_s / done.took:.2f}",
            f"{done.due / done.took:.0f}",
            f"{busy:.2f}",
            self.twice,
        )
        return f"| {' | '.join(str(cell) for cell in cells)} |"


HEAD: Final = (
    "| replicas | sweep | bound by latency | times faster | polls/s | processors busy | asked twice |\n"
    f"| ---: {'| ---: ' * 6}|"
)


async def divided(crowd: Crowd, folder: Path, given: argparse.Namespace, *, replicas: int) -> Division:
    """Let so many replicas poll everybody once."""
    async with replica_stage(
        crowd,
        folder,
        replicas=replicas,
        poll_interval=POLL_INTERVAL,
        sqlite=False,
        pause_s=lambda: 1.0,
        seed=given.seed,
    ) as stage:
        if stage.server is None:
            raise RuntimeError("there is no PostgreSQL")
        stage.cluster.latency = timedelta(milliseconds=given.latency)
        await stage.start()
        await stage.begin()
        done = await sweep(stage, stage.server, due=given.due)
        await asyncio.sleep(CALM_S)
        twice = sum(len(moments) > 1 for moments in stage.cluster.asked.values())
        await stage.stop()
    return Division(sweep=done, twice=twice)


async def measure(crowd: Crowd, folder: Path, given: argparse.Namespace) -> None:
    """Print the table."""
    print(f"{given.due:,} links due at once, a latency of {given.latency:.0f} ms\n\n{HEAD}", flush=True)
    alone_s = 0.0
    for replicas in given.replicas:
        found = await divided(crowd, folder, given, replicas=replicas)
        alone_s = alone_s or found.sweep.took
        print(found.row(alone_s), flush=True)


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.replica_sweep")
    parser.add_argument("log", type=Path)
    parser.add_argument("--replicas", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--due", type=int, default=1000, help="links, all of which are due at once")
    parser.add_argument("--latency", type=float, default=500, help="of the cluster, milliseconds")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    log: Trace = read(given.log)
    size = Size(links=given.due, limited=0, teams=0)
    crowd = Drawing(log, workspace=TEAM, now=utc_now(), lasts=LASTS, weeks=1, seed=given.seed).crowd(size)
    with TemporaryDirectory() as folder:
        asyncio.run(measure(crowd, Path(folder), given))


if __name__ == "__main__":
    main()
