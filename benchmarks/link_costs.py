"""What a link costs: bytes in the database, processor time and statements per poll, and how fast a sweep is.

    python -m benchmarks.link_costs data/NASA-iPSC-1993-3.1-cln.swf.gz [--links 5000] [--due 2000] [--help]

A sweep begins with so many links due at once and ends when the cluster has been asked for each of them; so
long `--replicas` bots share the work. `--latency` makes the cluster slow, as real ones are. With
`--statements` the server writes down each statement of the sweep, which costs time of its own.
"""

import argparse
import asyncio
import re
import time
from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import psycopg

from benchmarks.crowd import Crowd, Drawing, Size
from benchmarks.postgres import Postgres
from benchmarks.replicas_stage import TEAM, ReplicaStage, replica_stage, utc_now
from benchmarks.trace import Trace, read

LASTS: Final = timedelta(hours=1)
# Nobody but those who are made due is polled meanwhile.
POLL_INTERVAL: Final = timedelta(hours=12)
LOOK_S: Final = 0.05
STUCK_S: Final = 120.0
MOST_STATEMENTS: Final = 12
_SIZES: Final = """
select relname, pg_total_relation_size(relid), n_live_tup from pg_stat_user_tables
where n_live_tup > 0 order by 2 desc
"""
_DUE: Final = """
update polls set next_at = %(now)s where (workspace, link_id) in
    (select workspace, link_id from polls order by link_id limit %(due)s)
"""
_COMMITS: Final = (
    "select xact_commit + xact_rollback from pg_stat_database where datname = current_database()"
)
LONGEST_STATEMENT: Final = 160
_COLUMNS: Final = re.compile(r"(SELECT|INSERT INTO \w+|RETURNING|SET) .*?( FROM| VALUES| WHERE|$)")
_STATEMENT: Final = re.compile(r"duration: ([\d.]+) ms  (parse|bind|execute|statement)[^:]*: (.*)")


@dataclass(frozen=True, kw_only=True)
class Sweep:
    """One sweep; times in seconds."""

    replicas: int
    links: int
    due: int
    latency_ms: float
    took: float
    replicas_cpu: float
    database_cpu: float
    stand_ins_cpu: float
    transactions: int
    memory_mb: float

    def row(self) -> str:
        """Return its line."""
        cells = (
            self.replicas,
            f"{self.links:,}",
            f"{self.due:,}",
            f"{self.latency_ms:.0f} ms",
            f"{self.took:.1f} s",
            f"{self.due / self.took:.0f}",
            f"{self.replicas_cpu / self.due * 1000:.1f} ms",
            f"{self.database_cpu / self.due * 1000:.1f} ms",
            f"{self.stand_ins_cpu / self.due * 1000:.1f} ms",
            f"{self.transactions / self.due:.1f}",
            f"{self.memory_mb:.0f} MB",
        )
        return f"| {' | '.join(str(cell) for cell in cells)} |"


HEAD: Final = (
    "| replicas | links | due | cluster's latency | sweep | polls/s | CPU per poll: replicas | database "
    "| stand-ins | transactions per poll | largest replica |"
)


async def sweep(stage: ReplicaStage, server: Postgres, *, due: int) -> Sweep:
    """Make links due, and wait until the cluster was asked for each."""
    count = len(stage.replicas)
    before = stage.spent_s(), await _commits(server)
    stage.cluster.asked.clear()
    began = time.monotonic()
    async with await psycopg.AsyncConnection.connect(server.url) as connection:
        await connection.execute(_DUE, {"now": round(utc_now().timestamp() * 1000), "due": due})
    while len(stage.cluster.asked) < due:
        await asyncio.sleep(LOOK_S)
        if time.monotonic() - began > STUCK_S + due / 10:
            raise RuntimeError(f"only {len(stage.cluster.asked)} of {due} links were polled")
    took = time.monotonic() - began
    spent = [now - then for now, then in zip(stage.spent_s(), before[0], strict=True)]
    return Sweep(
        replicas=count,
        links=len(stage.crowd.people),
        due=due,
        latency_ms=stage.cluster.latency / timedelta(milliseconds=1),
        took=took,
        replicas_cpu=spent[0],
        database_cpu=spent[1],
        stand_ins_cpu=spent[2],
        transactions=await _commits(server) - before[1],
        memory_mb=max(each.bot.memory_mb for each in stage.replicas),
    )


async def measure(crowd: Crowd, folder: Path, given: argparse.Namespace) -> None:
    """Print the tables."""
    async with replica_stage(
        crowd,
        folder,
        replicas=given.replicas,
        poll_interval=POLL_INTERVAL,
        sqlite=False,
        pause_s=lambda: 1.0,
        seed=given.seed,
    ) as stage:
        server = stage.server
        if server is None:
            raise RuntimeError("there is no PostgreSQL")
        stage.cluster.latency = timedelta(milliseconds=given.latency)
        await stage.start()
        await stage.begin()
        print(await sizes(server, len(crowd.people)), flush=True)
        idle_mb = max(each.bot.memory_mb for each in stage.replicas)
        print(f"\nA replica at its start: {idle_mb:.0f} MB.\n\n{HEAD}\n| ---: {'| ---: ' * 10}|")
        for _ in range(given.sweeps):
            print((await sweep(stage, server, due=given.due)).row(), flush=True)
        if given.statements:
            await server.write_statements(on=True)
            found = await sweep(stage, server, due=given.due)
            await server.write_statements(on=False)
            print(f"\n{statements(server.log.read_text(encoding='utf-8'), found.due)}")
        await stage.stop()


async def sizes(server: Postgres, links: int) -> str:
    """Say how many bytes each table takes per link, indexes and all."""
    async with await psycopg.AsyncConnection.connect(server.url) as connection:
        found = await (await connection.execute(_SIZES)).fetchall()
    lines = ["| table | rows per link | bytes per link |", "| --- | ---: | ---: |"]
    lines += [f"| {name} | {rows / links:.2f} | {size / links:,.0f} |" for name, size, rows in found]
    lines.append(f"| all | | {sum(size for _, size, _ in found) / links:,.0f} |")
    return "\n".join(lines)


def statements(log: str, polls: int) -> str:
    """Say which statements a sweep consists of, the costliest first."""
    spent: dict[str, list[float]] = defaultdict(list)
    for found in _STATEMENT.finditer(log.replace("\n\t", " ")):
        milliseconds, step, sql = float(found[1]), found[2], found[3].strip()
        if step in {"execute", "statement"}:
            spent[sql].append(milliseconds)
    by_cost = sorted(spent.items(), key=lambda each: -sum(each[1]))
    whole, count = sum(map(sum, spent.values())), sum(map(len, spent.values()))
    lines = [
        f"{count / polls:.1f} statements per poll, {whole / polls:.2f} ms in the server.",
        "",
        "| statement | per poll | mean | in all |",
        "| --- | ---: | ---: | ---: |",
    ]
    lines += [
        f"| `{_short(sql)}` | {len(times) / polls:.2f} | {sum(times) / len(times):.2f} ms "
        f"| {sum(times) / whole:.0%} |"
        for sql, times in by_cost[:MOST_STATEMENTS]
    ]
    return "\n".join(lines)


def _short(sql: str) -> str:
    """Leave the list of columns out, and whatever is too long."""
    return _COLUMNS.sub(r"\1 …\2", " ".join(sql.split()))[:LONGEST_STATEMENT]


async def _commits(server: Postgres) -> int:
    async with await psycopg.AsyncConnection.connect(server.url) as connection:
        row = await (await connection.execute(_COMMITS)).fetchone()
    return 0 if row is None else int(row[0])


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.link_costs")
    parser.add_argument("log", type=Path)
    parser.add_argument("--replicas", type=int, default=1)
    parser.add_argument("--links", type=int, default=5000)
    parser.add_argument("--limited", type=float, default=0.15, help="share of links with a limit")
    parser.add_argument("--due", type=int, default=2000, help="links due at once")
    parser.add_argument("--sweeps", type=int, default=3)
    parser.add_argument("--latency", type=float, default=0, help="of the cluster, milliseconds")
    parser.add_argument("--statements", action="store_true")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    log: Trace = read(given.log)
    size = Size(links=given.links, limited=int(given.limited * given.links), teams=0)
    crowd = Drawing(log, workspace=TEAM, now=utc_now(), lasts=LASTS, weeks=1, seed=given.seed).crowd(size)
    with TemporaryDirectory() as folder:
        asyncio.run(measure(crowd, Path(folder), given))


if __name__ == "__main__":
    main()
