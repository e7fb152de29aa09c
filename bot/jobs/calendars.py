"""Public holidays, from the package `holidays`; what countries are called, from Babel."""

from collections.abc import Mapping
from difflib import get_close_matches
from functools import cache
from typing import Final

import holidays
from babel import Locale
from babel.core import get_global

from bot.domain.errors import HolidaysUnknown
from bot.domain.holidays import NO_HOLIDAYS, Holidays
from bot.domain.standup_words import EXAMPLE_EXCEPT

_NAMED_IN: Final = ("en", "zh_Hans")
_CODE: Final = 2
_MOST_NEAR: Final = 3


class HolidayCalendars:
    """`Calendars` as the world has agreed on them."""

    @property
    def countries(self) -> tuple[str, ...]:
        """Return the countries whose holidays are known, by their two letters."""
        return tuple(_parts())

    def find(self, text: str) -> str:
        """Return the region that is meant; raises HolidaysUnknown."""
        word = " ".join(text.replace("_", " ").split())
        country, _, part = word.upper().partition("-")
        code = _alias(country)
        if code in _parts():
            parts = {each.upper(): each for each in _parts()[code]}
            if not part:
                return code
            if part in parts:
                return f"{code}-{parts[part]}"
            some = [f"{code}-{each}" for each in parts.values()][:_MOST_NEAR]
            raise HolidaysUnknown(text, nearest=tuple(some or [code]), example=EXAMPLE_EXCEPT)
        return _by_name(text, word.replace("-", " ").casefold())

    def of(self, region: str | None, years: range) -> Holidays:
        """Return a region's holidays in these years."""
        return NO_HOLIDAYS if region is None else _of(region, years)


@cache
def _parts() -> Mapping[str, tuple[str, ...]]:
    """Return each country's parts that have holidays of their own, by the country's code."""
    known = holidays.list_supported_countries(include_aliases=False)
    named = Locale.parse(_NAMED_IN[0]).territories
    return {code: tuple(known[code]) for code in sorted(known) if code in named}


@cache
def _names() -> Mapping[str, str]:
    """Return each country's code by each of its names."""
    return {
        name.casefold(): code
        for language in _NAMED_IN
        for code, name in Locale.parse(language).territories.items()
        if code in _parts()
    }


@cache
def _of(region: str, years: range) -> Holidays:
    country, _, part = region.partition("-")
    if country not in _parts():
        return NO_HOLIDAYS
    found = holidays.country_holidays(
        country, subdiv=part if part in _parts()[country] else None, years=years
    )
    inside = frozenset(day for day in found.weekend_workdays if day.year in years)
    return Holidays(off=frozenset(found), made_up=inside)


def _alias(code: str) -> str:
    """Return the country's own code: people say UK."""
    aliases: Mapping[str, list[str]] = get_global("territory_aliases")
    others = aliases.get(code, ()) if len(code) == _CODE else ()
    return others[0] if code not in _parts() and others else code


def _holds(name: str, part: str) -> bool:
    """Tell whether a part of a name was typed: whole words, where a language has spaces between them."""
    return bool(part) and (f" {part} " in f" {name} " if part.isascii() else part in name)


def _by_name(text: str, name: str) -> str:
    """Find a country by its name, or by a part of it that only one has."""
    names = _names()
    if name in names:
        return names[name]
    holding = sorted({code for each, code in names.items() if _holds(each, name)})
    if len(holding) == 1:
        return holding[0]
    near = [names[each] for each in get_close_matches(name, names, n=_MOST_NEAR, cutoff=0.6)]
    nearest = tuple(dict.fromkeys([*holding, *near]))[:_MOST_NEAR]
    raise HolidaysUnknown(text, nearest=nearest, example=EXAMPLE_EXCEPT)
