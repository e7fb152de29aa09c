"""The words of `/walltime`: text in, one command out. The table below is the only list of words."""

import unicodedata
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from bot.domain.errors import SecretInCommand, UnknownCluster
from bot.domain.secret import looks_secret


@dataclass(frozen=True, kw_only=True, slots=True)
class Word:
    """One word people type: its name, what may follow, and what it does in one line."""

    name: str
    arguments: str
    does: str


WORDS: Final = (
    Word(name="link", arguments="[cluster]", does="link your username on a cluster, with its API token"),
    Word(name="unlink", arguments="[cluster]", does="forget your token and readings, after a confirmation"),
    Word(name="status", arguments="", does="your links, their tokens and last readings, and your support id"),
    Word(name="help", arguments="[word]", does="what you can type, or more on one word"),
)


@dataclass(frozen=True, slots=True)
class ShowUsage:
    """(nothing typed): my usage on each linked cluster."""


@dataclass(frozen=True, slots=True)
class OpenLinkForm:
    """`link [cluster]`."""

    cluster: str | None


@dataclass(frozen=True, slots=True)
class AskUnlink:
    """`unlink [cluster]`."""

    cluster: str | None


@dataclass(frozen=True, slots=True)
class ShowStatus:
    """`status`."""


@dataclass(frozen=True, slots=True)
class ShowHelp:
    """`help [word]`, or anything not understood: `unknown` is what was typed, `nearest` our guess."""

    word: Word | None = None
    unknown: str | None = None
    nearest: Word | None = None


Command = ShowUsage | OpenLinkForm | AskUnlink | ShowStatus | ShowHelp


def parse(text: str, *, clusters: tuple[str, ...]) -> Command:
    """Read what follows `/walltime`.

    Raises SecretInCommand for anything token-shaped (it is not echoed), UnknownCluster for a wrong name.
    """
    # NFKC turns the full-width letters and spaces of a Chinese input method into plain ones.
    plain = unicodedata.normalize("NFKC", text)
    if looks_secret(plain):
        raise SecretInCommand
    match plain.casefold().split():
        case []:
            return ShowUsage()
        case ["link"]:
            return OpenLinkForm(None)
        case ["link", name]:
            return OpenLinkForm(_cluster(name, clusters))
        case ["unlink"]:
            return AskUnlink(None)
        case ["unlink", name]:
            return AskUnlink(_cluster(name, clusters))
        case ["status"]:
            return ShowStatus()
        case ["help"]:
            return ShowHelp()
        case ["help", name]:
            word = word_named(name)
            return ShowHelp(word=word) if word else _not_understood(name)
        case words:
            return _not_understood(words[0], whole=" ".join(words))


def word_named(name: str) -> Word | None:
    """Return the word of that name."""
    return next((word for word in WORDS if word.name == name), None)


def _cluster(name: str, clusters: tuple[str, ...]) -> str:
    if name not in clusters:
        raise UnknownCluster(name, known=clusters)
    return name


def _not_understood(first: str, whole: str | None = None) -> ShowHelp:
    close = get_close_matches(first, [word.name for word in WORDS], n=1, cutoff=0.5)
    return ShowHelp(unknown=whole or first, nearest=word_named(close[0]) if close else None)
