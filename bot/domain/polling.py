"""When to poll a link next: seldom far from every threshold, often close to one or on a steep pace."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

from bot.domain.alerts import AlertState
from bot.domain.limits import Limit
from bot.domain.usage import Reading, Window

MOST_INTERVALS: Final = 6
LEAST_INTERVALS: Final = 1 / 5
# Of the time in which the steepest pace would reach the next threshold.
SHARE_OF_WAY: Final = 1 / 4
RECENT: Final = timedelta(hours=6)
_HOUR: Final = timedelta(hours=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Watched:
    """A limit that counts this link, what was said about it, and the window it is in."""

    limit: Limit
    state: AlertState
    window: Window


def next_gap(
    own_readings: Sequence[Reading], watched: Sequence[Watched], *, poll_interval: timedelta, now: datetime
) -> timedelta:
    """Return how long to wait until the next poll, from a fifth of the interval to six of it.

    `own_readings` are the link's, in order of time. No wait goes past the end of a window: the reading right
    after it tells the periods apart.
    """
    longest, shortest = MOST_INTERVALS * poll_interval, LEAST_INTERVALS * poll_interval
    gap = longest
    pace = _steepest(own_readings, shortest=shortest, now=now)
    for one in watched:
        room = _room(one)
        if room is not None and pace > 0:
            hours_left = min(room / pace, longest / _HOUR / SHARE_OF_WAY)
            gap = min(gap, hours_left * _HOUR * SHARE_OF_WAY)
        if one.window.end > now:
            gap = min(gap, one.window.end - now)
    return max(gap, shortest)


def _room(watched: Watched) -> float | None:
    """Return the core-hours to the next untold threshold; None if there is none ahead."""
    limit, state = watched.limit, watched.state
    used = state.core_hours if state.window == watched.window else 0.0
    told = state.told if state.window == watched.window else 0
    rooms = (limit.core_hours * percent / 100 - used for percent in limit.thresholds if percent > told)
    return min((room for room in rooms if room > 0), default=None)


def _steepest(readings: Sequence[Reading], *, shortest: timedelta, now: datetime) -> float:
    """Return the steepest recent core-hours per hour. Steps of no time count as the shortest gap."""
    paces = [0.0]
    for before, after in pairwise(readings):
        if after.at >= now - RECENT:
            gained = after.core_hours - before.core_hours
            took = max(after.at - before.confirmed_at, shortest)
            paces.append((after.core_hours if gained < 0 else gained) / (took / _HOUR))
    return max(paces)
