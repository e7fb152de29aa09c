"""How far off the forecast is, and how often its range held, against the mean of the last seven days.

    python -m benchmarks.forecast_backtest data/NASA-iPSC-1993-3.1-cln.swf.gz

Limits as in `benchmarks.polling_tradeoff`. Two questions, because each alone can be answered too well:
- Three days before each true crossing of a threshold: what did we say? (Asks only before what did happen.)
- Each noon on which a forecast would be worth telling: was it true? (Asks only when we expected it; a
  counter that gets there after the log's end counts as held if the range reaches that far.)
"""

import sys
from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import pairwise
from math import inf
from pathlib import Path
from typing import Final, NamedTuple

from benchmarks.trace import ZONE, Counter, Trace, crossings, limits_of, read
from bot.domain.forecast import TOLD_WITHIN, Forecast, forecast
from bot.domain.limits import Limit
from bot.domain.periods import next_window, window
from bot.domain.usage import Reading, Window, pace_per_day

LEAD: Final = 3 * 86400
DAY: Final = 86400
HISTORY: Final = 28 * DAY
READ_EVERY: Final = 1800


class Case(NamedTuple):
    """A moment, the core-hours left, and the true moment when they were used (None: not within the log)."""

    now: float
    room: float
    reached: float | None
    window_end: float


class Answer(NamedTuple):
    """About, earliest and latest, in days from now."""

    about: float
    earliest: float
    latest: float


def before_crossings(counter: Counter, trace: Trace) -> Iterator[Case]:
    """Return the moments three days before each crossing, if the period had begun and there is a history."""
    for limit in limits_of(counter, trace):
        for crossing in crossings(counter, limit, trace):
            now = crossing.at - LEAD
            if now >= LEAD and trace.offset(crossing.window.start) <= now:
                room = counter.at(crossing.at) - counter.at(now)
                yield Case(now, room, crossing.at, trace.offset(crossing.window.end))


def every_noon(counter: Counter, trace: Trace) -> Iterator[Case]:
    """Return the noons (twelve hours after a window's start, then daily) until the limit is full."""
    for limit in limits_of(counter, trace):
        for inside in _windows(limit, trace):
            start, end = trace.offset(inside.start), trace.offset(inside.end)
            target = counter.at(start) + limit.core_hours
            now = start + DAY / 2
            while now < min(end, trace.seconds - LEAD) and counter.at(now) < target:
                if now >= LEAD:
                    yield Case(now, target - counter.at(now), counter.when(target), end)
                now += DAY


def ours(case: Case, readings: Sequence[Reading], trace: Trace) -> Answer | None:
    """Answer with the bot's forecast."""
    found: Forecast | None = forecast([readings], room=case.room, now=trace.moment(case.now))
    if found is None:
        return None
    now, day = trace.moment(case.now), timedelta(days=1)
    latest = (found.latest - now) / day if found.latest else inf
    return Answer((found.about - now) / day, (found.earliest - now) / day, latest)


def mean_of_seven_days(case: Case, readings: Sequence[Reading], trace: Trace) -> Answer | None:
    """Answer with the room divided by the mean use per day; it knows no range."""
    pace = pace_per_day(readings, now=trace.moment(case.now))
    if not pace:
        return None
    return Answer(case.room / pace, inf, -inf)


def history(counter: Counter, now: float, trace: Trace) -> list[Reading]:
    """Return four weeks of readings, half an hour apart, as the store would keep them."""
    start = max(now - HISTORY, 0.0)
    moments = [start + n * READ_EVERY for n in range(int((now - start) / READ_EVERY) + 1)]
    shown = [(at, counter.at(at)) for at in [*moments, now]]
    kept = [shown[0], *(after for before, after in pairwise(shown) if after[1] != before[1])]
    ends = [*(at for at, _ in kept[1:]), now + READ_EVERY]
    return [
        Reading(
            core_hours=value,
            at=trace.moment(at),
            confirmed_at=trace.moment(max(at, min(end - READ_EVERY, now))),
        )
        for (at, value), end in zip(kept, ends, strict=True)
    ]


def score(answers: Sequence[tuple[Case, Answer | None]], *, worth_telling: bool, trace: Trace) -> str:
    """Write one line of a table; the median error counts silence as infinitely wrong."""
    errors, held, early, given, widths, asked = [], 0, 0, 0, [], 0
    for case, answer in answers:
        if worth_telling and not _is_told(case, answer):
            continue
        asked += 1
        reached = inf if case.reached is None else (case.reached - case.now) / DAY
        known_for = (trace.seconds - case.now) / DAY
        if answer is None:
            errors.append(inf)
            continue
        given += 1
        errors.append(abs(answer.about - reached))
        early += reached < answer.earliest
        held += answer.earliest <= reached <= answer.latest or (reached == inf and answer.latest >= known_for)
        widths.append(answer.latest - answer.earliest)
    has_range = widths[0] > 0
    cells = (
        f"{asked} | {given}",
        _days(_median(errors)),
        _days(_median([error for error in errors if error < inf])),
        f"{100 * held / given:.0f} %" if has_range else "no range",
        f"{early} / {given - held - early}" if has_range else "",
        _days(_median(widths)) if has_range else "",
    )
    return " | ".join(cells)


def main(log: Path) -> None:
    """Print both tables."""
    trace = read(log)
    head = "| forecast | asked | answered | median error | where known | range held | came earlier / later "
    for title, cases, worth_telling in (
        ("Three days before each true crossing", before_crossings, False),
        ("Each noon on which the forecast is worth telling", every_noon, True),
    ):
        print(f"\n{title}\n\n{head}| median width |\n| --- |" + " ---: |" * 7)
        asked = [
            (case, history(counter, case.now, trace))
            for counter in trace.counters
            for case in cases(counter, trace)
        ]
        for name, method in (("ours", ours), ("mean of the last 7 days", mean_of_seven_days)):
            answers = [(case, method(case, readings, trace)) for case, readings in asked]
            print(f"| {name} | {score(answers, worth_telling=worth_telling, trace=trace)} |", flush=True)


def _is_told(case: Case, answer: Answer | None) -> bool:
    if answer is None:
        return False
    within = TOLD_WITHIN / timedelta(days=1)
    return answer.about <= within and case.now + answer.about * DAY < case.window_end


def _windows(limit: Limit, trace: Trace) -> Iterator[Window]:
    current: Window | None = window(limit.period, trace.start, ZONE)
    while current is not None and trace.offset(current.start) < trace.seconds:
        yield current
        current = next_window(limit.period, current, ZONE)


def _median(values: Sequence[float]) -> float:
    return sorted(values)[len(values) // 2]


def _days(days: float) -> str:
    return f"{days:.2f} d" if days < inf else "none"


if __name__ == "__main__":
    main(Path(sys.argv[1]))
