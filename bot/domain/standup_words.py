"""The words of `standup …`: text in, one wish out. Also how the standup form's inputs are read.

standup                                       what is set here
standup TIME [DAYS] [ZONE] [except COUNTRY] [skip idle]
                                              set it; DAYS: mon-fri, mon,wed,fri, sat, daily, weekdays
standup now | preview | off

In Chinese: 站会 09:30 周一至周五 Asia/Shanghai 除中国节假日, 站会 预览.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import time
from difflib import get_close_matches
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

from bot.domain.errors import (
    StandupDaysWrong,
    StandupTimeMissing,
    StandupTimeWrong,
    StandupWordUnknown,
    StandupZoneUnknown,
)
from bot.domain.standups import EVERY_DAY, WORKDAYS

EXAMPLE: Final = "standup 09:30 mon-fri Asia/Shanghai"
EXAMPLE_EXCEPT: Final = "standup 09:30 mon-fri except CN"

_TIME: Final = re.compile(r"(\d{1,2})[:.](\d{2})(am|pm)?")
_TIMELIKE: Final = re.compile(r"[+-]?\d.*")
_DASHES: Final = re.compile(r"\s*[-\u2010-\u2015~至到]\s*")
_COMMAS: Final = re.compile(r"\s*[,;、]\s*")
_NAMES: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_SHORTEST_DAY: Final = 2
_CHINESE_DAY: Final = re.compile(r"(?:周|星期|礼拜)([一二三四五六日天])")
_CHINESE_DAYS: Final = "一二三四五六日"
_GROUPS: Final = {
    **dict.fromkeys(("daily", "everyday", "all", "每天", "每日"), EVERY_DAY),
    **dict.fromkeys(("weekdays", "workdays", "工作日"), WORKDAYS),
    **dict.fromkeys(("weekend", "weekends", "周末"), (5, 6)),
}
_IDLE: Final = frozenset({"idle", "idle-days", "空闲", "空闲日"})
_SKIP_IDLE: Final = frozenset({"跳过空闲", "跳过空闲日"})
_SKIP: Final = frozenset({"skip", "跳过"})
_FILLERS: Final = frozenset({"at", "on", "in", "每周"})
_EXCEPT: Final = frozenset({"except", "除", "除了", "除去", "不含"})
_EXCEPT_CHINESE: Final = re.compile(r"(?:除了|除去|除|不含)(.+)")
_BEFORE_COUNTRY: Final = frozenset({"public", "holidays", "holiday", "in", "of", "the"})
_AFTER_COUNTRY: Final = re.compile(r"的?(?:法定|公共|公众)?(?:节假日|假日|假期|节日)$")
_NOON: Final = 12
_LAST_HOUR: Final = 23
_LAST_MINUTE: Final = 59
_MOST_NEAR: Final = 3


@dataclass(frozen=True, slots=True)
class ShowStandup:
    """`standup`: what is set in this channel."""


@dataclass(frozen=True, slots=True)
class SendStandup:
    """`standup now`: a digest at once, for everybody."""


@dataclass(frozen=True, slots=True)
class PreviewStandup:
    """`standup preview`: the digest as it would be now, for the asker alone."""


@dataclass(frozen=True, slots=True)
class StopStandup:
    """`standup off`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SetStandup:
    """A schedule as typed or as the form says; without a `zone` it is the asker's own.

    `holidays` is how somebody calls the country on whose public holidays there is no digest.
    """

    at: time
    days: tuple[int, ...] = WORKDAYS
    zone: ZoneInfo | None = None
    skip_idle: bool = False
    holidays: str | None = None


StandupWish = ShowStandup | SendStandup | PreviewStandup | StopStandup | SetStandup

_SINGLE: Final[dict[tuple[str, ...], StandupWish]] = {
    (): ShowStandup(),
    **dict.fromkeys((("show",), ("查看",)), ShowStandup()),
    **dict.fromkeys((("now",), ("现在",), ("立即",)), SendStandup()),
    **dict.fromkeys((("preview",), ("预览",)), PreviewStandup()),
    **dict.fromkeys((("off",), ("stop",), ("关闭",), ("停止",)), StopStandup()),
}


def parse_standup(text: str) -> StandupWish:
    """Read what follows `standup`; raises a StandupWrong that names the wrong word."""
    plain = unicodedata.normalize("NFKC", text)
    words = _COMMAS.sub(",", _DASHES.sub("-", plain)).strip(",").split()
    single = _SINGLE.get(tuple(word.casefold() for word in words))
    if single is not None:
        return single
    if ((first := words[0].casefold()),) in _SINGLE:
        raise StandupWordUnknown(words[1], example=f"standup {first}")
    return _set(words)


def read_time(text: str) -> time:
    """Read a local time of day, `9:30`, `09:30` or `9:30pm`; raises StandupTimeWrong."""
    word = unicodedata.normalize("NFKC", text).strip().casefold()
    found = _TIME.fullmatch(word)
    if found is None:
        raise StandupTimeWrong(text.strip(), example=EXAMPLE)
    hour, minute, half = int(found[1]), int(found[2]), found[3]
    if half is not None:
        if not 1 <= hour <= _NOON:
            raise StandupTimeWrong(text.strip(), example=EXAMPLE)
        hour = hour % _NOON + (_NOON if half == "pm" else 0)
    if hour > _LAST_HOUR or minute > _LAST_MINUTE:
        raise StandupTimeWrong(text.strip(), example=EXAMPLE)
    return time(hour, minute)


def read_days(words: Iterable[str]) -> tuple[int, ...]:
    """Read weekdays, each a day, a span `mon-fri` or a list `mon,wed`; raises StandupDaysWrong."""
    found: set[int] = set()
    for word in words:
        for part in word.casefold().split(","):
            found.update(_span(part, word))
    return tuple(sorted(found))


def read_zone(text: str) -> ZoneInfo:
    """Read an IANA zone whatever its capitals; raises StandupZoneUnknown with the nearest names."""
    word = text.strip().replace(" ", "_")
    known = _zones()
    key = known.get(word.casefold())
    if key is None:
        near = get_close_matches(word.casefold(), known, n=_MOST_NEAR, cutoff=0.6)
        cities = [name for name in known if name.rpartition("/")[2] == word.casefold()]
        nearest = tuple(known[name] for name in [*cities, *near][:_MOST_NEAR])
        raise StandupZoneUnknown(text.strip(), nearest=nearest, example=EXAMPLE)
    return ZoneInfo(key)


def _set(words: list[str]) -> SetStandup:
    """Read time, days and zone, each at its own look and in any order."""
    found, rest = _Found(), list(words)
    while rest:
        _read(rest.pop(0), rest, found)
    if found.at is None:
        raise StandupTimeMissing(words[-1], example=EXAMPLE)
    return SetStandup(
        at=found.at,
        days=read_days(found.days) or WORKDAYS,
        zone=found.zone,
        skip_idle=found.skip_idle,
        holidays=found.holidays,
    )


@dataclass(kw_only=True, slots=True)
class _Found:
    """What the words said so far."""

    at: time | None = None
    days: list[str] = field(default_factory=list)
    zone: ZoneInfo | None = None
    skip_idle: bool = False
    holidays: str | None = None


def _read(word: str, rest: list[str], found: _Found) -> None:
    """Read a word, with the next one where they belong together."""
    name, follows = word.casefold(), rest[0].casefold() if rest else ""
    if name in _SKIP and follows in _IDLE:
        rest.pop(0)
        found.skip_idle = True
    elif name in _SKIP_IDLE:
        found.skip_idle = True
    elif (name in _EXCEPT or _EXCEPT_CHINESE.fullmatch(name)) and found.holidays is None:
        found.holidays = _country(word, rest)
    elif _TIMELIKE.fullmatch(name) and found.at is None:
        found.at = read_time(word + rest.pop(0) if follows in {"am", "pm"} else word)
    elif ("/" in name or name in _zones()) and found.zone is None:
        found.zone = read_zone(word)
    elif _is_about_days(name):
        read_days([word])
        found.days.append(word)
    elif name not in _FILLERS:
        raise StandupWordUnknown(word, example=EXAMPLE)


def _country(word: str, rest: list[str]) -> str:
    """Read which holidays are meant: `except CN`, `except holidays in China`, `除中国节假日`."""
    attached = _EXCEPT_CHINESE.fullmatch(word) if word not in _EXCEPT else None
    while attached is None and rest and rest[0].casefold() in _BEFORE_COUNTRY:
        rest.pop(0)
    if attached is None and not rest:
        raise StandupWordUnknown(word, example=EXAMPLE_EXCEPT)
    return _AFTER_COUNTRY.sub("", attached[1] if attached else rest.pop(0))


def _is_about_days(name: str) -> bool:
    """Tell days, and what is likely meant as days, from other words."""
    return name in _GROUPS or "-" in name or "," in name or _day(name) is not None


def _span(part: str, word: str) -> tuple[int, ...]:
    """Return the days of `mon`, `mon-fri` (also over Sunday: `sat-mon`) or `daily`."""
    if part in _GROUPS:
        return _GROUPS[part]
    first, dash, last = part.partition("-")
    start, end = _day(first), _day(last if dash else first)
    if start is None or end is None:
        raise StandupDaysWrong(word, example=EXAMPLE)
    return tuple((start + step) % 7 for step in range((end - start) % 7 + 1))


def _day(name: str) -> int | None:
    """Return the weekday that a name, or at least two letters of an English one, mean."""
    if chinese := _CHINESE_DAY.fullmatch(name):
        return _CHINESE_DAYS.index(chinese[1].replace("天", "日"))
    plain = name.removesuffix("s") if name.endswith("days") else name
    if len(plain) < _SHORTEST_DAY:
        return None
    return next((place for place, full in enumerate(_NAMES) if full.startswith(plain)), None)


@cache
def _zones() -> dict[str, str]:
    """Return every zone's name by its name in small letters; the zone database is a table like Unicode's."""
    return {name.casefold(): name for name in sorted(available_timezones())}
