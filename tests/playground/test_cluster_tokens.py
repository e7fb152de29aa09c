"""Tokens live, are renewed and die as the platform's do."""

import json
from base64 import urlsafe_b64decode
from datetime import timedelta
from typing import Any

import pytest

from tests.playground.cluster_kit import AUTH_FAIL, MONDAY, claims_of, lab, signed

STATE = "/ac/openapi/v2/tokens/state"


async def test_a_token_reads_as_the_documented_ones_do() -> None:
    async with lab() as here:
        here.cluster.add_user("ac_alice", login="alice", account_status="Trial")
        token = here.cluster.token("ac_alice", lives=timedelta(hours=3))
        header = token.split(".")[0]
        assert json.loads(urlsafe_b64decode(header + "==")) == {"alg": "HS256", "typ": "JWT"}
        claims = claims_of(token)
        assert set(claims) == {
            "computeUser", "accountStatus", "creator", "role", "expireTime",
            "clusterId", "invoker", "user", "userId",
        }  # fmt: skip
        assert all(isinstance(value, str) for value in claims.values())
        assert (claims["computeUser"], claims["user"]) == ("ac_alice", "alice")
        assert (claims["accountStatus"], claims["clusterId"]) == ("Trial", "11112")
        assert int(claims["expireTime"]) == (MONDAY + timedelta(hours=3)).timestamp() * 1000
        assert claims_of(here.cluster.platform_token("ac_alice"))["clusterId"] == "0"


async def test_no_two_tokens_are_the_same() -> None:
    async with lab() as here:
        here.cluster.add_user("alice")
        tokens = [here.cluster.token("alice") for _ in range(5)]
        tokens += [here.cluster.token("alice", expireTime=None) for _ in range(5)]
        assert len(set(tokens)) == 10


async def test_claims_can_be_changed_or_left_out_and_the_token_still_works() -> None:
    async with lab() as here:
        here.cluster.add_user("alice", core_hours=1.0)
        token = here.cluster.token("alice", clusterId="999", expireTime=None, role=2)
        claims = claims_of(token)
        assert (claims["clusterId"], claims["role"]) == ("999", 2)
        assert "expireTime" not in claims
        assert (await here.walltime("alice", token))["data"] == 1.0
        assert "expireTime" not in claims_of((await here.renew(token))["data"])


async def test_a_token_dies_at_its_time() -> None:
    async with lab() as here:
        here.cluster.add_user("alice", core_hours=1.0)
        token = here.cluster.token("alice", lives=timedelta(hours=1))
        here.clock.advance(minutes=59)
        assert (await here.walltime("alice", token))["data"] == 1.0
        assert (await here.ask("GET", STATE, token=token))[1]["data"] == "token is valid"
        here.clock.advance(minutes=1)
        assert await here.walltime("alice", token) == AUTH_FAIL
        assert (await here.ask("GET", STATE, token=token))[1] == AUTH_FAIL


async def test_the_status_beside_a_bad_token_is_a_setting() -> None:
    async with lab() as here:
        here.cluster.auth_status = 401
        assert await here.ask("GET", STATE, token="x") == (401, AUTH_FAIL)


async def test_a_tampered_token_is_invalid() -> None:
    async with lab() as here:
        here.cluster.add_user("alice")
        token = here.cluster.token("alice")
        assert await here.walltime("alice", token[:-1] + ("A" if token[-1] != "A" else "B")) == AUTH_FAIL


async def test_renewal_replaces_the_token_at_once() -> None:
    async with lab() as here:
        here.cluster.add_user("alice", core_hours=1.0)
        here.cluster.renew_lives = timedelta(hours=6)
        old = here.cluster.token("alice")
        here.clock.advance(hours=1)
        new = (await here.renew(old))["data"]
        assert int(claims_of(new)["expireTime"]) == (MONDAY + timedelta(hours=7)).timestamp() * 1000
        assert await here.walltime("alice", old) == AUTH_FAIL
        assert await here.renew(old) == AUTH_FAIL
        assert (await here.walltime("alice", new))["data"] == 1.0


async def test_a_renewed_token_works_through_its_grace() -> None:
    async with lab() as here:
        here.cluster.add_user("alice", core_hours=1.0)
        here.cluster.renew_grace = timedelta(minutes=5)
        old = here.cluster.token("alice")
        assert (await here.renew(old))["code"] == "0"
        here.clock.advance(minutes=4)
        assert (await here.walltime("alice", old))["data"] == 1.0
        here.clock.advance(minutes=1)
        assert await here.walltime("alice", old) == AUTH_FAIL


@pytest.mark.parametrize(("late", "code"), [(24 * 3600, "0"), (24 * 3600 + 1, "10008")])
async def test_an_expired_token_is_renewed_for_a_day(late: int, code: str) -> None:
    async with lab() as here:
        here.cluster.add_user("alice")
        token = here.cluster.token("alice", lives=timedelta(hours=1))
        here.clock.advance(hours=1, seconds=late)
        assert (await here.renew(token))["code"] == code


async def test_renewal_answers_in_three_shapes() -> None:
    async with lab() as here:
        here.cluster.add_user("alice")
        token = here.cluster.token("alice")
        token = (await here.renew(token))["data"]
        here.cluster.renew_shape = "object"
        row: dict[str, Any] = (await here.renew(token))["data"]
        assert (row["clusterId"], row["clusterName"]) == ("11112", "east")
        here.cluster.renew_shape = "list"
        (row,) = (await here.renew(row["token"]))["data"]
        assert (await here.walltime("alice", row["token"]))["code"] == "0"


async def test_renewal_is_refused_to_strangers_and_the_frozen() -> None:
    async with lab() as here:
        here.cluster.add_user("alice").frozen = True
        assert (await here.renew(here.cluster.token("alice")))["code"] == "10007"
        assert await here.renew("x") == AUTH_FAIL
        assert (await here.ask("POST", "/ac/openapi/v2/tokens/next"))[1]["code"] == "10003"


async def test_revoked_tokens_cannot_be_used_or_renewed() -> None:
    async with lab() as here:
        here.cluster.add_user("alice")
        token = here.cluster.token("alice")
        here.cluster.revoke_tokens("alice")
        assert await here.walltime("alice", token) == AUTH_FAIL
        assert await here.renew(token) == AUTH_FAIL


async def test_a_signed_sign_in_gives_both_tokens() -> None:
    async with lab() as here:
        here.cluster.add_user("ac_alice", login="alice", core_hours=2.0)
        access_key, secret_key = here.cluster.add_access_key("ac_alice")
        answer = await here.sign_in(**signed("alice", access_key, secret_key, MONDAY))
        platform, region = answer["data"]
        assert (platform["clusterId"], platform["clusterName"]) == ("0", "ac")
        assert (region["clusterId"], region["clusterName"]) == ("11112", "east")
        assert (await here.walltime("ac_alice", region["token"]))["data"] == 2.0
        assert (await here.ask("GET", STATE, token=platform["token"]))[1]["code"] == "0"


async def test_a_stopped_region_is_listed_without_a_token() -> None:
    async with lab() as here:
        user = here.cluster.add_user("alice", account_status="Owe")
        keys = here.cluster.add_access_key(user)
        answer = await here.sign_in(**signed("alice", *keys, MONDAY))
        assert answer["data"][1] == {"clusterId": "11112", "clusterName": "east", "token": None}
        user.stopped = False
        answer = await here.sign_in(**signed("alice", *keys, MONDAY))
        assert answer["data"][1]["token"]


async def test_a_sign_in_that_does_not_fit_is_refused() -> None:
    async with lab() as here:
        here.cluster.add_user("alice")
        here.cluster.add_user("bob")
        access_key, secret_key = here.cluster.add_access_key("alice")
        good = signed("alice", access_key, secret_key, MONDAY)
        cases = {
            "missing": ({name: value for name, value in good.items() if name != "signature"}, "10003"),
            "milliseconds": ({**good, "timestamp": good["timestamp"] + "000"}, "10004"),
            "no number": ({**good, "timestamp": "yesterday!"}, "10004"),
            "unknown name": (signed("carol", access_key, secret_key, MONDAY), "10009"),
            "another's name": (signed("bob", access_key, secret_key, MONDAY), "10009"),
            "unknown key": (signed("alice", "f00", secret_key, MONDAY), "10009"),
            "wrong secret": (signed("alice", access_key, "f00", MONDAY), "10009"),
            "no signature of ours": ({**good, "signature": "é"}, "10009"),
            "too old": (signed("alice", access_key, secret_key, MONDAY - timedelta(hours=1)), "10009"),
        }
        answers = {case: (await here.sign_in(**headers))["code"] for case, (headers, _) in cases.items()}
        assert answers == {case: code for case, (_, code) in cases.items()}
