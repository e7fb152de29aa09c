"""Addresses of clusters, and of what else has one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.clusters import base_url, is_loopback, normalise_url
from tests.unit.kit import table


@table(
    "given base",
    {
        "bare": ("https://api.example.edu:65106", "https://api.example.edu:65106"),
        "a slash behind": ("https://api.example.edu:65106/", "https://api.example.edu:65106"),
        "the service segment": ("https://api.example.edu/hpc", "https://api.example.edu"),
        "the service segment and a slash": ("https://api.example.edu/hpc/", "https://api.example.edu"),
        "the service segment and slashes": ("https://api.example.edu//hpc//", "https://api.example.edu"),
        "a path before the service segment": ("https://example.edu/east/hpc", "https://example.edu/east"),
        "a path that only ends like it": ("https://example.edu/myhpc", "https://example.edu/myhpc"),
        "a path that only begins like it": ("https://example.edu/hpc2", "https://example.edu/hpc2"),
        "a host that is called like it": ("https://hpc/", "https://hpc"),
        "spaces around": ("  https://example.edu \n", "https://example.edu"),
        "a scheme in capitals": ("HTTPS://example.edu", "https://example.edu"),
        "an address by number": ("https://[2001:db8::1]:8443/hpc", "https://[2001:db8::1]:8443"),
        "http on loopback": ("http://127.0.0.1:8080/hpc", "http://127.0.0.1:8080"),
        "http on loopback by name": ("http://localhost:8080", "http://localhost:8080"),
        "http on loopback of the new kind": ("http://[::1]:8080", "http://[::1]:8080"),
    },
)
def test_a_cluster_s_address_ends_before_the_service_segment(given: str, base: str) -> None:
    assert normalise_url(given) == base
    assert normalise_url(base) == base


@pytest.mark.parametrize("check", [normalise_url, base_url])
@table(
    "given why",
    {
        "nothing": ("", "must start with https"),
        "no scheme": ("example.edu/canary", "must start with https"),
        "another scheme": ("ftp://example.edu/canary", "must start with https"),
        "no host": ("https:///canary", "must start with https"),
        "only a port": ("https://:443/canary", "must start with https"),
        "http elsewhere": ("http://example.edu/canary", "only on loopback"),
        "http on a host that begins like loopback": ("http://127.0.0.1.canary.edu", "only on loopback"),
        "http on another address of this machine": ("http://127.0.0.2/canary", "only on loopback"),
        "a user": ("https://canary@example.edu", "a user or a password"),
        "a password": ("https://me:canary@example.edu", "a user or a password"),
        "loopback as a user": ("http://localhost@example.edu/canary", "a user or a password"),
        "a query": ("https://example.edu/?token=canary", "a query"),
        "a fragment": ("https://example.edu/#canary", "a query or a fragment"),
        "a port beyond all": ("https://example.edu:99999/canary", "port"),
        "a port in words": ("https://example.edu:canary", "port"),
        "a space within": ("https://example .edu/canary", "spaces"),
        "a control character": ("https://example.edu/\x00canary", "spaces or control"),
        "half an address": ("https://[::1/canary", "is not a URL"),
        "brackets around a name": ("https://[canary]/", "is not a URL"),
        "a host that changes when it is normalised": ("https://me:canary@ex℀mple.edu", "is not a URL"),
    },
)
def test_a_wrong_address_is_refused_with_the_reason_and_without_its_text(
    check: object, given: str, why: str
) -> None:
    assert callable(check)
    with pytest.raises(ValueError, match=why) as caught:
        check(given)
    assert "canary" not in str(caught.value)
    assert caught.value.__cause__ is None or "me:canary" not in str(caught.value.__cause__)


def test_an_address_that_is_no_cluster_s_keeps_a_path_called_hpc() -> None:
    assert base_url("https://tools.example.edu/hpc/") == "https://tools.example.edu/hpc"


@table(
    "url here",
    {
        "by number": ("http://127.0.0.1:1", "yes"),
        "by name": ("https://LocalHost/", "yes"),
        "the new kind": ("https://[::1]", "yes"),
        "elsewhere": ("https://example.edu", "no"),
        "a name that begins like it": ("https://localhost.example.edu", "no"),
    },
)
def test_loopback_is_this_machine_only(url: str, here: str) -> None:
    assert is_loopback(url) == (here == "yes")


@given(text=st.text(max_size=60) | st.text("htps:/[]@?#%.\\ hc0", max_size=40).map("https://".__add__))
def test_any_text_is_an_address_or_a_ValueError(text: str) -> None:  # noqa: N802 (its name)
    try:
        base = normalise_url(text)
    except ValueError:
        return
    assert base.startswith(("https://", "http://"))
    assert not base.endswith("/")
