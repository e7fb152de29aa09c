"""Signing in over real HTTP, against a platform that checks the signature."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from bot.cluster.platform import HttpPlatform, regions_from, signature
from bot.domain.access_keys import AccessKey, RegionToken
from bot.domain.clusters import Cluster
from bot.domain.errors import (
    ClusterMisconfigured,
    ClusterSilent,
    SignInRefused,
    UsernameFrozen,
    WalltimeError,
)
from bot.domain.secret import Secret
from bot.playground.cluster import ClusterFault, ClusterTwin
from tests.unit.kit import NOW, east, shown, table


@dataclass
class Door:
    """A platform with one user, the user's key, and who signs in."""

    twin: ClusterTwin
    cluster: Cluster
    platform: HttpPlatform
    key: AccessKey

    async def sign_in(self, **changes: Any) -> tuple[RegionToken, ...]:
        now = changes.pop("now", NOW)
        return await self.platform.sign_in(self.cluster, replace(self.key, **changes), now=now)


@pytest.fixture
async def door() -> AsyncIterator[Door]:
    twin = ClusterTwin(name="east", cluster_id="11112", clock=lambda: NOW)
    await twin.start()
    try:
        twin.add_user("al01", login="李博")
        access_key, secret_key = twin.add_access_key("al01")
        cluster = east(twin.url, sign_in_url=twin.url, allow_access_keys=True, cluster_id="11112")
        async with HttpPlatform([cluster], patience=timedelta(seconds=2)) as platform:
            key = AccessKey(login="李博", access_key=access_key, secret_key=Secret(secret_key))
            yield Door(twin, cluster, platform, key)
    finally:
        await twin.stop()


def test_the_signature_is_the_documented_one() -> None:
    """Made by `openssl dgst -sha256 -hmac` of the JSON with sorted keys and no spaces."""
    key = AccessKey(login="alice", access_key="0123456789abcdef", secret_key=Secret("89abcdef89abcdef"))
    assert signature(key, "1700000000") == "d6293ce113381e267e5bd64c266454160315322e1372684742b2707dccd86ac1"


async def test_a_right_key_opens_its_regions_and_the_platform_s_own_token_is_left_out(door: Door) -> None:
    (region,) = await door.sign_in()
    assert region.cluster_id == "11112"
    assert region.token is not None
    assert door.twin._tokens.valid(region.token.reveal()) is not None
    assert door.twin.requests[-1].endpoint == "login"


async def test_a_stopped_account_is_a_region_without_a_token(door: Door) -> None:
    door.twin.user("al01").stopped = True
    assert await door.sign_in() == (RegionToken(cluster_id="11112", token=None, name="east"),)


@table(
    "changes",
    {
        "another secret key": ({"secret_key": Secret("0" * 64)},),
        "another access key": ({"access_key": "0" * 32},),
        "a name that was changed": ({"login": "al01"},),
        "a clock that is wrong": ({"now": NOW + timedelta(minutes=6)},),
    },
)
async def test_what_does_not_fit_together_is_refused_without_a_second_try(
    door: Door, changes: dict[str, Any]
) -> None:
    with pytest.raises(SignInRefused) as caught:
        await door.sign_in(**changes)
    assert caught.value.code == "10009"
    assert door.twin.request_count == 1
    assert door.key.secret_key.reveal() not in shown(caught.value)


@table(
    "fault error",
    {
        "frozen": (ClusterFault(kind="code", code="10007"), UsernameFrozen),
        "no permission": (ClusterFault(kind="code", code="10008"), SignInRefused),
        "an error of its own": (ClusterFault(kind="code", code="10001"), ClusterSilent),
        "busy": (ClusterFault(kind="html"), ClusterSilent),
        "cut off": (ClusterFault(kind="reset"), ClusterSilent),
        "silent": (ClusterFault(kind="hang"), ClusterSilent),
        "something else": (ClusterFault(kind="not_json"), ClusterMisconfigured),
        "not there": (ClusterFault(kind="unknown_path"), ClusterMisconfigured),
        "a redirect": (ClusterFault(kind="redirect", location="/elsewhere"), ClusterMisconfigured),
        "no list": (ClusterFault(kind="data", data="signed in"), ClusterMisconfigured),
    },
)
async def test_a_fault_is_the_right_error_and_shows_no_secret(
    door: Door, fault: ClusterFault, error: type[WalltimeError]
) -> None:
    door.twin.faults.add(replace(fault, endpoint="login"))
    with pytest.raises(WalltimeError) as caught:
        await door.sign_in()
    assert type(caught.value) is error
    for secret in (door.key.access_key, door.key.secret_key.reveal()):
        assert secret not in shown(caught.value)


@table(
    "row",
    {
        "a text": ("east",),
        "no id": ({"token": "t"},),
        "an id that is a list": ({"clusterId": [], "token": "t"},),
    },
)
def test_rows_of_another_shape_are_not_guessed_at(row: object) -> None:
    with pytest.raises(ClusterMisconfigured):
        regions_from(200, json.dumps({"code": "0", "data": [row]}).encode())


def test_ids_may_be_numbers_and_empty_tokens_are_none() -> None:
    rows = [
        {"clusterId": 0, "token": "p"},
        {"clusterId": 11112, "token": ""},
        {"clusterId": "7", "token": "t"},
    ]
    assert regions_from(200, json.dumps({"code": 0, "data": rows}).encode()) == (
        RegionToken(cluster_id="11112", token=None),
        RegionToken(cluster_id="7", token=Secret("t")),
    )
