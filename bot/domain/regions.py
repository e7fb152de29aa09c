"""Regions of the platform: what a sign-in may lead to, and the cluster that a region becomes.

A region that stands in the settings is that cluster. Any other becomes a cluster that was found: with an
address that the platform told and the settings allow, and everything else as the settings have it for the
cluster by which one signed in.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from typing import Final
from zlib import crc32

from bot.domain.clusters import LONGEST_LABEL, LONGEST_NAME, Cluster

# A person who has signed in chooses within this time.
CHOOSE_WITHIN: Final = timedelta(minutes=10)
_PREFIX: Final = "region-"
_ID: Final = re.compile(r"[\w.-]{1,32}", re.ASCII)
_NOT_IN_NAMES: Final = re.compile(r"[^a-z0-9_-]+")


@dataclass(frozen=True, kw_only=True, slots=True)
class Region:
    """A region as the platform describes it; `urls` are the enabled addresses that may be called.

    `has_urls` tells one whose addresses are all refused by the settings from one without any.
    """

    cluster_id: str
    name: str
    urls: tuple[str, ...]
    has_urls: bool


class Standing(StrEnum):
    """Why a region can or cannot be linked."""

    OPEN = "open"
    STOPPED = "stopped"  # the platform lists it without a token: the account is stopped there
    ELSEWHERE = "elsewhere"  # none of its addresses is on a host that the settings allow
    SILENT = "silent"  # the platform does not tell its address just now


@dataclass(frozen=True, kw_only=True, slots=True)
class Offer:
    """A region as a person is shown it; `urls` are the addresses to try, none for one of the settings."""

    cluster_id: str
    label: str
    standing: Standing
    urls: tuple[str, ...] = ()


def is_region_id(found: object) -> bool:
    """Tell whether this can be a region's id, which comes as a text or as a number."""
    return (
        isinstance(found, str | int) and not isinstance(found, bool) and _ID.fullmatch(str(found)) is not None
    )


def configured(cluster_id: str, via: Cluster, clusters: Iterable[Cluster]) -> Cluster | None:
    """Return the cluster of the settings that this region of `via`'s platform is."""
    return next(
        (
            cluster
            for cluster in clusters
            if not cluster.is_found
            and cluster.cluster_id == cluster_id
            and cluster.sign_in_url == via.sign_in_url
            and cluster.allow_access_keys
        ),
        None,
    )


def found_clusters(offer: Offer, via: Cluster, known: Sequence[Cluster]) -> tuple[Cluster, ...]:
    """Return the region as a cluster, once for each of its addresses; `via` is of the same platform.

    Its name is made of its id; a name that another cluster has already gets the platform's mark.
    """
    plain = _NOT_IN_NAMES.sub("-", offer.cluster_id.lower())
    name = f"{_PREFIX}{plain}"[:LONGEST_NAME]
    same = replace(via, cluster_id=offer.cluster_id, ca_file=None, is_found=True)
    taken = {cluster.name for cluster in known if not is_same_region(cluster, same)}
    if plain != offer.cluster_id or len(_PREFIX + plain) > LONGEST_NAME or name in taken:
        mark = f"-{crc32(f'{via.platform_url} {offer.cluster_id}'.encode()):08x}"
        name = name[: LONGEST_NAME - len(mark)] + mark
    label = "".join(letter for letter in offer.label if letter.isprintable()).strip()[:LONGEST_LABEL] or name
    if label in {cluster.label for cluster in known if not is_same_region(cluster, same)}:
        label = f"{label[: LONGEST_LABEL - len(offer.cluster_id) - 3]} ({offer.cluster_id})"
    return tuple(replace(same, name=name, label=label, url=url) for url in offer.urls)


def is_same_region(one: Cluster, other: Cluster) -> bool:
    """Tell whether two clusters that were found are the same region of the same platform."""
    return (
        one.is_found
        and other.is_found
        and (one.cluster_id, one.platform_url, one.sign_in_url)
        == (other.cluster_id, other.platform_url, other.sign_in_url)
    )
