"""What should have been told and what Slack really holds, compared without a look at the bot's own tables.

A message is read as a person reads it: its place, whose use, of which limit, in which period, and the
threshold that it says is crossed. Two messages that say the same are one too many.
"""

import re
from bisect import bisect_left
from collections import Counter as Tally
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple, TypeVar

from benchmarks.trace import SECOND, ZONE, Counter, Trace, crossings
from bot.domain.limits import Limit
from bot.domain.periods import MONTH, TOTAL
from bot.domain.usage import Window
from bot.playground.slack import Channel, Message

_USE: Final = re.compile(
    r"(?P<who><@\w+>|The team of <#\w+>) has used [\d,.]+ of (?P<limit>[\d,.]+) core-hours "
    r"\([^)]*\) on \w+ (?P<when>in [^.]+)\."
)
_CROSSED: Final = re.compile(r"The (\d+) % threshold is crossed|^(\d+) % of the limit is crossed")
# A storm's table says the same in other words; a replay spread over weeks has none.
_TABLE: Final = re.compile(r"alerts came at once|more of these alerts")

NEVER: Final = datetime.max.replace(tzinfo=UTC)

T = TypeVar("T")


class Threshold(NamedTuple):
    """What may be told once: where, whose use, of which limit, in which period, how many percent."""

    place: str
    who: str
    limit: str
    when: str
    percent: int


class Crossed(NamedTuple):
    """A true crossing, or a message that tells one; `at` is its moment."""

    threshold: Threshold
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Watched:
    """One subject of a limit: where its messages go, how they name it, and whose counters are summed."""

    limit: Limit
    place: str
    who: str
    counter: Counter
    usernames: tuple[str, ...]


@dataclass(kw_only=True)
class Count:
    """The comparison; a delay is in seconds, from the first reading after a crossing to its message.

    `notices` are the ids that stand in the messages of each threshold.
    """

    crossings: int = 0
    told: int = 0
    messages: int = 0
    missed: list[Crossed] = field(default_factory=list)
    twice: list[Threshold] = field(default_factory=list)
    false: list[Crossed] = field(default_factory=list)
    repeated_notices: list[str] = field(default_factory=list)
    notices: dict[Threshold, list[str]] = field(default_factory=dict)
    delays: list[float] = field(default_factory=list)


def together(user: str, counters: Sequence[Counter]) -> Counter:
    """Sum counters up."""
    times = sorted({at for counter in counters for at in counter.times})
    return Counter(
        user=user, times=times, values=[sum(counter.at(at) for counter in counters) for at in times]
    )


def compare(
    watched: Iterable[Watched],
    trace: Trace,
    channels: Iterable[Channel],
    answered: Mapping[str, Sequence[datetime]],
) -> Count:
    """Compare all true crossings with all messages; `answered`: when the cluster gave each username's use.

    A crossing is told by a message of its period that names this threshold or a higher one. A message is
    false if the threshold that it names was not crossed in its period when it was posted.
    """
    posted = [message for channel in channels for message in posts(channel)]
    read = [(one, notice_ids(message)) for message in posted if (one := _told(message)) is not None]
    told = [one for one, _ in read]
    by_alert: dict[tuple[str, ...], list[Crossed]] = {}
    for one in told:
        by_alert.setdefault(_alert(one.threshold), []).append(one)
    moments: dict[Threshold, datetime] = {}
    count = Count(messages=len(told))
    for one, ids in read:
        count.notices.setdefault(one.threshold, []).extend(ids)
    for subject in watched:
        for crossing in _true(subject, trace):
            moments[crossing.threshold] = crossing.at
            count.crossings += 1
            candidates = by_alert.get(_alert(crossing.threshold), [])
            covering = [one.at for one in candidates if one.threshold.percent >= crossing.threshold.percent]
            if not covering:
                count.missed.append(crossing)
                continue
            count.told += 1
            read_at = _read_at(crossing.at, [answered[username] for username in subject.usernames])
            if read_at is not None:
                count.delays.append((min(covering) - read_at) / SECOND)
    count.false = [one for one in told if moments.get(one.threshold, NEVER) > one.at]
    count.twice = _repeated(one.threshold for one in told)
    count.repeated_notices = _repeated(each for message in posted for each in notice_ids(message))
    return count


def notice_ids(message: Message) -> list[str]:
    """Return the ids of all notices that a message tells."""
    return ids_in(message.metadata)


def ids_in(metadata: Mapping[str, Any] | None) -> list[str]:
    """Return the ids of all notices that a post's metadata name."""
    payload = (metadata or {}).get("event_payload") or {}
    return [each for each in str(payload.get("notice_id") or "").split(",") if each]


def posts(channel: Channel) -> Iterator[Message]:
    """Return the bot's notices as they were when they were posted, before any edit."""
    for message in channel.versions:
        if not message.edited and not message.deleted and notice_ids(message):
            yield message


def _told(message: Message) -> Crossed | None:
    """Read which crossing a message tells, if any."""
    if _TABLE.search(message.text):
        raise ValueError(f"a table is not understood: {message.text}")
    crossed, use = _CROSSED.search(message.text), _USE.search(message.text)
    if crossed is None or use is None:
        return None
    threshold = Threshold(
        place=message.channel,
        who=use["who"],
        limit=use["limit"],
        when=use["when"],
        percent=int(crossed[1] or crossed[2]),
    )
    return Crossed(threshold, datetime.fromtimestamp(float(message.ts), tz=UTC))


def _true(watched: Watched, trace: Trace) -> Iterator[Crossed]:
    for one in crossings(watched.counter, watched.limit, trace):
        threshold = Threshold(
            place=watched.place,
            who=watched.who,
            limit=f"{watched.limit.core_hours:,.2f}",
            when=_when(watched.limit, one.window),
            percent=one.threshold,
        )
        yield Crossed(threshold, trace.moment(one.at))


def _when(limit: Limit, window: Window) -> str:
    """Name a month, a week or the whole counter as messages do."""
    if limit.period == TOTAL:
        return "in total"
    first = window.start.astimezone(ZONE)
    if limit.period == MONTH:
        return f"in {first:%B %Y}"
    return f"in the week of {first.day} {first:%b %Y}"


def _alert(threshold: Threshold) -> tuple[str, ...]:
    """Return whose alert it is, in which period."""
    return (threshold.place, threshold.who, threshold.limit, threshold.when)


def _read_at(crossed_at: datetime, answered: Sequence[Sequence[datetime]]) -> datetime | None:
    """Return when all these usernames had been read after the crossing."""
    first = [bisect_left(moments, crossed_at) for moments in answered]
    if any(index == len(moments) for index, moments in zip(first, answered, strict=True)):
        return None
    return max(moments[index] for index, moments in zip(first, answered, strict=True))


def _repeated(things: Iterable[T]) -> list[T]:
    return [thing for thing, times in Tally(things).items() for _ in range(times - 1)]
