"""The link page's door: what it shows, what it refuses, and what it keeps to itself."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest

from bot.playground.cluster import ClusterFault
from bot.playground.slack import Fault
from tests.link_page_kit import (
    HERE,
    PUBLIC_URL,
    Visitor,
    ask_for_page,
    question_to,
    type_code,
    visiting,
)
from tests.process import running
from tests.world import TEAM, World, world


@pytest.fixture
async def lab(data_dir: Path) -> AsyncIterator[World]:
    """Browsers do not care by which door Slack comes."""
    async with world(data_dir) as made:
        yield made


async def test_looking_uses_nothing_up(lab: World) -> None:
    async with lab.bot(WALLTIME_PUBLIC_URL=HERE) as bot, visiting(bot) as alice, visiting(bot) as robot:
        name = await ask_for_page(lab.alice)
        before = await lab.rows("link_pages")
        for _ in range(3):
            assert (await robot.open(name, **{"User-Agent": "Slackbot-LinkExpanding 1.0"})).status == 200
        async with robot.session.head(f"http://127.0.0.1:{bot.port}/link/{name}") as head:
            assert head.status == 200
        assert await lab.rows("link_pages") == before
        assert (await alice.fill_in(name, lab.east.token("alice"))).status == 200


@pytest.mark.parametrize(
    ("fields", "field", "sentence"),
    [
        ({"token": " "}, "token", "Paste your API token here"),
        ({"token": "hunter2"}, "token", "not an API token"),
        ({"cluster": "", "token": "TOKEN"}, "cluster", "Choose a cluster."),
        ({"cluster": "wset", "token": "TOKEN"}, "cluster", "There is: east."),
        ({"username": "bob", "token": "TOKEN"}, "username", "belongs to “alice”, not to “bob”"),
    ],
    ids=["no token", "no token at all", "no cluster", "a cluster that is none", "another's username"],
)
async def test_a_wrong_field_is_said_at_the_field_and_all_but_the_token_stays(
    lab: World, fields: dict[str, str], field: str, sentence: str
) -> None:
    async with lab.bot(WALLTIME_PUBLIC_URL=HERE) as bot, visiting(bot) as alice:
        name = await ask_for_page(lab.alice)
        token = lab.east.token("alice")
        typed = {"cluster": "east", "username": "alice", **fields}
        typed["token"] = typed["token"].replace("TOKEN", token)
        answer = await alice.send(name, {"ticket": (await alice.open(name)).ticket, **typed})
        assert answer.status == 422
        assert sentence in answer.fault(field)
        assert answer.input("username") == typed["username"]
        assert answer.input("token") == ""
        assert typed["token"].strip() not in answer.text or not typed["token"].strip()
        assert lab.east.request_count == 0
        assert (await alice.fill_in(name, token)).status == 200


async def test_what_the_cluster_said_is_said_at_the_field_and_nothing_is_stored(lab: World) -> None:
    async with lab.bot(WALLTIME_PUBLIC_URL=HERE) as bot, visiting(bot) as alice:
        name = await ask_for_page(lab.alice)
        for code, field, sentence in (
            ("10008", "token", "East does not accept this token"),
            ("10004", "username", "East does not know this username"),
            ("10001", "token", "East is not answering"),
        ):
            lab.east.faults.add(ClusterFault(kind="code", code=code, times=None))
            answer = await alice.fill_in(name, lab.east.token("alice"))
            lab.east.faults.clear()
            assert sentence in answer.fault(field)
        (page,) = await lab.rows("link_pages")
        assert (page.state, page.token) == ("open", None)


async def test_a_page_asks_the_cluster_ten_times_and_no_more(lab: World) -> None:
    async with lab.bot(WALLTIME_PUBLIC_URL=HERE) as bot, visiting(bot) as alice:
        name = await ask_for_page(lab.alice)
        lab.east.faults.add(ClusterFault(kind="code", code="10008", times=None))
        answers = [await alice.fill_in(name, lab.east.token("alice")) for _ in range(10)]
        assert {answer.status for answer in answers} == {422}
        fields = {"ticket": answers[-1].ticket, "cluster": "east", "token": lab.east.token("alice")}
        last = await alice.send(name, fields)
        assert last.status == 410
        assert "tried too often" in last.seen
        assert lab.east.request_count == 10


async def test_a_cluster_that_is_down_at_the_last_step_costs_neither_code_nor_page(lab: World) -> None:
    async with lab.bot(WALLTIME_PUBLIC_URL=HERE) as bot, visiting(bot) as alice:
        shown = await alice.fill_in(await ask_for_page(lab.alice), lab.east.token("alice"))
        question = await question_to(lab.alice)
        lab.east.faults.add(ClusterFault(kind="code", code="10001", times=None))
        for _ in range(4):
            answer = await type_code(lab.alice, question, shown.code.lower())
            # On a busy machine the form no longer waits, and its window says it.
            if not answer.errors:
                await lab.alice.wait_view(lambda v: "East is not answering" in str(v.view))
            assert all("East is not answering" in said for said in answer.errors.values())
            await lab.alice.close_view(lab.alice.views[-1])
        lab.east.faults.clear()
        await type_code(lab.alice, question, f" {shown.code.replace('-', ' ')} ")
        await lab.alice.wait_view(lambda v: "You are linked as" in str(v.view))


async def test_when_slack_takes_no_question_the_page_says_so_and_the_token_is_erased(lab: World) -> None:
    async with lab.bot(WALLTIME_PUBLIC_URL=HERE) as bot, visiting(bot) as alice:
        name = await ask_for_page(lab.alice)
        lab.slack.faults.add(Fault(method="chat.postMessage", kind="error", error="messages_tab_disabled"))
        answer = await alice.fill_in(name, lab.east.token("alice"))
        assert answer.status == 502
        assert "could not ask you in Slack" in answer.seen
        (page,) = await lab.rows("link_pages")
        assert (page.state, page.token) == ("cancelled", None)


async def test_a_form_that_another_site_sends_is_refused_without_its_ticket(lab: World) -> None:
    async with lab.bot(WALLTIME_PUBLIC_URL=HERE) as bot, visiting(bot) as alice, visiting(bot) as forged:
        name = await ask_for_page(lab.alice)
        ticket = (await alice.open(name)).ticket
        fields = {"cluster": "east", "username": "", "token": lab.east.token("alice")}
        no_cookie = await forged.send(name, {**fields, "ticket": ticket})
        assert no_cookie.status == 403
        assert "did not come from this page" in no_cookie.seen
        assert (await alice.send(name, fields)).status == 403
        # A ticket of another page does not serve either.
        other = await ask_for_page(lab.alice)
        assert (await alice.send(name, {**fields, "ticket": (await alice.open(other)).ticket})).status == 403
        assert lab.east.request_count == 0
        assert (await alice.send(name, {**fields, "ticket": ticket})).status == 200


async def test_every_answer_is_kept_out_of_caches_frames_and_referrers(lab: World) -> None:
    async with lab.bot(WALLTIME_PUBLIC_URL=PUBLIC_URL) as bot, visiting(bot) as alice:
        name = await ask_for_page(lab.alice)
        form = await alice.open(name)
        answers = [form, await alice.open("x" * 43), await alice.send(name, {"token": "x"})]
        for answer in answers:
            policy = answer.headers["Content-Security-Policy"]
            assert policy.startswith("default-src 'none'; style-src 'sha256-")
            assert "form-action 'self'" in policy
            assert "frame-ancestors 'none'" in policy
            assert "unsafe" not in policy
            assert answer.headers["Referrer-Policy"] == "no-referrer"
            assert answer.headers["Cache-Control"] == "no-store"
            assert answer.headers["X-Frame-Options"] == "DENY"
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert "<script" not in answer.text
            assert "http" not in answer.text
        cookie = form.headers["Set-Cookie"]
        assert cookie.startswith("__Host-walltime-link-")
        for mark in ("HttpOnly", "Secure", "SameSite=Strict", "Path=/"):
            assert mark in cookie
        assert name not in cookie


async def test_names_that_do_not_exist_look_all_the_same_and_are_limited(lab: World) -> None:
    async with lab.bot(WALLTIME_PUBLIC_URL=HERE) as bot, visiting(bot) as guesser, visiting(bot) as alice:
        name = await ask_for_page(lab.alice)
        guesses = ["x", "%00", "x" * 43, "y" * 43, "z" * 4000, "💥", name[:-1]]
        answers = [await guesser.open(guess) for guess in guesses]
        assert {(answer.status, answer.text) for answer in answers} == {(404, answers[0].text)}
        for _ in range(30 - len(guesses)):
            await guesser.open("x" * 43, **{"X-Forwarded-For": "127.0.0.1"})
        limited = await guesser.open(name)
        assert limited.status == 429
        assert limited.headers["Retry-After"] == "60"
        # Who comes from elsewhere, as the proxy says, is not held up.
        assert (await alice.open(name, **{"X-Forwarded-For": "127.0.0.1, 192.0.2.7"})).status == 200
        lab.clock.ahead += timedelta(minutes=1)
        assert (await guesser.open(name)).status == 200


async def test_a_form_too_large_or_of_another_kind_is_not_read(lab: World) -> None:
    async with lab.bot(WALLTIME_PUBLIC_URL=HERE) as bot, visiting(bot) as alice:
        name = await ask_for_page(lab.alice)
        ticket = (await alice.open(name)).ticket
        large = {"ticket": ticket, "cluster": "east", "token": "x" * 20_000}
        assert (await alice.send(name, large)).status == 413
        url = f"http://127.0.0.1:{bot.port}/link/{name}"
        fields = {"ticket": ticket, "cluster": "east", "token": lab.east.token("alice")}
        async with alice.session.post(url, json=fields) as got:
            assert got.status == 403
        with aiohttp.MultipartWriter("form-data") as parts:
            for key, value in fields.items():
                parts.append(value).set_content_disposition("form-data", name=key)
            async with alice.session.post(url, data=parts) as got:
                assert got.status == 403
        async with alice.session.post(url, data=b"ticket=%ff&token=\xff") as got:
            assert got.status == 403
        assert lab.east.request_count == 0


async def test_the_page_speaks_the_browser_s_language_and_can_be_switched(lab: World) -> None:
    async with (
        lab.bot(WALLTIME_PUBLIC_URL=HERE) as bot,
        visiting(bot, language="zh-CN,zh;q=0.9,en;q=0.8") as li,
    ):
        name = await ask_for_page(lab.alice)
        form = await li.open(name)
        assert '<html lang="zh-Hans">' in form.text
        assert "请关闭此页面。" in form.seen
        assert '<html lang="en">' in (await li.open(name, "?lang=en")).text
        wrong = await li.send(name, {"ticket": form.ticket, "cluster": "east", "token": "hunter2"})
        assert "这不是平台的 API 令牌" in wrong.fault("token")
        shown = await li.fill_in(name, lab.east.token("alice"))
        assert "请在 Slack 中确认" in shown.seen
        assert '<html lang="en">' in (await li.open(name, "?lang=en")).text
        assert "没有这个页面" in (await li.open("x" * 43)).seen


async def test_a_person_s_name_on_the_page_is_text_and_never_markup(lab: World) -> None:
    lab.slack.workspaces[TEAM].add_person("U0EVE", name="eve", real_name="<script>alert(1)</script>&")
    eve = lab.slack.act_as(TEAM, "U0EVE")
    async with lab.bot(WALLTIME_PUBLIC_URL=HERE) as bot, visiting(bot) as alice:
        form = await alice.open(await ask_for_page(eve, "link", channel=eve.dm))
        assert "<script" not in form.text
        assert "&lt;script&gt;" in form.text


async def test_the_token_and_the_page_s_name_are_nowhere_they_do_not_belong(lab: World) -> None:
    canary = lab.east.token("alice")
    async with running(lab, WALLTIME_PUBLIC_URL=HERE) as process:
        port = await process.port()
        async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
            alice = Visitor(session, port)
            name = await ask_for_page(lab.alice)
            lab.east.faults.add(ClusterFault(kind="code", code="10008", times=1))
            assert (await alice.fill_in(name, canary)).status == 422
            shown = await alice.fill_in(name, canary)
            question = await question_to(lab.alice)
            asked = b"".join(path.read_bytes() for path in lab.data_dir.iterdir()).decode("latin-1")
            await type_code(lab.alice, question, shown.code)
            await lab.alice.wait_view(lambda v: "You are linked as" in str(v.view))
        assert await process.stop() == 0
        log = process.log
    calls = json.dumps([call.args for call in lab.slack.calls], default=str)
    files = b"".join(path.read_bytes() for path in lab.data_dir.iterdir()).decode("latin-1")
    pages = "".join(answer.text for answer in alice.seen)
    for secret in (canary, canary.split(".")[2]):
        for place, text in {
            "log": log,
            "calls": calls,
            "files": files,
            "asked": asked,
            "pages": pages,
        }.items():
            assert secret not in text, f"the token is in the {place}"
    for place, text in {"log": log, "files": files, "asked": asked}.items():
        assert name not in text, f"the page's name is in the {place}"
        assert shown.code.replace("-", "") not in text, f"the code is in the {place}"
