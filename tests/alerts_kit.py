"""What tests of limits and alerts share: typing words, letting the cluster count, waiting for the end."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from typing import Any

from bot.domain.audience import Consent
from bot.domain.limits import Limit, Place, PlaceKind, Scope, ScopeKind
from bot.domain.people import Link, Person
from bot.domain.periods import Period, PeriodKind
from bot.domain.secret import Secret
from bot.domain.usage import Reading
from bot.playground.slack import Message
from bot.playground.slack.client import Client
from bot.store.engine import Database
from bot.store.limits import SqlLimits
from bot.store.links import SqlLinks
from bot.store.teams import SqlTeams
from bot.wiring.bot import Bot
from bot.wiring.keys import key_ring
from tests.world import ALICE, GENERAL, TEAM, World, until

EVERYBODY = Consent(is_public=True, with_guests=True, organisations=frozenset())
FAST = {"WALLTIME_POLL_INTERVAL": "1s"}
TICK = timedelta(seconds=0.25)


def fast(lab: World) -> AbstractAsyncContextManager[Bot]:
    """Run the bot with polls that a test can wait for."""
    return lab.bot(tick=TICK, WALLTIME_POLL_INTERVAL="1s")


async def say(who: Client, text: str, *parts: str, channel: str = GENERAL) -> Message:
    """Type `/walltime …` and wait for an answer that has these parts."""
    mark = who.mark()
    await who.command(f"/walltime {text}", channel=channel)
    return await who.wait_message(lambda m: all(part in m.text for part in parts), since=mark)


async def join(who: Client) -> None:
    question = await say(who, "join", "Join the team")
    await who.click("team.join.confirm", message=question)
    await who.wait_message(lambda m: "You are in the team of" in m.text)


def option(message: Message, length: str | None) -> str | None:
    """The value of the snooze menu's option of this length."""
    if length is None:
        return None
    options = [
        option
        for block in message.blocks
        for element in block.get("elements", ())
        for option in element.get("options", ())
    ]
    return next(str(option["value"]) for option in options if option["value"].endswith(f"|{length}"))


def posted(who: Client, channel: str) -> list[Message]:
    """What the bot told there as notices: its own messages, then replies."""
    return [m for m in who.messages(channel) if (m.metadata or {}).get("event_type") == "walltime_notice"]


def roots(who: Client, channel: str) -> list[Message]:
    return [m for m in posted(who, channel) if m.thread_ts in {None, m.ts}]


async def shows(lab: World, username: str, core_hours: float) -> None:
    """Let the cluster show this, and wait until the bot has read it."""
    lab.east.set_core_hours(username, core_hours)

    async def read() -> bool:
        return any(abs(row.core_hours - core_hours) < 0.01 for row in await lab.rows("readings"))

    with lab.clock.fast():
        await until(read, bool)


async def polled(lab: World, username: str, times: int = 1) -> None:
    """Wait until the cluster has answered so many more questions about this username."""

    async def asked() -> int:
        return sum(request.username == username for request in lab.east.requests)

    before = await asked()
    with lab.clock.fast():
        await until(asked, lambda count: count > before + times)


async def settled(lab: World, seconds: float = 90) -> None:
    """Wait until nothing is owed, and has not been for two ticks."""

    async def owed() -> int:
        return sum(row.ended_at is None for row in await lab.rows("notices"))

    with lab.clock.fast():
        for _ in range(3):
            await asyncio.sleep(2.5 * TICK.total_seconds())
            await until(owed, lambda count: count == 0, seconds, every=0.1)


def each_limit(lab: World, core_hours: float, *thresholds: int, limit_id: str = "each") -> Limit:
    """A limit for each of the channel's team, in total, set by Alice."""
    return Limit(
        workspace=TEAM,
        limit_id=limit_id,
        scope=Scope(kind=ScopeKind.EACH, channel=GENERAL),
        cluster="east",
        core_hours=core_hours,
        period=Period(kind=PeriodKind.TOTAL),
        thresholds=thresholds,
        set_by=Person(workspace=TEAM, user=ALICE),
        set_at=lab.clock(),
        tells=Place(kind=PlaceKind.CHANNEL, slack_id=GENERAL),
    )


async def crossings(lab: World) -> list[Any]:
    """Every crossing's notice so far, as its row."""
    return [row for row in await lab.rows("notices") if row.owed and '"telling":"crossed"' in row.owed]


async def fill(lab: World, people: Mapping[str, str], *, core_hours: float, limits: Sequence[Limit]) -> None:
    """Link these Slack users to these usernames, let them into the channel and its team: past all forms.

    Every link is due as soon as a bot runs.
    """
    settings, slack = lab.settings(), lab.slack.workspaces[TEAM]
    database = Database(settings.database_url)
    links, teams = SqlLinks(database, key_ring(None, settings.data_dir)), SqlTeams(database)
    try:
        for number, (user, username) in enumerate(people.items()):
            now = lab.clock()
            lab.east.add_user(username, core_hours=core_hours)
            slack.add_person(user, name=username)
            slack.channel(GENERAL).members.add(user)
            person = Person(workspace=TEAM, user=user)
            link = Link(
                person=person,
                cluster="east",
                username=username,
                # The first four digits spread the polls of links.
                link_id=f"{number * 131 % 0xFFFF:04x}{number:028x}",
                linked_at=now,
                token_expires_at=now + timedelta(hours=12),
            )
            reading = Reading(core_hours=core_hours, at=now, confirmed_at=now)
            await links.record(link, token=Secret(lab.east.token(username)), reading=reading)
            await teams.join(person, GENERAL, consent=EVERYBODY, now=now)
        for limit in limits:
            await SqlLimits(database).put(limit, replaces=None, supersedes=None, judged=(), notices=())
    finally:
        await database.close()


def tables(messages: Sequence[Message]) -> list[list[list[str]]]:
    """The rows of these messages' tables, cell by cell."""
    return [
        [[_cell(cell) for cell in row] for row in block["rows"]]
        for message in messages
        for block in message.blocks
        if block["type"] == "table"
    ]


def _cell(cell: Mapping[str, Any]) -> str:
    """What a cell shows; a mention shows as it would be written."""
    if cell["type"] == "raw_text":
        return str(cell["text"])
    pieces = [piece for section in cell["elements"] for piece in section["elements"]]
    return "".join(f"<@{p['user_id']}>" if p["type"] == "user" else str(p.get("text", "")) for p in pieces)
