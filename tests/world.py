"""The whole world on loopback: Slack's and the cluster's stand-ins with the real bot between them."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Row, select

from bot.jobs.engine import TICK
from bot.playground.cluster import ClusterTwin
from bot.playground.slack import Delivery, SlackTwin
from bot.playground.slack.client import Client
from bot.store.engine import Database
from bot.store.tables import metadata
from bot.wiring.bot import Bot
from bot.wiring.patience import ClusterPatience
from bot.wiring.settings import Settings, read_settings

TEAM = "T0LAB"
ALICE = "U0ALICE"
BOB = "U0BOB"
GENERAL = "C0GENERAL"
APP_TOKEN = "xapp-1-A0WALLTIME-1-playground"
BOT_TOKEN = "xoxb-playground-lab"
SIGNING_SECRET = "playground-signing-secret"
CLIENT_ID, CLIENT_SECRET = "1234.5678", "playground-client-secret"


# Long enough for a busy machine: who waits for a thing that comes does not wait this long.
PATIENCE_S = 60.0
ENDLESS = ClusterPatience(answer=timedelta(seconds=20), form=timedelta(seconds=20))

T = TypeVar("T")


class Clock:
    """The time that Slack, the cluster and the bot share; a test may let hours pass, or time run faster."""

    def __init__(self) -> None:
        self.ahead = timedelta(0)
        self.rate = 1.0
        self._turned_at = datetime.now(UTC)

    def __call__(self) -> datetime:
        now = datetime.now(UTC)
        return now + self.ahead + (now - self._turned_at) * (self.rate - 1)

    @contextmanager
    def fast(self, rate: float = 10.0) -> Iterator[None]:
        """Let time run so many times as fast inside the block."""
        before = self.rate
        self._turn(rate)
        try:
            yield
        finally:
            self._turn(before)

    def _turn(self, rate: float) -> None:
        reading, now = self(), datetime.now(UTC)
        self.ahead, self.rate, self._turned_at = reading - now, rate, now


async def until(
    look: Callable[[], Awaitable[T]],
    wanted: Callable[[T], bool],
    seconds: float = PATIENCE_S,
    *,
    every: float = 0.02,
) -> T:
    """Look again and again until it is as wanted; fail with what was seen last."""
    deadline = asyncio.get_running_loop().time() + seconds
    while not wanted(seen := await look()):
        assert asyncio.get_running_loop().time() < deadline, f"still {seen!r} after {seconds} s"
        await asyncio.sleep(every)
    return seen


@dataclass
class World:
    """What a test holds in its hands."""

    slack: SlackTwin
    east: ClusterTwin
    clock: Clock
    data_dir: Path
    http: bool
    database_url: str = ""  # else SQLite in the data directory

    @property
    def alice(self) -> Client:
        return self.slack.act_as(TEAM, ALICE)

    @property
    def bob(self) -> Client:
        return self.slack.act_as(TEAM, BOB)

    def environ(self) -> dict[str, str]:
        """The settings as an operator would give them; the two modes differ in nothing else."""
        mode = {"SLACK_SIGNING_SECRET": SIGNING_SECRET} if self.http else {"SLACK_APP_TOKEN": APP_TOKEN}
        database = {"WALLTIME_DATABASE_URL": self.database_url} if self.database_url else {}
        return {
            **mode,
            **database,
            "SLACK_BOT_TOKEN": BOT_TOKEN,
            "SLACK_API_URL": self.slack.api_url,
            "WALLTIME_CLUSTERS": json.dumps(
                [
                    {
                        "name": "east",
                        "label": "East",
                        "url": self.east.url,
                        "platform_url": self.east.platform_url,
                        "cluster_id": "11112",
                    }
                ]
            ),
            "WALLTIME_DATA_DIR": str(self.data_dir),
            "WALLTIME_HTTP_PORT": "0",
        }

    def settings(self, **more: str) -> Settings:
        return read_settings({**self.environ(), **more})

    @asynccontextmanager
    async def bot(
        self, *, patience: ClusterPatience = ENDLESS, tick: timedelta = TICK, **more: str
    ) -> AsyncIterator[Bot]:
        """Run the real bot, connected; tests of a slow cluster give it its own patience."""
        async with Bot(self.settings(**more), clock=self.clock, patience=patience, tick=tick) as bot:
            if self.http:
                self.slack.request_url = f"http://127.0.0.1:{bot.port}/slack/events"
            await until(bot.trouble, lambda reasons: reasons == [])
            yield bot

    async def fill_form(self, who: Client, *, token: str, username: str = "") -> Delivery:
        """Open the link form by the command and submit it."""
        await who.command("/walltime link", channel=GENERAL)
        form = await who.wait_view(
            lambda view: view.view.get("callback_id") == "link" and "submit" in view.view
        )
        return await who.submit(form, {"cluster": "east", "username": username, "token": token})

    async def link(
        self, who: Client, *, username: str = "alice", lives: timedelta = timedelta(hours=12)
    ) -> None:
        """Link a person the way they would, and close the form."""
        delivery = await self.fill_form(who, token=self.east.token(username, lives=lives))
        assert delivery.ok, delivery.error
        assert delivery.errors == {}
        await who.close_view(await who.wait_view(lambda view: "You are linked as" in str(view)))

    async def asked(self, username: str) -> None:
        """Wait until the cluster is being asked for this username."""

        async def seen() -> bool:
            return any(request.username == username for request in self.east.requests)

        await until(seen, bool)

    def hours_pass(self, hours: float = 1) -> None:
        self.clock.ahead += timedelta(hours=hours)

    async def rows(self, table: str) -> Sequence[Row[Any]]:
        """Return a table's rows as they are in the file."""
        database = Database(self.settings().database_url)
        try:
            async with database.reads() as connection:
                return (await connection.execute(select(metadata.tables[table]))).all()
        finally:
            await database.close()


@asynccontextmanager
async def world(data_dir: Path, *, http: bool = False) -> AsyncIterator[World]:
    """Start both stand-ins with a lab of two people."""
    clock = Clock()
    slack = SlackTwin(
        clock=clock,
        seconds=lambda: clock().timestamp(),
        app_token=APP_TOKEN,
        signing_secret=SIGNING_SECRET,
        client_id=CLIENT_ID,
        client_secret=CLIENT_SECRET,
    )
    # Tests of the three seconds say so; while the clock runs fast, those of a trigger would be a moment.
    slack.ack_seconds, slack.trigger_lives = PATIENCE_S, timedelta(seconds=PATIENCE_S)
    east = ClusterTwin(name="east", cluster_id="11112", clock=clock)
    await slack.start()
    await east.start()
    try:
        lab = slack.add_workspace(TEAM, "Lab", bot_token=BOT_TOKEN)
        lab.add_person(ALICE, name="alice", real_name="Alice Ng")
        lab.add_person(BOB, name="bob", real_name="Bob Li")
        lab.add_channel(GENERAL, "general", members={ALICE, BOB})
        east.add_user("alice", core_hours=1234.5)
        east.add_user("bob", core_hours=20.25)
        yield World(slack=slack, east=east, clock=clock, data_dir=data_dir, http=http)
    finally:
        await east.stop()
        await slack.stop()
