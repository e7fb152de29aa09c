"""Sentences in the reader's language.

A sentence stands in the code in English, inside `translate(…)`, with names in braces for what is put into it;
`bot/locale` has the same sentences in the other languages, as gettext catalogues. They are compiled when they
are first asked for, so that no compiled copy can fall behind; a test compares them with the code.
"""

import functools
import gettext
from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files
from io import BytesIO
from typing import Final

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

Translate = Callable[..., str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Language:
    """A language that people can choose: `code` is what they type, `name` what they call it themselves."""

    code: str
    locale: str
    name: str

    @property
    def tag(self) -> str:
        """The language as HTML names it."""
        return self.locale.replace("_", "-")

    def translate(self, sentence: str, /, **values: object) -> str:
        """Say an English sentence of ours in this language, with the values put in."""
        return _catalogue(self.locale).gettext(sentence).format(**values)


ENGLISH: Final = Language(code="en", locale="en", name="English")
CHINESE: Final = Language(code="zh", locale="zh_Hans", name="中文")
LANGUAGES: Final = (ENGLISH, CHINESE)


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
