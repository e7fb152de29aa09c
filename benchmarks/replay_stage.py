"""The stage of a replay: stand-ins for Slack and for the cluster, and the bot as a process."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from benchmarks.bot_process import BOT_TOKEN, SIGNING_SECRET, BotProcess, free_port, settings_for
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
# The machine may be busy with other things.
PATIENCE_S: Final = 60.0
TOKEN_LIVES: Final = timedelta(days=200)
# Who joins the channel: neither the few who use nearly all, nor those who hardly use anything.
LAB_MEMBERS: Final = slice(8, 16)


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
    clock: LeapingClock
    slack: SlackTwin
    cluster: ClusterTwin
    bot: BotProcess
    watched: list[Watched] = field(default_factory=list)

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
            lambda view: view.view.get("callback_id") == "link" and "submit" in view.view, timeout=PATIENCE_S
        )
        token = self.cluster.token(username, lives=TOKEN_LIVES)
        await who.submit(form, {"cluster": "ipsc", "username": username, "token": token})
        await who.close_view(
            await who.wait_view(lambda view: "You are linked as" in str(view), timeout=PATIENCE_S)
        )

    async def _join(self, user: str) -> None:
        who, mark = self.person(user), self.person(user).mark()
        await who.command("/walltime join", channel=LAB)
        question = await who.wait_message(
            lambda message: "Join the team" in message.text, since=mark, timeout=PATIENCE_S
        )
        await who.click("team.join.confirm", message=question)
        await who.wait_message(
            lambda message: "You are in the team of" in message.text, since=mark, timeout=PATIENCE_S
        )

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
            await who.wait_message(
                lambda message: "Limit set" in message.text, since=mark, timeout=PATIENCE_S
            )
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


@asynccontextmanager
async def stage(trace: Trace, folder: Path, *, poll_interval: timedelta, seed: int) -> AsyncIterator[Stage]:
    """Build the stage a few hours before the log begins: links and limits are there when it does."""
    clock = LeapingClock.starting_at(folder / "clock", trace.start - timedelta(hours=4))
    port = free_port()
    slack = SlackTwin(
        clock=clock,
        seconds=lambda: clock().timestamp(),
        signing_secret=SIGNING_SECRET,
        request_url=f"http://127.0.0.1:{port}/slack/events",
    )
    cluster = ClusterTwin(name="ipsc", cluster_id="11112", clock=clock, seed=seed)
    await slack.start()
    await cluster.start()
    bot = BotProcess(
        words=("benchmarks.replay_bot", str(clock.path)),
        settings=settings_for(slack, cluster, folder, timezone=ZONE.key, poll_interval=poll_interval),
        log=folder / "bot.log",
        port=port,
    )
    made = Stage(trace=trace, clock=clock, slack=slack, cluster=cluster, bot=bot)
    try:
        nasa = slack.add_workspace(TEAM, "NASA Ames", bot_token=BOT_TOKEN)
        for counter in trace.counters:
            nasa.add_person(_slack_id(counter.user), name=username_of(counter.user))
            cluster.add_user(username_of(counter.user), work=Recorded(counter=counter, start=trace.start))
        nasa.add_channel(LAB, "lab", members=[_slack_id(counter.user) for counter in trace.counters])
        yield made
    finally:
        await bot.close()
        await cluster.stop()
        await slack.stop()


def username_of(user: str) -> str:
    """Return the cluster's name for a user of the log."""
    return f"user{user}"


def _slack_id(user: str) -> str:
    return f"U0USER{user}"
