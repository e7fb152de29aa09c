"""Renewing bot tokens: what each answer of Slack's makes of an installation, on a real database."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot.domain.errors import (
    InstallMisconfigured,
    InstallRefused,
    SealBroken,
    SlackSilent,
    WalltimeError,
)
from bot.domain.installations import FIRST_PAUSE, Installation, InstallNews, InstallState
from bot.domain.secret import Secret
from bot.ports.installing import Tokens
from bot.store.engine import Database
from bot.store.installations import SqlInstallations
from bot.store.vault import KeyRing, new_key
from bot.usecases.renew_bot_token import LEASE, RenewBotToken
from tests.unit.domain.test_installations import installed
from tests.unit.kit import NOW, table
from tests.unit.store.kit import RING, Store

HOUR = timedelta(hours=1)
ENDS = NOW + 12 * HOUR
DUE = NOW + 8 * HOUR
FIRST = Tokens(bot=Secret("first"), refresh=Secret("r1"), expires_at=ENDS)


class Slack:
    """Slack as it grants: each refresh token once, or whatever it is told to answer."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.answer: WalltimeError | None = None

    def consent_url(self, state: Secret) -> str:
        raise NotImplementedError

    def next_step(self, installation: Installation) -> str:
        raise NotImplementedError

    async def exchange(self, code: Secret, *, now: datetime) -> tuple[Installation, Tokens]:
        raise NotImplementedError

    async def refresh(self, refresh_token: Secret, *, now: datetime) -> Tokens:
        self.asked.append(refresh_token.reveal())
        if self.answer is not None:
            raise self.answer
        return Tokens(bot=Secret("second"), refresh=Secret("r2"), expires_at=now + 12 * HOUR)


@pytest.fixture
def store(database: Database) -> Store:
    return Store(database)


@pytest.fixture
def slack() -> Slack:
    return Slack()


@pytest.fixture
async def kept(database: Database) -> SqlInstallations:
    made = SqlInstallations(database, RING)
    await made.record(installed(expires_at=ENDS), FIRST, renew_at=DUE)
    return made


async def claimed(kept: SqlInstallations, now: datetime = DUE) -> Installation:
    (held,) = await kept.claim(now=now, lease=LEASE, most=9)
    return held


async def standing(kept: SqlInstallations) -> tuple[Installation, str]:
    found = await kept.of("T1")
    assert found is not None
    return found[0], found[1].reveal()


async def test_the_next_tokens_stand_there_before_anybody_uses_them(
    kept: SqlInstallations, slack: Slack
) -> None:
    renew = RenewBotToken(grants=slack, installations=kept)
    assert await renew(await claimed(kept), now=DUE) is None
    installation, token = await standing(kept)
    assert (token, installation.expires_at) == ("second", DUE + 12 * HOUR)
    assert await renew(await claimed(kept, DUE + 8 * HOUR), now=DUE + 8 * HOUR) is None
    assert slack.asked == ["r1", "r2"]


async def test_who_comes_too_late_asks_slack_nothing(kept: SqlInstallations, slack: Slack) -> None:
    renew = RenewBotToken(grants=slack, installations=kept)
    held = await claimed(kept)
    assert await renew(held, now=DUE) is None
    assert await renew(held, now=DUE) is None
    assert slack.asked == ["r1"]
    assert not await renew.at_once(held, now=DUE)


@table(
    "answer",
    {
        "no answer": (SlackSilent("timeout"),),
        "settings that are wrong": (InstallMisconfigured("bad_client_secret"),),
    },
)
async def test_a_failure_is_tried_again_soon(
    kept: SqlInstallations, slack: Slack, store: Store, answer: WalltimeError
) -> None:
    renew, slack.answer = RenewBotToken(grants=slack, installations=kept), answer
    assert await renew(await claimed(kept), now=DUE) is answer
    installation, token = await standing(kept)
    assert (token, installation.state, installation.failures) == ("first", InstallState.SERVING, 1)
    assert await kept.claim(now=DUE + FIRST_PAUSE / 2, lease=LEASE, most=9) == ()
    slack.answer = None
    assert await renew(await claimed(kept, DUE + FIRST_PAUSE), now=DUE) is None
    assert (await standing(kept))[1] == "second"
    assert await store.rows("notices") == []


async def test_a_definite_no_is_not_asked_for_again_and_the_installer_hears(
    kept: SqlInstallations, slack: Slack, store: Store
) -> None:
    renew, slack.answer = RenewBotToken(grants=slack, installations=kept), InstallRefused("no_grant")
    assert await renew(await claimed(kept), now=DUE) is slack.answer
    installation, token = await standing(kept)
    assert (token, installation.state, installation.code) == ("first", InstallState.ENDING, "no_grant")
    assert await kept.claim(now=ENDS + 1000 * HOUR, lease=LEASE, most=9) == ()
    (notice,) = await store.rows("notices")
    assert (notice.workspace, notice.place_id) == ("T1", "U1")
    assert InstallNews.read(notice.text) == InstallNews(ends_at=ENDS)


async def test_a_no_to_a_token_that_is_over_or_dead_tells_nobody(
    kept: SqlInstallations, slack: Slack, store: Store
) -> None:
    """There is no token left to tell anybody with."""
    renew, slack.answer = RenewBotToken(grants=slack, installations=kept), InstallRefused("invalid_auth")
    held = await claimed(kept, ENDS)
    assert await renew(held, now=ENDS) is slack.answer
    await kept.mark(replace(held, lease_until=None), InstallState.DEAD, "token_revoked")
    assert await renew.at_once(held, now=ENDS + HOUR)
    installation, _ = await standing(kept)
    assert installation.state is not InstallState.SERVING
    assert await store.rows("notices") == []


async def test_a_refresh_token_that_does_not_open_ends_the_token_too(
    kept: SqlInstallations, slack: Slack, database: Database
) -> None:
    other = SqlInstallations(database, KeyRing.parse(new_key()))
    renew = RenewBotToken(grants=slack, installations=other)
    assert isinstance(await renew(await claimed(kept), now=DUE), SealBroken)
    installation, _ = await standing(kept)
    assert (installation.state, installation.code) == (InstallState.ENDING, "unreadable")
    assert slack.asked == []
