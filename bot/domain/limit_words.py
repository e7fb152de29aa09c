"""The words of `limit …`: text in, one wish out. Also how the limit form's inputs are read.

limit                                         the list
limit new                                     the form
limit off 2                                   remove the second of the list
limit [me|team|each|@person] NUMBER PERIOD [at 50,80,100] [on CLUSTER]
    PERIOD: per day|week|month|quarter|year,  from DATE to DATE,  total
"""

import re
import unicodedata
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from bot.domain.errors import (
    LimitDateWrong,
    LimitNumberMalformed,
    LimitNumberUnknown,
    LimitPeriodUnknown,
    LimitPersonWrong,
    LimitRangeBackwards,
    LimitThresholdWrong,
    LimitWordMissing,
    LimitWordUnknown,
)
from bot.domain.limits import (
    DEFAULT_THRESHOLDS,
    EXAMPLE,
    RANGE_EXAMPLE,
    ScopeKind,
    check_core_hours,
    check_thresholds,
)
from bot.domain.periods import DAY, MONTH, QUARTER, TOTAL, WEEK, YEAR, Period

PERSON_EXAMPLE: Final = "limit @anna 500 per week"
OFF_EXAMPLE: Final = "limit off 2"
ON_EXAMPLE: Final = "limit 2000 per month on east"
TOTAL_EXAMPLE: Final = "limit 10000 total"

_PERIODS: Final = {
    **dict.fromkeys(("day", "daily", "days", "每天", "每日"), DAY),
    **dict.fromkeys(("week", "weekly", "weeks", "每周"), WEEK),
    **dict.fromkeys(("month", "monthly", "months", "每月"), MONTH),
    **dict.fromkeys(("quarter", "quarterly", "quarters", "每季度"), QUARTER),
    **dict.fromkeys(("year", "yearly", "annually", "years", "每年"), YEAR),
}
_ADVERBS: Final = frozenset(
    {"daily", "weekly", "monthly", "quarterly", "yearly", "annually"}
    | {"每天", "每日", "每周", "每月", "每季度", "每年"}
)
_SCOPES: Final = {
    **dict.fromkeys(("me", "my", "我", "我的"), ScopeKind.ME),
    **dict.fromkeys(("team", "团队"), ScopeKind.TEAM),
    **dict.fromkeys(("each", "每人"), ScopeKind.EACH),
}
_UNITS: Final = frozenset({"core-hours", "core-hour", "corehours", "core", "hours"})
_LISTS: Final = frozenset({"list", "show", "列表"})
MENTION: Final = re.compile(r"<@([A-Z0-9]+)(?:\|[^>]*)?>")
# A mention is one token, spaces in its name and all.
_TOKEN: Final = re.compile(r"<[^>]*>|[^\s;]+")
_PER_SLASH: Final = re.compile(r"/(?=\s*[A-Za-z])")
_PLAIN_NUMBER: Final = re.compile(r"[+-]?(?:\d+|\d{1,3}(?:,\d{3})+|\d{1,3}(?:['_]\d{3})+)(?:\.\d+)?")
_TWO_READINGS: Final = re.compile(r"[1-9]\d{0,2}(?:\.\d{3})+")
_SPACED_THOUSANDS: Final = re.compile(r"[+-]?\d{1,3}(?: \d{3})+(?:\.\d+)?")
_FIRST_YEAR: Final = 1971
_LAST_YEAR: Final = 8999
_DATE: Final = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})")


@dataclass(frozen=True, slots=True)
class ListLimits:
    """`limit`: what limits stand here, numbered."""


@dataclass(frozen=True, slots=True)
class OpenLimitForm:
    """`limit new`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RemoveLimit:
    """`limit off n`: by its number in the list, from 1."""

    number: int


@dataclass(frozen=True, kw_only=True, slots=True)
class SetLimit:
    """A limit as typed or as the form says; `user` goes with a person, `cluster` None is the only one."""

    scope: ScopeKind
    user: str | None
    core_hours: float
    period: Period
    thresholds: tuple[int, ...]
    cluster: str | None = None


LimitWish = ListLimits | OpenLimitForm | RemoveLimit | SetLimit


def parse_limit(text: str) -> LimitWish:
    """Read what follows `limit`, as Slack gave it (mentions keep their capitals); raises a LimitWrong."""
    words = _Words(rest=_tokens(text))
    match words.peek():
        case "":
            return ListLimits()
        case word if word in _LISTS:
            words.take()
            return _nothing_more(words, ListLimits())
        case "new" | "新建":
            words.take()
            return _nothing_more(words, OpenLimitForm())
        case "off" | "remove" | "delete" | "移除" | "删除" | "关闭":
            words.take()
            return _nothing_more(words, RemoveLimit(number=_list_number(words)))
        case _:
            return _set_limit(words)


def read_core_hours(text: str) -> float:
    """Read a number of core-hours with or without thousands separators; raises a LimitWrong."""
    word = _normal(text).strip()
    if _SPACED_THOUSANDS.fullmatch(word):
        word = word.replace(" ", "")
    if _TWO_READINGS.fullmatch(word) or not _PLAIN_NUMBER.fullmatch(word):
        if word.lstrip("+-").casefold() in {"nan", "inf", "infinity"}:
            return check_core_hours(float("nan"), word=word)
        raise LimitNumberMalformed(word, example=EXAMPLE)
    return check_core_hours(float(re.sub(r"[,'_]", "", word)), word=word)


def read_thresholds(text: str) -> tuple[int, ...]:
    """Read percentages divided by commas or spaces; nothing is the default 50, 80, 90, 100."""
    words = re.split(r"[\s,;%]+|\band\b", _normal(text).casefold())
    found = [_threshold(word) for word in words if word]
    return check_thresholds(found) if found else DEFAULT_THRESHOLDS


def read_range(first: str, last: str) -> Period:
    """Read the two dates of a fixed range, both inclusive; raises LimitDateWrong or LimitRangeBackwards."""
    start, end = _date(first), _date(last)
    if end < start:
        raise LimitRangeBackwards(last, example=RANGE_EXAMPLE)
    return Period.between(start, end)


@dataclass(kw_only=True, slots=True)
class _Words:
    """The words not yet understood, and the last one that was."""

    rest: list[str]
    last: str = "limit"

    def peek(self) -> str:
        return self.rest[0].casefold() if self.rest else ""

    def take(self) -> str:
        self.last = self.rest.pop(0)
        return self.last

    def need(self, missing: str, *, example: str) -> str:
        """Take the next word, or say what has to follow the last one."""
        if not self.rest:
            raise LimitWordMissing(self.last, missing=missing, example=example)
        return self.take()


@dataclass(kw_only=True, slots=True)
class _Found:
    """What the clauses said so far."""

    period: Period | None = None
    thresholds: tuple[int, ...] | None = None
    cluster: str | None = None
    seen: set[str] = field(default_factory=set)


def _set_limit(words: _Words) -> SetLimit:
    scope, user = _who(words)
    number = words.need("core_hours", example=EXAMPLE)
    while words.rest and _SPACED_THOUSANDS.fullmatch(f"{number} {words.peek()}"):
        number = f"{number} {words.take()}"
    core_hours = read_core_hours(number)
    if words.peek() in _UNITS:
        unit = words.take().casefold()
        if unit == "core" and words.peek() in {"hours", "hour"}:
            words.take()
    found = _Found()
    while words.rest:
        _clause(words, found)
    if found.period is None:
        raise LimitWordMissing(words.last, missing="period", example=EXAMPLE)
    return SetLimit(
        scope=scope,
        user=user,
        core_hours=core_hours,
        period=found.period,
        thresholds=found.thresholds or DEFAULT_THRESHOLDS,
        cluster=found.cluster,
    )


def _who(words: _Words) -> tuple[ScopeKind, str | None]:
    """Read for whom; nothing said is me."""
    word = words.rest[0]
    if word.casefold() in _SCOPES:
        words.take()
        return _SCOPES[word.casefold()], None
    if mention := MENTION.fullmatch(word):
        words.take()
        return ScopeKind.PERSON, mention[1]
    if word.startswith(("@", "<")):
        raise LimitPersonWrong(word, example=PERSON_EXAMPLE)
    if not re.match(r"[+-]?[\d.,]|nan$|[+-]?inf", word.casefold()):
        raise LimitWordUnknown(word, example=EXAMPLE)
    return ScopeKind.ME, None


def _clause(words: _Words, found: _Found) -> None:
    """Read one clause: a period, thresholds or a cluster, each at most once."""
    word = words.take()
    name = word.casefold()
    reader = "adverb" if name in _ADVERBS else name
    if reader not in _CLAUSES:
        example = EXAMPLE if found.period is None else f"{EXAMPLE} on east"
        raise LimitWordUnknown(word, example=example)
    kind, read = _CLAUSES[reader]
    if kind in found.seen:
        raise LimitWordUnknown(word, example=EXAMPLE)
    found.seen.add(kind)
    read(words, found)


def _per(words: _Words, found: _Found) -> None:
    word = words.need("period", example=EXAMPLE)
    if word.casefold() not in _PERIODS:
        raise LimitPeriodUnknown(word, example=EXAMPLE)
    found.period = _PERIODS[word.casefold()]


def _adverb(words: _Words, found: _Found) -> None:
    found.period = _PERIODS[words.last.casefold()]


def _total(_words: _Words, found: _Found) -> None:
    found.period = TOTAL


def _range(words: _Words, found: _Found) -> None:
    first = words.need("date", example=RANGE_EXAMPLE)
    _date(first)
    joint = words.need("to", example=RANGE_EXAMPLE)
    if joint.casefold() not in {"to", "until", "till"}:
        raise LimitWordUnknown(joint, example=RANGE_EXAMPLE)
    found.period = read_range(first, words.need("date", example=RANGE_EXAMPLE))


def _at(words: _Words, found: _Found) -> None:
    said = [words.need("thresholds", example=EXAMPLE)]
    while words.rest and _goes_on(words.peek()):
        said.append(words.take())
    found.thresholds = read_thresholds(" ".join(said))


def _goes_on(word: str) -> bool:
    """Tell whether a list of percentages goes on with this word."""
    return word == "and" or not word.strip("+-,%") or word.lstrip("+-,")[0].isdigit()


def _on(words: _Words, found: _Found) -> None:
    found.cluster = words.need("cluster", example=ON_EXAMPLE).casefold()


_CLAUSES: Final[dict[str, tuple[str, Callable[[_Words, _Found], None]]]] = {
    **dict.fromkeys(("per", "a", "an", "every"), ("period", _per)),
    "adverb": ("period", _adverb),
    **dict.fromkeys(("total", "累计"), ("period", _total)),
    "from": ("period", _range),
    "at": ("thresholds", _at),
    "on": ("cluster", _on),
}


def _nothing_more(words: _Words, wish: LimitWish) -> LimitWish:
    if words.rest:
        example = OFF_EXAMPLE if isinstance(wish, RemoveLimit) else EXAMPLE
        raise LimitWordUnknown(words.rest[0], example=example)
    return wish


def _list_number(words: _Words) -> int:
    word = words.need("number", example=OFF_EXAMPLE)
    digits = word.removeprefix("#")
    if not (digits.isascii() and digits.isdigit() and 0 < len(digits) <= 6 and int(digits) > 0):  # noqa: PLR2004 (no list is longer)
        raise LimitNumberUnknown(word, example=OFF_EXAMPLE)
    return int(digits)


def _threshold(word: str) -> int:
    digits = word.removeprefix("+")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 9):  # noqa: PLR2004 (int() of more is slow)
        raise LimitThresholdWrong(word, example=EXAMPLE)
    return int(digits)


def _date(word: str) -> date:
    found = _DATE.fullmatch(_normal(word).strip())
    # The year's bounds keep both midnights representable in every zone.
    if found and _FIRST_YEAR <= int(found[1]) <= _LAST_YEAR:
        with suppress(ValueError):
            return date(int(found[1]), int(found[3]), int(found[4]))
    raise LimitDateWrong(word, example=RANGE_EXAMPLE)


def _tokens(text: str) -> list[str]:
    return _TOKEN.findall(_PER_SLASH.sub(" per ", _normal(text)))


def _normal(text: str) -> str:
    """Turn full-width letters, digits, commas and spaces of an input method into plain ones."""
    return unicodedata.normalize("NFKC", text)
