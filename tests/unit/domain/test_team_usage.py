"""A team's table: who is first, what counts, and what is not claimed."""

from dataclasses import replace
from datetime import datetime

import pytest

from bot.domain.audience import Guard
from bot.domain.clusters import Cluster
from bot.domain.limits import Limit, Scope, ScopeKind
from bot.domain.measuring import Series
from bot.domain.periods import DAY as A_DAY
from bot.domain.periods import MONTH, TOTAL, WEEK, Period, window
from bot.domain.standing import Audience
from bot.domain.team_usage import (
    Teammate,
    TeamTable,
    only_sums,
    readings_since,
    team_limits,
    team_table,
)
from tests.unit.domain.kit import DAY, HOUR, INTERVAL, NOON, SHANGHAI, limit, readings
from tests.unit.kit import east

# Noon of the 14th in Shanghai; the month has run 13.5 days.
MONTH_START = NOON - 13.5 * DAY
TEAM = Scope(kind=ScopeKind.TEAM, channel="C1")
CLUSTER: Cluster = east()


def mate(name: str, *points: tuple[float, datetime]) -> Teammate:
    return Teammate(
        user=f"U{name}", username=name, series=Series(readings=readings(*points), planned_gap=INTERVAL)
    )


def steady(name: str, per_day: float, *, days: int = 60, until: datetime = NOON) -> Teammate:
    """Somebody who used the same each day."""
    return mate(name, *((per_day * (days - ago), until - ago * DAY) for ago in range(days, -1, -1)))


def table_of(*team: Teammate, limits: tuple[Limit, ...] = ()) -> TeamTable:
    return team_table(team, limits, CLUSTER, poll_interval=INTERVAL, now=NOON)


def test_without_a_limit_it_is_this_month_the_most_used_first() -> None:
    made = table_of(steady("anna", 10), steady("bo", 30), steady("cy", 20))
    assert [row.username for row in made.rows] == ["bo", "cy", "anna"]
    assert [row.core_hours for row in made.rows] == pytest.approx([405, 270, 135])
    assert (made.period, made.limit, made.window) == (MONTH, None, window(MONTH, NOON, SHANGHAI))
    assert made.core_hours == made.whole == pytest.approx(810)
    assert made.pace_per_day == pytest.approx(60)
    assert made.as_of == NOON


def test_the_change_is_against_the_same_time_of_the_period_before() -> None:
    october = window(MONTH, MONTH_START - DAY, SHANGHAI)
    busier = mate("anna", (0, october.start), (310, october.end), (310 + 270, NOON))
    (row,) = table_of(busier).rows
    assert row.before == pytest.approx(10 * 13.5)
    assert row.core_hours == pytest.approx(270)


def test_stale_data_is_compared_with_the_time_that_it_is_of() -> None:
    (row,) = table_of(steady("anna", 10, until=NOON - 4 * DAY)).rows
    assert row.is_stale
    assert row.before == pytest.approx(95)
    assert row.core_hours == pytest.approx(95)


def test_a_period_before_that_is_not_known_in_full_is_not_compared() -> None:
    made = table_of(steady("anna", 10, days=20), steady("bo", 10))
    anna, bo = sorted(made.rows, key=lambda row: row.username)
    assert anna.before is None
    assert bo.before is not None
    assert made.before is None


def test_who_has_no_data_for_the_period_stands_last_and_is_not_zero() -> None:
    old = steady("old", 10, until=MONTH_START - HOUR)
    made = table_of(mate("none"), old, steady("idle", 0))
    assert [(row.username, row.core_hours) for row in made.rows] == [
        ("idle", 0.0),
        ("none", None),
        ("old", None),
    ]
    assert (made.people, made.without_data) == (3, 2)
    assert made.rows[2].as_of == MONTH_START - HOUR


def test_readings_that_begin_inside_the_period_are_marked() -> None:
    made = table_of(steady("anna", 10, days=5))
    assert made.rows[0].since == made.since == NOON - 5 * DAY


def test_of_several_limits_the_fullest_says_the_period() -> None:
    month = limit(1000, scope=TEAM, limit_id="m")
    week = limit(60, scope=TEAM, period=WEEK, limit_id="w")
    made = table_of(steady("anna", 10), limits=(month, week))
    assert (made.limit, made.period, made.whole) == (week, WEEK, 60)
    assert made.core_hours == pytest.approx(55)


def test_in_total_the_counter_itself_is_used_and_nothing_was_before() -> None:
    made = table_of(steady("anna", 10), limits=(limit(1000, scope=TEAM, period=TOTAL),))
    assert made.core_hours == 600
    assert made.before is None


def test_only_limits_of_this_team_here_and_now_count() -> None:
    over = Period.between((NOON - 9 * DAY).date(), (NOON - 8 * DAY).date())
    wanted = limit(scope=TEAM)
    others = (
        limit(scope=Scope(kind=ScopeKind.TEAM, channel="C2")),
        limit(scope=Scope(kind=ScopeKind.EACH, channel="C1")),
        limit(),
        limit(scope=TEAM, period=over),
        replace(limit(scope=TEAM), cluster="west"),
    )
    assert team_limits((*others, wanted), CLUSTER, "C1", now=NOON) == [wanted]


def test_readings_are_wanted_from_the_period_before_on() -> None:
    assert readings_since((), CLUSTER, now=NOON) == window(MONTH, MONTH_START - DAY, SHANGHAI).start
    assert readings_since((limit(scope=TEAM, period=TOTAL),), CLUSTER, now=NOON) < MONTH_START
    assert readings_since((limit(scope=TEAM, period=A_DAY),), CLUSTER, now=MONTH_START) < MONTH_START


def test_nobody_at_all_is_an_empty_table() -> None:
    made = table_of()
    assert (made.rows, made.people, made.core_hours, made.as_of, made.before) == ((), 0, 0, None, None)


def test_a_sum_that_would_tell_on_one_person_is_taken_out_too() -> None:
    audience = Audience(is_private=True, is_shared_outside=False, guests=1)
    guard = Guard(audience=audience, agreed=frozenset(), lapsed=frozenset({"Uanna", "Ubo"}))
    two = only_sums(table_of(steady("anna", 10), steady("bo", 30)), guard)
    assert two.rows == ()
    assert two.core_hours == pytest.approx(540)
    one = only_sums(table_of(steady("anna", 10), mate("bo")), guard)
    assert (one.rows, one.core_hours, one.before, one.pace_per_day) == ((), None, None, None)
    assert (one.people, one.without_data) == (2, 1)
