"""The cluster's client over real HTTP, against a cluster that misbehaves to order."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import get_args

import pytest
from prometheus_client import REGISTRY

from bot.cluster.client import HttpClusterApi
from bot.cluster.probing import probe
from bot.domain.errors import (
    AccessDenied,
    ClusterMisconfigured,
    ClusterSilent,
    NoData,
    TokenRefused,
    UsernameFrozen,
    UsernameUnknown,
    WalltimeError,
)
from bot.domain.secret import Secret
from bot.playground.cluster import ClusterFault, ClusterTwin
from bot.playground.cluster.faults import Kind
from bot.playground.cluster.region import WALLTIME
from tests.unit.cluster.kit import Certificates, lab, make_certificates
from tests.unit.kit import JWT, NOW, chain, east, reading, shown, table

SHORT = timedelta(seconds=1)


def cause_of(error: WalltimeError) -> str:
    return str(getattr(error, "cause", None) or getattr(error, "code", ""))


async def test_a_good_answer_is_a_reading_of_now() -> None:
    async with lab() as here:
        assert await here.ask() == reading(20.25, NOW)
        request = here.twin.requests[0]
        assert (request.method, request.path) == ("GET", "/hpc/openapi/v2/view/walltime/users/alice")


async def test_a_reading_spans_its_request() -> None:
    clock = iter([NOW, NOW + SHORT])
    async with lab() as here, HttpClusterApi([here.cluster], clock=lambda: next(clock)) as api:
        found = await api.core_hours(here.cluster, "alice", Secret(here.twin.token("alice")))
        assert (found.at, found.confirmed_at) == (NOW, NOW + SHORT)


# aiohttp itself asks once more when a connection is reset before an answer began: a GET may be repeated.
EACH_TRY_IF_RESET = 2

# What each kind of fault is to us, and how often we ask until we believe it.
FAULTS: dict[str, tuple[ClusterFault, type[WalltimeError] | None, str, int]] = {
    "slow": (ClusterFault(kind="slow", delay=timedelta(milliseconds=20)), None, "", 1),
    "slower than we wait": (
        ClusterFault(kind="slow", delay=timedelta(seconds=9)),
        ClusterSilent,
        "timeout",
        1,
    ),
    "hang": (ClusterFault(kind="hang"), ClusterSilent, "timeout", 1),
    "reset": (ClusterFault(kind="reset"), ClusterSilent, "connection", 3 * EACH_TRY_IF_RESET),
    "reset once": (ClusterFault(kind="reset", times=1), None, "", 2),
    "lose_answer": (
        ClusterFault(kind="lose_answer"),
        ClusterSilent,
        "connection",
        3 * EACH_TRY_IF_RESET,
    ),
    "lose_answer twice": (ClusterFault(kind="lose_answer", times=2), None, "", 3),
    "truncated": (ClusterFault(kind="truncated"), ClusterSilent, "connection", 3),
    "truncated once": (ClusterFault(kind="truncated", times=1), None, "", 2),
    "big": (ClusterFault(kind="big"), ClusterMisconfigured, "the answer is too large", 1),
    "gzip_bomb": (ClusterFault(kind="gzip_bomb"), ClusterMisconfigured, "it compresses answers unasked", 1),
    "redirect": (
        ClusterFault(kind="redirect", location="http://127.0.0.1:9/elsewhere"),
        ClusterMisconfigured,
        "it redirects elsewhere",
        1,
    ),
    "cookie": (ClusterFault(kind="cookie"), None, "", 1),
    "code_int": (ClusterFault(kind="code_int"), None, "", 1),
    "html": (ClusterFault(kind="html"), ClusterSilent, "http 503", 3),
    "html once": (ClusterFault(kind="html", times=1), None, "", 2),
    "not_json": (ClusterFault(kind="not_json"), ClusterMisconfigured, "the answer is not the API's JSON", 1),
    "unknown_path": (ClusterFault(kind="unknown_path"), ClusterMisconfigured, "http 404", 1),
    "data": (ClusterFault(kind="data"), NoData, "", 1),
    "data of text": (ClusterFault(kind="data", data="token is invalid"), NoData, "", 1),
    "code 10001": (ClusterFault(kind="code", code="10001"), ClusterSilent, "code 10001", 3),
    "code 10001 once": (ClusterFault(kind="code", code="10001", times=1), None, "", 2),
    "code 10012": (ClusterFault(kind="code", code="10012"), ClusterSilent, "code 10012", 3),
    "code 10013": (ClusterFault(kind="code", code="10013"), ClusterSilent, "code 10013", 1),
    "code 10007": (ClusterFault(kind="code", code="10007"), UsernameFrozen, "10007", 1),
    "code 10008": (ClusterFault(kind="code", code="10008"), TokenRefused, "10008", 1),
    "code 10008 at 401": (ClusterFault(kind="code", code="10008", http_status=401), TokenRefused, "10008", 1),
    "code 10009": (ClusterFault(kind="code", code="10009"), AccessDenied, "10009", 1),
    "code 429": (
        ClusterFault(kind="code", code="x!", http_status=429),
        ClusterSilent,
        "http 429",
        1,
    ),
}


@table("fault error cause asked", FAULTS)
async def test_a_fault_is_the_right_error_after_as_many_tries_as_can_help(
    fault: ClusterFault, error: type[WalltimeError] | None, cause: str, asked: int
) -> None:
    async with lab(patience=SHORT if cause == "timeout" else timedelta(seconds=5)) as here:
        here.twin.faults.add(fault)
        if error is None:
            assert (await here.ask()).core_hours == 20.25
        else:
            with pytest.raises(WalltimeError) as caught:
                await here.ask()
            assert (type(caught.value), cause_of(caught.value)) == (error, cause)
            assert here.token.reveal() not in shown(caught.value)
            assert [each for each in chain(caught.value) if "httpx" in type(each).__module__] == []
        assert here.twin.request_count == asked


def test_every_kind_of_fault_is_tried() -> None:
    assert {fault.kind for fault, *_ in FAULTS.values()} == set(get_args(Kind))


async def test_patience_covers_all_tries_together() -> None:
    async with lab(patience=SHORT) as here:
        here.twin.faults.add(ClusterFault(kind="html", times=1, delay=timedelta(milliseconds=50)))
        here.twin.faults.add(ClusterFault(kind="hang"))
        with pytest.raises(ClusterSilent) as caught:
            await here.ask()
        assert caught.value.cause == "timeout"
        assert here.twin.request_count == 2


async def test_an_endless_answer_is_left_early() -> None:
    async with lab() as here:
        here.twin.faults.add(ClusterFault(kind="big"))
        with pytest.raises(ClusterMisconfigured):
            await here.ask()
        here.twin.faults.clear()
        assert (await here.ask()).core_hours == 20.25


async def test_who_is_not_there_is_silent() -> None:
    async with lab() as here:
        await here.twin.stop()
        with pytest.raises(ClusterSilent) as caught:
            await here.ask()
        assert caught.value.cause == "connection"


async def test_a_cluster_that_comes_back_is_asked_again_by_the_same_client() -> None:
    async with lab() as here:
        await here.ask()
        here.twin.down = True
        with pytest.raises(ClusterSilent):
            await here.ask()
        here.twin.down = False
        assert (await here.ask()).core_hours == 20.25


async def test_a_redirect_is_not_followed() -> None:
    async with lab() as here, lab() as elsewhere:
        there = f"{elsewhere.twin.url}/hpc/openapi/v2/view/walltime/users/alice"
        here.twin.faults.add(ClusterFault(kind="redirect", location=there))
        with pytest.raises(ClusterMisconfigured):
            await here.ask()
        assert elsewhere.twin.request_count == 0


async def test_a_cookie_set_for_one_person_does_not_travel_with_the_next() -> None:
    async with lab() as here:
        here.twin.add_user("bob", core_hours=7)
        here.twin.faults.add(ClusterFault(kind="cookie"))
        await here.ask()
        assert (await here.ask("bob", Secret(here.twin.token("bob")))).core_hours == 7
        await here.ask()
        assert [request.headers.get("cookie") for request in here.twin.requests] == [None] * 3


async def test_a_proxy_of_the_environment_gets_no_token(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    async with lab() as here:
        assert (await here.ask()).core_hours == 20.25


USERNAMES = (
    "hpc/alice", "../alice", "a/../../b", "李博", "ünï", "a?b=c", "a#b", "a%2Fb", "a+b", "a;b",
    "a&b", "a:b@c", "a\\b", "'\"<!channel>", "%", "a.b", ".hidden", "😀",
)  # fmt: skip


async def test_a_username_arrives_as_it_is_in_one_segment_of_the_path() -> None:
    async with lab() as here:
        for username in USERNAMES:
            here.twin.add_user(username, core_hours=3)
            assert (await here.ask(username, Secret(here.twin.token(username)))).core_hours == 3
            request = here.twin.requests[-1]
            assert request.username == username
            assert request.path.count("/") == len(WALLTIME.split("/")) - 1


@table(
    "username error",
    {
        "somebody else's": ("bob", AccessDenied),
        "nobody's": ("nobody", UsernameUnknown),
    },
)
async def test_a_token_opens_its_own_username_only(username: str, error: type[WalltimeError]) -> None:
    async with lab() as here:
        here.twin.add_user("bob", core_hours=7)
        with pytest.raises(error):
            await here.ask(username)


async def test_a_dead_token_is_refused() -> None:
    async with lab() as here:
        here.twin.revoke_tokens("alice")
        with pytest.raises(TokenRefused):
            await here.ask()


async def test_many_ask_at_once_and_each_gets_their_own_number() -> None:
    async with lab() as here:
        for number in range(60):
            here.twin.add_user(f"user{number}", core_hours=number)
        asked = [here.ask(f"user{n}", Secret(here.twin.token(f"user{n}"))) for n in range(60)]
        assert [found.core_hours for found in await asyncio.gather(*asked)] == list(range(60))


async def test_who_goes_away_while_we_wait_cancels_and_counts_as_no_success() -> None:
    async with lab() as here:
        here.twin.faults.add(ClusterFault(kind="hang"))
        before = counted("ok")
        asking = asyncio.create_task(here.ask())
        await asyncio.sleep(0.05)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        assert counted("ok") == before


async def test_outcomes_are_counted_by_the_error_s_name() -> None:
    async with lab() as here:
        before = counted("ok"), counted("TokenRefused")
        await here.ask()
        here.twin.revoke_tokens("alice")
        with pytest.raises(TokenRefused):
            await here.ask()
        assert (counted("ok"), counted("TokenRefused")) == (before[0] + 1, before[1] + 1)


def counted(outcome: str) -> float:
    name = "walltime_cluster_requests_total"
    return REGISTRY.get_sample_value(name, {"cluster": "east", "outcome": outcome}) or 0.0


@asynccontextmanager
async def speaking(words: bytes) -> AsyncIterator[str]:
    """Listen, answer every request with these bytes, and close."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(words)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


@table(
    "words",
    {
        "words": (b"220 mail.example.edu ESMTP\r\n\r\n",),
        "another protocol": (b"SSH-2.0-OpenSSH_9.9\r\n",),
        "TLS": (b"\x15\x03\x01\x00\x02\x02\x46",),
        "a status that is none": (b"HTTP/1.1 99999 OK\r\n\r\n",),
        "a length in words": (b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n",),
        "chunks that are none": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",),
        "a header without end": (b"HTTP/1.1 200 OK\r\nX: " + b"a" * 100_000 + b"\r\n\r\n",),
    },
)
async def test_who_speaks_no_http_is_misconfigured_and_sees_no_token_in_our_error(words: bytes) -> None:
    async with speaking(words) as url, HttpClusterApi([], clock=lambda: NOW) as api:
        with pytest.raises(ClusterMisconfigured) as caught:
            await api.core_hours(east(url), "alice", Secret(JWT))
        assert caught.value.cause == "it does not speak HTTP"
        assert JWT not in shown(caught.value)
        assert len(list(chain(caught.value))) == 1


@table(
    "words core_hours",
    {
        "a body to the connection's end": (b'HTTP/1.1 200 OK\r\n\r\n{"code":"0","data":2}', 2.0),
        "HTTP 1.0": (b'HTTP/1.0 200 OK\r\nContent-Length: 21\r\n\r\n{"code":"0","data":2}', 2.0),
        "chunks": (
            b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n15\r\n{"code":"0","data":2}\r\n0\r\n\r\n',
            2.0,
        ),
        "a name for no compression": (
            b'HTTP/1.0 200 OK\r\nContent-Encoding: identity\r\n\r\n{"code":"0","data":2}',
            2.0,
        ),
    },
)
async def test_every_way_of_http_to_send_a_body_is_read(words: bytes, core_hours: float) -> None:
    async with speaking(words) as url, HttpClusterApi([], clock=lambda: NOW) as api:
        assert (await api.core_hours(east(url), "alice", Secret(JWT))).core_hours == core_hours


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("own"), "127.0.0.1")


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("other"), "elsewhere.example.edu")


async def test_a_cluster_with_a_ca_of_its_own_is_trusted_by_its_ca_file(own: Certificates) -> None:
    async with lab(ssl_context=own.server, ca=own.ca_file) as here:
        assert (await here.ask()).core_hours == 20.25
        assert await probe(here.cluster) is not None


@pytest.mark.parametrize("given", ["none", "another's"])
async def test_without_its_ca_file_it_gets_no_token(
    own: Certificates, other: Certificates, given: str
) -> None:
    async with lab(ssl_context=own.server, ca="" if given == "none" else other.ca_file) as here:
        with pytest.raises(ClusterMisconfigured, match="certificate is not trusted") as caught:
            await here.ask()
        assert here.twin.request_count == 0
        assert here.token.reveal() not in shown(caught.value)
        with pytest.raises(ClusterMisconfigured, match="certificate is not trusted"):
            await probe(here.cluster)


async def test_a_certificate_for_another_host_is_not_trusted(other: Certificates) -> None:
    async with lab(ssl_context=other.server, ca=other.ca_file) as here:
        with pytest.raises(ClusterMisconfigured, match="certificate is not trusted"):
            await here.ask()
        assert here.twin.request_count == 0


async def test_one_cluster_s_ca_vouches_for_no_other_cluster(own: Certificates) -> None:
    twins = [
        ClusterTwin(name=name, cluster_id="1", clock=lambda: NOW, ssl_context=own.server)
        for name in ("trusted", "foreign")
    ]
    for twin in twins:
        await twin.start()
        twin.add_user("alice", core_hours=1)
    trusted = east(twins[0].url, ca_file=own.ca_file)
    foreign = east(twins[1].url, name="foreign")
    try:
        async with HttpClusterApi([trusted, foreign], clock=lambda: NOW) as api:
            assert (await api.core_hours(trusted, "alice", Secret(twins[0].token("alice")))).core_hours == 1
            with pytest.raises(ClusterMisconfigured, match="certificate"):
                await api.core_hours(foreign, "alice", Secret(twins[1].token("alice")))
    finally:
        for twin in twins:
            await twin.stop()


async def test_a_probe_reaches_a_cluster_without_a_token() -> None:
    async with lab() as here:
        assert await probe(here.cluster) is not None
        assert "token" not in here.twin.requests[0].headers
        await here.twin.stop()
        with pytest.raises(ClusterSilent):
            await probe(here.cluster)


async def test_a_probe_of_what_speaks_no_http_says_so() -> None:
    async with speaking(b"SSH-2.0-OpenSSH_9.9\r\n") as url:
        with pytest.raises(ClusterMisconfigured):
            await probe(east(url))
