"""How many readings a link leaves in the database: stored per day, and kept when they have grown old.

    python -m benchmarks.readings_kept data/NASA-iPSC-1993-3.1-cln.swf.gz

Every user of the log is polled by the bot's own rule, once with limits and once without; a reading is stored
when the counter changed. What is kept of it after 35 and after 400 days is the bot's own rule as well.
"""

import sys
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import repeat
from pathlib import Path
from typing import Final, NamedTuple

from benchmarks.polling_tradeoff import Bot
from benchmarks.trace import ZONE, Counter, Trace, limits_of, read
from bot.domain.polling import CHANCE_WORTH_A_CALL
from bot.domain.usage import DAILY_AFTER, HOURLY_AFTER, Reading, thin

DAY: Final = timedelta(days=1)


class Kept(NamedTuple):
    """Of one link: polls made, readings stored, and readings left of them when all are old."""

    polls: int
    stored: int
    hourly: int
    daily: int


@dataclass(kw_only=True)
class Archive(Bot):
    """A bot that forgets no reading."""

    archive: list[Reading] = field(default_factory=list)

    def _read(self, now: datetime) -> None:
        super()._read(now)
        newest = self.readings[-1]
        if self.archive and self.archive[-1].at == newest.at:
            self.archive.pop()
        self.archive.append(newest)


def kept(counter: Counter, trace: Trace, *, limited: bool) -> Kept:
    """Poll one user through the log."""
    bot = Archive(counter=counter, trace=trace, worth_a_call=CHANCE_WORTH_A_CALL)
    bot.run(limits_of(counter, trace) if limited else (), phase=0)
    end = bot.archive[-1].confirmed_at
    left = [len(thin(bot.archive, now=end + age + DAY, zone=ZONE)) for age in (HOURLY_AFTER, DAILY_AFTER)]
    return Kept(bot.calls, len(bot.archive), *left)


def with_limit(counter: Counter, trace: Trace) -> Kept:
    """Poll one user who has limits."""
    return kept(counter, trace, limited=True)


def without_limit(counter: Counter, trace: Trace) -> Kept:
    """Poll one user who has none."""
    return kept(counter, trace, limited=False)


def row(name: str, found: Iterable[Kept], trace: Trace) -> str:
    """Write one line: per link and day."""
    each = list(found)
    link_days = len(each) * timedelta(seconds=trace.seconds) / DAY
    cells = [f"{sum(column) / link_days:.1f}" for column in zip(*each, strict=True)]
    return f"| {name} | {len(each)} | {' | '.join(cells)} |"


def main(words: Sequence[str]) -> None:
    """Print the table."""
    trace = read(Path(words[0]))
    limited = [counter for counter in trace.counters if limits_of(counter, trace)]
    print("| links | how many | polls a day | readings stored a day | left after 35 days | after 400 days |")
    print("| --- |" + " ---: |" * 5)
    with ProcessPoolExecutor() as pool:
        print(row("with limits", pool.map(with_limit, limited, repeat(trace)), trace), flush=True)
        print(row("without", pool.map(without_limit, trace.counters, repeat(trace)), trace))


if __name__ == "__main__":
    main(sys.argv[1:])
