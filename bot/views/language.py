"""Sentences in the reader's language.

A sentence stands in the code in English, inside `tr(…)`, with names in braces for what is put into it;
`bot/locale` has the same sentences in the other languages, as gettext catalogues. They are compiled when they
are first asked for, so that no compiled copy can fall behind; a test compares them with the code.
"""

import functools
import gettext
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from importlib.resources import files
from io import BytesIO
from typing import Final, ParamSpec, TypeVar

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from bot.domain.people import LEFT


@dataclass(frozen=True, kw_only=True, slots=True)
class Language:
    """A language that people can choose: `code` is what they type, `name` what they call it themselves.

    `gap` stands between two sentences.
    """

    code: str
    locale: str
    name: str
    gap: str = " "

    @property
    def tag(self) -> str:
        """The language as HTML names it."""
        return self.locale.replace("_", "-")

    def translate(self, sentence: str, /, **values: object) -> str:
        """Say an English sentence of ours in this language, with the values put in."""
        return _catalogue(self.locale).gettext(sentence).format(**values)

    def translate_word(self, meaning: str, word: str, /) -> str:
        """Say a word of ours in this language that by itself could mean several things."""
        return _catalogue(self.locale).pgettext(meaning, word)

    def translate_count(self, one: str, many: str, count: int, /, **values: object) -> str:
        """Say a sentence with a count in it, `{count}`, in the plural form that the count takes."""
        return _catalogue(self.locale).ngettext(one, many, count).format(count=count, **values)


ENGLISH: Final = Language(code="en", locale="en", name="English")
CHINESE: Final = Language(code="zh", locale="zh_Hans", name="中文", gap="")
LANGUAGES: Final = (ENGLISH, CHINESE)


_LEFT_MENTION: Final = f"<@{LEFT}>"

_spoken: ContextVar[Language] = ContextVar("language", default=ENGLISH)


@contextmanager
def speaking(language: Language) -> Iterator[None]:
    """Draw everything inside the block in this language."""
    before = _spoken.set(language)
    try:
        yield
    finally:
        _spoken.reset(before)


def spoken() -> Language:
    """Return the language that is drawn in."""
    return _spoken.get()


P = ParamSpec("P")
T = TypeVar("T")


def spoken_in(language: Language, draw: Callable[P, T]) -> Callable[P, T]:
    """Return `draw`, drawing in this language wherever it is called."""

    def drawn(*args: P.args, **kwargs: P.kwargs) -> T:
        with speaking(language):
            return draw(*args, **kwargs)

    return drawn


def tr(sentence: str, /, **values: object) -> str:
    """Say an English sentence of ours in the language that is drawn in."""
    return without_leavers(spoken().translate(sentence, **values))


def ptr(meaning: str, word: str, /) -> str:
    """Say a word in the language that is drawn in; `meaning` tells it from the same word elsewhere."""
    return spoken().translate_word(meaning, word)


def ntr(one: str, many: str, count: int, /, **values: object) -> str:
    """Say a sentence with a count in the language that is drawn in."""
    return without_leavers(spoken().translate_count(one, many, count, **values))


def someone_who_left() -> str:
    """Return what a person is called who was forgotten."""
    return tr("someone who left")


def without_leavers(text: str) -> str:
    """Say in words who was forgotten: Slack knows nobody of that id."""
    return text.replace(_LEFT_MENTION, someone_who_left()) if _LEFT_MENTION in text else text


def paragraph(sentences: Iterable[str]) -> str:
    """Put sentences behind each other as the language does: after a Chinese full stop stands no space."""
    return spoken().gap.join(sentences)


def language_named(code: str | None) -> Language | None:
    """Return the language of this code."""
    return next((language for language in LANGUAGES if language.code == code), None)


def preferred_language(accept_language: str) -> Language:
    """Return the first of our languages in an `Accept-Language` header; English if there is none."""
    wishes = []
    for place, part in enumerate(accept_language.split(",")):
        tag, _, weight = part.strip().partition(";")
        language = language_named(tag.strip().lower().partition("-")[0])
        quality = _quality(weight)
        if language is not None and quality > 0:
            wishes.append((-quality, place, language))
    return min(wishes, key=lambda wish: wish[:2])[2] if wishes else ENGLISH


def _quality(weight: str) -> float:
    """Read `q=0.8`; what is malformed counts as nothing wished."""
    if not weight.strip():
        return 1.0
    try:
        return float(weight.strip().removeprefix("q="))
    except ValueError:
        return 0.0


@functools.cache
def _catalogue(locale: str) -> gettext.NullTranslations:
    """Compile a catalogue; English needs none."""
    path = files("bot") / "locale" / locale / "LC_MESSAGES" / "walltime.po"
    if not path.is_file():
        return gettext.NullTranslations()
    compiled = BytesIO()
    with path.open("rb") as file:
        write_mo(compiled, read_po(file, locale=locale))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
