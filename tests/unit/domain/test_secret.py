"""Secrets in memory, and the mask."""

import copy
import json
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.secret import MASK, Secret, looks_secret, mask_secrets
from tests.unit.kit import ACCESS_KEY, JWT, SECRET_KEY, table

VALUE = "canary-value"
SECRET = Secret(VALUE)


@table(
    "text",
    {
        "repr": (repr(SECRET),),
        "str": (str(SECRET),),
        "f-string": (f"{SECRET}",),
        "f-string with a width": (f"{SECRET:>60}",),
        "f-string with conversions": (f"{SECRET!r} {SECRET!s} {SECRET!a}",),
        "format": (format(SECRET, "s"),),
        "percent": ("%s %r" % (SECRET, SECRET),),  # noqa: UP031 (this very way)
        "inside a container": (repr({"key": [SECRET]}),),
    },
)
def test_a_secret_does_not_show_in_text(text: str) -> None:
    assert VALUE not in text
    assert MASK in text


def test_reveal_is_the_one_way_out() -> None:
    assert SECRET.reveal() == VALUE
    assert not hasattr(SECRET, "__dict__")


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_secret_is_not_pickled(protocol: int) -> None:
    with pytest.raises(TypeError, match="not pickled") as caught:
        pickle.dumps(SECRET, protocol)
    assert VALUE not in str(caught.value)


@pytest.mark.parametrize("way", [copy.copy, copy.deepcopy, json.dumps], ids=["copy", "deepcopy", "json"])
def test_a_secret_is_not_copied_by_what_would_pickle_it(way: object) -> None:
    assert callable(way)
    with pytest.raises(TypeError) as caught:
        way(SECRET)
    assert VALUE not in str(caught.value)


def test_secrets_are_equal_when_their_values_are_and_to_nothing_else() -> None:
    assert Secret(VALUE) == SECRET
    assert len({Secret(VALUE), SECRET}) == 1
    assert Secret("other") != SECRET
    assert VALUE != SECRET


@table(
    "text masked",
    {
        "a token in a sentence": (f"got {JWT}, why?", f"got {MASK}, why?"),
        "several": (f"{ACCESS_KEY} {SECRET_KEY}", f"{MASK} {MASK}"),
        "what is left of a token": (f"header {JWT[:40]}…", f"header {MASK}…"),
        "a key behind a newline": (f"key:\n{ACCESS_KEY}\n", f"key:\n{MASK}\n"),
        "a header's repr": (f"{{'token': '{JWT}'}}", f"{{'token': '{MASK}'}}"),
        "base64 with its end": ("Ab3+" * 10 + "Ab==", MASK),
        "a Slack token in a URL": ("?token=xoxb-1234567890", f"?token={MASK}"),
        "nothing": ("18 of 20 core-hours on east", "18 of 20 core-hours on east"),
    },
)
def test_the_mask_takes_what_is_token_shaped_and_leaves_the_rest(text: str, masked: str) -> None:
    assert mask_secrets(text) == masked


@given(text=st.text(max_size=100) | st.text("eyJ.-_xobap1234567890abcdefABCDEF+/=", max_size=100))
def test_what_looks_secret_is_what_the_mask_takes(text: str) -> None:
    assert looks_secret(text) == (mask_secrets(text) != text)
    assert not looks_secret(mask_secrets(text))
