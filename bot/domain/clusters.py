"""A cluster as the settings describe it, and how its address is read."""

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

DEFAULT_PLATFORM_URL = "https://www.scnet.cn"
DEFAULT_SIGN_IN_URL = "https://api.scnet.cn"
LONGEST_NAME = 32
# What an option of Slack's menus takes.
LONGEST_LABEL = 60
_LOOPBACK_HOSTS = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Cluster:
    """One HPC cluster; its addresses are bases without a trailing slash or `/hpc`.

    `is_found`: not in the settings, but a region that the platform told of.
    """

    name: str
    label: str
    url: str
    timezone: ZoneInfo
    platform_url: str = DEFAULT_PLATFORM_URL
    sign_in_url: str = DEFAULT_SIGN_IN_URL
    allow_access_keys: bool = False
    cluster_id: str | None = None
    ca_file: str | None = None
    is_found: bool = False


def named(name: str | None, clusters: Iterable[Cluster]) -> Cluster | None:
    """Return the cluster of that name."""
    return next((cluster for cluster in clusters if cluster.name == name), None)


def normalise_url(url: str) -> str:
    """Return a cluster's `scheme://host[:port][/path]` without the `/hpc` service segment.

    The platform hands out both forms, and appending to the longer one gives `/hpc/hpc/` and a 404.
    Raises ValueError as `base_url` does.
    """
    base = base_url(url)
    path = urlsplit(base).path  # a host may be called so too
    return base.removesuffix(path) + path.removesuffix("/hpc").rstrip("/")


def base_url(url: str) -> str:
    """Return `scheme://host[:port][/path]` without a slash at the end.

    Raises ValueError with what is wrong, never with the value: http off loopback, credentials, a query,
    no host.
    """
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        raise ValueError("is not a URL") from None
    if not url.strip().isprintable() or any(character.isspace() for character in url.strip()):
        raise ValueError("must not hold spaces or control characters")
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("must start with https:// and name a host")
    if parts.username is not None or parts.password is not None:
        raise ValueError("must not hold a user or a password")
    if parts.query or parts.fragment:
        raise ValueError("must not hold a query or a fragment")
    if parts.scheme == "http" and not is_loopback(url):
        raise ValueError("http:// is accepted only on loopback (127.0.0.1, localhost); use https://")
    try:
        _ = parts.port
    except ValueError as error:
        raise ValueError("has a port that is no port") from error
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"


def is_loopback(url: str) -> bool:
    """Tell whether a URL's host is this machine."""
    return urlsplit(url.strip()).hostname in _LOOPBACK_HOSTS
