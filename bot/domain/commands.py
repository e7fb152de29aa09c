"""The words of `/walltime`: text in, one command out. The table below is the only list of words."""

import re
import unicodedata
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from bot.domain.errors import SecretInCommand, UnknownCluster
from bot.domain.limit_words import MENTION, LimitWish, parse_limit
from bot.domain.secret import looks_secret
from bot.domain.standup_words import StandupWish, parse_standup

# What a cluster may call somebody; with @ in front a name that Slack did not turn into a mention.
_USERNAME: Final = re.compile(r"@?[A-Za-z0-9_][A-Za-z0-9_.@+-]{0,63}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Word:
    """One word people type: its name, what may follow, and what it does in one line."""

    name: str
    arguments: str
    does: str


WORDS: Final = (
    Word(name="link", arguments="[cluster]", does="link your username on a cluster, with its API token"),
    Word(name="unlink", arguments="[cluster]", does="forget your token and readings, after a confirmation"),
    Word(
        name="limit",
        arguments="[new | 2000 per month at 50,80,100 | off n]",
        does="your limits and this channel's: list, set, remove",
    ),
    Word(name="alerts", arguments="[test]", does="open alerts; `test` sends one through the real path"),
    Word(
        name="team",
        arguments="",
        does="this channel's team: who used how much; `@person` or a username for one",
    ),
    Word(name="join", arguments="", does="share your username and core-hours with this channel"),
    Word(name="leave", arguments="", does="stop sharing them with this channel"),
    Word(
        name="standup",
        arguments="[09:30 mon-fri Asia/Shanghai | now | preview | off]",
        does="this channel's digest: show, set, send now, see before, switch off",
    ),
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
class AboutLimits:
    """`limit …`: what its words say."""

    wish: LimitWish


@dataclass(frozen=True, slots=True)
class ShowAlerts:
    """`alerts`: what is open."""


@dataclass(frozen=True, slots=True)
class SendTestAlert:
    """`alerts test`."""


@dataclass(frozen=True, slots=True)
class ShowTeam:
    """`team`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ShowTeammate:
    """`@person`: `user` is their id. Else `word` may be a username, or `nearest` the word that was meant."""

    word: str
    user: str | None = None
    nearest: Word | None = None


@dataclass(frozen=True, slots=True)
class AskJoin:
    """`join`."""


@dataclass(frozen=True, slots=True)
class Leave:
    """`leave`."""


@dataclass(frozen=True, slots=True)
class AboutStandup:
    """`standup …`: what its words say."""

    wish: StandupWish


@dataclass(frozen=True, slots=True)
class ShowStatus:
    """`status`."""


@dataclass(frozen=True, slots=True)
class ShowHelp:
    """`help [word]`, or anything not understood: `unknown` is what was typed, `nearest` our guess."""

    word: Word | None = None
    unknown: str | None = None
    nearest: Word | None = None


Command = (
    ShowUsage
    | OpenLinkForm
    | AskUnlink
    | AboutLimits
    | ShowAlerts
    | SendTestAlert
    | ShowTeam
    | ShowTeammate
    | AskJoin
    | Leave
    | AboutStandup
    | ShowStatus
    | ShowHelp
)


def parse(text: str, *, clusters: tuple[str, ...]) -> Command:  # noqa: C901, PLR0912 (one arm per word)
    """Read what follows `/walltime`.

    Raises SecretInCommand for anything token-shaped (it is not echoed), UnknownCluster for a wrong name,
    a LimitWrong for a wrong word of `limit`.
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
        case ["limit" | "limits", *rest]:
            # Not the casefolded words: mentions keep their capitals.
            return AboutLimits(parse_limit(plain.split(maxsplit=1)[1] if rest else ""))
        case ["alerts"]:
            return ShowAlerts()
        case ["alerts", "test"]:
            return SendTestAlert()
        case ["team"]:
            return ShowTeam()
        case ["join"]:
            return AskJoin()
        case ["leave"]:
            return Leave()
        case ["standup" | "standups", *rest]:
            return AboutStandup(parse_standup(" ".join(plain.split()[1:]) if rest else ""))
        case ["status"]:
            return ShowStatus()
        case ["help"]:
            return ShowHelp()
        case ["help", name]:
            word = word_named(name)
            return ShowHelp(word=word) if word else _not_understood(name)
        case [_] if _USERNAME.fullmatch(plain.strip()):
            return ShowTeammate(word=plain.strip(), nearest=_nearest(plain.strip().casefold()))
        case _ if mention := MENTION.fullmatch(plain.strip()):
            return ShowTeammate(word=plain.strip(), user=mention[1])
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
    return ShowHelp(unknown=whole or first, nearest=_nearest(first))


def _nearest(name: str) -> Word | None:
    close = get_close_matches(name, [word.name for word in WORDS], n=1, cutoff=0.5)
    return word_named(close[0]) if close else None
