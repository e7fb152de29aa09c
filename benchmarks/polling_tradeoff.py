"""Calls saved, and the delay from crossing to decision, against polling everybody every ten minutes.

    python -m benchmarks.polling_tradeoff data/NASA-iPSC-1993-3.1-cln.swf.gz

Every user of the log is polled; who used at least 10 core-hours has a limit per month and one per week of the
size of their mean use, with the default thresholds. The decisions are the bot's own (`bot.domain.judging`);
only the fixed schedule is reckoned: with it a crossing waits for the next multiple of ten minutes.
A message tells the highest of the thresholds that one reading crossed; the crossings below it wait as long.
"""

import sys
from collections import Counter as Tally
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import repeat
from pathlib import Path
from random import Random
from typing import Final

from benchmarks.trace import ZONE, Charging, Counter, Trace, crossings, limits_of, read
from bot.domain.alerts import AlertState, Telling
from bot.domain.judging import judge, judge_when_set
from bot.domain.limits import Limit
from bot.domain.measuring import Series, measure
from bot.domain.polling import CHANCE_WORTH_A_CALL, LONGEST_GAP, next_gap, watch
from bot.domain.usage import Reading, follow

INTERVAL: Final = timedelta(minutes=10)
KEPT: Final = timedelta(days=35)
CURVE: Final = (0.01, 0.003, CHANCE_WORTH_A_CALL, 0.0005)
SEEDS: Final = (1, 2)


@dataclass(kw_only=True)
class Outcome:
    """What one way of polling led to; delays in seconds."""

    calls: int = 0
    crossing_delays: list[float] = field(default_factory=list)
    message_delays: list[float] = field(default_factory=list)
    missed: int = 0
    twice: int = 0
    false: int = 0

    def add(self, other: "Outcome") -> None:
        """Count another's outcome in."""
        self.calls += other.calls
        self.crossing_delays += other.crossing_delays
        self.message_delays += other.message_delays
        self.missed += other.missed
        self.twice += other.twice
        self.false += other.false


@dataclass(kw_only=True)
class Bot:
    """One link, its limits, and the bot's rules."""

    counter: Counter
    trace: Trace
    worth_a_call: float
    gap: timedelta = INTERVAL
    readings: list[Reading] = field(default_factory=list)
    states: dict[str, AlertState] = field(default_factory=dict)
    told: dict[tuple[str, datetime, int], list[datetime]] = field(default_factory=dict)
    calls: int = 0

    def run(self, limits: Sequence[Limit], *, phase: float) -> None:
        """Set the limits at the log's start, then poll to its end; `phase` seconds to the first poll."""
        self._read(self.trace.start)
        for limit in limits:
            set_up = judge_when_set(
                limit, None, [self._series], by="U1", zone=ZONE, poll_interval=INTERVAL, now=self.trace.start
            )
            self.states[limit.limit_id] = set_up.state
        now = self.trace.moment(phase)
        while now < self.trace.moment(self.trace.seconds):
            self._read(now)
            self.calls += 1
            for limit in limits:
                self._judge(limit, now)
            self.gap = self._next_gap(limits, now)
            now += self.gap

    @property
    def _series(self) -> Series:
        return Series(readings=self.readings, planned_gap=self.gap)

    def _read(self, now: datetime) -> None:
        shown = self.counter.at(self.trace.offset(now))
        fresh = Reading(core_hours=shown, at=now, confirmed_at=now)
        standing, is_new = follow(self.readings[-1] if self.readings else None, fresh)
        if not is_new:
            self.readings.pop()
        self.readings.append(standing)
        if len(self.readings) > 1 and self.readings[1].at < now - KEPT:
            self.readings = [reading for reading in self.readings if reading.confirmed_at >= now - KEPT]

    def _judge(self, limit: Limit, now: datetime) -> None:
        state = self.states[limit.limit_id]
        for decision in judge(limit, state, [self._series], zone=ZONE, poll_interval=INTERVAL, now=now):
            self.states[limit.limit_id] = decision.state
            for owed in decision.owed:
                if owed.telling is Telling.CROSSED:
                    key = (limit.limit_id, owed.window.start, owed.threshold)
                    self.told.setdefault(key, []).append(now)

    def _next_gap(self, limits: Sequence[Limit], now: datetime) -> timedelta:
        watches = []
        for limit in limits:
            inside = self.states[limit.limit_id].window
            found = measure(limit.period, inside, [self._series], poll_interval=INTERVAL, now=now)
            watches.append(watch(limit, found))
        return next_gap(
            self.readings, watches, poll_interval=INTERVAL, now=now, worth_a_call=self.worth_a_call
        )


def fixed_outcome(counter: Counter, trace: Trace, seed: int) -> Outcome:
    """Reckon what the fixed schedule leads to."""
    gap, phase = INTERVAL.total_seconds(), _phase(counter, seed)
    found = Outcome(calls=int((trace.seconds - phase) // gap) + 1)
    for limit in limits_of(counter, trace):
        last_poll = 0.0
        for one in sorted(crossings(counter, limit, trace), key=lambda one: (-one.at, -one.threshold)):
            delay = (phase - one.at) % gap
            found.crossing_delays.append(delay)
            if one.at + delay != last_poll:
                found.message_delays.append(delay)
            last_poll = one.at + delay
    return found


def outcome(counter: Counter, trace: Trace, worth_a_call: float, seed: int) -> Outcome:
    """Let the bot watch one user through the whole log, and compare with the truth."""
    phase = _phase(counter, seed)
    limits = limits_of(counter, trace)
    if not limits:
        gap = INTERVAL.total_seconds() * LONGEST_GAP
        return Outcome(calls=int((trace.seconds - phase) // gap) + 1)
    bot = Bot(counter=counter, trace=trace, worth_a_call=worth_a_call)
    bot.run(limits, phase=phase)
    found = Outcome(calls=bot.calls, twice=sum(len(moments) - 1 for moments in bot.told.values()))
    true = [crossing for limit in limits for crossing in crossings(counter, limit, trace)]
    crossed = Tally((one.limit.limit_id, one.window.start, one.threshold) for one in true)
    found.false = sum(key not in crossed for key in bot.told)
    for one in true:
        covering = [
            moments[0]
            for (limit_id, start, threshold), moments in bot.told.items()
            if limit_id == one.limit.limit_id and start == one.window.start and threshold >= one.threshold
        ]
        if not covering:
            found.missed += 1
            continue
        delay = trace.offset(min(covering)) - one.at
        found.crossing_delays.append(delay)
        if (one.limit.limit_id, one.window.start, one.threshold) in bot.told:
            found.message_delays.append(delay)
    return found


def run(trace: Trace, worth_a_call: float | None, pool: ProcessPoolExecutor, seeds: Sequence[int]) -> Outcome:
    """Add up all users over the seeds; `worth_a_call` None is the fixed schedule."""
    whole = Outcome()
    for seed in seeds:
        parts: Iterable[Outcome]
        if worth_a_call is None:
            parts = map(fixed_outcome, trace.counters, repeat(trace), repeat(seed))
        else:
            parts = pool.map(outcome, trace.counters, repeat(trace), repeat(worth_a_call), repeat(seed))
        for part in parts:
            whole.add(part)
    return whole


def minutes(delays: Sequence[float], share: float) -> float:
    """Return the delay, in minutes, that this share does not exceed."""
    ordered = sorted(delays)
    return ordered[int(share * (len(ordered) - 1))] / 60


def row(name: str, found: Outcome, *, fixed_calls: int, seeds: int, is_judged: bool = True) -> str:
    """Write one line of the table; counts are per run."""
    told, crossed = found.message_delays, found.crossing_delays
    cells = (
        name,
        f"{found.calls // seeds:,}",
        f"{fixed_calls * seeds / found.calls:.2f}",
        f"{len(told) // seeds}",
        f"{minutes(told, 0.5):.1f}",
        f"{minutes(told, 0.95):.1f}",
        f"{len(crossed) // seeds}",
        f"{minutes(crossed, 0.5):.1f}",
        f"{minutes(crossed, 0.95):.1f}",
        *(f"{count / seeds:.3g}" if is_judged else "" for count in (found.missed, found.twice, found.false)),
    )
    return f"| {' | '.join(cells)} |"


def main(log: Path, charging: Charging, curve: Sequence[float]) -> None:
    """Print the table for one way of charging; delays in minutes."""
    trace = read(log, charging=charging)
    when = "while a job runs" if charging == "running" else "when a job has ended"
    say(f"\nCore-hours are counted {when}.\n")
    say(
        "| chance worth a call | calls | times fewer | messages | median | p95 | crossings | median | p95 ",
        "",
    )
    say("| missed | twice | false |\n| --- |" + " ---: |" * 11)
    with ProcessPoolExecutor() as pool:
        fixed = run(trace, None, pool, SEEDS)
        fixed_calls = fixed.calls // len(SEEDS)
        say(row("fixed, 10 min", fixed, fixed_calls=fixed_calls, seeds=len(SEEDS), is_judged=False))
        for worth_a_call in curve:
            is_chosen = worth_a_call == CHANCE_WORTH_A_CALL
            seeds = SEEDS if is_chosen else SEEDS[:1]
            found = run(trace, worth_a_call, pool, seeds)
            name = f"**{worth_a_call:g}**" if is_chosen else f"{worth_a_call:g}"
            say(row(name, found, fixed_calls=fixed_calls, seeds=len(seeds)))


def say(text: str, end: str = "\n") -> None:
    """Print at once."""
    print(text, end=end, flush=True)


def _phase(counter: Counter, seed: int) -> float:
    """Return the seconds from the log's start to a user's first poll."""
    return Random(f"{seed} {counter.user}").uniform(0, INTERVAL.total_seconds())  # noqa: S311 (a phase)


if __name__ == "__main__":
    main(Path(sys.argv[1]), "running", CURVE)
    main(Path(sys.argv[1]), "ended", CURVE)
