"""The words of `/walltime`: text in, one command out. The table below is the only list of words."""

import re
import unicodedata
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from bot.domain.errors import PersonUnknown, SecretInCommand, UnknownCluster, UnknownLanguage
from bot.domain.history_words import HistoryWish, parse_history
from bot.domain.limit_words import MENTION, LimitWish, parse_limit
from bot.domain.secret import looks_secret
from bot.domain.standup_words import StandupWish, parse_standup

# What a cluster may call somebody; with @ in front a name that Slack did not turn into a mention.
_USERNAME: Final = re.compile(r"@?[A-Za-z0-9_][A-Za-z0-9_.@+-]{0,63}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Word:
    """One word people type: its name, in Chinese too, and what may follow."""

    name: str
    chinese: tuple[str, ...]
    arguments: str


LANGUAGE_CODES: Final = ("en", "zh")
AUTO: Final = "auto"

WORDS: Final = (
    Word(name="history", chinese=("历史",), arguments="[@person | team] [7d | 14d | 30d | 90d]"),
    Word(name="link", chinese=("绑定",), arguments="[cluster]"),
    Word(name="unlink", chinese=("解绑",), arguments="[cluster | @person]"),
    Word(name="limit", chinese=("限额",), arguments="[new | 2000 per month at 50,80,100 | off n]"),
    Word(name="alerts", chinese=("告警", "提醒"), arguments="[test]"),
    Word(name="team", chinese=("团队",), arguments=""),
    Word(name="join", chinese=("加入",), arguments=""),
    Word(name="leave", chinese=("退出",), arguments=""),
    Word(
        name="standup",
        chinese=("站会", "日报"),
        arguments="[09:30 mon-fri Asia/Shanghai [except CN] | now | preview | off]",
    ),
    Word(name="status", chinese=("状态",), arguments=""),
    Word(name="lang", chinese=("语言",), arguments="[zh | en | auto | channel zh]"),
    Word(name="help", chinese=("帮助",), arguments="[word]"),
)


@dataclass(frozen=True, slots=True)
class ShowUsage:
    """(nothing typed): my usage on each linked cluster."""


@dataclass(frozen=True, slots=True)
class AboutHistory:
    """`history …`: what its words say."""

    wish: HistoryWish


@dataclass(frozen=True, slots=True)
class OpenLinkForm:
    """`link [cluster]`."""

    cluster: str | None


@dataclass(frozen=True, slots=True)
class AskUnlink:
    """`unlink [cluster]`; with a `user` an admin's for somebody else."""

    cluster: str | None
    user: str | None = None


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
class ShowLanguage:
    """`lang`: which language is spoken, and how to choose another."""


@dataclass(frozen=True, slots=True)
class ChooseLanguage:
    """`lang zh|en|auto`, `lang channel zh`: None for Slack's own."""

    code: str | None
    of_channel: bool


@dataclass(frozen=True, slots=True)
class ShowHelp:
    """`help [word]`, or anything not understood: `unknown` is what was typed, `nearest` our guess."""

    word: Word | None = None
    unknown: str | None = None
    nearest: Word | None = None


Command = (
    ShowUsage
    | AboutHistory
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
    | ShowLanguage
    | ChooseLanguage
    | ShowHelp
)


def parse(text: str, *, clusters: tuple[str, ...]) -> Command:  # noqa: C901, PLR0912 (one arm per word)
    """Read what follows `/walltime`.

    Raises SecretInCommand for anything token-shaped (it is not echoed), UnknownCluster for a wrong name,
    a LimitWrong for a wrong word of `limit`, a HistoryWordUnknown for one of `history`.
    """
    # NFKC turns the full-width letters and spaces of a Chinese input method into plain ones.
    plain = unicodedata.normalize("NFKC", text)
    if looks_secret(plain):
        raise SecretInCommand
    match _in_english(plain.casefold().split()):
        case []:
            return ShowUsage()
        case ["history", *rest]:
            # Not the casefolded words: mentions keep their capitals.
            return AboutHistory(parse_history(plain.split(maxsplit=1)[1] if rest else ""))
        case ["link"]:
            return OpenLinkForm(None)
        case ["link", name]:
            return OpenLinkForm(_cluster(name, clusters))
        case ["unlink"]:
            return AskUnlink(None)
        case ["unlink", who, *rest] if len(rest) <= 1 and who.startswith(("<@", "@")):
            # Not the casefolded word: a mention keeps its capitals.
            mention = MENTION.fullmatch(plain.split()[1])
            if mention is None:
                raise PersonUnknown(plain.split()[1])
            return AskUnlink(_cluster(rest[0], clusters) if rest else None, user=mention[1])
        case ["unlink", name]:
            return AskUnlink(_cluster(name, clusters))
        case ["limit" | "limits", *rest]:
            return AboutLimits(parse_limit(plain.split(maxsplit=1)[1] if rest else ""))
        case ["alerts"]:
            return ShowAlerts()
        case ["alerts", "test" | "测试"]:
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
        case ["lang"]:
            return ShowLanguage()
        case ["lang", code]:
            return ChooseLanguage(_language(code), of_channel=False)
        case ["lang", "channel", code]:
            return ChooseLanguage(_language(code), of_channel=True)
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
    """Return the word of that name, in English or Chinese."""
    return next((word for word in WORDS if name == word.name or name in word.chinese), None)


def _in_english(words: list[str]) -> list[str]:
    """Put the English name of the first word in the place of its Chinese one."""
    word = word_named(words[0]) if words else None
    return words if word is None else [word.name, *words[1:]]


def _language(code: str) -> str | None:
    """Read a language's code; None for `auto`."""
    if code == AUTO:
        return None
    if code not in LANGUAGE_CODES:
        raise UnknownLanguage(code, known=(*LANGUAGE_CODES, AUTO))
    return code


def _cluster(name: str, clusters: tuple[str, ...]) -> str:
    if name not in clusters:
        raise UnknownCluster(name, known=clusters)
    return name


def _not_understood(first: str, whole: str | None = None) -> ShowHelp:
    return ShowHelp(unknown=whole or first, nearest=_nearest(first))


def _nearest(name: str) -> Word | None:
    close = get_close_matches(name, [word.name for word in WORDS], n=1, cutoff=0.5)
    return word_named(close[0]) if close else None
