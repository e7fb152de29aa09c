"""The cluster that a region becomes."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.clusters import LONGEST_LABEL, LONGEST_NAME, Cluster
from bot.domain.regions import Offer, Standing, configured, found_clusters, is_region_id
from bot.wiring.clusters import read_clusters
from tests.unit.kit import east, table

EAST = east(cluster_id="11112", allow_access_keys=True, ca_file="/own.pem")
URL = "https://north.example.edu:65106"


def offer(cluster_id: str = "7", label: str = "North", *urls: str) -> Offer:
    return Offer(cluster_id=cluster_id, label=label, standing=Standing.OPEN, urls=urls or (URL,))


def found(cluster_id: str = "7", label: str = "North", *, known: tuple[Cluster, ...] = (EAST,)) -> Cluster:
    (cluster,) = found_clusters(offer(cluster_id, label), EAST, known)
    return cluster


def test_a_region_is_a_cluster_like_the_one_by_which_one_signed_in() -> None:
    assert found() == replace(
        EAST, name="region-7", label="North", url=URL, cluster_id="7", ca_file=None, is_found=True
    )


def test_each_address_is_one_to_try() -> None:
    others = ("https://a.example.edu", "https://b.example.edu")
    assert [cluster.url for cluster in found_clusters(offer("7", "North", *others), EAST, ())] == [*others]


@table(
    "cluster_id label known name shown",
    {
        "found again it keeps its name": ("7", "North", (found(),), "region-7", "North"),
        "a name of the settings stays theirs": (
            "7",
            "N",
            (replace(EAST, name="region-7"),),
            "region-7-",
            "N",
        ),
        "two platforms may count alike": (
            "7",
            "North",
            (replace(found(), sign_in_url="https://other.example.edu"),),
            "region-7-",
            "North (7)",
        ),
        "an id that is no name": ("A.7", "North", (), "region-a-7-", "North"),
        "an id that is long": ("x" * 32, "North", (), f"region-{'x' * 16}-", "North"),
        "no label": ("7", "\x00\n ", (), "region-7", "region-7"),
        "a label of the settings": ("7", "East", (EAST,), "region-7", "East (7)"),
        "a label that is long": ("7", "L" * 99, (), "region-7", "L" * LONGEST_LABEL),
    },
)
def test_name_and_label_are_its_own(
    cluster_id: str, label: str, known: tuple[Cluster, ...], name: str, shown: str
) -> None:
    cluster = found(cluster_id, label, known=known)
    assert cluster.name.startswith(name)
    assert (cluster.name == name) is not name.endswith("-")
    assert cluster.label == shown
    assert found(cluster_id, label, known=(*known, cluster)) == cluster


@given(st.from_regex(r"[\w.-]{1,32}", fullmatch=True), st.text(max_size=99))
def test_whatever_the_platform_calls_it_the_settings_would_take_it(cluster_id: str, label: str) -> None:
    if is_region_id(cluster_id):
        cluster = found(cluster_id, label)
        entry = {"name": cluster.name, "label": cluster.label, "url": cluster.url}
        assert read_clusters([entry])[0].name == cluster.name
        assert len(cluster.name) <= LONGEST_NAME


@table(
    "cluster",
    {
        "its access keys are not allowed": (replace(EAST, allow_access_keys=False),),
        "it is of another platform": (replace(EAST, sign_in_url="https://other.example.edu"),),
        "it has another id": (replace(EAST, cluster_id="7"),),
        "it was found": (replace(EAST, is_found=True),),
    },
)
def test_a_region_of_the_settings_is_that_cluster_unless(cluster: Cluster) -> None:
    assert configured("11112", EAST, [EAST]) == EAST
    assert configured("11112", EAST, [cluster]) is None


@pytest.mark.parametrize("wrong", [None, True, "", " ", "a b", "x" * 33, "é", {}, 1.5, "a/b"], ids=repr)
def test_what_is_no_region_s_id(wrong: object) -> None:
    assert not is_region_id(wrong)
    assert is_region_id(11112)
    assert is_region_id("11112")
