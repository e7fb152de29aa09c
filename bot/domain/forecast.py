"""Forecast."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from bot.domain.usage import Reading, Window

TOLD_WITHIN: Final = timedelta(days=7)


@dataclass(frozen=True, kw_only=True, slots=True)
class Forecast:
    """When the limit is projected to be full: about then, 80 % sure in the range; `latest` None is open."""

    about: datetime
    earliest: datetime
    latest: datetime | None


def is_worth_telling(forecast: Forecast, window: Window, *, now: datetime) -> bool:
    """Tell whether the limit is projected to be full before the period's end and within seven days."""
    return now <= forecast.about < window.end and forecast.about - now <= TOLD_WITHIN


def forecast(
    series: Sequence[Sequence[Reading]], *, room: float, zone: ZoneInfo, now: datetime
) -> Forecast | None:
    """Project."""
    del series, room, zone, now
    return None
