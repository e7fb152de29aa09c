"""The one-time link page's rules."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.errors import (
    LinkPageCancelled,
    LinkPageConfirmed,
    LinkPageExpired,
    LinkPageOfAnother,
    LinkPageOver,
    LinkPageUsed,
    LinkPageVoid,
)
from bot.domain.link_pages import (
    CODE_LENGTH,
    CODE_LETTERS,
    MOST_CODE_TRIES,
    NAME_BYTES,
    PAGE_LIVES,
    LinkPage,
    PageState,
    check_asked,
    check_open,
    digest_of,
    is_code,
    spelled,
)
from bot.domain.people import Person
from bot.domain.secret import Secret
from tests.unit.kit import ALICE, NOW, table, wide

PAGE = LinkPage(
    page_id="p1",
    person=ALICE,
    person_name="Alice Ng",
    workspace_name="Lab",
    cluster="east",
    expires_at=NOW + PAGE_LIVES,
)
CODE = Secret("K7M2QX")
ENDS: dict[PageState, type[LinkPageOver]] = {
    PageState.CONFIRMED: LinkPageConfirmed,
    PageState.CANCELLED: LinkPageCancelled,
    PageState.VOID: LinkPageVoid,
}


def test_a_name_is_beyond_guessing_and_a_code_beyond_three_tries() -> None:
    assert NAME_BYTES * 8 >= 128
    assert MOST_CODE_TRIES / len(CODE_LETTERS) ** CODE_LENGTH < 1e-8
    assert not set("0O1IL") & set(CODE_LETTERS)


def test_an_open_page_shows_its_form_until_its_last_moment() -> None:
    check_open(PAGE, now=NOW + PAGE_LIVES - timedelta(milliseconds=1))
    with pytest.raises(LinkPageExpired):
        check_open(PAGE, now=NOW + PAGE_LIVES)


def test_an_asked_page_takes_no_form_but_an_answer() -> None:
    asked = replace(PAGE, state=PageState.ASKED)
    check_asked(asked, ALICE, now=NOW)
    with pytest.raises(LinkPageUsed):
        check_open(asked, now=NOW)
    with pytest.raises(LinkPageExpired):
        check_asked(asked, ALICE, now=NOW + PAGE_LIVES)


@pytest.mark.parametrize("state", ENDS)
def test_an_ended_page_says_how_it_ended_even_after_its_time(state: PageState) -> None:
    for now in (NOW, NOW + PAGE_LIVES):
        with pytest.raises(ENDS[state]):
            check_open(replace(PAGE, state=state), now=now)
        with pytest.raises(ENDS[state]):
            check_asked(replace(PAGE, state=state), ALICE, now=now)


@table(
    "person",
    {
        "another person": (Person(workspace="T1", user="U2"),),
        "the same id in another workspace": (Person(workspace="T2", user="U1"),),
    },
)
def test_nobody_else_answers_and_nobody_else_learns_how_it_ended(person: Person) -> None:
    for state in PageState:
        with pytest.raises(LinkPageOfAnother):
            check_asked(replace(PAGE, state=state), person, now=NOW + PAGE_LIVES)


@table(
    "typed is_it",
    {
        "as it is spelled": ("K7M-2QX", "yes"),
        "without the hyphen": ("K7M2QX", "yes"),
        "in small letters": ("k7m 2qx", "yes"),
        "by a Chinese input method": (wide("K7M-2QX"), "yes"),
        "nothing": ("", "no"),
        "too short": ("K7M2Q", "no"),
        "too long": ("K7M2QXX", "no"),
        "another": ("K7M2QY", "no"),
        "no letters at all": ("💥é", "no"),
    },
)
def test_a_code_is_known_however_it_is_typed(typed: str, is_it: str) -> None:
    assert is_code(typed, CODE) == (is_it == "yes")


def test_a_code_is_spelled_in_two_halves() -> None:
    assert spelled(CODE) == "K7M-2QX"


def test_a_digest_tells_nothing_of_its_name_and_names_apart() -> None:
    assert digest_of(Secret("a")) != digest_of(Secret("b"))
    assert len(digest_of(Secret("a"))) == 64
