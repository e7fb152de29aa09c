"""The guard against being sent astray by an address in an answer."""
# ruff: noqa: RUF001 (letters that look like others are the point)

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.region_hosts import LOOPBACK, RegionHosts, RegionRefused, is_public
from tests.unit.kit import table

HOSTS = RegionHosts.read(["scnet.cn", ".HpcCube.com"])
TRYING = RegionHosts.read(["127.0.0.1"])


@table(
    "url base",
    {
        "bare": ("https://api.scnet.cn", "https://api.scnet.cn"),
        "the end itself": ("https://scnet.cn/", "https://scnet.cn"),
        "an unusual port": ("https://api01.hpccube.com:65106/hpc", "https://api01.hpccube.com:65106"),
        "the service segment and a slash": ("https://a.scnet.cn/hpc/", "https://a.scnet.cn"),
        "a path in front": ("https://a.scnet.cn/region-1/hpc", "https://a.scnet.cn/region-1"),
        "mixed case": ("HTTPS://Api.SCNET.cn:443/Hpc2", "https://api.scnet.cn:443/Hpc2"),
        "a host in punycode": ("https://xn--fiqs8s.scnet.cn", "https://xn--fiqs8s.scnet.cn"),
        "deep below": ("https://a.b.c.d.scnet.cn", "https://a.b.c.d.scnet.cn"),
    },
)
def test_an_address_on_an_allowed_host_is_taken_without_its_service_segment(url: str, base: str) -> None:
    assert HOSTS.check(url) == base


@pytest.mark.parametrize(
    "url",
    [
        "",
        "api.scnet.cn",
        "//api.scnet.cn",
        "https:/api.scnet.cn",
        "https:api.scnet.cn",
        "https:///api.scnet.cn",
        "ftp://api.scnet.cn",
        "file:///etc/passwd",
        "gopher://api.scnet.cn",
        "http://api.scnet.cn",
        "https+x://api.scnet.cn",
        "javascript://api.scnet.cn/%0aalert(1)",
        # another host
        "https://evil.example",
        "https://evilscnet.cn",
        "https://scnet.cn.evil.example",
        "https://api.scnet.cn.",
        "https://.scnet.cn",
        "https://a..scnet.cn",
        "https://-a.scnet.cn",
        "https://a-.scnet.cn",
        "https://a_b.scnet.cn",
        "https://cn",
        "https://localhost",
        "https://scnet",
        # users, and what looks like one
        "https://api.scnet.cn@evil.example",
        "https://evil.example@api.scnet.cn",
        "https://user:password@api.scnet.cn",
        "https://@api.scnet.cn",
        "https://evil.example:80@api.scnet.cn",
        "https://api.scnet.cn:443@evil.example/",
        "https://api.scnet.cn%40evil.example",
        # two readings
        "https://evil.example\\.scnet.cn",
        "https://evil.example\\@api.scnet.cn",
        "https://evil.example/.scnet.cn",
        "https://evil.example#.scnet.cn",
        "https://evil.example?.scnet.cn",
        "https://evil.example#@api.scnet.cn",
        "https://evil.example;.scnet.cn",
        "https://evil.example%2f.scnet.cn",
        "https://evil.example%00.scnet.cn",
        "https://evil.example\x00.scnet.cn",
        "https://evil.example\t.scnet.cn",
        "https://api.scnet.cn\n",
        "https://api.scnet.cn\r\nHost: evil.example",
        " https://api.scnet.cn",
        "https://api.scnet.cn ",
        "https://api .scnet.cn",
        "https://api.scnet.cn, https://evil.example",
        # letters that turn into others
        "https://api.ſcnet.cn",
        "https://apı.scnet.cn",
        "https://api。scnet。cn",
        "https://api.scnet．cn",
        "https://ａｐｉ.scnet.cn",
        "https://ⓐpi.scnet.cn",
        "https://evil℀.scnet.cn",
        "https://超算.scnet.cn",
        "https://api.scnet.cn⁄hpc",
        # addresses in every notation
        "https://127.0.0.1",
        "https://10.0.0.1",
        "https://169.254.169.254/latest/meta-data",
        "https://8.8.8.8",
        "https://2130706433",
        "https://0x7f000001",
        "https://0x7f.0x0.0x0.0x1",
        "https://0177.0.0.1",
        "https://127.1",
        "https://127.0.0.1.",
        "https://0",
        "https://[::1]",
        "https://[::ffff:127.0.0.1]",
        "https://[::ffff:7f00:1]:443",
        "https://[fe80::1%25eth0]",
        "https://[::1].scnet.cn",
        "https://①②⑦.⓪.⓪.①",
        # ports
        "https://api.scnet.cn:",
        "https://api.scnet.cn:0",
        "https://api.scnet.cn:00443",
        "https://api.scnet.cn:65536",
        "https://api.scnet.cn:99999",
        "https://api.scnet.cn:-1",
        "https://api.scnet.cn:+443",
        "https://api.scnet.cn:４４３",
        "https://api.scnet.cn:443:443",
        "https://api.scnet.cn:x",
        # paths
        "https://api.scnet.cn/../admin",
        "https://api.scnet.cn/./hpc",
        "https://api.scnet.cn//evil.example",
        "https://api.scnet.cn/%2e%2e/admin",
        "https://api.scnet.cn/hpc?x=1",
        "https://api.scnet.cn/hpc#x",
        "https://api.scnet.cn/hpc;x",
        "https://api.scnet.cn/\\evil.example",
        # too long
        f"https://{'a' * 64}.scnet.cn",
        f"https://{'a.' * 130}scnet.cn",
        f"https://api.scnet.cn/{'a' * 2000}",
    ],
)
def test_what_is_not_plainly_an_https_address_on_an_allowed_host_is_refused(url: str) -> None:
    with pytest.raises(RegionRefused) as caught:
        HOSTS.check(url)
    if len(url) > 6:
        assert url not in str(caught.value)


def test_nothing_is_allowed_by_an_empty_list() -> None:
    with pytest.raises(RegionRefused):
        RegionHosts.read([]).check("https://api.scnet.cn")
    assert not RegionHosts.read([]).may_connect(LOOPBACK)


@pytest.mark.parametrize(
    "suffix",
    ["", " ", "cn", "localhost", "*.scnet.cn", "scnet.cn.", "https://scnet.cn", "scnet.cn:443", "scnet.cn/x",
     "10.0.0.1", "::1", "超算.cn", "a b.cn", "..cn", "127.0.0.2", f"{'a' * 64}.cn"],
)  # fmt: skip
def test_the_operator_s_list_takes_only_ends_of_host_names(suffix: str) -> None:
    with pytest.raises(ValueError, match="host 2 must be the end of a host name"):
        RegionHosts.read(["scnet.cn", suffix])


def test_this_machine_is_allowed_only_by_name_and_then_over_http_too() -> None:
    assert TRYING.check("http://127.0.0.1:8080/hpc") == "http://127.0.0.1:8080"
    assert TRYING.may_connect("127.0.0.1")
    for other in ("127.0.0.2", "::1", "::ffff:127.0.0.1", "10.0.0.1", "0.0.0.0"):
        assert not TRYING.may_connect(other)
    for url in (
        "http://127.0.0.2",
        "http://localhost",
        "http://127.0.0.1.evil.example",
        "http://x.127.0.0.1",
    ):
        with pytest.raises(RegionRefused):
            TRYING.check(url)


PARTS = st.sampled_from(
    ["https://", "http://", "scnet.cn", "api.", "evil.example", "@", ":", "443", "/", "\\", ".", "#", "?",
     "%2f", "%00", "[::1]", "127.0.0.1", "0x7f", "hpc", " ", "\n", "\t", "ſ", "。", "-", "SCNET.CN", "xn--"]
)  # fmt: skip


@given(parts=st.lists(PARTS, max_size=9), tail=st.text(max_size=4))
def test_whatever_is_taken_every_parser_reads_the_same_allowed_host(parts: list[str], tail: str) -> None:
    for url in ("".join(parts) + tail, "https://" + "".join(parts), "https://api.scnet.cn" + tail):
        try:
            base = HOSTS.check(url)
        except RegionRefused:
            continue
        for read in (urlsplit(base), urlsplit(url)):
            assert read.scheme == "https"
            assert read.hostname is not None
            assert read.hostname == "scnet.cn" or read.hostname.endswith((".scnet.cn", ".hpccube.com"))
            assert (read.username, read.password, read.query, read.fragment) == (None, None, "", "")
        assert base.isascii()
        assert HOSTS.check(base) == base


PRIVATE = [
    "0.0.0.0", "10.1.2.3", "100.64.0.1", "127.0.0.1", "127.255.255.254", "169.254.169.254", "172.16.0.1",
    "172.31.255.255", "192.0.0.1", "192.0.2.1", "192.168.0.1", "198.18.0.1", "198.51.100.1", "203.0.113.1",
    "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255",
]  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
def test_an_address_of_nobody_s_internet_is_refused_in_every_dress(address: str) -> None:
    number = int(IPv4Address(address))
    dressed: list[IPv4Address | IPv6Address] = [
        IPv4Address(address),
        IPv6Address(f"::ffff:{address}"),
        IPv6Address((0x64FF9B << 96) | number),  # NAT64
        IPv6Address((0x2002 << 112) | (number << 80)),  # 6to4
        IPv6Address(number),  # IPv4-compatible
    ]
    for each in dressed:
        assert not is_public(each), each
        assert not HOSTS.may_connect(str(each))


@pytest.mark.parametrize(
    "address",
    ["::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12:3456::1", "fec0::1", "ff02::1", "2001:db8::1",
     "64:ff9b:1::1", "100::1", "junk", "", "127.0.0.1:80", "8.8.8.8%eth0"],
)  # fmt: skip
def test_no_other_address_of_its_own_networks_is_connected_to(address: str) -> None:
    assert not HOSTS.may_connect(address)


@pytest.mark.parametrize(
    "address",
    ["8.8.8.8", "119.29.29.29", "2400:3200::1", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"],
)
def test_public_addresses_are_connected_to(address: str) -> None:
    assert HOSTS.may_connect(address)


@given(
    number=st.integers(0, 2**32 - 1), network=st.sampled_from(["10.0.0.0/8", "192.168.0.0/16", "127.0.0.0/8"])
)
def test_no_address_of_a_private_network_is_public_whatever_its_number(number: int, network: str) -> None:
    room = ip_network(network)
    inside = ip_address(int(room.network_address) + number % room.num_addresses)
    assert not is_public(inside)
    assert not HOSTS.may_connect(f"::ffff:{inside}")
