"""The clusters of the settings: a JSON list in the environment, `[[clusters]]` in TOML."""

import json
import re
import ssl
from collections.abc import Callable
from typing import Any, Final, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.domain.clusters import (
    DEFAULT_PLATFORM_URL,
    DEFAULT_SIGN_IN_URL,
    LONGEST_LABEL,
    LONGEST_NAME,
    Cluster,
    normalise_url,
)

T = TypeVar("T")

_TEXTS: Final = frozenset(
    {"name", "label", "url", "platform_url", "sign_in_url", "cluster_id", "ca_file", "timezone"}
)
_KEYS: Final = _TEXTS | {"allow_access_keys"}
_NAME: Final = re.compile(rf"[a-z0-9][a-z0-9_-]{{0,{LONGEST_NAME - 1}}}")
# Slack's limit of a menu's options.
_MOST_CLUSTERS: Final = 100


def read_clusters(value: Any) -> tuple[Cluster, ...]:
    """Read and check all clusters; raises ValueError that names every fault by the cluster's place."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError as error:
            raise ValueError(f"is not JSON ({error})") from None
    if not isinstance(value, list) or not value or len(value) > _MOST_CLUSTERS:
        raise ValueError(f"must be a list of 1 to {_MOST_CLUSTERS} clusters")
    faults: list[str] = []
    clusters = [_read(entry, f"cluster {place}", faults) for place, entry in enumerate(value, start=1)]
    names = [cluster.name for cluster in clusters if cluster is not None]
    faults += [f"the name {name} is there twice" for name in sorted({n for n in names if names.count(n) > 1})]
    if faults:
        raise ValueError("; ".join(faults))
    return tuple(cluster for cluster in clusters if cluster is not None)


def _read(entry: Any, place: str, faults: list[str]) -> Cluster | None:
    before = len(faults)
    if not isinstance(entry, dict):
        faults.append(f"{place} must be an object with name and url")
        return None
    faults += [f"{place}: {key} is no setting of a cluster" for key in sorted(set(entry) - _KEYS)]
    texts = {key: str(entry[key]) for key in _TEXTS if entry.get(key) not in (None, "")}
    name = texts.get("name", "")
    if not _NAME.fullmatch(name):
        form = f"1 to {LONGEST_NAME} of a-z, 0-9, - and _, beginning with a letter or digit"
        faults.append(f"{place}: name must be {form}")
    label = texts.get("label", name)
    if not label.isprintable() or len(label) > LONGEST_LABEL:
        faults.append(f"{place}: label must be printable and at most {LONGEST_LABEL} characters")
    url = _checked(normalise_url, texts.get("url", ""), f"{place}: url", faults)
    platform = texts.get("platform_url", DEFAULT_PLATFORM_URL)
    platform_url = _checked(normalise_url, platform, f"{place}: platform_url", faults)
    sign_in = texts.get("sign_in_url", DEFAULT_SIGN_IN_URL if platform == DEFAULT_PLATFORM_URL else platform)
    sign_in_url = _checked(normalise_url, sign_in, f"{place}: sign_in_url", faults)
    allow_access_keys = entry.get("allow_access_keys", False)
    if not isinstance(allow_access_keys, bool):
        faults.append(f"{place}: allow_access_keys must be true or false")
    elif allow_access_keys and "cluster_id" not in texts:
        faults.append(f"{place}: allow_access_keys needs cluster_id, to know the cluster's token from others")
    zone = _checked(_zone, texts.get("timezone", "Asia/Shanghai"), f"{place}: timezone", faults)
    if "ca_file" in texts:
        _checked(_certificates, texts["ca_file"], f"{place}: ca_file", faults)
    if len(faults) > before or url is None or platform_url is None or sign_in_url is None or zone is None:
        return None
    return Cluster(
        name=name,
        label=label,
        url=url,
        timezone=zone,
        platform_url=platform_url,
        sign_in_url=sign_in_url,
        allow_access_keys=bool(allow_access_keys),
        cluster_id=texts.get("cluster_id"),
        ca_file=texts.get("ca_file"),
    )


def _checked(check: Callable[[str], T], text: str, what: str, faults: list[str]) -> T | None:
    try:
        return check(text)
    except ValueError as error:
        faults.append(f"{what} {error}")
        return None


def _zone(text: str) -> ZoneInfo:
    try:
        return ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("must be a time zone's name, like Asia/Shanghai") from None


def _certificates(path: str) -> str:
    try:
        ssl.create_default_context(cafile=path)
    except (OSError, ssl.SSLError):
        raise ValueError("cannot be read as certificates (PEM)") from None
    return path
