"""Sealed secrets."""

import base64
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.errors import SealBroken
from bot.domain.secret import Secret
from bot.store.vault import KeyRing, KeyRingFaulty, new_key, seal, unseal
from tests.unit.kit import RING_KEY, shown, table

OLD, NEW = f"old:{RING_KEY}", f"new:{base64.b64encode(bytes(32)).decode()}"
RING = KeyRing.parse(OLD)
PLACE = ("links", "token", "T1", "U1", "east")
CANARY = Secret("canary-token")


def test_what_was_sealed_opens_in_its_place() -> None:
    sealed = seal(RING, CANARY, *PLACE)
    assert CANARY.reveal().encode() not in sealed
    assert unseal(RING, sealed, *PLACE) == CANARY


@given(text=st.text(), place=st.lists(st.text(max_size=5), max_size=6))
def test_any_text_opens_in_any_place(text: str, place: list[str]) -> None:
    assert unseal(RING, seal(RING, Secret(text), *place), *place).reveal() == text


@table(
    "place",
    {
        "another table": (("other", "token", "T1", "U1", "east"),),
        "another column": (("links", "other", "T1", "U1", "east"),),
        "another workspace": (("links", "token", "T2", "U1", "east"),),
        "another person": (("links", "token", "T1", "U2", "east"),),
        "another cluster": (("links", "token", "T1", "U1", "west"),),
        "the same letters cut elsewhere": (("links", "token", "T", "1U1", "east"),),
        "the same letters in one": (("linkstokenT1U1east",),),
        "one part more": ((*PLACE, ""),),
        "parts in another order": (PLACE[::-1],),
        "no place": ((),),
    },
)
def test_what_was_moved_to_another_place_does_not_open(place: tuple[str, ...]) -> None:
    with pytest.raises(SealBroken) as caught:
        unseal(RING, seal(RING, CANARY, *PLACE), *place)
    assert caught.value.args == ()
    assert CANARY.reveal() not in shown(caught.value)


def test_no_byte_can_be_changed() -> None:
    sealed = seal(RING, CANARY, *PLACE)
    for position in range(len(sealed)):
        changed = bytearray(sealed)
        changed[position] ^= 1
        with pytest.raises(SealBroken):
            unseal(RING, bytes(changed), *PLACE)


def test_no_part_can_be_missing() -> None:
    sealed = seal(RING, CANARY, *PLACE)
    for length in range(len(sealed)):
        with pytest.raises(SealBroken):
            unseal(RING, sealed[:length], *PLACE)


@given(junk=st.binary(max_size=80))
def test_junk_does_not_open(junk: bytes) -> None:
    with pytest.raises(SealBroken):
        unseal(RING, junk, *PLACE)


def test_the_same_secret_is_never_sealed_the_same_way_twice() -> None:
    assert len({seal(RING, CANARY, *PLACE) for _ in range(50)}) == 50


def test_after_a_rotation_the_new_key_seals_and_the_old_still_opens() -> None:
    before = seal(RING, CANARY, *PLACE)
    rotated = KeyRing.parse(f"{NEW},{OLD}")
    after = seal(rotated, CANARY, *PLACE)
    assert rotated.sealing_id == "new"
    assert after[1:4] == b"new"
    assert unseal(rotated, before, *PLACE) == unseal(rotated, after, *PLACE) == CANARY
    assert unseal(KeyRing.parse(NEW), after, *PLACE) == CANARY


@table(
    "ring",
    {
        "the key is gone": (NEW,),
        "another key has its id": (NEW.replace("new", "old"),),
    },
)
def test_without_its_key_a_secret_does_not_open(ring: str) -> None:
    with pytest.raises(SealBroken):
        unseal(KeyRing.parse(ring), seal(RING, CANARY, *PLACE), *PLACE)


def b64(size: int) -> str:
    return base64.b64encode(bytes(size)).decode()


@table(
    "text fault",
    {
        "nothing": ("", "key 1 is not id:base64"),
        "no colon": (RING_KEY, "key 1 is not id:base64"),
        "no id": (f":{RING_KEY}", "key 1 is not id:base64"),
        "an id with a space": (f"my key:{RING_KEY}", "key 1 is not id:base64"),
        "an id too long": (f"{'k' * 33}:{RING_KEY}", "key 1 is not id:base64"),
        "an id that is not ASCII": (f"ключ:{RING_KEY}", "key 1 is not id:base64"),
        "a comma behind": (f"{OLD},", "key 2 is not id:base64"),
        "the same id twice": (f"{OLD},old:{b64(32)}", "key 2 has the id of an earlier one"),
        "no base64": ("k:canary!", "key 1 is not base64"),
        "base64 cut short": (f"k:{RING_KEY[:-2]}", "key 1 is not base64"),
        "letters that are not ASCII": ("k:canäry", "key 1 is not base64"),
        "half of a surrogate pair": ("k:\udcff", "key 1 is not base64"),
        "no key": ("k:", "key 1 is 0 bytes long, not 32"),
        "too short": (f"k:{b64(31)}", "key 1 is 31 bytes long, not 32"),
        "too long": (f"{OLD},k:{b64(33)}", "key 2 is 33 bytes long, not 32"),
    },
)
def test_a_faulty_ring_is_named_by_the_key_s_place_and_not_by_its_text(text: str, fault: str) -> None:
    with pytest.raises(KeyRingFaulty, match=f"^{re.escape(fault)}") as caught:
        KeyRing.parse(text)
    assert "can" not in str(caught.value)
    assert RING_KEY not in shown(caught.value)


def test_spaces_around_keys_do_not_matter() -> None:
    assert list(KeyRing.parse(f" {NEW} , {OLD}\n").keys) == ["new", "old"]


def test_a_ring_does_not_show_its_keys() -> None:
    assert repr(KeyRing.parse(f"{NEW},{OLD}")) == "KeyRing()"


def test_new_keys_are_fresh_and_make_a_ring() -> None:
    made = [new_key() for _ in range(20)]
    assert len(set(made)) == 20
    assert len(KeyRing.parse(",".join(made)).keys) == 20
