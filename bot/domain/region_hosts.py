"""Which addresses that the platform tells us may be called at all: the guard against being sent astray.

A region's address comes from an answer, and a person's token goes there. So it must be https, on a host whose
name ends as the operator allowed, and that name must lead to a public address when we connect. An address is
matched whole by one pattern and put together anew from the parts that matched: there is no second reading of
it by another parser.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Final

# The one host that is no name: an operator who lists it (for tests) allows this machine, http too.
LOOPBACK: Final = "127.0.0.1"
_LABEL: Final = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
# The last label begins with a letter: no IP address does, in whatever notation.
_HOST: Final = rf"(?:{_LABEL}\.)+(?=[a-z]){_LABEL}"
_NAME: Final = re.compile(_HOST)
_URL: Final = re.compile(
    rf"(?P<scheme>https?)://(?P<host>{_HOST}|{re.escape(LOOPBACK)})(?::(?P<port>[1-9][0-9]{{0,4}}))?"
    r"(?P<path>(?:/[a-z0-9_~-]+)*)/?",
    re.IGNORECASE | re.ASCII,
)
_LONGEST_HOST: Final = 253
_LONGEST_URL: Final = 2000
_MOST_PORT: Final = 65535
# Addresses of these networks carry an IPv4 address in them, to which a gateway leads.
_NAT64: Final = IPv6Network("64:ff9b::/96")
_NAT64_LOCAL: Final = IPv6Network("64:ff9b:1::/48")


class RegionRefused(ValueError):
    """The address of a region must not be called; the text says why, without the address."""


@dataclass(frozen=True, slots=True)
class RegionHosts:
    """The ends of host names that the operator allows; none allows nothing."""

    suffixes: tuple[str, ...]

    @classmethod
    def read(cls, suffixes: Iterable[str]) -> "RegionHosts":
        """Check the operator's list; raises ValueError that names a wrong entry by its place."""
        found = []
        for place, suffix in enumerate(suffixes, start=1):
            name = suffix.strip().lower().removeprefix(".")
            if name != LOOPBACK and (not _NAME.fullmatch(name) or len(name) > _LONGEST_HOST):
                raise ValueError(f"host {place} must be the end of a host name with a dot, like example.edu")
            found.append(name)
        return cls(tuple(found))

    def check(self, url: str) -> str:
        """Return the base `scheme://host[:port][/path]`, without `/hpc`; raises RegionRefused."""
        match = _URL.fullmatch(url) if len(url) <= _LONGEST_URL else None
        if match is None:
            raise RegionRefused("it is not a plain https address with a host name")
        host, port = match["host"].lower(), int(match["port"] or 0)
        if len(host) > _LONGEST_HOST or port > _MOST_PORT:
            raise RegionRefused("its host or port cannot exist")
        if not any(host == suffix or host.endswith(f".{suffix}") for suffix in self.suffixes):
            raise RegionRefused("its host is not among those that the settings allow")
        scheme = match["scheme"].lower()
        if scheme != "https" and host != LOOPBACK:
            raise RegionRefused("it is not https")
        return f"{scheme}://{host}{f':{port}' if port else ''}{match['path'].removesuffix('/hpc')}"

    def may_connect(self, address: str) -> bool:
        """Tell whether an address that a region's name led to may be connected to."""
        try:
            found = ip_address(address)
        except ValueError:
            return False
        return is_public(found) or (LOOPBACK in self.suffixes and found == IPv4Address(LOOPBACK))


NOWHERE: Final = RegionHosts(())


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Tell whether an address belongs to the open internet: nobody's own network, no loopback, no group."""
    if isinstance(address, IPv6Address):
        # With a zone ("fe80::1%eth0") it is of this machine's own networks.
        if address.scope_id is not None or address in _NAT64_LOCAL:
            return False
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]
        if inner is None and address in _NAT64:
            inner = IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
        if address.is_site_local:
            return False
    return address.is_global and not (
        address.is_private
        or address.is_loopback
        or address.is_link_local
        or address.is_multicast
        or address.is_reserved
        or address.is_unspecified
    )
