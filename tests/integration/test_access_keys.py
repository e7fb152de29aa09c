"""Linking by an access key, in Slack's form; and the link that lives on by signing in again."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from bot.cluster.platform import HttpPlatform
from bot.domain.errors import RegionStopped, SignInRefused, WalltimeError
from bot.domain.people import Person
from bot.playground.cluster import ClusterFault
from bot.playground.slack import Delivery
from bot.store.access_keys import SqlAccessKeys
from bot.store.audit import SqlAuditLog
from bot.store.engine import Database
from bot.store.links import SqlLinks
from bot.store.vault import KeyRing, new_key
from bot.usecases.sign_in import SignIn
from bot.wiring.bot import Bot
from bot.wiring.patience import ClusterPatience
from tests.process import running
from tests.world import ALICE, ENDLESS, GENERAL, TEAM, World

KEY = new_key()


def environ(lab: World, *, east: bool = True) -> dict[str, str]:
    """East, whose settings allow access keys, and West, which the same platform serves."""
    entries = [
        {
            "name": "east",
            "label": "East",
            "url": lab.east.url,
            "cluster_id": "11112",
            "sign_in_url": lab.east.url,
            "allow_access_keys": east,
        },
        {
            "name": "west",
            "label": "West",
            "url": lab.east.url,
            "cluster_id": "7",
            "sign_in_url": lab.east.url,
            "allow_access_keys": True,
        },
        {"name": "north", "label": "North", "url": lab.east.url},
    ]
    return {"WALLTIME_CLUSTERS": json.dumps(entries), "WALLTIME_SECRET_KEYS": KEY}


@asynccontextmanager
async def bot(lab: World, *, east: bool = True, patience: ClusterPatience = ENDLESS) -> AsyncIterator[Bot]:
    clusters = environ(lab, east=east)["WALLTIME_CLUSTERS"]
    async with lab.bot(patience=patience, WALLTIME_CLUSTERS=clusters, WALLTIME_SECRET_KEYS=KEY) as made:
        yield made


async def fill(lab: World, **changes: str) -> Delivery:
    """Open the form for a token, go over to the one for an access key, fill it in and submit it."""
    await lab.alice.command("/walltime link east", channel=GENERAL)
    form = await lab.alice.wait_view(lambda v: v.view.get("callback_id") == "link" and "submit" in v.view)
    await lab.alice.click("link.by_key", view=form)
    form = await lab.alice.wait_view(lambda v: v.view.get("callback_id") == "link.by_key")
    access_key, secret_key = lab.east.add_access_key("alice")
    typed = {"username": "alice", "access_key": access_key, "secret_key": secret_key, **changes}
    return await lab.alice.submit(form, typed)


async def test_a_person_links_by_an_access_key_and_the_key_stays_sealed(lab: World) -> None:
    async with bot(lab):
        delivery = await fill(lab)
        assert (delivery.errors, delivery.error) == ({}, None)
        await lab.alice.wait_view(lambda v: "You are linked as *alice* on *East*: 1,234.50" in str(v.view))
        (link,) = await lab.rows("links")
        (key,) = await lab.rows("access_keys")
        assert (link.username, link.cluster, key.login) == ("alice", "east", "alice")
        await lab.alice.command("/walltime", channel=GENERAL)
        await lab.alice.wait_message(lambda m: "1,234.50 core-hours used" in m.text)


async def test_whose_name_on_the_cluster_is_another_one_is_found_by_it(lab: World) -> None:
    async with bot(lab):
        user = lab.east.add_user("ac_carol", login="carol", core_hours=5.0)
        lab.east.faults.add(
            ClusterFault(kind="code", code="10004", username="carol", endpoint="walltime", times=1)
        )
        access_key, secret_key = lab.east.add_access_key(user)
        delivery = await fill(lab, username="carol", access_key=access_key, secret_key=secret_key)
        assert delivery.errors == {}
        assert [(link.username) for link in await lab.rows("links")] == ["ac_carol"]
        assert [(key.login) for key in await lab.rows("access_keys")] == ["carol"]


async def test_back_to_the_token_and_a_link_by_token_forgets_the_key(lab: World) -> None:
    async with bot(lab):
        assert (await fill(lab)).ok
        await lab.alice.close_view(await lab.alice.wait_view(lambda v: "You are linked as" in str(v.view)))
        await lab.alice.command("/walltime link east", channel=GENERAL)
        form = await lab.alice.wait_view(lambda v: v.view.get("callback_id") == "link")
        await lab.alice.click("link.by_key", view=form)
        form = await lab.alice.wait_view(lambda v: v.view.get("callback_id") == "link.by_key")
        await lab.alice.click("link.by_token", view=form)
        form = await lab.alice.wait_view(lambda v: v.view.get("callback_id") == "link")
        delivery = await lab.alice.submit(form, {"cluster": "east", "token": lab.east.token("alice")})
        assert delivery.errors == {}
        assert await lab.rows("access_keys") == []
        assert len(await lab.rows("links")) == 1


async def test_without_leave_of_the_settings_nothing_is_offered(lab: World) -> None:
    async with lab.bot():
        await lab.alice.command("/walltime link", channel=GENERAL)
        form = await lab.alice.wait_view(lambda v: v.view.get("callback_id") == "link")
        assert "link.by_key" not in str(form.view)


async def test_the_form_lists_only_clusters_that_allow_it(lab: World) -> None:
    async with bot(lab, east=False):
        await lab.alice.command("/walltime link", channel=GENERAL)
        form = await lab.alice.wait_view(lambda v: v.view.get("callback_id") == "link")
        await lab.alice.click("link.by_key", view=form)
        form = await lab.alice.wait_view(lambda v: v.view.get("callback_id") == "link.by_key")
        assert "West" in str(form.view)
        for other in ("East", "North"):
            assert other not in str(form.view["blocks"][1])


Break = Callable[[World], dict[str, str]]


def stopped(lab: World) -> dict[str, str]:
    lab.east.user("alice").stopped = True
    return {}


def silent(lab: World) -> dict[str, str]:
    lab.east.faults.add(ClusterFault(kind="html", endpoint="login"))
    return {}


@pytest.mark.parametrize(
    ("harm", "field", "said", "audited"),
    [
        pytest.param(lambda _: {"secret_key": "0" * 64}, "secret_key", "(code 10009)", True, id="wrong key"),
        pytest.param(lambda _: {"username": "renamed"}, "secret_key", "a rename", True, id="wrong name"),
        pytest.param(lambda _: {"access_key": "a b"}, "access_key", "without quotes", False, id="no key"),
        pytest.param(lambda _: {"secret_key": "密"}, "secret_key", "without quotes", False, id="no secret"),
        pytest.param(stopped, "cluster", "your account is stopped on East", True, id="stopped region"),
        pytest.param(
            lambda _: {"cluster": "west"}, "cluster", "The same keys open East.", True, id="another region"
        ),
        pytest.param(silent, "secret_key", "is not answering just now", False, id="silent platform"),
    ],
)
async def test_what_does_not_work_is_said_at_its_field_and_nothing_is_stored(
    lab: World, *, harm: Break, field: str, said: str, audited: bool
) -> None:
    async with bot(lab):
        delivery = await fill(lab, **harm(lab))
        assert list(delivery.errors) == [field]
        assert said in delivery.errors[field]
        assert await lab.rows("links") == await lab.rows("access_keys") == []
        actions = [entry.action for entry in await lab.rows("audit")]
        assert actions == (["sign_in_refused"] if audited else [])


async def test_a_slow_platform_is_waited_for_and_its_answer_told(lab: World) -> None:
    async with bot(lab, patience=ClusterPatience()):
        lab.east.faults.add(ClusterFault(kind="slow", delay=timedelta(seconds=2), times=1, endpoint="login"))
        assert (await fill(lab)).errors == {}
        await lab.alice.wait_view(lambda v: "You are linked as *alice*" in str(v.view))
        assert len(await lab.rows("access_keys")) == 1


async def test_a_secret_key_is_nowhere_but_in_the_signature(lab: World) -> None:
    settings = environ(lab)
    _, secret_key = first = lab.east.add_access_key("alice")
    async with running(lab, **settings) as process:
        refused = await fill(lab, access_key="f" * 32, secret_key=secret_key)
        assert "10009" in refused.errors["secret_key"]
        await lab.alice.close_view(lab.alice.views[-1])
        assert (await fill(lab, access_key=first[0], secret_key=secret_key)).errors == {}
        await lab.alice.command("/walltime status", channel=GENERAL)
        await lab.alice.wait_message(lambda m: "For support" in m.text)
        assert await process.stop() == 0
        written = process.log
    said = json.dumps([m.to_dict() for m in lab.alice.messages(GENERAL)], default=str)
    calls = json.dumps([call.args for call in lab.slack.calls], default=str)
    files = b"".join(path.read_bytes() for path in lab.data_dir.iterdir()).decode("latin-1")
    for name, text in {"log": written, "messages": said, "calls": calls, "files": files}.items():
        assert secret_key not in text, f"the secret key is in the {name}"


# Signing in again, as renewal calls it


@asynccontextmanager
async def signing_in(lab: World, *, east: bool = True) -> AsyncIterator[tuple[SignIn, SqlLinks]]:
    clusters = lab.settings(**environ(lab, east=east)).clusters
    database, ring = Database(lab.settings().database_url), KeyRing.parse(KEY)
    keys = SqlAccessKeys(database, ring, clock=lab.clock)
    try:
        async with HttpPlatform(clusters) as platform:
            sign_in = SignIn(clusters=clusters, platform=platform, keys=keys, audit=SqlAuditLog(database))
            yield sign_in, SqlLinks(database, ring, clock=lab.clock)
    finally:
        await database.close()


async def test_after_the_renewal_window_a_link_with_a_key_gets_a_fresh_token(lab: World) -> None:
    async with bot(lab):
        assert (await fill(lab)).errors == {}
    lab.hours_pass(24 * 40)
    async with signing_in(lab) as (sign_in, links):
        (link,) = await links.of(Person(workspace=TEAM, user=ALICE))
        fresh = await sign_in.again(link, now=lab.clock())
        assert fresh is not None
        assert lab.east._tokens.valid(fresh.reveal()) is not None
        assert fresh != await links.token(link), "whoever asked stores it"
    async with signing_in(lab, east=False) as (sign_in, _):
        assert await sign_in.again(link, now=lab.clock()) is None, "the settings no longer allow it"


async def test_a_link_by_token_has_nothing_to_sign_in_with(lab: World) -> None:
    async with bot(lab):
        await lab.link(lab.alice)
    asked = lab.east.request_count
    async with signing_in(lab) as (sign_in, links):
        (link,) = await links.of(Person(workspace=TEAM, user=ALICE))
        assert await sign_in.again(link, now=lab.clock()) is None
    assert lab.east.request_count == asked


def renamed(lab: World) -> None:
    lab.east._logins["alicia"] = lab.east._logins.pop("alice")
    lab.east.user("alice").login = "alicia"


@pytest.mark.parametrize(
    ("harm", "error"),
    [
        pytest.param(renamed, SignInRefused, id="the login name was changed"),
        pytest.param(stopped, RegionStopped, id="the account was stopped"),
    ],
)
async def test_a_key_that_no_longer_opens_the_link_is_an_error_and_in_the_audit_log(
    lab: World, harm: Callable[[World], None], error: type[WalltimeError]
) -> None:
    async with bot(lab):
        assert (await fill(lab)).errors == {}
    harm(lab)
    async with signing_in(lab) as (sign_in, links):
        (link,) = await links.of(Person(workspace=TEAM, user=ALICE))
        with pytest.raises(error):
            await sign_in.again(link, now=lab.clock())
        assert (await lab.rows("audit"))[-1].action == "sign_in_refused"
