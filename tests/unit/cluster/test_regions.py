"""Regions as the platform tells them, and connections that are judged at the moment they are made."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest

from bot.cluster.http import Http
from bot.cluster.regions import HttpRegions
from bot.domain.errors import ClusterMisconfigured, ClusterSilent, TokenRefused, WalltimeError
from bot.domain.region_hosts import RegionHosts
from bot.domain.regions import Region
from bot.domain.secret import Secret
from bot.playground.cluster import ClusterFault, ClusterTwin
from tests.unit.kit import NOW, shown, table

PUBLIC = RegionHosts.read(["example.edu"])
TRYING = RegionHosts.read(["127.0.0.1"])


@pytest.fixture
async def twin() -> AsyncIterator[ClusterTwin]:
    made = ClusterTwin(name="east", cluster_id="11112", clock=lambda: NOW)
    await made.start()
    made.add_user("alice", core_hours=1.0)
    yield made
    await made.stop()


@asynccontextmanager
async def regions(hosts: RegionHosts) -> AsyncIterator[HttpRegions]:
    async with HttpRegions([], hosts=hosts, patience=timedelta(seconds=2)) as made:
        yield made


@pytest.mark.parametrize("bare", [True, False], ids=["bare", "with-service-segment"])
async def test_a_region_is_told_with_its_enabled_addresses_that_are_allowed(
    twin: ClusterTwin, *, bare: bool
) -> None:
    twin.bare_urls = bare
    token = Secret(twin.token("alice"))
    async with regions(TRYING) as asking:
        assert await asking.of_token(twin.url, token) == Region(
            cluster_id="11112", name="east", urls=(twin.url,), has_urls=True
        )
    async with regions(PUBLIC) as asking:
        assert (await asking.of_token(twin.url, token)).urls == ()


def told(data: Any) -> Region:
    return HttpRegions([], hosts=PUBLIC)._read(data)


def test_an_answer_full_of_traps_leaves_what_is_allowed_once_each() -> None:
    urls = [
        ("https://a.example.edu:65106/hpc", "true"),
        ("https://a.example.edu:65106", True),
        ("https://b.example.edu", "false"),
        ("https://c.example.edu", None),
        ("https://10.0.0.1", "true"),
        ("https://evil.example", "true"),
        ("https://a.example.edu@evil.example", "true"),
        ("http://a.example.edu", "true"),
        (None, "true"),
        ({"a": 1}, "true"),
    ]
    entries = [*({"url": url, "enable": enable} for url, enable in urls), "https://d.example.edu", None]
    for data in ({"id": 7, "hpcUrls": entries}, [{"id": "7", "hpcUrls": entries}]):
        assert told(data) == Region(
            cluster_id="7", name="", urls=("https://a.example.edu:65106",), has_urls=True
        )


@pytest.mark.parametrize("entries", [None, [], "https://a.example.edu", {"url": "https://a.example.edu"}])
def test_a_region_may_have_no_address_at_all(entries: Any) -> None:
    assert told({"id": 1, "name": "models", "hpcUrls": entries}).urls == ()


@pytest.mark.parametrize("data", [None, [], "no center for this token", 7, {}, {"id": None}, [[]]], ids=str)
def test_an_answer_that_describes_no_region_is_an_error(data: Any) -> None:
    with pytest.raises(ClusterMisconfigured):
        told(data)


@table(
    "fault error",
    {
        "a dead token": (ClusterFault(kind="code", code="10008"), TokenRefused),
        "a platform token": (ClusterFault(kind="code", code="10001"), ClusterSilent),
        "silence": (ClusterFault(kind="hang"), ClusterSilent),
        "a redirect": (ClusterFault(kind="redirect", location="http://10.0.0.1/"), ClusterMisconfigured),
    },
)
async def test_a_fault_is_the_right_error(
    twin: ClusterTwin, fault: ClusterFault, error: type[WalltimeError]
) -> None:
    token = Secret(twin.token("alice"))
    twin.faults.add(ClusterFault(**{**vars(fault), "endpoint": "center"}))
    async with regions(TRYING) as asking:
        with pytest.raises(error) as caught:
            await asking.of_token(twin.url, token)
    assert token.reveal() not in shown(caught.value)
    assert twin.request_count == 1


# Connecting


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """A resolver of our own: what each name leads to, asked anew for every connection."""
    found: dict[str, list[str]] = {}
    real = socket.getaddrinfo

    def lookup(host: Any, port: Any, *more: Any, **options: Any) -> Any:
        addresses = found.get(host)
        if addresses is None:
            return real(host, port, *more, **options)
        infos = []
        for address in addresses:
            six = ":" in address
            where = (address, port, 0, 0) if six else (address, port)
            infos.append((socket.AF_INET6 if six else socket.AF_INET, socket.SOCK_STREAM, 6, "", where))
        return infos

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    return found


async def ask(url: str, may_connect: Any) -> int:
    http = Http(patience=timedelta(seconds=2), may_connect=may_connect)
    try:
        status, _ = await http.send("GET", url, headers={"token": Secret("t")})
        return status
    finally:
        await http.close()


@pytest.mark.parametrize(
    "addresses",
    [["127.0.0.1"], ["::1"], ["::ffff:127.0.0.1"], ["127.0.0.1", "::1"], ["10.0.0.1", "169.254.169.254"]],
    ids=" ".join,
)
async def test_a_public_name_that_leads_inside_is_not_connected_to(
    twin: ClusterTwin, names: dict[str, list[str]], addresses: list[str]
) -> None:
    """The rule took the name; the resolver of whoever owns it points at our own machine (rebinding)."""
    port = twin.url.rpartition(":")[2]
    url = PUBLIC.check(f"https://trap.example.edu:{port}").replace("https", "http")
    names["trap.example.edu"] = addresses
    with pytest.raises(ClusterMisconfigured) as caught:
        await ask(url, PUBLIC.may_connect)
    assert caught.value.cause == "its name leads to an address that is not public"
    assert twin.request_count == 0


async def test_each_new_connection_is_judged_anew(twin: ClusterTwin, names: dict[str, list[str]]) -> None:
    """The name first leads where it may, then, within the same client, where it may not."""
    port = twin.url.rpartition(":")[2]
    names["trap.example.edu"] = ["127.0.0.1"]
    open_to = {"127.0.0.1"}
    http = Http(patience=timedelta(seconds=2), may_connect=lambda address: address in open_to)
    try:
        status, _ = await http.send("GET", f"http://trap.example.edu:{port}/", headers={})
        assert status == 404
        open_to.clear()
        twin._reset_connections()
        await asyncio.sleep(0.05)
        with pytest.raises(ClusterMisconfigured):
            await http.send("GET", f"http://trap.example.edu:{port}/", headers={})
    finally:
        await http.close()
    assert twin.request_count == 1


async def test_an_address_without_a_name_is_judged_too(twin: ClusterTwin) -> None:
    with pytest.raises(ClusterMisconfigured):
        await ask(twin.url, PUBLIC.may_connect)
    assert await ask(twin.url, TRYING.may_connect) == 404
    assert twin.request_count == 1
