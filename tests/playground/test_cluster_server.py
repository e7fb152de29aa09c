"""The cluster answers as the documented one does."""

import asyncio
import socket
import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

import aiohttp
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.playground.cluster import ClusterFault, ClusterTwin, Work
from bot.playground.cluster.server import REQUESTS_KEPT
from tests.playground.cluster_kit import AUTH_FAIL, MONDAY, Clock, lab, until, walltime_path


async def test_a_user_reads_the_own_core_hours() -> None:
    async with lab() as here:
        here.cluster.add_user("alice", core_hours=1234.5)
        answer = await here.walltime("alice", here.cluster.token("alice"))
        assert answer == {"code": "0", "msg": "success", "data": 1234.5}


async def test_any_username_finds_its_way_through_the_path() -> None:
    names = ["a/b", "a b", "陈", "ü%2F", "?x=1", "#", "..x", "a+b", "\x7f"]
    async with lab() as here:
        for number, name in enumerate(names):
            here.cluster.add_user(name, core_hours=float(number))
        for number, name in enumerate(names):
            assert (await here.walltime(name, here.cluster.token(name)))["data"] == number


@settings(max_examples=25, deadline=None)
@given(name=st.text(min_size=1, max_size=40).filter(lambda name: name not in {".", ".."}))
async def test_unicode_usernames_come_back_as_they_were(name: str) -> None:
    async with lab() as here:
        here.cluster.add_user(name, core_hours=1.0)
        assert (await here.walltime(name, here.cluster.token(name)))["data"] == 1.0
        assert here.cluster.requests[-1].username == name


async def test_an_unescaped_slash_or_nothing_is_another_path() -> None:
    async with lab() as here:
        here.cluster.add_user("a/b")
        token = here.cluster.token("a/b")
        for path in (f"{walltime_path('x')[:-1]}a/b", walltime_path("x")[:-1]):
            assert await here.ask("GET", path, token=token) == (
                404,
                {"code": "404", "msg": "Not Found", "data": None},
            )


async def test_bytes_that_are_no_unicode_name_nobody() -> None:
    async with lab() as here:
        here.cluster.add_user("alice")
        status, answer = await here.ask(
            "GET", f"{walltime_path('')}%FF%FE", token=here.cluster.token("alice")
        )
        assert (status, answer["code"]) == (200, "10004")


async def test_refusals_carry_the_documented_codes() -> None:
    async with lab() as here:
        here.cluster.add_user("alice")
        here.cluster.add_user("bob")
        token = here.cluster.token("alice")
        assert (await here.walltime("bob", token))["code"] == "10009"
        assert (await here.walltime("nobody", token))["code"] == "10004"
        assert await here.walltime("alice", "eyJ.x.y") == AUTH_FAIL
        assert (await here.ask("GET", walltime_path("alice")))[1]["code"] == "10003"
        assert (await here.walltime("alice", here.cluster.platform_token("alice")))["code"] == "10001"
        here.cluster.user("alice").frozen = True
        assert (await here.walltime("alice", token))["code"] == "10007"


async def test_a_disabled_account_is_frozen() -> None:
    async with lab() as here:
        here.cluster.add_user("alice", account_status="Disable")
        assert (await here.walltime("alice", here.cluster.token("alice")))["code"] == "10007"


async def test_login_and_cluster_name_both_work() -> None:
    async with lab() as here:
        here.cluster.add_user("ac_alice", login="alice@lab", core_hours=3.0)
        token = here.cluster.token("ac_alice")
        assert (await here.walltime("ac_alice", token))["data"] == 3.0
        assert (await here.walltime("alice@lab", token))["data"] == 3.0


async def test_names_are_given_once() -> None:
    cluster = ClusterTwin(name="east", cluster_id="1", clock=Clock())
    cluster.add_user("alice", login="a")
    for username, login in (("alice", None), ("other", "a")):
        with pytest.raises(ValueError, match="already"):
            cluster.add_user(username, login=login)


async def test_other_paths_and_methods_are_refused_in_json() -> None:
    async with lab() as here:
        assert await here.ask("GET", "/hpc/openapi/v2/userlimits/users/x") == (
            404,
            {"code": "404", "msg": "Not Found", "data": None},
        )
        status, answer = await here.ask("POST", walltime_path("alice"))
        assert (status, answer["code"]) == (405, "405")


async def test_the_center_tells_the_cluster_address() -> None:
    async with lab() as here:
        here.cluster.add_user("ac_alice", login="alice")
        token = here.cluster.token("ac_alice")
        _, answer = await here.ask("GET", "/ac/openapi/v2/center", token=token)
        center = answer["data"]
        assert center["id"] == 11112
        assert center["clusterUserInfo"]["userName"] == "ac_alice"
        enabled = [entry["url"] for entry in center["hpcUrls"] if entry["enable"] == "true"]
        assert enabled == [f"{here.cluster.url}/hpc"]
        here.cluster.bare_urls = True
        _, answer = await here.ask("GET", "/ac/openapi/v2/center", token=token)
        assert answer["data"]["hpcUrls"][-1]["url"] == here.cluster.url


async def test_center_and_scheduler_refuse_other_tokens() -> None:
    async with lab() as here:
        here.cluster.add_user("alice")
        platform = here.cluster.platform_token("alice")
        for path in ("/ac/openapi/v2/center", "/hpc/openapi/v2/cluster"):
            _, answer = await here.ask("GET", path, token=platform)
            assert (answer["code"], type(answer["data"])) == ("10001", str)
            assert (await here.ask("GET", path, token="x"))[1] == AUTH_FAIL


async def test_the_cluster_names_its_scheduler() -> None:
    async with lab() as here:
        here.cluster.add_user("alice")
        _, answer = await here.ask("GET", "/hpc/openapi/v2/cluster", token=here.cluster.token("alice"))
        assert [row["JobManagerType"] for row in answer["data"]] == ["SLURM"]


async def test_counters_grow_by_work_as_time_passes() -> None:
    async with lab() as here:
        here.cluster.add_user("alice", work=Work(start=MONDAY - timedelta(weeks=8)))
        before = (await here.walltime("alice", here.cluster.token("alice")))["data"]
        here.clock.advance(days=7)
        after = (await here.walltime("alice", here.cluster.token("alice")))["data"]
        assert 0 < before < after == here.cluster.core_hours("alice")
        assert here.cluster.core_hours("alice", MONDAY) == before


async def test_a_counter_may_follow_a_record() -> None:
    class Recorded:
        def core_seconds(self, at: datetime) -> int:
            return (at - MONDAY) // timedelta(seconds=1) * 8

    async with lab() as here:
        here.cluster.add_user("alice", work=Recorded())
        here.clock.advance(hours=2)
        assert (await here.walltime("alice", here.cluster.token("alice")))["data"] == 16.0


async def test_a_counter_can_be_set_and_added_to() -> None:
    clock = Clock()
    cluster = ClusterTwin(name="east", cluster_id="1", clock=clock)
    cluster.add_user("idle")
    assert cluster.core_hours("idle") == 0.0
    cluster.set_core_hours("idle", 10.0)
    clock.advance(hours=1)
    cluster.add_core_hours("idle", 5.0)
    assert cluster.core_hours("idle") == 15.0
    assert cluster.core_hours("idle", MONDAY) == 10.0


async def test_work_goes_on_from_where_the_counter_was_set() -> None:
    clock = Clock()
    cluster = ClusterTwin(name="east", cluster_id="1", clock=clock)
    work = Work(start=MONDAY - timedelta(weeks=8))
    cluster.add_user("alice", work=work, core_hours=100.0)
    cluster.set_core_hours("alice", 1000.0)
    past = [cluster.core_hours("alice", MONDAY - timedelta(days=days)) for days in range(60)]
    assert past == sorted(past, reverse=True)
    assert past[0] == 1000.0
    assert min(past) >= 0
    clock.advance(days=3)
    grown = cluster.core_hours("alice") - 1000.0
    cluster.set_core_hours("alice", 0.0)
    assert grown > 0
    assert cluster.core_hours("alice") == 0.0


async def test_requests_are_recorded_without_their_secrets() -> None:
    async with lab() as here:
        here.cluster.add_user("a/b")
        token = here.cluster.token("a/b")
        await here.walltime("a/b", token)
        (request,) = here.cluster.requests
        assert request.path == "/hpc/openapi/v2/view/walltime/users/a%2Fb"
        assert (request.username, request.at, request.fault) == ("a/b", MONDAY, None)
        assert request.headers["token"] == "(hidden)"
        assert token not in repr(request)


async def test_the_record_does_not_grow_for_ever() -> None:
    async with lab() as here:
        await here.ask("GET", "/x")
        here.cluster.requests *= REQUESTS_KEPT
        await here.ask("GET", "/y")
        assert len(here.cluster.requests) == REQUESTS_KEPT // 2 + 1
        assert here.cluster.requests[-1].path == "/y"
        assert here.cluster.request_count == 2


async def test_the_most_calls_under_way_at_once_are_counted() -> None:
    async with lab() as here:
        here.cluster.latency = timedelta(milliseconds=50)
        await asyncio.gather(*(here.ask("GET", "/x") for _ in range(7)))
        assert (here.cluster.in_flight_peak, here.cluster.in_flight) == (7, 0)


async def test_a_cluster_that_is_down_resets_open_and_new_connections() -> None:
    async with lab() as here:
        here.cluster.add_user("alice", core_hours=1.0)
        token = here.cluster.token("alice")
        here.cluster.faults.add(ClusterFault(kind="hang", times=1))
        waiting = asyncio.create_task(here.walltime("alice", token))
        await until(lambda: here.cluster.in_flight == 1)
        here.cluster.down = True
        with pytest.raises(aiohttp.ClientConnectionError):
            await waiting
        with pytest.raises(aiohttp.ClientConnectionError):
            await here.walltime("alice", token)
        here.cluster.down = False
        assert (await here.walltime("alice", token))["data"] == 1.0


async def test_a_stopped_cluster_refuses_and_comes_back_at_its_address() -> None:
    async with lab() as here:
        here.cluster.add_user("alice", core_hours=1.0)
        token, url = here.cluster.token("alice"), here.cluster.url
        await here.cluster.stop()
        await here.cluster.stop()
        with pytest.raises(aiohttp.ClientConnectorError):
            await here.walltime("alice", token)
        await here.cluster.start()
        assert here.cluster.url == here.cluster.platform_url == url
        assert (await here.walltime("alice", token))["data"] == 1.0


async def test_stopping_ends_hanging_calls_and_leaves_no_task() -> None:
    before = asyncio.all_tasks()
    async with lab() as here:
        here.cluster.faults.add(ClusterFault(kind="hang", endpoint="*"))
        waiting = asyncio.create_task(here.ask("GET", "/x"))
        await until(lambda: here.cluster.in_flight == 1)
        await here.cluster.stop()
        with pytest.raises(aiohttp.ClientConnectionError):
            await waiting
        assert here.cluster.in_flight == 0
    assert asyncio.all_tasks() == before


async def test_there_is_no_address_before_the_start() -> None:
    with pytest.raises(RuntimeError):
        _ = ClusterTwin(name="east", cluster_id="1", clock=Clock()).url


async def test_only_loopback_is_listened_on() -> None:
    async with lab() as here:
        port = int(here.cluster.url.rpartition(":")[2])
        with pytest.raises(OSError, match="refused"):
            socket.create_connection(("127.0.0.2", port), timeout=1)


async def test_the_cluster_speaks_tls_with_a_certificate_of_its_own(tmp_path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "stand-in")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    path = tmp_path / "both.pem"
    path.write_bytes(
        pem
        + key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(path)
    trusting = ssl.create_default_context(cadata=pem.decode())
    cluster = ClusterTwin(name="east", cluster_id="1", clock=Clock(), ssl_context=context)
    await cluster.start()
    try:
        async with aiohttp.ClientSession() as http:
            async with http.get(f"{cluster.url}/x", ssl=trusting) as response:
                assert response.status == 404
            with pytest.raises(aiohttp.ClientConnectorCertificateError):
                await http.get(f"{cluster.url}/x")
            cluster.down = True
            with pytest.raises(aiohttp.ClientConnectionError):
                await http.get(f"{cluster.url}/x", ssl=trusting)
    finally:
        await cluster.stop()


@pytest.mark.slow
async def test_hundreds_of_calls_at_once_are_all_served() -> None:
    async with lab() as here:
        tokens = {}
        for number in range(500):
            name = f"user{number}"
            here.cluster.add_user(name, work=Work(start=MONDAY - timedelta(weeks=52)))
            tokens[name] = here.cluster.token(name)
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=20)) as http:

            async def poll(name: str) -> int:
                url = here.cluster.url + walltime_path(name)
                async with http.get(url, headers={"token": tokens[name]}) as response:
                    await response.read()
                    return response.status

            assert set(await asyncio.gather(*map(poll, tokens))) == {200}
