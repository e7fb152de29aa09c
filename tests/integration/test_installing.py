"""Installing in many workspaces: the way there and back, who is served, and what is refused."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qsl, urlencode

import aiohttp
import pytest

from bot.playground.slack import Fault
from tests.install_kit import (
    ANN,
    EVE,
    MATHS,
    ONE,
    PHYSICS,
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
from tests.link_page_kit import Answer
from tests.unit.store.kit import files_with
from tests.world import ALICE, BOT_TOKEN, GENERAL, TEAM, World, until


@pytest.fixture
async def lab(data_dir: Path) -> AsyncIterator[World]:
    async with campus(data_dir) as made:
        yield made


async def installed(lab: World) -> list[str]:
    return sorted(row.workspace for row in await lab.rows("installations"))


async def test_a_workspace_installs_the_app_and_its_people_are_served(lab: World) -> None:
    async with oauth_bot(lab) as bot, browsing(bot) as admin:
        async with admin.session.get(f"http://127.0.0.1:{bot.port}/readyz") as ready:
            assert ready.status == 200
        page = await admin.install(ONE)
        assert page.status == 200
        assert "Walltime is installed in Lab T0ONE" in page.seen
        assert "did not grant" not in page.seen
        assert f"/app_redirect?app=A0WALLTIME&amp;team={ONE}" in page.text
        assert "You have not linked a cluster yet" in await answer_to(ann(lab), "")
        assert (await ann(lab, TWO).command("/walltime")).error == "unknown_command"
        (row,) = await lab.rows("installations")
        assert (row.workspace, row.org_wide, row.installer, row.bot_id) == (ONE, False, ANN, "B0BOT")
        (token,) = [each for each in lab.slack.grants.by_token if each != BOT_TOKEN]
        assert files_with(lab.data_dir, token.encode()) == []
        assert ("installed", ANN) in [(line.action, line.actor) for line in await lab.rows("audit")]
        # Nobody was asked at each request who we are.
        assert [call.method for call in lab.slack.calls].count("auth.test") == 1


async def test_several_workspaces_are_served_at_once_and_nobody_sees_across(lab: World) -> None:
    """Ann has the same id in both; Alice's workspace has its token in the settings."""
    async with oauth_bot(lab, SLACK_BOT_TOKEN=BOT_TOKEN) as bot, browsing(bot) as admin:
        for team in (ONE, TWO):
            assert (await admin.install(team)).status == 200
        await link(bot, lab.alice, lab.east.token("alice"), channel=GENERAL)
        assert "1,234.50" in await answer_to(lab.alice, "")
        for team in (ONE, TWO):
            assert "You have not linked a cluster yet" in await answer_to(ann(lab, team), "")
        await link(bot, ann(lab, TWO), lab.east.token("bob"), channel=general(TWO))
        assert {(row.workspace, row.person) for row in await lab.rows("links")} == {(TEAM, ALICE), (TWO, ANN)}
        assert "You have not linked a cluster yet" in await answer_to(ann(lab), "")
        assert "20.25" in await answer_to(ann(lab, TWO), "")


async def test_an_organisation_installs_once_for_all_workspaces_that_it_adds(lab: World) -> None:
    async with oauth_bot(lab) as bot, browsing(bot) as admin:
        page = await admin.install(UNIVERSITY, person=EVE)
        assert "Walltime is installed in University" in page.seen
        assert "none of the organisation's workspaces yet" in page.seen
        assert "/manage/E0UNI/integrations/profile/A0WALLTIME/workspaces/add" in page.text
        assert (await eve(lab).command("/walltime")).error == "unknown_command"
        for team in (MATHS, PHYSICS):
            university(lab).add_app(team)
        # What is typed into a form comes without the workspace's name.
        await link(bot, eve(lab), lab.east.token("alice"), channel=general(MATHS))
        assert [(row.workspace, row.person) for row in await lab.rows("links")] == [(MATHS, EVE)]
        assert "1,234.50" in await answer_to(eve(lab), "")
        assert "You have not linked a cluster yet" in await answer_to(eve(lab, PHYSICS), "")
        await eve(lab).open_home()
        await eve(lab).wait_view(lambda view: view.is_home and "1,234.50" in str(view))
        await eve(lab).say("<@W0BOT> alerts test", channel=general(MATHS))
        await eve(lab).wait_message(
            lambda m: "test" in m.text.lower() and m.bot_id is not None, channel=general(MATHS)
        )
        assert await installed(lab) == [UNIVERSITY]
        assert {row.workspace: row.enterprise for row in await lab.rows("workspaces")} == {
            MATHS: UNIVERSITY,
            PHYSICS: UNIVERSITY,
        }


async def test_a_workspace_that_its_organisation_takes_out_is_erased_and_may_come_back(lab: World) -> None:
    async def linked() -> set[str]:
        return {row.workspace for row in await lab.rows("links")}

    async with oauth_bot(lab) as bot, browsing(bot) as admin:
        await admin.install(UNIVERSITY, person=EVE)
        for team in (MATHS, PHYSICS):
            university(lab).add_app(team)
        await link(bot, eve(lab), lab.east.token("alice"), channel=general(MATHS))
        await link(bot, eve(lab, PHYSICS), lab.east.token("bob"), channel=general(PHYSICS))
        university(lab).remove_app(MATHS)
        await until(linked, lambda workspaces: workspaces == {PHYSICS})
        assert "20.25" in await answer_to(eve(lab, PHYSICS), "")
        assert await installed(lab) == [UNIVERSITY]
        university(lab).add_app(MATHS)
        lab.hours_pass(0.1)  # longer than a workspace's service is remembered
        assert "You have not linked a cluster yet" in await answer_to(eve(lab), "")
        await link(bot, eve(lab), lab.east.token("alice"), channel=general(MATHS))
        assert await linked() == {MATHS, PHYSICS}


async def test_a_second_browser_tab_and_another_replica_end_what_the_first_began(lab: World) -> None:
    async with oauth_bot(lab) as first, oauth_bot(lab) as second, browsing(first) as admin:
        begun = [await admin.begin(), await admin.begin()]
        for there, team, bot in zip(begun, (ONE, TWO), (second, first), strict=True):
            assert (await admin.at(bot).end(await admin.consent(there, team))).status == 200
        assert await installed(lab) == [ONE, TWO]


async def test_installing_again_replaces_what_was_there(lab: World) -> None:
    async with oauth_bot(lab) as bot, browsing(bot) as admin:
        await admin.install(ONE)
        await answer_to(ann(lab), "help")
        await lab.slack.workspaces[ONE].uninstall()
        assert (await admin.install(ONE)).status == 200
        assert "You have not linked a cluster yet" in await answer_to(ann(lab), "")
        (row,) = await lab.rows("installations")
        assert row.generation == 2


def says(page: Answer, *, status: int, words: str) -> None:
    assert (page.status, words in page.seen) == (status, True), (page.status, page.seen)
    assert 'href="install"' in page.text
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert "<script" not in page.text


async def test_attacks_and_mishaps_store_nothing_and_say_what_to_do(lab: World) -> None:
    async with oauth_bot(lab) as bot, browsing(bot) as admin, browsing(bot) as mallory:
        began = "Please begin again"
        # Another browser's state, with a good code of its own: the browser that began may go on.
        query = await admin.consent(await admin.begin(), ONE)
        says(await mallory.end(query), status=400, words="another browser")
        # A state that nobody gave out.
        forged = urlencode({**dict(parse_qsl(query)), "state": "x" * 43})
        says(await admin.end(forged), status=400, words="not begun here")
        # What is missing.
        for parts in ({}, {"code": "c"}, {"state": ""}):
            says(await admin.end(urlencode(parts)), status=400, words="a part of it is missing")
        lacks_code = dict(parse_qsl((await admin.begin()).partition("?")[2]))["state"]
        says(await admin.end(urlencode({"state": lacks_code})), status=400, words="a part of it is missing")
        # A code that Slack does not know uses the state up.
        state = dict(parse_qsl((await admin.begin()).partition("?")[2]))["state"]
        guessed = urlencode({"code": "guess", "state": state})
        says(await admin.end(guessed), status=400, words="does not take its own code")
        says(await admin.end(guessed), status=400, words="done once already")
        # No.
        cancelled = await admin.consent(await admin.begin(), ONE, decision="cancel")
        says(await admin.end(cancelled), status=200, words="You pressed Cancel")
        state = dict(parse_qsl((await admin.begin()).partition("?")[2]))["state"]
        refused = urlencode({"error": "<b>invalid_scope", "state": state})
        page = await admin.end(refused)
        says(page, status=400, words="Slack refuses the installation (“<b>invalid_scope”)")
        assert "<b>invalid" not in page.text
        # Too late.
        late = await admin.consent(await admin.begin(), ONE)
        lab.clock.ahead += timedelta(minutes=10, seconds=1)
        says(await admin.end(late), status=400, words=began)
        assert await installed(lab) == []
        assert await lab.rows("workspaces") == []
        # The same way back twice.
        query = await admin.consent(await admin.begin(), ONE)
        assert (await admin.end(query)).status == 200
        says(await admin.end(query), status=400, words="done once already")
        assert await installed(lab) == [ONE]


@pytest.mark.parametrize("method", ["oauth.v2.access", "auth.test"])
@pytest.mark.parametrize("kind", ["http_500", "http_html", "lose_answer", "reset", "ratelimited"])
async def test_a_slack_that_does_not_answer_is_said_and_stores_nothing(
    lab: World, method: str, kind: str
) -> None:
    async with oauth_bot(lab) as bot, browsing(bot) as admin:
        lab.slack.faults.add(Fault(method=method, kind=kind))  # type: ignore[arg-type]
        says(await admin.install(ONE), status=502, words="Slack did not answer")
        assert await installed(lab) == []
        assert (await admin.install(ONE)).status == 200


@pytest.mark.parametrize(
    "wrong", [{"SLACK_CLIENT_SECRET": "guess"}, {"WALLTIME_PUBLIC_URL": "http://127.0.0.1:8081"}]
)
async def test_settings_that_slack_does_not_know_are_the_operator_s_business(
    lab: World, wrong: dict[str, str]
) -> None:
    async with oauth_bot(lab, **wrong) as bot, browsing(bot) as admin:
        asked = dict(parse_qsl((await admin.begin()).partition("?")[2]))
        there = f"{lab.slack.url}/oauth/v2/authorize?" + urlencode(
            {**asked, "redirect_uri": "http://127.0.0.1:8080/slack/oauth_redirect"}
        )
        says(await admin.end(await admin.consent(there, ONE)), status=500, words="SLACK_CLIENT_SECRET")
        assert await installed(lab) == []


async def test_the_page_is_in_the_browser_s_language_and_the_cookie_is_for_nobody_else(lab: World) -> None:
    async with oauth_bot(lab) as bot, browsing(bot, language="zh-CN,en;q=0.5") as admin:
        page = await admin.install(ONE)
        assert "Walltime 已安装到 Lab T0ONE" in page.seen
        assert page.headers["Vary"] == "Accept-Language, Cookie"
        async with admin.session.get(
            f"http://127.0.0.1:{bot.port}/slack/install", allow_redirects=False
        ) as led:
            cookie = led.headers["Set-Cookie"]
        assert cookie.startswith("walltime-install=")
        assert {"HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=600"} <= set(cookie.split("; "))
    public = {"WALLTIME_PUBLIC_URL": "https://walltime.example.edu/hpc"}
    async with oauth_bot(lab, **public) as bot, aiohttp.ClientSession() as session:
        address = f"http://127.0.0.1:{bot.port}/slack/install"
        async with session.get(address, allow_redirects=False) as led:
            assert led.headers["Set-Cookie"].startswith("__Host-walltime-install=")
            assert "Secure" in led.headers["Set-Cookie"]
            assert "walltime.example.edu%2Fhpc%2Fslack%2Foauth_redirect" in led.headers["Location"]
        async with session.head(address) as head:
            assert head.status == 405


async def test_who_begins_again_and_again_waits(lab: World) -> None:
    async with oauth_bot(lab) as bot, browsing(bot) as robot:
        for _ in range(30):
            await robot.begin()
        address = f"http://127.0.0.1:{bot.port}/slack/install"
        async with robot.session.get(address, allow_redirects=False) as busy:
            assert (busy.status, busy.headers["Retry-After"]) == (429, "60")
        assert len(await lab.rows("install_states")) == 30
