"""When to poll a link next: seldom far from every threshold, often close to one or on a steep pace.

Two questions set the gap, the shorter one wins:
- On the pace of the last readings, when is the next threshold reached? Come back halfway there.
- In how many of the past hours like the coming one was there enough use to reach it? The likelier, the
  sooner; this is what finds the sudden burst of who was idle.

Tuned on a recorded log (benchmarks/polling_tradeoff.py): a fifth of the calls of fixed polling.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import exp
from typing import Final

from bot.domain.alerts import Measured
from bot.domain.limits import Limit
from bot.domain.usage import Reading, use_per_hour

LONGEST_GAP: Final = 6  # poll intervals
SHORTEST_GAP: Final = 1 / 5
# A chance alone, without any use in sight, is worth no more than this: two in three of fixed polling.
SHORTEST_GAP_BY_CHANCE: Final = 1.5
# Halfway to the projected crossing: a steady pace is met in a few ever smaller steps, a slackening one is
# not chased. Between 0.3 and 0.7 the log shows no difference.
SHARE_OF_WAY: Final = 0.5
# An hour in which a crossing is less likely than this waits the longest gap. This one number moves the bot
# along the trade-off between calls and delay.
CHANCE_WORTH_A_CALL: Final = 0.0015
# The gap falls with the cube root of the chance: slower than the square root that would be best for the
# mean delay, because it is the long delays that hurt.
CHANCE_POWER: Final = 1 / 3
PAST_HOURS: Final = 21 * 24
FADES_IN_HOURS: Final = 7 * 24.0
# An hour counts as like the coming one at the same time of day (2 h either way) and with as much or as
# little going on in the 6 hours before it; others count for less.
SAME_TIME_OF_DAY: Final = 2
OTHER_TIME_WEIGHT: Final = 0.1
RECENT_HOURS: Final = 6
OTHER_STATE_WEIGHT: Final = 0.1
# Who has no past yet is watched a little.
UNKNOWN_CHANCE: Final = 0.01


@dataclass(frozen=True, kw_only=True, slots=True)
class Watch:
    """A limit as polling sees it: core-hours to the next threshold (None: all passed), its window's end."""

    room_core_hours: float | None
    ends_at: datetime


def watch(limit: Limit, measured: Measured, *, share: float = 1.0) -> Watch:
    """Return what a limit asks of polling one link; of a sum the link gets its share (0 to 1) of the room."""
    rooms = (limit.core_hours * percent / 100 - measured.core_hours for percent in limit.thresholds)
    room = min((room for room in rooms if room > 0), default=None)
    return Watch(room_core_hours=None if room is None else room * share, ends_at=measured.window.end)


def next_gap(
    readings: Sequence[Reading],
    watches: Sequence[Watch],
    *,
    poll_interval: timedelta,
    now: datetime,
    worth_a_call: float = CHANCE_WORTH_A_CALL,
) -> timedelta:
    """Return how long to wait until the next poll, from a fifth of the interval to six of it.

    `readings` are in order of time and hold the last three weeks. No wait goes past the end of a limit's
    window: the reading right after it tells the periods apart.
    """
    longest, shortest = LONGEST_GAP * poll_interval, SHORTEST_GAP * poll_interval
    rooms = [one.room_core_hours for one in watches if one.room_core_hours is not None]
    gap = longest
    if rooms and readings:
        room = min(rooms)
        gap = min(gap, _until_crossing(readings, room, longest) * SHARE_OF_WAY)
        chance = chance_of_use(readings, room, now=now)
        if chance > worth_a_call:
            by_chance = longest * (worth_a_call / chance) ** CHANCE_POWER
            gap = min(gap, max(by_chance, SHORTEST_GAP_BY_CHANCE * poll_interval))
    ends = [one.ends_at - now for one in watches if one.ends_at > now]
    return max(min([gap, *ends]), shortest)


def spread(gap: timedelta, link_id: str) -> timedelta:
    """Take up to a tenth off the gap, the same for a link each time: links do not stay in step."""
    share = int(link_id[:4], 16) / 0xFFFF if link_id[:4].isalnum() else 0.0
    return gap * (1 - 0.1 * share)


def chance_of_use(readings: Sequence[Reading], core_hours: float, *, now: datetime) -> float:
    """Estimate the chance (0 to 1) that so many core-hours are used within the coming hour.

    It is the share of past hours with as much use, each weighted by how like the coming hour it was. Hours
    with less use count by the square of their share: who used half of it once may well use all of it.
    """
    used = use_per_hour(readings, now=now, hours=PAST_HOURS)
    busy = _busy_before(used)
    likely, weights = UNKNOWN_CHANCE, 1.0
    for ago in range(1, len(used)):
        weight = exp(-ago / FADES_IN_HOURS)
        if SAME_TIME_OF_DAY < ago % 24 < 24 - SAME_TIME_OF_DAY:
            weight *= OTHER_TIME_WEIGHT
        if busy[ago] != busy[0]:
            weight *= OTHER_STATE_WEIGHT
        weights += weight
        if used[ago] > 0:
            likely += weight * min(used[ago] / core_hours, 1.0) ** 2
    return likely / weights


def _busy_before(used: Sequence[float]) -> list[bool]:
    """Tell of each hour whether there was any use in the few hours before it."""
    busy, since = [False] * len(used), RECENT_HOURS
    for ago in range(len(used) - 1, -1, -1):
        busy[ago] = since < RECENT_HOURS
        since = 0 if used[ago] > 0 else since + 1
    return busy


def _until_crossing(readings: Sequence[Reading], room: float, longest: timedelta) -> timedelta:
    """Return the time until `room` is used up on the pace of the last two readings, if not too far."""
    far = longest / SHARE_OF_WAY
    if len(readings) == 1:
        return far
    before, newest = readings[-2], readings[-1]
    gained, took = newest.core_hours - before.core_hours, newest.at - before.confirmed_at
    if newest.confirmed_at > newest.at or gained <= 0 or took <= timedelta():
        return far
    return min(took * min(room / gained, 1e6), far)
