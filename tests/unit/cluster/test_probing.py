"""What the doctor believes of a platform that is asked without a token."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from bot.cluster.probing import probe_renewal, probe_sign_in
from bot.cluster.wire import check_speaks
from bot.domain.clusters import Cluster
from bot.domain.errors import ClusterMisconfigured, ClusterSilent, WalltimeError
from bot.playground.cluster import ClusterFault, ClusterTwin
from tests.unit.kit import NOW, east, table


@pytest.fixture
async def twin() -> AsyncIterator[ClusterTwin]:
    made = ClusterTwin(name="east", cluster_id="11112", clock=lambda: NOW)
    await made.start()
    yield made
    await made.stop()


def on(twin: ClusterTwin) -> Cluster:
    return east(twin.url, platform_url=twin.url, sign_in_url=twin.url)


async def test_a_platform_that_refuses_us_as_the_api_does_is_there(twin: ClusterTwin) -> None:
    await probe_renewal(on(twin))
    await probe_sign_in(on(twin))
    assert [request.endpoint for request in twin.requests] == ["renew", "login"]
    assert all("token" not in request.headers for request in twin.requests)


@table(
    "fault error",
    {
        "the path is not there": (ClusterFault(kind="unknown_path", endpoint="*"), ClusterMisconfigured),
        "a page for people": (ClusterFault(kind="html", endpoint="*"), ClusterSilent),
        "no JSON": (ClusterFault(kind="not_json", endpoint="*"), ClusterMisconfigured),
        "it leads elsewhere": (
            ClusterFault(kind="redirect", endpoint="*", location="https://elsewhere.example"),
            ClusterMisconfigured,
        ),
        "it is cut off": (ClusterFault(kind="reset", endpoint="*"), ClusterSilent),
        "it takes its time": (
            ClusterFault(kind="slow", endpoint="*", delay=timedelta(seconds=0.1)),
            None,
        ),
    },
)
async def test_what_is_no_platform_is_said(
    twin: ClusterTwin, fault: ClusterFault, error: type[WalltimeError] | None
) -> None:
    twin.faults.add(fault)
    for probing in (probe_renewal, probe_sign_in):
        if error is None:
            await probing(on(twin))
        else:
            with pytest.raises(error):
                await probing(on(twin))


@table(
    "status body",
    {
        "a missing parameter": (200, b'{"code": "10003", "msg": "param_incomplete"}'),
        "a bad token": (401, b'{"code": 10008, "data": "token is invalid"}'),
        "unauthorised by a gateway": (401, b"<html></html>"),
        "unauthorised in an envelope": (200, b'{"code": "401"}'),
        "an internal error of its own": (500, b'{"code": "10001"}'),
    },
)
def test_these_speak_the_api(status: int, body: bytes) -> None:
    check_speaks(status, body)


@table(
    "status body",
    {
        "a gateway in trouble": (200, b'{"code": "503"}'),
        "no such path": (404, b'{"code": "404", "msg": "Not Found"}'),
        "no such path, in a page": (404, b"<html></html>"),
        "something else that is JSON": (200, b'{"ok": true}'),
        "a list": (200, b"[]"),
        "nothing": (204, b""),
    },
)
def test_these_do_not(status: int, body: bytes) -> None:
    with pytest.raises((ClusterSilent, ClusterMisconfigured)):
        check_speaks(status, body)
