"""Whose token serves a workspace, as one process remembers it."""

from dataclasses import replace
from datetime import datetime, timedelta

import aiohttp
import pytest

from bot.domain.installations import Installation
from bot.domain.secret import Secret
from bot.ports.installing import Tokens
from bot.slack.clients import MOST_REMEMBERED, REMEMBERED_FOR, Clients, NotServed, Service
from bot.store.engine import Database
from bot.store.installations import SqlInstallations
from bot.store.workspaces import SqlWorkspaces
from tests.unit.domain.test_installations import installed
from tests.unit.kit import NOW
from tests.unit.store.kit import RING


class Office:
    """One process: its clock, its database, and how often it had to look there."""

    def __init__(self, database: Database, session: aiohttp.ClientSession) -> None:
        self.now = NOW
        self.kept = Counting(database)
        self.own: tuple[str, Service] | None = None
        self.met: list[tuple[str, str]] = []
        workspaces = SqlWorkspaces(database)

        async def meet(workspace: str, enterprise: str) -> None:
            self.met.append((workspace, enterprise))
            await workspaces.join(workspace, enterprise, now=self.now)

        self.clients = Clients(
            api_url="http://127.0.0.1:1/api/",
            session=session,
            clock=self.clock,
            own=lambda: self.own,
            installations=self.kept,
            meet=meet,
        )

    def clock(self) -> datetime:
        return self.now

    async def install(self, workspace: str, token: str, *, org_wide: bool = False) -> None:
        made = replace(installed(), workspace=workspace, org_wide=org_wide)
        await self.kept.record(made, Tokens(bot=Secret(token)), renew_at=None)

    async def token(self, workspace: str, enterprise: str | None = None) -> str:
        return (await self.clients.service(workspace, enterprise)).token.reveal()


class Counting(SqlInstallations):
    """The real store, and how often it was asked."""

    def __init__(self, database: Database) -> None:
        super().__init__(database, RING)
        self.asked = 0

    async def of(self, workspace: str, enterprise: str | None = None) -> tuple[Installation, Secret] | None:
        self.asked += 1
        return await super().of(workspace, enterprise)


@pytest.fixture
async def office(database: Database) -> Office:
    async with aiohttp.ClientSession() as session:
        return Office(database, session)


async def test_what_serves_a_workspace_is_remembered_for_a_minute(office: Office) -> None:
    await office.install("T1", "first")
    for _ in range(5):
        assert await office.token("T1") == "first"
    assert office.kept.asked == 1
    await office.install("T1", "second")  # by another process
    assert await office.token("T1") == "first"
    office.now += REMEMBERED_FOR + timedelta(seconds=1)
    assert await office.token("T1") == "second"


async def test_what_is_forgotten_is_looked_up_at_once(office: Office) -> None:
    await office.install("E1", "org", org_wide=True)
    await office.install("T9", "another's")
    for workspace in ("T1", "T2"):
        assert await office.token(workspace, "E1") == "org"
    assert office.met == [("T1", "E1"), ("T2", "E1")]
    await office.token("T9")
    await office.kept.forget("E1")
    office.clients.forget("E1")
    asked = office.kept.asked
    for workspace in ("T1", "T2", "E1"):
        with pytest.raises(NotServed) as refused:
            await office.token(workspace)
        assert refused.value.code == "not_installed"
    assert office.kept.asked == asked + 3
    assert await office.token("T9") == "another's"
    assert office.kept.asked == asked + 3


async def test_the_settings_token_serves_its_workspace_before_any_installation(office: Office) -> None:
    await office.install("T1", "installed")
    office.own = ("T1", Service(token=Secret("of the settings"), bot_id=None, bot_user=None))
    assert await office.token("T1") == "of the settings"
    assert office.kept.asked == 0


async def test_nobody_remembered_takes_no_end_of_memory(office: Office) -> None:
    assert office.clients._known.maxsize == MOST_REMEMBERED
    with pytest.raises(NotServed):
        await office.token("T1")
    assert len(office.clients._known) == 0  # who is not served is looked up each time
    await office.install("T1", "now")
    assert await office.token("T1") == "now"
