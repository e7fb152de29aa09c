"""The port `Installations`: whose token serves which workspace, and one renewal at a time."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from bot.domain.errors import InstallStateElsewhere, InstallStateUnknown, SealBroken
from bot.domain.installations import Installation, InstallState, renew_at
from bot.domain.limits import Place, PlaceKind
from bot.domain.secret import Secret
from bot.ports.alerting import ChannelTrouble, Notice, NoticeKind
from bot.ports.installing import Change, Tokens
from bot.store.engine import Database
from bot.store.install_states import SqlInstallStates
from bot.store.installations import SqlInstallations
from bot.store.notices import SqlPlaces
from bot.store.tables import installations
from bot.store.workspaces import SqlWorkspaces
from tests.unit.kit import NOW
from tests.unit.store.kit import ON_SQLITE, RING, Store, files_with

LEASE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DUE = NOW + 8 * HOUR
ROTATING = Tokens(bot=Secret("xoxe.xoxb-first"), refresh=Secret("xoxe-first"), expires_at=NOW + 12 * HOUR)
NEXT = Tokens(bot=Secret("xoxe.xoxb-second"), refresh=Secret("xoxe-second"), expires_at=DUE + 12 * HOUR)
CHANNEL = Place(kind=PlaceKind.CHANNEL, slack_id="C1")


def installed(
    workspace: str = "T1", *, org_wide: bool = False, enterprise: str | None = None
) -> Installation:
    return Installation(
        workspace=workspace,
        enterprise=workspace if org_wide else enterprise,
        org_wide=org_wide,
        name=f"Lab {workspace}",
        app_id="A1",
        bot_user="UBOT",
        bot_id="B1",
        scopes=frozenset({"commands", "chat:write"}),
        installer="U1",
        installed_at=NOW,
    )


def token(name: str) -> Tokens:
    return Tokens(bot=Secret(name))


def notice(name: str = "n1") -> Notice:
    return Notice(
        workspace="T1",
        notice_id=name,
        place=Place(kind=PlaceKind.DM, slack_id="U1"),
        kind=NoticeKind.INSTALLATION,
        created_at=NOW,
        text="Install me again.",
    )


@pytest.fixture
def kept(database: Database) -> SqlInstallations:
    return SqlInstallations(database, RING)


@pytest.fixture
async def replica(database_url: str) -> AsyncIterator[SqlInstallations]:
    """The same database, as another process has it."""
    second = Database(database_url)
    yield SqlInstallations(second, RING)
    await second.close()


async def due(kept: SqlInstallations) -> Installation:
    """Install with a token that ends, and claim it when it is due."""
    await kept.record(installed(), ROTATING, renew_at=renew_at(ROTATING.expires_at, now=NOW))
    (held,) = await kept.claim(now=DUE, lease=LEASE, most=9)
    return held


async def test_an_installation_serves_its_own_workspace_and_no_other(kept: SqlInstallations) -> None:
    await kept.record(installed("T1"), token("one"), renew_at=None)
    await kept.record(installed("T2"), token("two"), renew_at=None)
    assert await kept.of("T1") == (installed("T1"), Secret("one"))
    assert await kept.of("T2") == (installed("T2"), Secret("two"))
    assert await kept.of("T3") is None
    assert [each.workspace for each in await kept.all()] == ["T1", "T2"]


async def test_an_organisation_s_serves_its_workspaces_unless_they_have_their_own(
    kept: SqlInstallations, database: Database
) -> None:
    org = installed("E1", org_wide=True)
    await kept.record(org, token("org"), renew_at=None)
    assert await kept.of("T1") is None
    # A request names the organisation; after it was met, the workspace alone is enough.
    assert await kept.of("T1", "E1") == (org, Secret("org"))
    assert await kept.of("T1", "E2") is None
    await SqlWorkspaces(database).meet("T1", "Lab", enterprise="E1", now=NOW)
    assert await kept.of("T1") == (org, Secret("org"))
    assert await kept.of("E1") == (org, Secret("org"))
    await kept.record(installed("T2", enterprise="E1"), token("own"), renew_at=None)
    assert await kept.of("T2", "E1") == (installed("T2", enterprise="E1"), Secret("own"))
    assert await kept.served_by("E1") == ("T1",)


async def test_a_workspace_s_own_installation_serves_nobody_else_under_its_id(
    kept: SqlInstallations,
) -> None:
    """Who says to belong to the organisation "T1" is not served by the token of workspace T1."""
    await kept.record(installed("T1"), token("one"), renew_at=None)
    assert await kept.of("T9", "T1") is None


async def test_installing_again_replaces_the_token_and_all_that_was_wrong(
    kept: SqlInstallations, store: Store
) -> None:
    held = await due(kept)
    assert await kept.change(held, Change(state=InstallState.DEAD, code="token_revoked"))
    dead = await kept.of("T1")
    assert dead is not None
    assert (dead[0].state, dead[0].code) == (InstallState.DEAD, "token_revoked")
    again = replace(installed(), installed_at=NOW + HOUR, scopes=frozenset({"commands"}))
    await kept.record(again, token("fresh"), renew_at=None)
    assert await kept.of("T1") == (replace(again, generation=2), Secret("fresh"))
    assert not await kept.renew(held, NEXT, renew_at=None)
    assert [row.action for row in await store.rows("audit")] == ["installed", "installed"]


async def test_installing_again_lets_what_waited_for_a_token_be_tried_at_once(
    kept: SqlInstallations, database: Database
) -> None:
    places = SqlPlaces(database)
    await SqlWorkspaces(database).meet("T2", "Lab", enterprise="E1", now=NOW)
    for workspace, reason in (("T1", "token_revoked"), ("T2", "not_installed"), ("T3", "invalid_auth")):
        trouble = ChannelTrouble(reason=reason, since=NOW, owner_told=False)
        await places.set_trouble(workspace, CHANNEL, trouble)
    archived = Place(kind=PlaceKind.CHANNEL, slack_id="C2")
    await places.set_trouble("T1", archived, ChannelTrouble(reason="is_archived", since=NOW, owner_told=True))
    await kept.record(installed("T1"), token("one"), renew_at=None)
    await kept.record(installed("E1", org_wide=True), token("org"), renew_at=None)
    assert await places.trouble("T1", CHANNEL) is None
    assert await places.trouble("T2", CHANNEL) is None
    assert await places.trouble("T1", archived) is not None
    assert await places.trouble("T3", CHANNEL) is not None


@ON_SQLITE
async def test_tokens_are_sealed_for_their_row_and_forgotten_without_a_trace(
    kept: SqlInstallations, database: Database, tmp_path: Path
) -> None:
    await kept.record(installed("T1"), ROTATING, renew_at=None)
    await kept.record(installed("T2"), token("xoxb-of-two"), renew_at=None)
    for secret in (b"xoxb-first", b"xoxe-first", b"xoxb-of-two"):
        assert files_with(tmp_path / "data", secret) == []
    async with database.writes() as connection:
        stolen = (await connection.execute(installations.select())).mappings().all()
        await connection.execute(
            update(installations).where(installations.c.workspace == "T2").values(token=stolen[0]["token"])
        )
    with pytest.raises(SealBroken):
        await kept.of("T2")
    assert await kept.forget("T1")
    assert not await kept.forget("T1")
    assert await kept.of("T1") is None
    assert files_with(tmp_path / "data", stolen[0]["refresh_token"]) == []


async def test_a_token_without_an_end_is_never_due(kept: SqlInstallations) -> None:
    await kept.record(installed(), token("for ever"), renew_at=renew_at(None, now=NOW))
    assert await kept.claim(now=NOW + 1000 * HOUR, lease=LEASE, most=9) == ()


async def test_of_two_replicas_one_renews_and_the_other_comes_again_when_the_lease_ends(
    kept: SqlInstallations, replica: SqlInstallations
) -> None:
    await kept.record(installed(), ROTATING, renew_at=renew_at(ROTATING.expires_at, now=NOW))
    assert await kept.claim(now=DUE - timedelta(seconds=1), lease=LEASE, most=9) == ()
    taken = await asyncio.gather(
        *(each.claim(now=DUE, lease=LEASE, most=9) for each in (kept, replica) for _ in range(5))
    )
    (held,) = [each for some in taken for each in some]
    assert await replica.lease(held, now=DUE, lease=LEASE) is None
    (again,) = await replica.claim(now=DUE + LEASE, lease=LEASE, most=9)
    assert again.generation == held.generation
    assert await replica.refresh_token(again) == Secret("xoxe-first")
    assert await replica.renew(again, NEXT, renew_at=DUE + 8 * HOUR)
    assert not await kept.renew(held, ROTATING, renew_at=None)
    assert await kept.refresh_token(held) is None
    standing = await kept.of("T1")
    assert standing is not None
    assert standing[1] == Secret("xoxe.xoxb-second")
    assert (standing[0].generation, standing[0].expires_at) == (2, NEXT.expires_at)
    assert (await kept.claim(now=DUE + 8 * HOUR, lease=LEASE, most=9))[0].generation == 2


async def test_what_is_forgotten_meanwhile_is_not_renewed_into_a_new_installation(
    kept: SqlInstallations,
) -> None:
    held = await due(kept)
    await kept.forget("T1")
    again = replace(installed(), installed_at=NOW + HOUR)
    await kept.record(again, token("of somebody else"), renew_at=None)
    assert not await kept.renew(held, NEXT, renew_at=None)
    assert await kept.of("T1") == (again, Secret("of somebody else"))


async def test_a_change_owes_its_notice_only_while_it_is_about_this_token(
    kept: SqlInstallations, store: Store
) -> None:
    held = await due(kept)
    ending = Change(state=InstallState.ENDING, code="invalid_refresh_token", notice=notice())
    assert await kept.change(held, ending)
    assert await kept.renew(held, NEXT, renew_at=None)
    assert not await kept.change(held, replace(ending, notice=notice("n2")))
    assert [row.notice_id for row in await store.rows("notices")] == ["n1"]


async def test_a_token_that_slack_refuses_goes_on_being_renewed(kept: SqlInstallations) -> None:
    held = await due(kept)
    assert await kept.mark(held, InstallState.DEAD, "invalid_auth")
    (again,) = await kept.claim(now=DUE + LEASE, lease=LEASE, most=9)
    assert (again.state, again.code) == (InstallState.DEAD, "invalid_auth")
    assert await kept.renew(again, NEXT, renew_at=None)
    assert not await kept.mark(held, InstallState.DEAD, "invalid_auth")
    standing = await kept.of("T1")
    assert standing is not None
    assert (standing[0].state, standing[0].code) == (InstallState.SERVING, "")


async def test_missing_scopes_are_told_once_and_again_when_others_are_missing(
    kept: SqlInstallations, store: Store
) -> None:
    await kept.record(installed(), token("one"), renew_at=None)
    (mine,) = await kept.all()
    assert mine.missing({"commands", "users:read", "team:read"}) == ("team:read", "users:read")
    assert await kept.tell_missing(mine, ("team:read",), notice("n1"))
    assert not await kept.tell_missing(mine, ("team:read",), notice("n2"))
    assert await kept.tell_missing(mine, ("team:read", "users:read"), notice("n3"))
    assert [row.notice_id for row in await store.rows("notices")] == ["n1", "n3"]


async def test_a_state_is_used_up_by_one_of_many_and_only_in_its_own_browser(database: Database) -> None:
    states = SqlInstallStates(database)
    await states.add("state", browser="mine", expires_at=NOW + HOUR)
    with pytest.raises(InstallStateElsewhere):
        await states.take("state", browser="another")
    ends = await asyncio.gather(
        *(states.take("state", browser="mine") for _ in range(5)), return_exceptions=True
    )
    assert sorted(map(str, map(type, ends))) == sorted(map(str, [type(NOW), *[InstallStateUnknown] * 4]))
    assert NOW + HOUR in ends
    with pytest.raises(InstallStateUnknown):
        await states.take("never given", browser="mine")
