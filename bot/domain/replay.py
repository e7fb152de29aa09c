"""What a limit would have told over the readings so far, by the very decision that will judge it."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Final
from zoneinfo import ZoneInfo

from bot.domain.alerts import AlertState, Measured, Telling
from bot.domain.decisions import decide
from bot.domain.limits import Limit
from bot.domain.periods import PeriodKind, window
from bot.domain.usage import Reading, Window, curve

# Further back nobody remembers.
REPLAYED: Final = timedelta(days=90)
# A look at one curve takes a microsecond or two; a form has to answer while somebody waits.
MOST_LOOKS: Final = 200_000


@dataclass(frozen=True, kw_only=True, slots=True)
class ToldBefore:
    """An alert that would have spoken: when, the threshold (%), the period's window."""

    at: datetime
    threshold: int
    window: Window


@dataclass(frozen=True, kw_only=True, slots=True)
class Replay:
    """What would have been told since the first reading looked at, had nobody clicked anything."""

    since: datetime
    told: tuple[ToldBefore, ...]

    @property
    def alerts(self) -> int:
        """Return how many alerts there would have been: one per period that crossed anything."""
        return len({one.window.start for one in self.told})

    @property
    def last_at(self) -> datetime | None:
        """Return when the last one would have spoken."""
        return self.told[-1].at if self.told else None


def replay(
    limit: Limit, series: Sequence[Sequence[Reading]], *, zone: ZoneInfo, now: datetime
) -> Replay | None:
    """Decide at each reading of the last 90 days as if it had just come; None without readings.

    Of very many readings only so many are looked at, evenly: a crossing is then told a little later.
    """
    curves = [_Curve.of(readings, limit.period.kind) for readings in series if readings]
    moments = sorted({reading.at for readings in series for reading in readings if reading.at <= now})
    moments = [moment for moment in moments if moment >= now - REPLAYED]
    if not moments:
        return None
    # The last of each few: of what happened between two looks, the newest state counts.
    moments = moments[:: -ceil(len(moments) * len(curves) / MOST_LOOKS)][::-1]
    state = AlertState(window=window(limit.period, moments[0], zone))
    told = []
    for moment in moments:
        for inside in dict.fromkeys((state.window, window(limit.period, moment, zone))):
            found = Measured(
                window=inside,
                core_hours=sum(one.used(inside, moment) for one in curves),
                as_of=moment,
                stale_after=timedelta(),
            )
            decision = decide(limit, found, state, now=moment)
            state = decision.state
            told += [
                ToldBefore(at=moment, threshold=owed.threshold, window=owed.window)
                for owed in decision.owed
                if owed.telling is Telling.CROSSED
            ]
    return Replay(since=moments[0], told=tuple(told))


@dataclass(frozen=True, kw_only=True, slots=True)
class _Curve:
    """One link's use since its first reading, to be asked thousands of times."""

    times: list[datetime]
    used_at: list[float]
    reported: bool

    @classmethod
    def of(cls, readings: Sequence[Reading], kind: PeriodKind) -> "_Curve":
        reported = kind is PeriodKind.TOTAL
        points = [(one.at, one.core_hours) for one in readings] if reported else curve(readings)
        return cls(times=[at for at, _ in points], used_at=[value for _, value in points], reported=reported)

    def used(self, inside: Window, moment: datetime) -> float:
        """Return the core-hours used in the window until `moment`; the counter itself for `total`."""
        if self.reported:
            return self._at(moment)
        return self._at(min(moment, inside.end)) - self._at(inside.start)

    def _at(self, moment: datetime) -> float:
        right = bisect_right(self.times, moment)
        if right == 0:
            return 0.0
        if right == len(self.times) or self.reported:
            return self.used_at[right - 1]
        before, after = self.times[right - 1], self.times[right]
        share = (moment - before) / (after - before)
        return self.used_at[right - 1] + share * (self.used_at[right] - self.used_at[right - 1])
