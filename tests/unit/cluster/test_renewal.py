"""`tokens/next` over real HTTP: three shapes of answer, and everything that is none."""

import json
from typing import Any

import pytest

from bot.cluster.wire import next_token_from
from bot.domain.errors import (
    AccessDenied,
    ClusterMisconfigured,
    ClusterSilent,
    TokenRefused,
    UsernameFrozen,
    WalltimeError,
)
from bot.domain.secret import Secret
from bot.playground.cluster import ClusterFault
from tests.unit.cluster.kit import Lab, lab
from tests.unit.kit import JWT, NOW, reading, shown, table


def answer(data: Any, code: Any = "0") -> bytes:
    return json.dumps({"code": code, "msg": "success", "data": data}).encode()


@table(
    "data",
    {
        "the token alone": (JWT,),
        "an object": ({"token": JWT},),
        "a list": ([{"clusterId": "11112", "clusterName": "East", "token": JWT}],),
        "a list of the token alone": ([JWT],),
    },
)
def test_every_shape_of_answer_is_understood(data: Any) -> None:
    for code in ("0", 0):
        assert next_token_from(200, answer(data, code)) == Secret(JWT)


@table(
    "data",
    {
        "nothing": (None,),
        "an empty text": ("",),
        "a stopped account": ([{"clusterId": "11112", "token": None}],),
        "tokens of two clusters": ([{"token": JWT}, {"token": JWT}],),
        "an empty list": ([],),
        "a number": (5,),
        "an object without it": ({"Token": JWT},),
    },
)
def test_an_answer_without_one_token_is_none(data: Any) -> None:
    with pytest.raises(ClusterMisconfigured, match="without a token") as caught:
        next_token_from(200, answer(data))
    assert JWT not in shown(caught.value)


async def next_token(here: Lab) -> Secret:
    return await here.api.next_token(here.cluster, here.token)


@pytest.mark.parametrize("shape", ["string", "object", "list"])
async def test_a_token_is_exchanged_and_the_next_one_is_good(shape: Any) -> None:
    async with lab() as here:
        here.twin.renew_shape = shape
        fresh = await next_token(here)
        assert await here.ask(token=fresh) == reading(20.25, NOW)
        with pytest.raises(TokenRefused):
            await here.ask()
        request = here.twin.requests[0]
        assert (request.method, request.path) == ("POST", "/ac/openapi/v2/tokens/next")
        assert request.headers["content-type"] == "application/json"


@table(
    "fault error",
    {
        "refused": (ClusterFault(kind="code", code="10008", endpoint="renew"), TokenRefused),
        "frozen": (ClusterFault(kind="code", code="10007", endpoint="renew"), UsernameFrozen),
        "not allowed": (ClusterFault(kind="code", code="10009", endpoint="renew"), AccessDenied),
        "broken": (ClusterFault(kind="code", code="10001", endpoint="renew"), ClusterSilent),
        "cut": (ClusterFault(kind="reset", endpoint="renew"), ClusterSilent),
        "lost": (ClusterFault(kind="lose_answer", endpoint="renew", times=1), TokenRefused),
        "down": (ClusterFault(kind="html", endpoint="renew"), ClusterSilent),
        "not there": (ClusterFault(kind="unknown_path", endpoint="renew"), ClusterMisconfigured),
        "no json": (ClusterFault(kind="not_json", endpoint="renew"), ClusterMisconfigured),
        "too much": (ClusterFault(kind="big", endpoint="renew"), ClusterMisconfigured),
        "elsewhere": (
            ClusterFault(kind="redirect", endpoint="renew", location="http://127.0.0.1:9/"),
            ClusterMisconfigured,
        ),
    },
)
async def test_every_bad_end_is_one_right_error_without_the_token(
    fault: ClusterFault, error: type[WalltimeError]
) -> None:
    async with lab() as here:
        here.twin.faults.add(fault)
        with pytest.raises(error) as caught:
            await next_token(here)
        assert here.token.reveal() not in shown(caught.value)


async def test_a_lost_answer_is_asked_for_again_while_the_old_token_lives() -> None:
    async with lab() as here:
        here.twin.renew_grace = here.twin.renew_lives
        here.twin.faults.add(ClusterFault(kind="lose_answer", endpoint="renew", times=2))
        assert await here.ask(token=await next_token(here)) == reading(20.25, NOW)
