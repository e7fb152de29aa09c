"""Regions of the platform that stand in no settings: found by a sign-in, linked, polled and renewed."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.playground.cluster import ClusterFault, ClusterTwin
from bot.playground.slack import Delivery
from bot.store.engine import Database
from bot.wiring.bot import Bot
from bot.wiring.patience import ClusterPatience
from tests.alerts_kit import TICK
from tests.world import ALICE, ENDLESS, GENERAL, World, until, world


@pytest.fixture
async def lab(data_dir: Path) -> AsyncIterator[World]:
    """A lab; how Slack reaches the bot makes no difference here."""
    async with world(data_dir) as made:
        yield made


@pytest.fixture
async def north(lab: World) -> AsyncIterator[ClusterTwin]:
    """A platform of six regions: East of the settings, North beside it, and four that cannot be linked."""
    made = ClusterTwin(name="North", cluster_id="7", clock=lab.clock, seed=7)
    await made.start()
    made.add_user("alice", core_hours=77.5)
    port = made.url.rpartition(":")[2]
    lab.east.add_region(made, f"http://169.254.169.254:{port}", made.url)
    for name, cluster_id, urls in (
        ("South", "8", (made.url,)),
        ("Far", "9", ("https://169.254.169.254", f"http://localhost:{port}", "https://evil.example")),
        ("Models", "10", ()),
    ):
        other = ClusterTwin(name=name, cluster_id=cluster_id, clock=lab.clock)
        other.add_user("alice").stopped = name == "South"
        lab.east.add_region(other, *urls)
    yield made
    await made.stop()


@asynccontextmanager
async def bot(lab: World, *, patience: ClusterPatience = ENDLESS) -> AsyncIterator[Bot]:
    (east,) = json.loads(lab.environ()["WALLTIME_CLUSTERS"])
    clusters = json.dumps([{**east, "allow_access_keys": True}])
    hosts = "127.0.0.1"
    async with lab.bot(
        patience=patience, tick=TICK, WALLTIME_CLUSTERS=clusters, WALLTIME_REGION_HOSTS=hosts
    ) as made:
        yield made


async def sign_in(lab: World, **changes: str) -> Delivery:
    """Ask by the form for an access key what the key opens."""
    await lab.alice.command("/walltime link", channel=GENERAL)
    form = await lab.alice.wait_view(lambda v: v.view.get("callback_id") == "link" and "submit" in v.view)
    await lab.alice.click("link.by_key", view=form)
    form = await lab.alice.wait_view(lambda v: v.view.get("callback_id") == "link.by_key")
    access_key, secret_key = lab.east.add_access_key("alice")
    typed = {"cluster": "regions:east", "username": "alice", "access_key": access_key}
    return await lab.alice.submit(form, {**typed, "secret_key": secret_key, **changes})


async def choice(lab: World) -> Any:
    assert (await sign_in(lab)).errors == {}
    return await lab.alice.wait_view(lambda v: v.view.get("callback_id") == "link.region")


async def test_what_a_key_opens_is_offered_and_the_region_chosen_lives_like_any_other(
    lab: World, north: ClusterTwin
) -> None:
    async with bot(lab):
        form = await choice(lab)
        said = json.dumps(form.view)
        (menu,) = (block for block in form.view["blocks"] if block.get("block_id") == "cluster")
        offered = {one["text"]["text"]: one["value"] for one in menu["element"]["options"]}
        assert offered == {"East": "11112", "North": "7"}
        assert "Your account is stopped on *South*" in said
        assert "*Far*: the platform tells no address there that I may call" in said
        assert "Models" not in said
        (waiting,) = await lab.rows("sign_ins")
        assert form.view["private_metadata"] == waiting.sign_in_id
        for token in north.user("alice").tokens:
            assert token not in said
            assert token.encode() not in waiting.body

        assert (await lab.alice.submit(form, {"cluster": "7"})).errors == {}
        await lab.alice.wait_view(lambda v: "You are linked as *alice* on *North*: 77.50" in str(v.view))
        assert await lab.rows("sign_ins") == []
        (found,) = await lab.rows("found_clusters")
        assert (found.name, found.label, found.url) == ("region-7", "North", north.url)
        await lab.alice.command("/walltime limit 100 total on region-7", channel=GENERAL)
        await lab.alice.wait_message(lambda m: "Limit set" in m.text)
    lab.hours_pass(9)
    async with bot(lab):  # another process: what was found is in the table

        async def generation() -> int:
            (row,) = await lab.rows("health")
            assert row.state == "healthy"
            return int(row.generation)

        await until(generation, lambda count: count > 1, 20)
        north.set_core_hours("alice", 85)
        lab.hours_pass(2)
        await lab.alice.wait_message(lambda m: "80 %" in m.text and "North" in m.text, channel=lab.alice.dm)


async def test_an_address_that_leads_elsewhere_gets_no_token_and_nothing_is_stored(
    lab: World, north: ClusterTwin
) -> None:
    north.faults.add(ClusterFault(kind="redirect", location=f"{lab.east.url}/hpc/openapi/v2/cluster"))
    async with bot(lab):
        form = await choice(lab)
        before = lab.east.request_count
        errors = (await lab.alice.submit(form, {"cluster": "7"})).errors
        assert list(errors) == ["cluster"]
        assert lab.east.request_count == before
        assert await lab.rows("links") == await lab.rows("found_clusters") == []
        # What the sign-in opened is still there to choose from.
        assert (await lab.alice.submit(form, {"cluster": "11112"})).errors == {}
        await lab.alice.wait_view(lambda v: "You are linked as *alice* on *East*" in str(v.view))


async def test_a_choice_is_good_for_ten_minutes_for_one_person_and_once(
    lab: World, north: ClusterTwin
) -> None:
    async with bot(lab):
        form = await choice(lab)
        lab.clock.ahead += timedelta(minutes=11)
        assert (await lab.alice.submit(form, {"cluster": "7"})).errors == {}
        await lab.alice.wait_view(lambda v: "This sign-in is over" in str(v.view))
    assert north.request_count == 0
    assert await lab.rows("links") == []


async def test_a_platform_that_takes_its_time_is_waited_for(lab: World, north: ClusterTwin) -> None:
    lab.east.faults.add(ClusterFault(kind="slow", delay=timedelta(seconds=2), times=1, endpoint="login"))
    del north
    async with bot(lab, patience=ClusterPatience()):
        assert "North" in json.dumps((await choice(lab)).view)


async def test_a_wrong_key_is_said_at_its_field(lab: World, north: ClusterTwin) -> None:
    del north
    async with bot(lab):
        delivery = await sign_in(lab, secret_key="0" * 64)
        assert "(code 10009)" in delivery.errors["secret_key"]
        assert [entry.action for entry in await lab.rows("audit")] == ["sign_in_refused"]
        assert await lab.rows("sign_ins") == []


async def test_a_sign_in_sealed_for_another_row_does_not_open(lab: World, north: ClusterTwin) -> None:
    del north
    async with bot(lab):
        form = await choice(lab)
        database = Database(lab.settings().database_url)
        async with database.writes() as connection:
            await connection.exec_driver_sql("UPDATE sign_ins SET body = substr(body, 1, 40)")
        await database.close()
        assert (await lab.alice.submit(form, {"cluster": "7"})).errors == {}
        await lab.alice.wait_view(lambda v: "This sign-in is over" in str(v.view))
        audit = (await lab.rows("audit"))[-1]
        assert (audit.action, audit.actor, audit.subject) == ("seal_broken", ALICE, f"{ALICE}/sign-in")
