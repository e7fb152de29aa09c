"""A bot of many workspaces beside a bot of one: start, memory, and how fast a command is answered.

    python -m benchmarks.many_workspaces data/NASA-iPSC-1993-3.1-cln.swf.gz [--workspaces 1 1000] [--help]

Each workspace installed the app by itself, and all have the same 20 user ids. People type commands at a
steady rate, first one in each workspace, which is not timed, then anywhere. Nobody is polled meanwhile.
"""

import argparse
import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from random import Random
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from typing import Final

from benchmarks.bot_process import SIGNING_SECRET, BotProcess, settings_for
from benchmarks.crowd import Crowd, Drawing, Size
from benchmarks.crowd_rows import TOKEN_LIVES, put, put_due
from benchmarks.postgres import postgres
from benchmarks.replicas_stage import utc_now
from benchmarks.rolling_restart import WORDS
from benchmarks.trace import SECOND, ZONE, Trace, read
from bot.domain.installations import Installation
from bot.domain.secret import Secret
from bot.playground.cluster import ClusterTwin
from bot.playground.slack import SlackTwin
from bot.ports.installing import Tokens
from bot.slack.manifest import SCOPES
from bot.store.engine import Database
from bot.store.installations import SqlInstallations
from bot.store.vault import KeyRing, new_key

LASTS: Final = timedelta(hours=1)
# Nobody is due while commands are timed.
POLL_INTERVAL: Final = timedelta(hours=12)
STARTS: Final = 3
CLIENT_ID: Final = "1.2"
CLIENT_SECRET: Final = "many-client-secret"  # noqa: S105 (of a stand-in)
ANSWERED_S: Final = 30.0


@dataclass(frozen=True, kw_only=True)
class Measured:
    """A run; times in seconds, those of answers sorted."""

    workspaces: int
    starts: Sequence[float]
    memory_mb: float
    memory_then_mb: float
    acks: Sequence[float]
    answers: Sequence[float]
    unanswered: int

    def row(self) -> str:
        """Return its line."""
        cells = (
            f"{self.workspaces:,}",
            f"{median(self.starts):.1f} s",
            f"{self.memory_mb:.0f} MB",
            f"{self.memory_then_mb:.0f} MB",
            f"{len(self.acks):,}",
            str(self.unanswered),
            *(
                f"{_at(times, percent) * 1000:.0f} ms"
                for times in (self.acks, self.answers)
                for percent in (50, 95)
            ),
        )
        return f"| {' | '.join(cells)} |"


HEAD: Final = (
    "| workspaces | start | memory | after a command in each | commands | unanswered | ack, median "
    "| ack, 95 % | answer, median | answer, 95 % |"
)


async def measure(log: Trace, folder: Path, *, workspaces: int, given: argparse.Namespace) -> Measured:
    """Build a world of so many workspaces, and measure a bot in it."""
    with postgres() as server:
        slack = SlackTwin(
            clock=utc_now, signing_secret=SIGNING_SECRET, client_id=CLIENT_ID, client_secret=CLIENT_SECRET
        )
        cluster = ClusterTwin(name="ipsc", cluster_id="11112", clock=utc_now, seed=given.seed)
        key, database = new_key(), Database(server.url)
        await slack.start()
        await cluster.start()
        bot = BotProcess(
            settings={
                **settings_for(slack, cluster, folder, timezone=ZONE.key, poll_interval=POLL_INTERVAL),
                "SLACK_BOT_TOKEN": "",
                "SLACK_CLIENT_ID": CLIENT_ID,
                "SLACK_CLIENT_SECRET": CLIENT_SECRET,
                "WALLTIME_PUBLIC_URL": "https://walltime.example.org",
                "WALLTIME_DATABASE_URL": server.url,
                "WALLTIME_SECRET_KEYS": key,
            },
            log=folder / "bot.log",
        )
        try:
            await database.upgrade()
            ring = KeyRing.parse(key)
            crowds = [_crowd(log, number, given) for number in range(workspaces)]
            for crowd in crowds:
                await _settle(crowd, slack, cluster, database, ring)
            return await _run(bot, slack, crowds, given)
        finally:
            await bot.close()
            await database.close()
            await cluster.stop()
            await slack.stop()


def _crowd(log: Trace, number: int, given: argparse.Namespace) -> Crowd:
    """Draw a workspace's people; user ids are the same everywhere, usernames are not."""
    drawing = Drawing(
        log, workspace=f"T{number:06d}", now=utc_now(), lasts=LASTS, weeks=1, seed=given.seed + number
    )
    crowd = drawing.crowd(Size(links=given.people, limited=given.people // 2, teams=0))
    people = tuple(replace(one, username=f"w{number}{one.username}") for one in crowd.people)
    return replace(crowd, people=people)


async def _settle(
    crowd: Crowd, slack: SlackTwin, cluster: ClusterTwin, database: Database, ring: KeyRing
) -> None:
    """Install the app in a workspace, and link everybody there."""
    token = f"xoxb-{crowd.workspace}"
    workspace = slack.add_workspace(crowd.workspace, f"Lab {crowd.workspace}", bot_token=token)
    for one in crowd.people:
        workspace.add_person(one.user, name=one.username)
        cluster.add_user(one.username, core_hours=one.counter.total)
    workspace.add_channel("C0", "general", members=[one.user for one in crowd.people])
    await put(
        database,
        crowd,
        ring=ring,
        token_of=lambda username: cluster.token(username, lives=TOKEN_LIVES),
    )
    await put_due(database, crowd, poll_interval=POLL_INTERVAL)
    installation = Installation(
        workspace=crowd.workspace,
        enterprise=None,
        org_wide=False,
        name=workspace.name,
        app_id="A0",
        bot_user="U0BOT",
        bot_id=None,
        scopes=frozenset(SCOPES),
        installer=crowd.people[0].user,
        installed_at=utc_now(),
    )
    tokens = Tokens(bot=Secret(token))
    await SqlInstallations(database, ring).record(installation, tokens, renew_at=None)


async def _run(
    bot: BotProcess, slack: SlackTwin, crowds: Sequence[Crowd], given: argparse.Namespace
) -> Measured:
    starts = []
    for number in range(STARTS):
        began = time.monotonic()
        await bot.start()
        starts.append(time.monotonic() - began)
        if number < STARTS - 1:
            await bot.stop()
    slack.request_url = f"{bot.url}/slack/events"
    dice = Random(given.seed)  # noqa: S311 (repeatable is the point)
    memory_mb = bot.memory_mb
    await _type(slack, crowds, rate=2 * given.rate, dice=dice)
    memory_then_mb = bot.memory_mb
    acks, answers = await _type(
        slack, [dice.choice(crowds) for _ in range(given.commands)], rate=given.rate, dice=dice
    )
    await bot.stop()
    return Measured(
        workspaces=len(crowds),
        starts=starts,
        memory_mb=memory_mb,
        memory_then_mb=memory_then_mb,
        acks=acks,
        answers=answers,
        unanswered=len(acks) - len(answers),
    )


async def _type(
    slack: SlackTwin, where: Sequence[Crowd], *, rate: float, dice: Random
) -> tuple[list[float], list[float]]:
    """Let somebody in each of these workspaces type a command; return both latencies, sorted."""
    loop = asyncio.get_running_loop()
    began, typing = loop.time(), []
    for number, crowd in enumerate(where):
        await asyncio.sleep(began + number / rate - loop.time())
        one = dice.choice(crowd.people)
        command = _command(slack, crowd.workspace, one.user, dice.choice(WORDS))
        typing.append(asyncio.create_task(command, name="command"))
    ended = await asyncio.gather(*typing)
    return sorted(ack for ack, _ in ended), sorted(answer for _, answer in ended if answer is not None)


async def _command(slack: SlackTwin, team: str, user: str, words: str) -> tuple[float, float | None]:
    """Type a command; return the seconds to the acknowledgement and to the answer."""
    at = utc_now()
    delivery = await slack.act_as(team, user).command(f"/walltime {words}".rstrip(), channel="C0")
    if not delivery.ok:
        raise RuntimeError(f"a command failed: {delivery.error}")
    ack = delivery.elapsed / SECOND
    if delivery.response:
        return ack, ack
    url_id = str(delivery.payload["response_url"]).rpartition("/")[2]
    deadline = time.monotonic() + ANSWERED_S
    while time.monotonic() < deadline:
        for use in reversed(slack.responses):
            if use.url_id == url_id:
                return ack, (use.at - at) / SECOND
        await asyncio.sleep(0.05)
    return ack, None


def _at(times: Sequence[float], percent: int) -> float:
    return quantiles(times, n=100, method="inclusive")[percent - 1]


def main(words: Sequence[str] | None = None) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.many_workspaces")
    parser.add_argument("log", type=Path)
    parser.add_argument("--workspaces", type=int, nargs="+", default=[1, 1000])
    parser.add_argument("--people", type=int, default=20, help="in each workspace")
    parser.add_argument("--rate", type=float, default=5, help="commands a second")
    parser.add_argument("--commands", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args(words)
    log = read(given.log)
    print(f"{HEAD}\n|{' ---: |' * (HEAD.count('|') - 1)}")
    for workspaces in given.workspaces:
        with TemporaryDirectory() as folder:
            measured = asyncio.run(measure(log, Path(folder), workspaces=workspaces, given=given))
        print(measured.row(), flush=True)


if __name__ == "__main__":
    main()
