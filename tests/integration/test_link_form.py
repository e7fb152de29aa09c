"""The link form: every wrong input has its own sentence, at the field it concerns, and nothing is stored."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from bot.playground.cluster import ClusterFault
from tests.world import GENERAL, World

Make = Callable[[World], dict[str, str]]
EXPIRED = timedelta(hours=-1)


@pytest.mark.parametrize(
    ("make", "field", "sentence"),
    [
        pytest.param(lambda w: {"token": " "}, "token", "Paste your API token", id="an empty token"),
        pytest.param(lambda w: {"token": "hunter2"}, "token", "not an API token", id="a malformed token"),
        pytest.param(
            lambda w: {"token": w.east.token("alice", lives=EXPIRED)}, "token", "expired on", id="expired"
        ),
        pytest.param(
            lambda w: {"token": w.east.platform_token("alice")},
            "token",
            "opens no cluster",
            id="platform token",
        ),
        pytest.param(
            lambda w: {"token": w.east.token("bob"), "username": "alice"},
            "username",
            "belongs to “bob”, not to “alice”",
            id="a token of another username",
        ),
        pytest.param(
            lambda w: {"token": w.east.token("alice", clusterId="99")},
            "token",
            "belongs to another cluster than East",
            id="a token of another cluster",
        ),
        pytest.param(
            lambda w: {"token": w.east.token("alice"), "username": "al ice"},
            "username",
            "no spaces",
            id="a username with a space",
        ),
    ],
)
async def test_the_form_refuses_at_once(lab: World, make: Make, field: str, sentence: str) -> None:
    async with lab.bot():
        before = lab.east.request_count
        delivery = await lab.fill_form(lab.alice, **make(lab))
        assert list(delivery.errors) == [field]
        assert sentence in delivery.errors[field]
        assert lab.east.request_count == before
        assert await lab.rows("links") == []


@pytest.mark.parametrize(
    ("fault", "field", "sentence"),
    [
        pytest.param({"kind": "code", "code": "10007"}, "token", "has frozen this username", id="frozen"),
        pytest.param({"kind": "code", "code": "10008"}, "token", "does not accept this token", id="10008"),
        pytest.param({"kind": "code", "code": "10009"}, "token", "code 10009", id="10009"),
        pytest.param(
            {"kind": "code", "code": "10004"}, "username", "does not know this username", id="10004"
        ),
        pytest.param({"kind": "code", "code": "10001"}, "token", "is not answering", id="10001"),
        pytest.param({"kind": "code", "code": "815005"}, "token", "code 815005", id="815005"),
        pytest.param({"kind": "data", "data": None}, "token", "without a number", id="data null"),
        pytest.param({"kind": "data", "data": "12.5"}, "token", "without a number", id="data a string"),
        pytest.param({"kind": "data", "literal": "NaN"}, "token", "without a number", id="data NaN"),
        pytest.param({"kind": "data", "data": -1}, "token", "without a number", id="data negative"),
        pytest.param({"kind": "not_json"}, "token", "do not understand", id="not JSON"),
        pytest.param({"kind": "unknown_path"}, "token", "do not understand", id="404"),
    ],
)
async def test_the_form_tells_what_the_cluster_said(
    lab: World, fault: dict[str, object], field: str, sentence: str
) -> None:
    async with lab.bot():
        lab.east.faults.add(ClusterFault(**fault))  # type: ignore[arg-type]  # a table of fields
        delivery = await lab.fill_form(lab.alice, token=lab.east.token("alice"))
        assert list(delivery.errors) == [field]
        assert sentence in delivery.errors[field]
        assert await lab.rows("links") == []
        assert await lab.rows("readings") == []
        assert [entry.action for entry in await lab.rows("audit")] == ["link_refused"]


async def test_after_a_rename_the_cluster_name_is_found_by_itself(lab: World) -> None:
    async with lab.bot():
        lab.east.add_user("ac_carol", login="carol", core_hours=5.0)
        token = lab.east.token("ac_carol")
        lab.east.faults.add(ClusterFault(kind="code", code="10004", username="carol", times=1))
        delivery = await lab.fill_form(lab.bob, token=token)
        assert delivery.errors == {}
        assert [link.username for link in await lab.rows("links")] == ["ac_carol"]


async def test_an_unknown_cluster_in_the_command_is_named_with_those_there_are(lab: World) -> None:
    async with lab.bot():
        await lab.alice.command("/walltime link wset", channel=GENERAL)
        told = await lab.alice.wait_message(lambda m: "wset" in m.text)
        assert "There is: east." in told.text


@pytest.mark.both_doors
async def test_a_token_typed_into_a_command_is_refused_and_not_echoed(lab: World) -> None:
    async with lab.bot():
        token = lab.east.token("alice")
        await lab.alice.command(f"/walltime link {token}", channel=GENERAL)
        told = await lab.alice.wait_message(lambda m: "revoke it now" in m.text)
        assert token not in str(told)
        assert await lab.rows("links") == []


async def test_a_new_token_for_the_same_username_keeps_the_readings(lab: World) -> None:
    async with lab.bot():
        await lab.link(lab.alice)
        lab.east.add_core_hours("alice", 1.0)
        await lab.link(lab.alice)
        assert [reading.core_hours for reading in await lab.rows("readings")] == [1234.5, 1235.5]


async def test_linking_another_username_starts_a_new_series(lab: World) -> None:
    async with lab.bot():
        await lab.link(lab.alice)
        await lab.link(lab.alice, username="bob")
        assert [reading.core_hours for reading in await lab.rows("readings")] == [20.25]
