"""Installing as an admin does it: a browser that goes to the bot, to Slack's consent, and back to the bot."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import aiohttp

from bot.playground.slack import Organisation, Workspace
from bot.playground.slack.client import Client
from bot.wiring.bot import Bot
from tests.link_page_kit import HERE, Answer, ask_for_page, question_to, type_code, visiting
from tests.world import CLIENT_ID, CLIENT_SECRET, World, world

ONE, TWO, UNIVERSITY, MATHS, PHYSICS = "T0ONE", "T0TWO", "E0UNI", "T0MATH", "T0PHYS"
ANN, EVE = "U0ANN", "W0EVE"
OAUTH = {
    "SLACK_BOT_TOKEN": "",
    "SLACK_CLIENT_ID": CLIENT_ID,
    "SLACK_CLIENT_SECRET": CLIENT_SECRET,
    "WALLTIME_PUBLIC_URL": HERE,
}


@dataclass
class Admin:
    """Somebody's browser, at the bot behind one port."""

    session: aiohttp.ClientSession
    port: int
    language: str = "en"

    async def begin(self) -> str:
        """Go to the bot's page; return where it leads to."""
        async with self._get("/slack/install") as led:
            assert led.status == 302, await led.text()
            return str(led.headers["Location"])

    async def consent(self, there: str, where: str, *, person: str = ANN, decision: str = "allow") -> str:
        """Decide at Slack; return what Slack's way back says."""
        asked = dict(parse_qsl(urlsplit(there).query))
        answer = {**asked, "where": where, "person": person, "decision": decision}
        url = there.partition("?")[0]
        async with self.session.post(url, data=answer, allow_redirects=False) as led:
            assert led.status == 302, await led.text()
            back = str(led.headers["Location"])
            assert back.startswith(f"{HERE}/slack/oauth_redirect?")
            return urlsplit(back).query

    async def end(self, query: str) -> Answer:
        """Come back to the bot."""
        async with self._get(f"/slack/oauth_redirect?{query}") as got:
            return Answer(got.status, await got.text(), got.headers)

    async def install(self, where: str, *, person: str = ANN) -> Answer:
        """Go the whole way."""
        return await self.end(await self.consent(await self.begin(), where, person=person))

    def at(self, bot: Bot) -> "Admin":
        """The same browser at another replica."""
        return Admin(self.session, bot.port, self.language)

    def _get(self, path: str) -> aiohttp.client._RequestContextManager:
        return self.session.get(
            f"http://127.0.0.1:{self.port}{path}",
            headers={"Accept-Language": self.language},
            allow_redirects=False,
        )


@asynccontextmanager
async def browsing(bot: Bot, *, language: str = "en") -> AsyncIterator[Admin]:
    """Open a browser of one's own."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        yield Admin(session, bot.port, language)


@asynccontextmanager
async def campus(data_dir: Path) -> AsyncIterator[World]:
    """The world with two more workspaces and an organisation of two, none of them with the app."""
    async with world(data_dir, http=True) as made:
        made.slack.redirect_urls.add(f"{HERE}/slack/oauth_redirect")
        made.slack.limits.enabled = False
        for team in (ONE, TWO):
            furnish(made.slack.add_workspace(team, f"Lab {team}", bot_token=None), ANN)
        made.slack.add_organisation(UNIVERSITY, "University")
        for team in (MATHS, PHYSICS):
            workspace = made.slack.add_workspace(
                team, f"Institute {team}", bot_token=None, organisation=UNIVERSITY
            )
            furnish(workspace, EVE)
        yield made


def oauth_bot(lab: World, **more: str) -> AbstractAsyncContextManager[Bot]:
    """Run the bot for many workspaces."""
    settings: Any = {**OAUTH, **more}
    return lab.bot(**settings)


def furnish(workspace: Workspace, person: str) -> None:
    workspace.add_person(person, person[2:].lower())
    workspace.add_channel(general(workspace.id), "general", members={person})


def general(team: str) -> str:
    return f"C0{team[2:]}"


def university(lab: World) -> Organisation:
    return lab.slack.organisations[UNIVERSITY]


def ann(lab: World, team: str = ONE) -> Client:
    return lab.slack.act_as(team, ANN)


def eve(lab: World, team: str = MATHS) -> Client:
    return lab.slack.act_as(team, EVE)


async def link(bot: Bot, who: Client, token: str, *, channel: str) -> None:
    """Link by the page, to the end."""
    async with visiting(bot) as browser:
        name = await ask_for_page(who, channel=channel)
        page = await browser.fill_in(name, token)
    delivery = await type_code(who, await question_to(who), page.code)
    assert delivery.ok, delivery.error
    await who.wait_message(lambda m: "You are linked as" in m.text, channel=who.dm)


async def answer_to(who: Client, words: str) -> str:
    """Type the command where nobody else is; return the answer."""
    since = who.mark()
    delivery = await who.command(f"/walltime {words}".rstrip(), channel=who.dm)
    assert delivery.ok, delivery.error
    return (await who.wait_message(channel=who.dm, since=since)).text
