"""The link page as a plain browser without scripts has it: forms, cookies, redirects."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from html import unescape
from typing import Any

import aiohttp

from bot.playground.slack.client import Client
from bot.playground.slack.model import Message
from bot.wiring.bot import Bot
from tests.world import GENERAL, World

PUBLIC_URL = "https://walltime.example.edu/hpc"
HERE = "http://127.0.0.1:8080"  # as people would see it; the tests go to the port that was free


@dataclass(frozen=True)
class Answer:
    """What came back, after any redirect."""

    status: int
    text: str
    headers: Any

    @property
    def seen(self) -> str:
        """The text that a person reads."""
        body = re.sub(r"(?s)<style>.*?</style>|<[^>]+>", " ", self.text)
        return re.sub(r"\s+", " ", unescape(body))

    @property
    def ticket(self) -> str:
        return self.input("ticket")

    @property
    def code(self) -> str:
        found = re.search(r'class="code"[^>]*><span>([^<]+)<', self.text)
        assert found, self.seen
        return found[1]

    def input(self, name: str) -> str:
        found = re.search(rf'<input[^>]* name="{name}"[^>]*?(?: value="([^"]*)")?[ >]', self.text)
        assert found, self.seen
        value = re.search(r'value="([^"]*)"', found[0])
        return unescape(value[1]) if value else ""

    def fault(self, name: str) -> str:
        found = re.search(rf'id="{name}-fault">([^<]*)<', self.text)
        return unescape(found[1]) if found else ""


@dataclass
class Visitor:
    """One person's browser, at the bot behind one port."""

    session: aiohttp.ClientSession
    port: int
    language: str = "en"
    seen: list[Answer] = field(default_factory=list)

    async def open(self, name: str, query: str = "", **headers: str) -> Answer:
        asked = {"Accept-Language": self.language, **headers}
        async with self.session.get(self._url(name) + query, headers=asked) as got:
            return await self._kept(got)

    async def send(self, name: str, fields: dict[str, str], **headers: str) -> Answer:
        """Post exactly these fields."""
        asked = {"Accept-Language": self.language, **headers}
        async with self.session.post(self._url(name), data=fields, headers=asked) as got:
            return await self._kept(got)

    async def fill_in(self, name: str, token: str, *, username: str = "", cluster: str = "east") -> Answer:
        """Open the page and send its form."""
        form = await self.open(name)
        assert form.status == 200, form.seen
        fields = {"ticket": form.ticket, "cluster": cluster, "username": username, "token": token}
        return await self.send(name, fields)

    def at(self, bot: Bot) -> "Visitor":
        """The same browser at another replica."""
        return Visitor(self.session, bot.port, self.language, self.seen)

    def _url(self, name: str) -> str:
        return f"http://127.0.0.1:{self.port}/link/{name}"

    async def _kept(self, got: aiohttp.ClientResponse) -> Answer:
        answer = Answer(got.status, await got.text(), got.headers)
        self.seen.append(answer)
        return answer


@asynccontextmanager
async def visiting(bot: Bot, *, language: str = "en") -> AsyncIterator[Visitor]:
    """Open a browser of one's own."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        yield Visitor(session, bot.port, language)


def url_in(message: Message) -> str:
    """The address behind the button that a message has."""
    return next(
        str(element["url"])
        for block in message.blocks
        for element in block.get("elements", [])
        if element.get("action_id") == "link.page"
    )


async def ask_for_page(who: Client, words: str = "link", *, channel: str = GENERAL) -> str:
    """Type the command; return the one-time name in the answer."""
    since = who.mark()
    await who.command(f"/walltime {words}", channel=channel)
    offer = await who.wait_message(lambda m: "link.page" in str(m.blocks), since=since)
    assert offer.ephemeral_for == who.person.id
    return url_in(offer).rpartition("/")[2]


async def question_to(who: Client) -> Message:
    """Wait for the question in the conversation with the bot."""
    return await who.wait_message(lambda m: "link.confirm" in str(m.blocks), channel=who.dm)


async def type_code(who: Client, question: Message, code: str) -> Any:
    """Press Confirm and send a code; return how the form was answered."""
    await who.click("link.confirm", message=question)
    form = await who.wait_view(lambda v: v.view.get("callback_id") == "link.confirm")
    return await who.submit(form, {"code": code})


async def links(lab: World) -> dict[str, str]:
    """Who is linked to which username."""
    return {link.person: link.username for link in await lab.rows("links")}
