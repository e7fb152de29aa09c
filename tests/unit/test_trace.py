"""Pieces of the recorded log, and what counts as a crossing of them."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from benchmarks.trace import Counter, Span, Trace, crossings, excerpt
from bot.domain.limits import Limit, Scope, ScopeKind, place_of
from bot.domain.people import Person
from bot.domain.periods import MONTH, TOTAL, Period

# A core-hour each ten seconds, for a hundred seconds.
WHOLE = Counter(user="1", times=[0.0, 100.0], values=[0.0, 10.0])
PIECE = excerpt(WHOLE, Span(first=20, last=60, speed=10), user="2", scale=2, before=5)
ME = Scope(kind=ScopeKind.ME, user="U1")
START = datetime(2026, 11, 29, 12, tzinfo=UTC)
LIMIT = Limit(
    limit_id="l1",
    workspace="T1",
    cluster="ipsc",
    scope=ME,
    core_hours=10,
    period=MONTH,
    thresholds=(50, 100),
    set_by=Person(workspace="T1", user="U1"),
    set_at=START,
    tells=place_of(ME),
)


def test_an_excerpt_is_faster_and_larger_and_stands_still_around_it() -> None:
    assert [PIECE.at(at) for at in (-9, 0, 2, 4, 9)] == [5, 5, pytest.approx(9), 13, 13]


@pytest.mark.parametrize(("period", "percents"), [(MONTH, [50]), (TOTAL, [50, 100])])
def test_a_month_counts_what_was_used_in_it_and_the_total_the_counter(
    period: Period, percents: list[int]
) -> None:
    trace = Trace(start=START, seconds=4, counters=(PIECE,))
    limit = replace(LIMIT, period=period)
    assert [one.threshold for one in crossings(PIECE, limit, trace)] == percents
