"""Public holidays, as sets of dates: who knows them stands outside."""

from dataclasses import dataclass
from datetime import date
from typing import Final


@dataclass(frozen=True, kw_only=True, slots=True)
class Holidays:
    """Dates that are off, and weekend days that are worked to make up for one that is (调休)."""

    off: frozenset[date] = frozenset()
    made_up: frozenset[date] = frozenset()


NO_HOLIDAYS: Final = Holidays()
