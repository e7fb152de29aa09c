"""When each username was asked for, as the cluster saw it, against when it was due.

Nothing is read from the bot: a link that no limit counts is due the longest gap after its last poll, less
what spreads the links. A link with a limit is due when the rule finds it worth a call; of that only the
longest gap is known outside.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

from bot.domain.polling import LONGEST_GAP, spread
from bot.playground.cluster import ClusterTwin
from bot.playground.cluster.answers import Answer
from bot.playground.cluster.region import Call

# What an interval may be too long by, as a share of it.
KEPT_WITHIN: Final = 0.1
# A poll that comes earlier than by this share was made twice for one due time.
TOO_EARLY: Final = 0.1


class WatchedCluster(ClusterTwin):
    """A cluster that remembers when it answered for each username."""

    def __init__(self, *, clock: Callable[[], datetime], seed: int) -> None:
        super().__init__(name="ipsc", cluster_id="11112", clock=clock, seed=seed)
        self.asked: defaultdict[str, list[datetime]] = defaultdict(list)

    def answer(self, call: Call) -> Answer:
        """Answer, and note the moment."""
        if call.endpoint == "walltime" and call.username is not None:
            self.asked[call.username].append(self._clock())
        return super().answer(call)


@dataclass(frozen=True, kw_only=True, slots=True)
class Interval:
    """One link's time from a poll to the next: when it was due, and how late it came (negative: early)."""

    username: str
    due: datetime
    gap: timedelta
    late: timedelta

    @property
    def is_kept(self) -> bool:
        """Whether it was no more than a tenth too long."""
        return self.late <= KEPT_WITHIN * self.gap

    @property
    def is_double(self) -> bool:
        """Whether it ended long before it was due."""
        return self.late < -TOO_EARLY * self.gap


def longest_gap(link_id: str, poll_interval: timedelta) -> timedelta:
    """Return the time between two polls of a link that no limit counts."""
    return spread(LONGEST_GAP * poll_interval, link_id)


def intervals(
    asked: Mapping[str, Sequence[datetime]], gaps: Mapping[str, timedelta], *, end: datetime
) -> Iterator[Interval]:
    """Return all intervals of these usernames; one that is due and not over at the end is as late as that."""
    for username, gap in gaps.items():
        moments = asked.get(username, ())
        for before, after in pairwise(moments):
            yield Interval(username=username, due=before + gap, gap=gap, late=after - before - gap)
        if moments and moments[-1] + gap < end:
            yield Interval(username=username, due=moments[-1] + gap, gap=gap, late=end - moments[-1] - gap)


def latest_of(found: Iterable[Interval], moments: Sequence[datetime]) -> list[timedelta]:
    """Return how late the latest poll was that was due after each of these moments and before the next."""
    latest = [timedelta()] * len(moments)
    for one in found:
        index = bisect_right(moments, one.due) - 1
        if index >= 0:
            latest[index] = max(latest[index], one.late)
    return latest
