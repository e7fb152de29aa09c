"""The stage of a replay: stand-ins for Slack and for the cluster, and the bot as a process."""

import asyncio
import json
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Final

import aiohttp

from benchmarks.replay_clock import LeapingClock
from benchmarks.replay_truth import Watched, together
from benchmarks.trace import MONTHS, SECOND, WEEKS, ZONE, Counter, Trace, limits_of
from bot.domain.limits import Limit, Scope, ScopeKind, place_of
from bot.domain.periods import MONTH, WEEK, Period
from bot.playground.cluster import ClusterTwin
from bot.playground.slack import SlackTwin
from bot.playground.slack.client import Client

TEAM: Final = "T0NASA"
LAB: Final = "C0LAB"
BOT_TOKEN: Final = "xoxb-replay"  # noqa: S105 (of a stand-in)
SIGNING_SECRET: Final = "replay-signing-secret"  # noqa: S105 (of a stand-in)
TOKEN_LIVES: Final = timedelta(days=200)
# Who joins the channel: neither the few who use nearly all, nor those who hardly use anything.
LAB_MEMBERS: Final = slice(8, 16)
START_S: Final = 30.0
ROOT: Final = Path(__file__).parent.parent


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """A user's counter in the cluster: whole core-seconds, as the log has them."""

    counter: Counter
    start: datetime

    def core_seconds(self, at: datetime) -> int:
        """Return what was used until `at`."""
        return int(self.counter.at((at - self.start) / SECOND) * 3600)


@dataclass(kw_only=True)
class Stage:
    """Both stand-ins, the clock, and the bot's process."""

    trace: Trace
    poll_interval: timedelta
    clock: LeapingClock
    folder: Path
    slack: SlackTwin
    cluster: ClusterTwin
    port: int
    kills: int = 0
    watched: list[Watched] = field(default_factory=list)
    _process: asyncio.subprocess.Process | None = None

    @property
    def log(self) -> Path:
        """What the bot wrote."""
        return self.folder / "bot.log"

    async def start_bot(self) -> None:
        """Start the process on the one database, and wait until it is ready."""
        kept = {
            name: value for name, value in os.environ.items() if not name.startswith(("WALLTIME_", "SLACK_"))
        }
        with self.log.open("ab") as out:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "benchmarks.replay_bot",
                str(self.clock.path),
                cwd=ROOT,
                env={**kept, **self._environ()},
                stdout=out,
                stderr=out,
            )
        async with asyncio.timeout(START_S):
            while not await self._is_ready():
                self.check_alive()
                await asyncio.sleep(0.05)

    async def kill_bot(self) -> None:
        """Pull the plug."""
        self.check_alive()
        if self._process is not None:
            self._process.kill()
            await self._process.wait()
        self.kills += 1

    async def stop_bot(self) -> None:
        """Ask it to stop, and see that it does."""
        self.check_alive()
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)
            code = await asyncio.wait_for(self._process.wait(), START_S)
            if code:
                raise RuntimeError(f"the bot ended with {code}; see {self.log}")

    def check_alive(self) -> None:
        """Raise if the bot ended by itself."""
        if self._process is None or self._process.returncode is not None:
            raise RuntimeError(f"the bot has ended; see {self.log}")

    async def close(self) -> None:
        """End what still runs."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    def person(self, user: str) -> Client:
        """Return Slack as this user of the log has it open."""
        return self.slack.act_as(TEAM, _slack_id(user))

    async def set_up(self) -> None:
        """Let everybody link and set their limits, as people do: by the form and by commands."""
        self.slack.limits.enabled = False  # nobody types so fast
        for counter in self.trace.counters:
            await self._link(counter)
        for counter in self.trace.counters:
            for limit in limits_of(counter, self.trace):
                await self._set(limit, counter, (counter.user,))
        members = self.trace.counters[LAB_MEMBERS]
        for counter in members:
            await self._join(counter.user)
        sum_ = together(LAB, members)
        users = tuple(counter.user for counter in members)
        await self._set(self._in_lab(ScopeKind.TEAM, sum_.total / WEEKS, WEEK), sum_, users)
        each = self._in_lab(ScopeKind.EACH, sum_.total / len(members) / MONTHS, MONTH)
        for number, counter in enumerate(members):
            await self._set(each, counter, (counter.user,), is_typed=not number)
        # Nobody writes any more, and the bot needs not hear of its own direct messages.
        self.slack.subscriptions.clear()
        self.slack.limits.enabled = True
        self.slack.limits.reset()

    async def _link(self, counter: Counter) -> None:
        who, username = self.person(counter.user), username_of(counter.user)
        await who.command("/walltime link", channel=LAB)
        form = await who.wait_view(
            lambda view: view.view.get("callback_id") == "link" and "submit" in view.view
        )
        token = self.cluster.token(username, lives=TOKEN_LIVES)
        await who.submit(form, {"cluster": "ipsc", "username": username, "token": token})
        await who.close_view(await who.wait_view(lambda view: "You are linked as" in str(view)))

    async def _join(self, user: str) -> None:
        who, mark = self.person(user), self.person(user).mark()
        await who.command("/walltime join", channel=LAB)
        question = await who.wait_message(lambda message: "Join the team" in message.text, since=mark)
        await who.click("team.join.confirm", message=question)
        await who.wait_message(lambda message: "You are in the team of" in message.text, since=mark)

    async def _set(
        self, limit: Limit, counter: Counter, users: tuple[str, ...], *, is_typed: bool = True
    ) -> None:
        limit = replace(limit, core_hours=round(limit.core_hours, 2))
        scope = limit.scope
        who = self.person(users[0])
        if is_typed:
            mark = who.mark()
            words = f"limit {scope.kind} {limit.core_hours:.2f} per {limit.period.kind}"
            await who.command(f"/walltime {words}", channel=scope.channel or LAB)
            await who.wait_message(lambda message: "Limit set" in message.text, since=mark)
        self.watched.append(
            Watched(
                limit=limit,
                place=scope.channel or who.dm,
                who=f"The team of <#{LAB}>" if scope.kind is ScopeKind.TEAM else f"<@{_slack_id(users[0])}>",
                counter=counter,
                usernames=tuple(username_of(user) for user in users),
            )
        )

    def _in_lab(self, kind: ScopeKind, core_hours: float, period: Period) -> Limit:
        scope = Scope(kind=kind, channel=LAB)
        some_limit = limits_of(self.trace.counters[0], self.trace)[0]
        return replace(some_limit, scope=scope, core_hours=core_hours, period=period, tells=place_of(scope))

    async def _is_ready(self) -> bool:
        url = f"http://127.0.0.1:{self.port}/readyz"
        try:
            async with aiohttp.ClientSession() as session, session.get(url) as answer:
                return answer.status == HTTPStatus.OK
        except aiohttp.ClientError:
            return False

    def _environ(self) -> dict[str, str]:
        cluster = {
            "name": "ipsc",
            "label": "iPSC",
            "url": self.cluster.url,
            "platform_url": self.cluster.platform_url,
            "cluster_id": self.cluster.cluster_id,
            "timezone": ZONE.key,
        }
        return {
            "SLACK_BOT_TOKEN": BOT_TOKEN,
            "SLACK_SIGNING_SECRET": SIGNING_SECRET,
            "SLACK_API_URL": self.slack.api_url,
            "WALLTIME_CLUSTERS": json.dumps([cluster]),
            "WALLTIME_DATA_DIR": str(self.folder),
            "WALLTIME_HTTP_PORT": str(self.port),
            "WALLTIME_POLL_INTERVAL": f"{self.poll_interval // SECOND}s",
            "WALLTIME_LOG_FORMAT": "json",
        }


@asynccontextmanager
async def stage(trace: Trace, folder: Path, *, poll_interval: timedelta, seed: int) -> AsyncIterator[Stage]:
    """Build the stage a few hours before the log begins: links and limits are there when it does."""
    clock = LeapingClock.starting_at(folder / "clock", trace.start - timedelta(hours=4))
    port = _free_port()
    slack = SlackTwin(
        clock=clock,
        seconds=lambda: clock().timestamp(),
        signing_secret=SIGNING_SECRET,
        request_url=f"http://127.0.0.1:{port}/slack/events",
    )
    cluster = ClusterTwin(name="ipsc", cluster_id="11112", clock=clock, seed=seed)
    await slack.start()
    await cluster.start()
    made = Stage(
        trace=trace,
        poll_interval=poll_interval,
        clock=clock,
        folder=folder,
        slack=slack,
        cluster=cluster,
        port=port,
    )
    try:
        nasa = slack.add_workspace(TEAM, "NASA Ames", bot_token=BOT_TOKEN)
        for counter in trace.counters:
            nasa.add_person(_slack_id(counter.user), name=username_of(counter.user))
            cluster.add_user(username_of(counter.user), work=Recorded(counter=counter, start=trace.start))
        nasa.add_channel(LAB, "lab", members=[_slack_id(counter.user) for counter in trace.counters])
        yield made
    finally:
        await made.close()
        await cluster.stop()
        await slack.stop()


def username_of(user: str) -> str:
    """Return the cluster's name for a user of the log."""
    return f"user{user}"


def _slack_id(user: str) -> str:
    return f"U0USER{user}"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
