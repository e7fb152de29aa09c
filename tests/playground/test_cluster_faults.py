"""Faults look on the wire as those of a real service."""

import asyncio
import json
import math
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any, get_args

import aiohttp
import pytest

from bot.playground.cluster import ClusterFault
from bot.playground.cluster.faults import Kind
from bot.playground.cluster.wire import BOMB_BYTES
from tests.playground.cluster_kit import AUTH_FAIL, Lab, lab, until, walltime_path


@asynccontextmanager
async def alices_lab() -> AsyncIterator[tuple[Lab, str]]:
    async with lab() as here:
        here.cluster.add_user("alice", core_hours=1.5)
        yield here, here.cluster.token("alice")


async def raw(here: Lab, token: str) -> tuple[int, dict[str, str], bytes]:
    url = here.cluster.url + walltime_path("alice")
    async with here.http.get(url, headers={"token": token}, allow_redirects=False) as response:
        return response.status, dict(response.headers), await response.read()


@pytest.mark.parametrize("code", ["10001", "10007", "10009", "10013", "815005", "815007"])
async def test_a_code_comes_with_its_message(code: str) -> None:
    async with alices_lab() as (here, token):
        here.cluster.faults.add(ClusterFault(kind="code", code=code, times=1))
        answer = await here.walltime("alice", token)
        assert (answer["code"], answer["data"]) == (code, "")
        assert answer["msg"] not in {"error", "success"}
        assert (await here.walltime("alice", token))["data"] == 1.5


async def test_a_code_may_have_any_message_data_and_status() -> None:
    async with alices_lab() as (here, token):
        here.cluster.faults.add(ClusterFault(kind="code", code="10008", times=1))
        assert await here.walltime("alice", token) == AUTH_FAIL
        here.cluster.faults.add(
            ClusterFault(kind="code", code="1001", msg="jwt token is invalid", data=None, http_status=401)
        )
        status, _, body = await raw(here, token)
        assert (status, json.loads(body)["msg"]) == (401, "jwt token is invalid")


@pytest.mark.parametrize("data", [None, "text", "NaN", -1, {}, [], True, 10**400])
async def test_data_may_be_anything(data: Any) -> None:
    async with alices_lab() as (here, token):
        here.cluster.faults.add(ClusterFault(kind="data", data=data))
        answer = await here.walltime("alice", token)
        assert answer == {"code": "0", "msg": "success", "data": data}
        assert type(answer["data"]) is type(data)


@pytest.mark.parametrize("literal", ["NaN", "Infinity", "1e400", "9" * 5000, "{", "0x10", "1.0 2.0"])
async def test_data_may_be_any_text_even_if_it_is_no_json(literal: str) -> None:
    async with alices_lab() as (here, token):
        here.cluster.faults.add(ClusterFault(kind="data", literal=literal))
        _, _, body = await raw(here, token)
        assert body == f'{{"code":"0","msg":"success","data":{literal}}}'.encode()


async def test_a_float_that_is_no_number_is_sent_as_such() -> None:
    async with alices_lab() as (here, token):
        here.cluster.faults.add(ClusterFault(kind="data", data=math.nan))
        assert math.isnan((await here.walltime("alice", token))["data"])


async def test_some_answers_are_no_envelopes() -> None:
    async with alices_lab() as (here, token):
        for kind in ("html", "not_json", "unknown_path"):
            here.cluster.faults.add(ClusterFault(kind=kind, times=1))
        status, headers, body = await raw(here, token)
        assert (status, headers["Content-Type"][:9], body[:6]) == (503, "text/html", b"<html>")
        status, headers, body = await raw(here, token)
        assert (status, headers["Content-Type"][:10], body) == (200, "text/plain", b"success")
        status, _, body = await raw(here, token)
        assert (status, json.loads(body)) == (404, {"code": "404", "msg": "Not Found", "data": None})


async def test_a_redirect_points_where_it_was_told() -> None:
    async with alices_lab() as (here, token):
        here.cluster.faults.add(ClusterFault(kind="redirect", location="http://elsewhere.invalid/x"))
        status, headers, _ = await raw(here, token)
        assert (status, headers["Location"]) == (302, "http://elsewhere.invalid/x")


async def test_a_good_answer_may_set_a_cookie_or_number_its_code() -> None:
    async with alices_lab() as (here, token):
        here.cluster.faults.add(ClusterFault(kind="cookie", times=1))
        _, headers, body = await raw(here, token)
        assert "JSESSIONID" in headers["Set-Cookie"]
        assert json.loads(body)["data"] == 1.5
        here.cluster.faults.add(ClusterFault(kind="code_int", times=1))
        assert (await here.walltime("alice", token))["code"] == 0


async def test_a_slow_answer_comes_late_and_a_hanging_one_never() -> None:
    async with alices_lab() as (here, token):
        here.cluster.faults.add(ClusterFault(kind="slow", delay=timedelta(milliseconds=80), times=1))
        begin = asyncio.get_running_loop().time()
        assert (await here.walltime("alice", token))["data"] == 1.5
        assert asyncio.get_running_loop().time() - begin >= 0.079
        here.cluster.faults.add(ClusterFault(kind="hang"))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await here.walltime("alice", token)
        await until(lambda: here.cluster.in_flight == 0)  # the call ends when its client leaves


async def test_a_reset_cuts_before_anything_is_done() -> None:
    async with alices_lab() as (here, token):
        here.cluster.faults.add(ClusterFault(kind="reset", endpoint="renew", times=1))
        with pytest.raises(aiohttp.ClientConnectionError):
            await here.renew(token)
        assert (await here.renew(token))["code"] == "0"


async def test_a_lost_answer_is_done_nevertheless() -> None:
    async with alices_lab() as (here, token):
        here.cluster.faults.add(ClusterFault(kind="lose_answer", endpoint="renew", times=1))
        with pytest.raises(aiohttp.ClientConnectionError):
            await here.renew(token)
        assert await here.renew(token) == AUTH_FAIL


async def test_a_truncated_answer_ends_within_its_body() -> None:
    async with alices_lab() as (here, token):
        here.cluster.faults.add(ClusterFault(kind="truncated"))
        with pytest.raises(aiohttp.ClientPayloadError):
            await raw(here, token)


async def test_an_endless_answer_goes_on_until_the_client_leaves() -> None:
    async with alices_lab() as (here, token):
        here.cluster.faults.add(ClusterFault(kind="big"))
        url = here.cluster.url + walltime_path("alice")
        read = 0
        async with here.http.get(url, headers={"token": token}) as response:
            async for chunk in response.content.iter_any():
                read += len(chunk)
                if read > 2**22:
                    break
            response.close()
        await until(lambda: here.cluster.in_flight == 0)


async def test_a_bomb_is_small_on_the_wire_and_large_unpacked() -> None:
    async with alices_lab() as (here, token):
        here.cluster.faults.add(ClusterFault(kind="gzip_bomb"))
        _, headers, body = await raw(here, token)
        assert headers["Content-Encoding"] == "gzip"
        assert len(body) < 2**17
        unpacked = zlib.decompress(body, 31)
        assert len(unpacked) > BOMB_BYTES
        assert json.loads(unpacked)["code"] == "0"


async def test_a_fault_hits_whom_and_what_it_was_made_for() -> None:
    async with lab() as here:
        here.cluster.add_user("ac_alice", login="alice")
        here.cluster.add_user("bob")
        alice, bob = here.cluster.token("ac_alice"), here.cluster.token("bob")
        fault = here.cluster.faults.add(ClusterFault(kind="code", username="alice"))
        assert (await here.walltime("ac_alice", alice))["code"] == "10001"
        assert (await here.walltime("bob", bob))["code"] == "0"
        alice = (await here.renew(alice))["data"]
        here.cluster.faults.remove(fault)
        here.cluster.faults.add(ClusterFault(kind="code", username="ac_alice", endpoint="*"))
        assert (await here.renew(alice))["code"] == "10001"
        assert (await here.sign_in(user="alice"))["code"] == "10001"
        assert (await here.renew(bob))["code"] == "0"
        assert [request.fault for request in here.cluster.requests][-3:] == ["code", "code", None]


async def test_faults_end_by_count_or_when_cleared() -> None:
    async with alices_lab() as (here, token):
        here.cluster.faults.add(ClusterFault(kind="code", code="10001", times=2))
        here.cluster.faults.add(ClusterFault(kind="code", code="10013"))
        codes = [(await here.walltime("alice", token))["code"] for _ in range(4)]
        assert codes == ["10001", "10001", "10013", "10013"]
        here.cluster.faults.clear()
        assert (await here.walltime("alice", token))["code"] == "0"


async def test_a_share_of_the_calls_can_be_hit() -> None:
    async with alices_lab() as (here, token):
        here.cluster.faults.add(ClusterFault(kind="code", share=0.3))
        codes = [(await here.walltime("alice", token))["code"] for _ in range(200)]
        assert 30 < codes.count("10001") < 90


@pytest.mark.parametrize("kind", ["slow", "redirect"])
def test_a_fault_without_what_it_needs_is_refused(kind: Kind) -> None:
    with pytest.raises(ValueError, match="needs"):
        ClusterFault(kind=kind)


@pytest.mark.parametrize("kind", get_args(Kind))
async def test_stopping_is_prompt_whatever_goes_wrong(kind: Kind) -> None:
    before = asyncio.all_tasks()
    async with alices_lab() as (here, token):
        here.cluster.faults.add(ClusterFault(kind=kind, delay=timedelta(milliseconds=20), location="/"))
        call = asyncio.create_task(raw(here, token))
        await asyncio.sleep(0.03)
        async with asyncio.timeout(30):
            await here.cluster.stop()
        await asyncio.gather(call, return_exceptions=True)
    assert asyncio.all_tasks() == before
