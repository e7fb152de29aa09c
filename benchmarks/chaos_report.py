"""What came of a run with kills: told, missed, twice; digests; polls; recovery; who used the processors.

Everything is read from Slack's stand-in, from the log and from the cluster's stand-in, nothing from the bot.
"""

from collections import Counter as Tally
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from itertools import pairwise
from statistics import median
from typing import Final

from benchmarks.poll_times import Interval, intervals, latest_of, longest_gap
from benchmarks.replay_truth import Count, compare, ids_in, posts
from benchmarks.replicas_stage import TEAM, ReplicaStage
from benchmarks.trace import SECOND

DIGEST: Final = "Core-hours of the team,"


@dataclass(frozen=True, kw_only=True)
class Struck:
    """Something that was done to the system: when, and after how many seconds who was hit was ready again."""

    what: str
    at: datetime
    ready_after_s: tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class Spent:
    """Seconds of processor time, the real seconds in which they were spent, and megabytes."""

    real_s: float
    replicas_s: float
    database_s: float
    stand_ins_s: float
    largest_replica_mb: float

    def shares(self) -> str:
        """Return the shares of one core."""
        parts = {"replicas": self.replicas_s, "database": self.database_s, "stand-ins": self.stand_ins_s}
        return ", ".join(f"{name} {spent / self.real_s:.0%}" for name, spent in parts.items())


@dataclass(frozen=True, kw_only=True)
class Report:
    """A run that is over. It was calm from `calm_from` to `end`."""

    stage: ReplicaStage
    struck: Sequence[Struck]
    poll_interval: timedelta
    calm_from: datetime
    end: datetime
    spent: Spent

    @cached_property
    def count(self) -> Count:
        """Crossings against messages."""
        workspace, crowd = self.stage.slack.workspaces[TEAM], self.stage.crowd
        return compare(
            crowd.watched(lambda user: workspace.dm(user).id),
            crowd.trace,
            workspace.channels.values(),
            self.stage.cluster.asked,
        )

    @cached_property
    def lost_ids(self) -> frozenset[str]:
        """The notices of all posts whose answer Slack lost."""
        lost = (call for call in self.stage.slack.calls if call.fault == "lose_answer")
        return frozenset(each for call in lost for each in ids_in(call.args.get("metadata")))

    @cached_property
    def intervals(self) -> tuple[Interval, ...]:
        """From poll to poll, of all links without a limit."""
        gaps = {
            one.username: longest_gap(one.link_id, self.poll_interval)
            for one in self.stage.crowd.without_limit
        }
        return tuple(intervals(self.stage.cluster.asked, gaps, end=self.end))

    @cached_property
    def digests(self) -> dict[str, int]:
        """How many digests stand in each channel that was owed one."""
        channels = self.stage.slack.workspaces[TEAM].channels
        return {
            standup.channel: sum(
                message.text.startswith(DIGEST) and message.thread_ts is None
                for message in posts(channels[standup.channel])
            )
            for standup in self.stage.crowd.standups
            if standup.next_at < self.end
        }

    @property
    def twice(self) -> list[tuple[str, bool]]:
        """What was told twice, and whether Slack lost an answer to it."""
        count = self.count
        told = [(str(each), set(count.notices[each])) for each in count.twice]
        told += [(f"notice {each}", {each}) for each in count.repeated_notices]
        return [(name, not self.lost_ids.isdisjoint(ids)) for name, ids in told]

    @cached_property
    def recovered_after(self) -> timedelta:
        """The time from the last blow until every poll came in time again."""
        last = max((each.at for each in self.struck), default=self.calm_from)
        late = [one.due + one.late for one in self.intervals if not one.is_kept and one.due >= last]
        return max(max(late, default=last) - last, timedelta())

    def rows(self) -> list[tuple[str, str]]:
        """Return the table: what, and how much."""
        count, slack, crowd = self.count, self.stage.slack, self.stage.crowd
        calm = [one for one in self.intervals if one.due >= self.calm_from]
        after = [one for one in calm if one.due >= self._recovered_at]
        digests, delays = Tally(self.digests.values()), sorted(count.delays)
        polls = sum(len(moments) for moments in self.stage.cluster.asked.values())
        faults = Tally(call.fault for call in slack.calls if call.method == "chat.postMessage")
        refused = Tally(call.method for call in slack.calls if call.answer.get("error") == "ratelimited")
        twice = self.twice
        return [
            ("links, limits, teams", f"{len(crowd.people):,}, {len(crowd.limits):,}, {len(crowd.teams)}"),
            ("poll interval, longest gap", f"{self.poll_interval / SECOND:.0f} s, six of it"),
            ("crossings", f"{count.crossings:,}"),
            ("told", f"{count.told:,}"),
            ("missed", str(len(count.missed))),
            ("told twice", str(len(twice))),
            ("of these after a lost answer", str(sum(is_lost for _, is_lost in twice))),
            ("false", str(len(count.false))),
            ("messages", f"{count.messages:,}"),
            ("reading to message: median / 95 % / longest", _spread(delays)),
            ("digests: due / told once / not / twice", _digests(digests)),
            ("kills / times that a replica ended by itself", self._ends()),
            (
                "posts that lost their answer / met a 429",
                f"{faults['lose_answer']} / {faults['ratelimited']}",
            ),
            ("calls beyond Slack's own limits", ", ".join(f"{m} {n}" for m, n in sorted(refused.items()))),
            ("polls", f"{polls:,} ({polls / self.spent.real_s:.0f} a second)"),
            ("polls due after recovery, of links without limit", f"{len(after):,}"),
            ("of these late by more than 10 % / latest", _late(after)),
            ("of all in the calm", _late(calm)),
            ("recovered after the last blow", f"{self.recovered_after / SECOND:.0f} s"),
            ("polled again before due: in all / in the calm", self._doubles()),
            ("longest wait of a link with a limit", self._longest_of_limited()),
            ("of one core", self.spent.shares()),
            ("memory of the largest replica", f"{self.spent.largest_replica_mb:.0f} MB"),
        ]

    def tables(self) -> str:
        """Return both tables."""
        blows = [("after", "what", "ready again after", "latest poll due then"), *self.blows()]
        return f"{_table([('what', 'how much'), *self.rows()])}\n\n{_table(blows)}"

    def deviations(self) -> list[str]:
        """Name whatever is not as it should be."""
        count = self.count
        named = [f"missed: {one}" for one in count.missed]
        named += [f"false: {one}" for one in count.false]
        named += [f"twice{' (lost answer)' if is_lost else ''}: {name}" for name, is_lost in self.twice]
        named += [f"digests in {channel}: {n}" for channel, n in self.digests.items() if n != 1]
        return named

    def blows(self) -> list[tuple[str, ...]]:
        """Return a row for each blow, with how late the latest poll came that was due before the next."""
        moments = [each.at for each in self.struck]
        start = self.stage.crowd.trace.start
        return [
            (
                f"{(each.at - start) / SECOND:.0f} s",
                each.what,
                ", ".join(f"{seconds:.0f} s" for seconds in each.ready_after_s),
                f"{late / SECOND:.0f} s",
            )
            for each, late in zip(self.struck, latest_of(self.intervals, moments), strict=True)
        ]

    @cached_property
    def _recovered_at(self) -> datetime:
        last = max((each.at for each in self.struck), default=self.calm_from)
        return last + self.recovered_after

    def _ends(self) -> str:
        replicas = self.stage.replicas
        return f"{sum(each.bot.kills for each in replicas)}, {sum(each.fell for each in replicas)}"

    def _doubles(self) -> str:
        doubles = [one for one in self.intervals if one.is_double]
        return f"{len(doubles)} / {sum(one.due + one.late >= self.calm_from for one in doubles)}"

    def _longest_of_limited(self) -> str:
        crowd, asked = self.stage.crowd, self.stage.cluster.asked
        idle = frozenset(one.username for one in crowd.without_limit)
        waits = [
            after - before
            for one in crowd.people
            if one.username not in idle
            for before, after in pairwise([crowd.trace.start, *asked.get(one.username, ()), self.end])
        ]
        return f"{max(waits, default=timedelta()) / self.poll_interval:.1f} poll intervals"


def _spread(delays: Sequence[float]) -> str:
    if not delays:
        return ""
    shown = (median(delays), delays[int(len(delays) * 0.95)], delays[-1])
    return " / ".join(f"{seconds:.1f} s" for seconds in shown)


def _digests(by_times: Tally[int]) -> str:
    twice = sum(channels for times, channels in by_times.items() if times > 1)
    return f"{by_times.total()} / {by_times[1]} / {by_times[0]} / {twice}"


def _late(found: Sequence[Interval]) -> str:
    latest = max((one.late / one.gap for one in found), default=0.0)
    return f"{sum(not one.is_kept for one in found)} / {latest:+.1%}"


def _table(rows: Sequence[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([lines[0], f"|{' --- |' * len(rows[0])}", *lines[1:]])
