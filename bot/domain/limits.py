"""Limits: core-hours allowed per period, for whom, who set them, and where they tell."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from math import isfinite
from typing import Final
from zoneinfo import ZoneInfo

from bot.domain.errors import (
    LimitNumberOutOfRange,
    LimitRangeOver,
    LimitRangesOverlap,
    LimitThresholdWrong,
    LimitWordMissing,
)
from bot.domain.people import Person
from bot.domain.periods import Period, PeriodKind, window

MOST_CORE_HOURS: Final = 1e9
LEAST_THRESHOLD: Final = 1
MOST_THRESHOLD: Final = 200
FULL: Final = 100
DEFAULT_THRESHOLDS: Final = (50, 80, 90, FULL)
MOST_THRESHOLDS: Final = 20
EXAMPLE: Final = "limit 2000 per month at 50,80,100"
RANGE_EXAMPLE: Final = "limit 5000 from 2026-09-01 to 2026-12-31"


class ScopeKind(StrEnum):
    """Whose use a limit counts; the values are the limit form's."""

    ME = "me"
    PERSON = "person"
    EACH = "each"
    TEAM = "team"


@dataclass(frozen=True, kw_only=True, slots=True)
class Scope:
    """Me; a person of a channel's team; each of that team; or the team's sum."""

    kind: ScopeKind
    user: str | None = None
    channel: str | None = None

    def __post_init__(self) -> None:
        wants_user = self.kind in {ScopeKind.ME, ScopeKind.PERSON}
        wants_channel = self.kind is not ScopeKind.ME
        if wants_user != (self.user is not None) or wants_channel != (self.channel is not None):
            raise ValueError(f"a limit for {self.kind} does not go with {self.user} in {self.channel}")


class PlaceKind(StrEnum):
    """What kind of conversation."""

    CHANNEL = "channel"
    DM = "dm"


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Where a limit tells: a channel's id, or the user whose DM it is."""

    kind: PlaceKind
    slack_id: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Limit:
    """Core-hours allowed per period on one cluster; `thresholds` are percent of them, ascending."""

    limit_id: str
    workspace: str
    cluster: str
    scope: Scope
    core_hours: float
    period: Period
    thresholds: tuple[int, ...]
    set_by: Person
    set_at: datetime
    tells: Place

    def __post_init__(self) -> None:
        check_core_hours(self.core_hours, word=str(self.core_hours))
        if self.thresholds != check_thresholds(self.thresholds):
            raise ValueError("thresholds are distinct and ascending")

    def percent(self, core_hours: float) -> float:
        """Return the share of the limit in percent."""
        return core_hours / self.core_hours * 100


def place_of(scope: Scope) -> Place:
    """Return where a limit of this scope tells: the channel; for my own limit my DM."""
    if scope.channel is not None:
        return Place(kind=PlaceKind.CHANNEL, slack_id=scope.channel)
    return Place(kind=PlaceKind.DM, slack_id=str(scope.user))


def check_core_hours(core_hours: float, *, word: str) -> float:
    """Return the number if it can be a limit; raises LimitNumberOutOfRange with the word as typed."""
    if not (isfinite(core_hours) and 0 < core_hours <= MOST_CORE_HOURS):
        raise LimitNumberOutOfRange(word, example=EXAMPLE)
    return core_hours


def check_thresholds(percents: Iterable[int]) -> tuple[int, ...]:
    """Return the thresholds once each, ascending; raises LimitThresholdWrong, or LimitWordMissing if none."""
    distinct = sorted(set(percents))
    if not distinct:
        raise LimitWordMissing("at", missing="thresholds", example=EXAMPLE)
    for percent in distinct:
        if not LEAST_THRESHOLD <= percent <= MOST_THRESHOLD:
            raise LimitThresholdWrong(str(percent), example=EXAMPLE)
    if len(distinct) > MOST_THRESHOLDS:
        raise LimitThresholdWrong(str(distinct[MOST_THRESHOLDS]), example=EXAMPLE)
    return tuple(distinct)


def check_not_over(period: Period, *, now: datetime, zone: ZoneInfo) -> None:
    """Raise LimitRangeOver for a range that has ended."""
    if period.kind is PeriodKind.RANGE and window(period, now, zone).end <= now:
        raise LimitRangeOver(f"{period.last}", example=RANGE_EXAMPLE)


def replaced_by(fresh: Limit, standing: Sequence[Limit]) -> Limit | None:
    """Return the limit whose place a new one takes: one per cluster, scope and kind of period.

    Ranges stand side by side as long as no day is in two of them: the same dates replace, disjoint ones are
    added; raises LimitRangesOverlap for the rest.
    """
    rivals = [
        other
        for other in standing
        if (other.workspace, other.cluster, other.scope, other.period.kind)
        == (fresh.workspace, fresh.cluster, fresh.scope, fresh.period.kind)
    ]
    if fresh.period.kind is not PeriodKind.RANGE:
        return rivals[0] if rivals else None
    same = next((other for other in rivals if other.period == fresh.period), None)
    if same is None:
        for other in rivals:
            if _overlap(fresh.period, other.period):
                raise LimitRangesOverlap(
                    f"{fresh.period.first}", other=_as_typed(other.period), example=RANGE_EXAMPLE
                )
    return same


def changes(before: Limit, after: Limit) -> tuple[str, ...]:
    """Name the fields that a replacement changes: core_hours, period, thresholds, tells."""
    names = ("core_hours", "period", "thresholds", "tells")
    return tuple(name for name in names if getattr(before, name) != getattr(after, name))


def _as_typed(period: Period) -> str:
    """Write a fixed range as it is typed, in whatever language it is told."""
    return f"from {period.first} to {period.last}"


def _overlap(one: Period, other: Period) -> bool:
    firsts, lasts = (one.first, other.first), (one.last, other.last)
    return max(d for d in firsts if d is not None) <= min(d for d in lasts if d is not None)
