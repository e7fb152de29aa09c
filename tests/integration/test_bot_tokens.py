"""Bot tokens of many workspaces: renewed once, dead in one and alive in others; scopes that are missing."""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
from sqlalchemy import Row, update

from bot.playground.slack import Fault
from bot.store.engine import Database
from bot.store.tables import installations
from tests.install_kit import (
    EVE,
    MATHS,
    ONE,
    TWO,
    UNIVERSITY,
    ann,
    answer_to,
    browsing,
    campus,
    eve,
    general,
    link,
    oauth_bot,
    university,
)
from tests.unit.store.kit import files_with
from tests.world import BOB, BOT_TOKEN, CLIENT_SECRET, SIGNING_SECRET, TEAM, World, until

ACCESS = "oauth.v2.access"
UNSERVED = "no token that Slack accepts"
NOT_LINKED = "You have not linked a cluster yet"


@pytest.fixture
async def lab(data_dir: Path) -> AsyncIterator[World]:
    async with campus(data_dir) as made:
        yield made


@pytest.fixture
def rotating(lab: World) -> World:
    lab.slack.grants.rotation = True
    return lab


def renewals(lab: World) -> list[bool]:
    """Whether each try to renew was granted."""
    return [
        bool(call.answer["ok"])
        for call in lab.slack.calls
        if call.method == ACCESS and call.args.get("grant_type") == "refresh_token"
    ]


async def row_of(lab: World, workspace: str = ONE) -> Row[Any]:
    (row,) = [row for row in await lab.rows("installations") if row.workspace == workspace]
    return row


async def generation(lab: World, wanted: int) -> None:
    await until(lambda: row_of(lab), lambda row: row.generation == wanted, 30.0)


async def trouble(lab: World) -> Sequence[tuple[str, str]]:
    return [(row.workspace, row.reason) for row in await lab.rows("places")]


async def say_test(lab: World, team: str) -> int:
    """Ask for a test alert; return the mark before it."""
    mark = ann(lab, team).mark()
    await ann(lab, team).command("/walltime alerts test", channel=general(team))
    return mark


async def told(lab: World, team: str, since: int) -> None:
    who = ann(lab, team)
    await who.wait_message(
        lambda m: m.bot_id is not None and m.ephemeral_for is None,
        channel=general(team),
        since=since,
        timeout=10,
    )


async def test_a_token_is_renewed_ahead_of_its_end_and_the_old_one_leaves_no_trace(rotating: World) -> None:
    lab = rotating
    async with oauth_bot(lab) as bot, browsing(bot) as admin:
        await admin.install(ONE)
        first = (await row_of(lab)).token
        lab.hours_pass(7.9)
        await answer_to(ann(lab), "")
        assert renewals(lab) == []
        lab.hours_pass(0.2)
        await generation(lab, 2)
        assert renewals(lab) == [True]
        assert NOT_LINKED in await answer_to(ann(lab), "")
        assert lab.slack.calls[-1].answer["ok"]
        assert files_with(lab.data_dir, first) == []
        for token in lab.slack.grants.by_token:
            assert files_with(lab.data_dir, token.encode()) == []


async def test_however_many_ask_with_a_token_that_is_over_it_is_renewed_once(rotating: World) -> None:
    lab = rotating
    async with oauth_bot(lab) as first, browsing(first) as admin:
        await admin.install(ONE)
        await admin.install(TWO)
    lab.hours_pass(13)
    async with oauth_bot(lab), oauth_bot(lab):
        # The events go to the one that was started last; both have a clock that renews.
        await asyncio.gather(*(answer_to(ann(lab, team), "") for team in (ONE, TWO) for _ in range(5)))
        await generation(lab, 2)
    assert renewals(lab) == [True, True]


async def test_a_renewal_whose_answer_was_lost_is_asked_for_again_at_once(rotating: World) -> None:
    lab = rotating
    async with oauth_bot(lab) as bot, browsing(bot) as admin:
        await admin.install(ONE)
        lab.slack.faults.add(Fault(method=ACCESS, kind="lose_answer"), Fault(method=ACCESS, kind="http_500"))
        lab.hours_pass(8.1)
        await generation(lab, 2)
        assert renewals(lab) == [True, False, True]
        assert NOT_LINKED in await answer_to(ann(lab), "")
        assert (await row_of(lab)).failures == 0


async def test_a_token_that_is_renewed_no_more_serves_to_its_end_and_the_installer_hears(
    rotating: World,
) -> None:
    lab = rotating
    async with oauth_bot(lab) as bot, browsing(bot) as admin:
        await admin.install(ONE)
        lab.slack.faults.add(Fault(method=ACCESS, kind="error", error="invalid_refresh_token", times=None))
        lab.hours_pass(8.1)
        news = await ann(lab).wait_message(
            lambda m: "does not renew" in m.text, channel=ann(lab).dm, timeout=10
        )
        assert "/slack/install" in news.text
        assert NOT_LINKED in await answer_to(ann(lab), "")
        lab.hours_pass(4)
        assert UNSERVED in await answer_to(ann(lab), "")
        lab.slack.faults.clear()
        tries = len(renewals(lab))
        await ann(lab).command("/walltime", channel=ann(lab).dm)
        assert len(renewals(lab)) == tries  # nothing is hammered
        assert (await admin.install(ONE)).status == 200
        assert NOT_LINKED in await answer_to(ann(lab), "")


async def test_settings_that_slack_does_not_know_cost_no_workspace_its_token(rotating: World) -> None:
    lab = rotating
    async with oauth_bot(lab) as bot, browsing(bot) as admin:
        await admin.install(ONE)
    lab.hours_pass(8.1)
    async with oauth_bot(lab, SLACK_CLIENT_SECRET="guess"):
        await until(lambda: row_of(lab), lambda row: row.failures > 0)
        assert (await row_of(lab)).state == "serving"
        assert NOT_LINKED in await answer_to(ann(lab), "")
    async with oauth_bot(lab):
        await generation(lab, 2)


async def test_a_dead_token_stops_its_workspace_alone_and_what_is_owed_waits_for_the_next(lab: World) -> None:
    async with oauth_bot(lab, SLACK_BOT_TOKEN=BOT_TOKEN) as bot, browsing(bot) as admin:
        for team in (ONE, TWO):
            await admin.install(team)
            await link(bot, ann(lab, team), lab.east.token("alice"), channel=general(team))
        lab.slack.faults.add(Fault(method="chat.postMessage", kind="ratelimited", retry_after=1, team=ONE))
        mark = await say_test(lab, ONE)
        await until(lambda: lab.rows("notices"), lambda rows: any(row.attempts for row in rows))
        (grant,) = lab.slack.grants.live(lab.slack.workspaces[ONE])
        grant.is_revoked = True
        await until(lambda: trouble(lab), lambda found: (ONE, "token_revoked") in found)
        assert (await row_of(lab)).state == "dead"
        await told(lab, TWO, await say_test(lab, TWO))
        assert [each for each in await trouble(lab) if each[0] != ONE] == []
        assert UNSERVED in await answer_to(ann(lab), "")
        assert await bot.trouble() == []
        assert (await admin.install(ONE)).status == 200
        with lab.clock.fast():
            await told(lab, ONE, mark)
        assert await trouble(lab) == []


async def test_a_token_that_slack_turned_down_by_mistake_serves_again_by_itself(lab: World) -> None:
    async with oauth_bot(lab) as bot, browsing(bot) as admin:
        await admin.install(ONE)
        lab.slack.faults.add(Fault(method="chat.postMessage", kind="error", error="invalid_auth"))
        mark = await say_test(lab, ONE)
        await until(lambda: trouble(lab), lambda found: (ONE, "invalid_auth") in found)
        lab.clock.ahead += timedelta(minutes=5.5)
        await told(lab, ONE, mark)
        await until(lambda: row_of(lab), lambda row: row.state == "serving")


async def less(lab: World, scopes: set[str], *, workspace: str = ONE) -> None:
    """Make it so that an update of the bot needs more than the workspace granted."""
    database = Database(lab.settings().database_url)
    granted = lab.slack.workspaces[workspace].scopes - scopes
    lab.slack.workspaces[workspace].scopes = granted
    async with database.writes() as connection:
        await connection.execute(update(installations).values(scopes=",".join(granted)))
    await database.close()


async def test_scopes_that_an_update_needs_are_told_once_and_the_rest_works(lab: World) -> None:
    async with oauth_bot(lab) as bot, browsing(bot) as admin:
        await admin.install(ONE)
        await link(bot, ann(lab), lab.east.token("alice"), channel=general(ONE))
    await less(lab, {"files:write"})
    mark = ann(lab).mark()
    async with oauth_bot(lab):
        news = await ann(lab).wait_message(
            lambda m: "`files:write`" in m.text, channel=ann(lab).dm, since=mark, timeout=10
        )
        assert "core-hours as a file or a picture" in news.text
        assert "/slack/install" in news.text
        assert "1,234.50" in await answer_to(ann(lab), "")
        since = ann(lab).mark()
        await ann(lab).command("/walltime history", channel=ann(lab).dm)
        shown = await ann(lab).wait_message(lambda m: "history.csv" in str(m.blocks), since=since)
        await ann(lab).click("history.csv", message=shown)
        lacking = await ann(lab).wait_message(lambda m: "lacks the permission `files:write`" in m.text)
        assert "/slack/install" in lacking.text
    mark = ann(lab).mark()
    async with oauth_bot(lab) as bot, browsing(bot) as admin:
        await answer_to(ann(lab), "")
        assert not [m for m in ann(lab).messages(ann(lab).dm) if m.change > mark and "files:write" in m.text]
        assert (await admin.install(ONE)).status == 200
        assert (await row_of(lab)).told_missing == ""


async def test_whoever_installed_it_for_an_organisation_hears_too(lab: World) -> None:
    async with oauth_bot(lab) as bot, browsing(bot) as admin:
        await admin.install(UNIVERSITY, person=EVE)
        university(lab).add_app(MATHS)
        await answer_to(eve(lab), "")
    await less(lab, {"files:write"}, workspace=MATHS)
    async with oauth_bot(lab):
        await eve(lab).wait_message(lambda m: "`files:write`" in m.text, channel=eve(lab).dm, timeout=10)


async def test_fewer_scopes_than_asked_for_are_named_on_the_page(lab: World) -> None:
    lab.slack.withheld.update({"team:read", "files:write"})
    async with oauth_bot(lab) as bot, browsing(bot) as admin:
        page = await admin.install(ONE)
        assert "Slack did not grant everything" in page.seen
        assert "core-hours as a file or a picture ( files:write )" in page.seen
        assert (await row_of(lab)).told_missing == "files:write,team:read"


async def test_the_operator_s_own_token_lacks_scopes_and_the_named_admins_hear_once(lab: World) -> None:
    lab.slack.workspaces[TEAM].scopes -= {"files:write"}
    for _ in range(2):
        async with lab.bot(WALLTIME_ADMINS=BOB):
            await until(
                lambda: lab.rows("notices"), lambda rows: [row.ts is not None for row in rows] == [True]
            )
            await answer_to(lab.bob, "")
    (news,) = [m for m in lab.bob.messages(lab.bob.dm) if "`files:write`" in m.text]
    assert "walltime-bot manifest" in news.text


async def test_secrets_of_installing_are_in_no_log_message_page_or_file(
    rotating: World, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """The log of the tests masks nothing, so nothing needs to be masked."""
    lab = rotating
    caplog.set_level(logging.DEBUG)
    async with oauth_bot(lab) as bot, browsing(bot) as admin:
        there = await admin.begin()
        query = await admin.consent(there, ONE)
        pages = [await admin.end(query), await admin.end(query)]
        assert [page.status for page in pages] == [200, 400]
        await answer_to(ann(lab), "")
        # The token is renewed, and what was asked is asked once more.
        lab.slack.faults.add(Fault(method="conversations.info", kind="error", error="token_expired"))
        await told(lab, ONE, await say_test(lab, ONE))
        await generation(lab, 2)
        cookies = [cookie.value for cookie in admin.session.cookie_jar]
    found = dict(parse_qsl(f"{there.partition('?')[2]}&{query}"))
    secrets = [CLIENT_SECRET, SIGNING_SECRET, found["code"], found["state"], *cookies]
    secrets += [token for token in lab.slack.grants.by_token if token != BOT_TOKEN]
    secrets += list(lab.slack.grants._refreshes)
    assert len(secrets) == 9
    read = {
        "log": caplog.text + "".join(capfd.readouterr()),
        "messages": str([m.to_dict() for m in ann(lab).messages(ann(lab).dm)]),
        "pages": "".join(page.text for page in pages),
        "files": b"".join(path.read_bytes() for path in lab.data_dir.iterdir()).decode("latin-1"),
    }
    assert "the app was installed" in read["log"]
    for secret in secrets:
        for name, text in read.items():
            assert secret not in text, f"a secret is in the {name}"
