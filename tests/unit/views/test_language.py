"""The catalogues keep up with the code, and readers get their language."""

import ast
import functools
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.catalog import Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from bot.domain import errors
from bot.domain.errors import WalltimeError
from bot.views.errors import failure_sentence, sentence
from bot.views.language import (
    CHINESE,
    ENGLISH,
    LANGUAGES,
    Language,
    language_named,
    preferred_language,
    ptr,
    speaking,
)
from tests.unit.kit import NOW, east, table

TRANSLATED = [language for language in LANGUAGES if language is not ENGLISH]
Id = tuple[str, ...]  # of a sentence in a catalogue: one, or one and many
SAYING = {"tr": 1, "ntr": 2, "ptr": 2}  # with how many literals: sentence; one, many; meaning, word
MEANING = "\x04"  # as gettext joins the meaning of a word and the word
PATTERN = "d MMM yyyy, HH:mm"  # of a date: its letters are no words


def said_in_python(code: str) -> Iterator[Id]:
    """Read the calls from the syntax tree: babel's reader misses some inside other calls and f-strings."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in SAYING:
            wanted = node.args[: SAYING[node.func.id]]
            said = [one.value for one in wanted if isinstance(one, ast.Constant)]
            literals = tuple(one for one in said if isinstance(one, str))
            assert len(literals) == len(wanted), f"not a literal, nobody can find it: {ast.unparse(node)}"
            yield (MEANING.join(literals),) if node.func.id == "ptr" else literals


@functools.cache
def in_the_code() -> Mapping[str, Id]:
    """All sentences inside `tr(…)`, `ntr(…)` and `ptr(…)`, in Python and in templates, by their singular."""
    root = Path(str(files("bot")))
    python = [said for file in root.rglob("*.py") for said in said_in_python(file.read_text("utf-8"))]
    pages = extract_from_dir(root, method_map=[("**.html", "jinja2")], keywords={"tr": None, "ntr": (1, 2)})
    return {said[0]: said for said in (*python, *(forms(found[2]) for found in pages))}


def catalogue(language: Language) -> list[Message]:
    path = files("bot") / "locale" / language.locale / "LC_MESSAGES" / "walltime.po"
    with path.open("rb") as file:
        return [one for one in read_po(file, locale=language.locale, abort_invalid=True) if one.id]


def id_of(message: Message) -> Id:
    ids = forms(message.id)
    return (f"{message.context}{MEANING}{ids[0]}",) if message.context else ids


def forms(said: str | Iterable[str] | None) -> Id:
    """Return the singular and the plurals of what babel read."""
    return (said,) if isinstance(said, str) else tuple(said or ())


def names_in(text: str) -> set[str | None]:
    return {name for _, name, _, _ in Formatter().parse(text)} - {None}


@pytest.mark.parametrize("language", TRANSLATED, ids=lambda language: language.code)
def test_a_catalogue_has_every_sentence_of_the_code_and_no_other(language: Language) -> None:
    here = {ids[0]: ids for ids in (id_of(message) for message in catalogue(language))}
    there = in_the_code()
    assert {"lacks": there.keys() - here.keys(), "has left over": here.keys() - there.keys()} == {
        "lacks": set(),
        "has left over": set(),
    }
    assert {one: here[one] for one in there if here[one] != there[one]} == {}, "another plural"


@pytest.mark.parametrize("language", TRANSLATED, ids=lambda language: language.code)
def test_a_translation_is_finished_and_puts_in_the_same_values(language: Language) -> None:
    for message in catalogue(language):
        *_, many = forms(message.id)
        said = forms(message.string)
        assert said, message.id
        assert all(said), message.id
        assert not message.fuzzy, message.id
        assert all(names_in(form) == names_in(many) for form in said), message.id


def test_the_code_is_searched_for_sentences_where_they_are() -> None:
    assert in_the_code().keys() >= {"Confirm in Slack", "Paste your API token here.", PATTERN, "Join"}
    assert in_the_code()["{count} guest"] == ("{count} guest", "{count} guests")


def test_a_sentence_is_found_inside_another_and_inside_a_string() -> None:
    code = """tr("{who} left", who=name(tr("Nobody"))); f"{ntr('one', 'many', 2)}"; ptr("to burn", "Light")"""
    assert sorted(said_in_python(code)) == [
        ("Nobody",),
        ("one", "many"),
        ("to burn\x04Light",),
        ("{who} left",),
    ]


def test_a_word_of_several_meanings_is_said_as_it_is_meant() -> None:
    meaning, word = "against the period before", "Change"
    assert ptr(meaning, word) == word
    with speaking(CHINESE):
        assert ptr(meaning, word) == "变化"


def test_a_sentence_that_is_no_literal_is_told() -> None:
    with pytest.raises(AssertionError, match="not a literal"):
        list(said_in_python('tr(f"{name} left")'))


SHOWN: list[WalltimeError] = [
    errors.UnknownCluster("", known=("east",)),
    errors.UnknownCluster("x", known=()),
    errors.UnknownCluster("x", known=("east",)),
    errors.UsernameMalformed(),
    errors.TokenEmpty(),
    errors.TokenMalformed(),
    errors.TokenExpired(NOW),
    errors.TokenOfPlatform(),
    errors.TokenOfOtherCluster(chosen="East", belongs_to="West"),
    errors.TokenOfOtherCluster(chosen="East", belongs_to=None),
    errors.TokenOfOtherUsername(given="bob", allowed=("alice", "al01")),
    errors.TokenOfOtherUsername(given="bob", allowed=()),
    errors.TokenRefused("10008"),
    errors.UsernameFrozen("10007"),
    errors.AccessDenied("10009"),
    errors.UsernameUnknown("10004"),
    errors.ClusterRefused("815005"),
    errors.ClusterSilent("timeout"),
    errors.NoData(),
    errors.ClusterMisconfigured("http 404"),
    errors.SealBroken(),
    errors.LinkPageUnknown(),
    errors.LinkPageOfAnother(),
    errors.LinkPageExpired(),
    errors.LinkPageUsed(),
    errors.LinkPageConfirmed(),
    errors.LinkPageCancelled(),
    errors.LinkPageVoid(),
    errors.LinkCodeWrong(tries_left=2),
    errors.QuestionNotAsked("messages_tab_disabled"),
]


@pytest.mark.parametrize("error", SHOWN, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("cluster", [None, east()], ids=["nowhere", "on-a-cluster"])
def test_whatever_the_link_page_can_say_is_said_in_chinese(error: WalltimeError, cluster: object) -> None:
    with speaking(CHINESE):
        said = sentence(error, east() if cluster else None)
    assert said.endswith("。")
    # Names, codes and buttons of Slack's stay; no English sentence does.
    assert not re.search(r"[a-z]+ [a-z]+ [a-z]+", said), said


def test_our_own_fault_is_said_in_chinese_with_its_number() -> None:
    with speaking(CHINESE):
        assert failure_sentence("deadbeef").endswith("：deadbeef")  # noqa: RUF001 (the Chinese colon)


def test_a_moment_is_written_as_its_readers_write_it() -> None:
    at = datetime(2026, 11, 22, 9, 40, tzinfo=UTC)
    assert "22 Nov 2026, 17:40 (Asia/Shanghai)" in sentence(errors.TokenExpired(at), east())
    with speaking(CHINESE):
        assert "2026年11月22日 17:40 (Asia/Shanghai)" in sentence(errors.TokenExpired(at), east())


@table(
    "header language",
    {
        "nothing": ("", ENGLISH),
        "English": ("en-GB,en;q=0.9", ENGLISH),
        "Chinese as China writes it": ("zh-CN,zh;q=0.9,en;q=0.8", CHINESE),
        "Chinese as Taiwan writes it is nearer to Chinese": ("zh-TW", CHINESE),
        "by script": ("zh-Hans-CN", CHINESE),
        "the heavier one, wherever it stands": ("en;q=0.3, zh;q=0.7", CHINESE),
        "the first of equals": ("de, zh, en", CHINESE),
        "none of ours": ("de, fr;q=0.5", ENGLISH),
        "anything": ("*", ENGLISH),
        "what is not wanted": ("zh;q=0, de", ENGLISH),
        "broken weights": ("zh;q=x, en;q=0.1", ENGLISH),
        "not a number": ("zh;q=nan", ENGLISH),
        "rubbish": (";;,,=💥;q", ENGLISH),
    },
)
def test_a_browser_s_wish_is_read(header: str, language: Language) -> None:
    assert preferred_language(header) is language


def test_languages_are_known_by_their_code_and_no_other() -> None:
    assert [language_named(code) for code in ("en", "zh", "de", "", None)] == [
        ENGLISH,
        CHINESE,
        None,
        None,
        None,
    ]
    assert CHINESE.tag == "zh-Hans"
