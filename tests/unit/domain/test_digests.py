"""What a digest says, and what it must not."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.audience import Guard
from bot.domain.digests import (
    FIRST_ROWS,
    MOST_ROWS,
    OwedDigest,
    days_of,
    is_idle,
    near_limits,
)
from bot.domain.limits import Limit, Scope, ScopeKind
from bot.domain.measuring import Series
from bot.domain.periods import DAY as PER_DAY
from bot.domain.periods import MONTH, Period
from bot.domain.table_pages import OwedPage, TablePage
from bot.domain.team_usage import Teammate
from tests.unit.digest_kit import DAY, MORNING, PRIVATE, digest, mates
from tests.unit.domain.kit import INTERVAL, limit, reading
from tests.unit.kit import east

EAST = east()
NONE = frozenset[str]()


def guard(team: list[Teammate], lapsed: int = 0) -> Guard:
    users = [mate.user for mate in team]
    return Guard(audience=PRIVATE, agreed=frozenset(users[lapsed:]), lapsed=frozenset(users[:lapsed]))


def on_team(core_hours: float, kind: ScopeKind = ScopeKind.TEAM, period: Period = MONTH) -> Limit:
    user = "U000" if kind is ScopeKind.PERSON else None
    return limit(core_hours, scope=Scope(kind=kind, user=user, channel="C1"), period=period)


def near(limits: list[Limit], team: list[Teammate], lapsed: int = 0) -> list[tuple[str, int]]:
    found = near_limits(limits, team, EAST, guard(team, lapsed), poll_interval=INTERVAL, now=MORNING)
    return [(one.user, int(one.percent)) for one in found]


def still(mate: Teammate) -> Teammate:
    """The same person, who used nothing in the last five days."""
    kept = [each for each in mate.series.readings if each.at <= MORNING - 5 * DAY]
    last = replace(kept[-1], confirmed_at=MORNING)
    return replace(mate, series=Series(readings=[*kept[:-1], last], planned_gap=INTERVAL))


def test_days_are_those_of_the_cluster() -> None:
    days = days_of(mates(2), EAST, guard(mates(2)), since=MORNING - 3 * DAY, now=MORNING)
    assert days.yesterday.end.astimezone(EAST.timezone).strftime("%a %H:%M") == "Mon 00:00"
    assert days.by_user == pytest.approx({"U000": 200.0, "U001": 150.0})
    assert days.yesterday_sum == pytest.approx(350.0)
    assert days.since_sum == pytest.approx(3 * 350.0)
    assert days.week == pytest.approx((350.0,) * 7)


def test_who_has_no_data_for_a_day_is_not_said_to_have_used_nothing() -> None:
    fresh = replace(mates(2)[1], series=Series(readings=[reading(5, MORNING)], planned_gap=INTERVAL))
    team = [mates(1)[0], fresh]
    assert days_of(team, EAST, guard(team), since=None, now=MORNING).by_user.keys() == {"U000"}


@pytest.mark.parametrize(
    ("people", "named", "summed"), [(1, False, False), (2, False, True), (9, False, True)]
)
def test_where_somebody_has_not_agreed_there_are_sums_that_tell_on_nobody(
    people: int, *, named: bool, summed: bool
) -> None:
    team = mates(people)
    days = days_of(team, EAST, guard(team, lapsed=1), since=MORNING - DAY, now=MORNING)
    assert bool(days.by_user) is named
    assert (days.yesterday_sum is not None) is summed
    assert (days.since_sum is not None) is summed
    assert bool(days.week) is summed


def test_a_sum_of_the_one_person_who_has_data_tells_on_them_and_is_left_out() -> None:
    fresh = replace(mates(2)[1], series=Series(readings=[reading(5, MORNING)], planned_gap=INTERVAL))
    team = [mates(1)[0], fresh]
    days = days_of(team, EAST, guard(team, lapsed=1), since=MORNING - DAY, now=MORNING)
    assert (days.yesterday_sum, days.since_sum, days.week) == (None, None, ())


def test_near_are_limits_from_80_percent_on_the_fullest_first() -> None:
    team = [still(mate) for mate in mates(2)]  # 3,000 and 2,250 since readings began, on 3 November
    assert near([on_team(5250 / 0.79)], team) == []
    assert near([on_team(5250 / 0.801)], team) == [("", 80)]
    each = near([on_team(2500, ScopeKind.EACH), on_team(1e6)], team)
    assert each == [("U000", 120), ("U001", 90)]
    assert near([on_team(3500, ScopeKind.PERSON)], team) == [("U000", 85)]


def test_near_are_limits_that_are_projected_to_be_full_soon() -> None:
    team = mates(2)  # 7,000 so far, 350 a day
    (found,) = near_limits([on_team(9200)], team, EAST, guard(team), poll_interval=INTERVAL, now=MORNING)
    assert found.percent < 80
    assert found.forecast is not None
    assert timedelta(days=5) < found.forecast.about - MORNING < timedelta(days=7)
    assert near([on_team(20000)], team) == []


def test_limits_of_single_people_who_have_not_agreed_are_not_told() -> None:
    team = [still(mate) for mate in mates(3)]
    limits = [on_team(2000, ScopeKind.EACH), on_team(3000, ScopeKind.PERSON), on_team(5000)]
    assert {user for user, _ in near(limits, team, lapsed=1)} == {"", "U001", "U002"}
    assert near([on_team(2000)], team[:1], lapsed=1) == []


def test_a_limit_of_a_day_counts_the_day() -> None:
    assert near([on_team(1000, period=PER_DAY)], mates(2)) == []
    assert near([on_team(140, period=PER_DAY)], mates(2)) == [("", 98)]  # 9 hours 30 of it


@pytest.mark.parametrize(
    ("team", "stale", "idle"),
    [
        ([], NONE, True),
        (mates(1), NONE, False),
        ([still(mate) for mate in mates(2)], NONE, True),
        ([still(mates(1)[0]), mates(2)[1]], NONE, False),
        ([still(mate) for mate in mates(2)], frozenset({"U001"}), False),
    ],
    ids=["nobody", "busy", "nothing used", "one is busy", "nobody knows"],
)
def test_when_a_day_is_idle(team: list[Teammate], stale: frozenset[str], *, idle: bool) -> None:
    assert is_idle(team, stale=stale, since=MORNING - 3 * DAY, now=MORNING) is idle
    assert is_idle(team, stale=stale, since=None, now=MORNING) is idle


@given(people=st.integers(0, 600))
def test_pages_hold_everybody_once_and_none_is_too_long(people: int) -> None:
    pages = digest(mates(1) * people).pages if people < 2 else _pages(people)
    users = [user for page in pages for user in page.users]
    assert users == [f"U{number:03d}" for number in range(people)]
    assert all(
        0 < len(page.users) <= (MOST_ROWS if place else FIRST_ROWS) for place, page in enumerate(pages)
    )


def _pages(people: int) -> tuple[TablePage, ...]:
    made = digest(mates(1))
    row = made.tables[0].table.rows[0]
    rows = tuple(replace(row, user=f"U{number:03d}") for number in range(people))
    table = replace(made.tables[0], table=replace(made.tables[0].table, rows=rows))
    return replace(made, tables=(table,)).pages


def test_what_is_owed_is_read_as_it_was_written() -> None:
    for asked_by in ("", "U1"):
        owed = OwedDigest(day=date(2028, 2, 29), due_at=MORNING, asked_by=asked_by)
        assert OwedDigest.read(owed.write()) == owed
    page = OwedPage(channel="C1", ts="1.5", page=TablePage(cluster="east", users=("U1", "W2")))
    assert OwedPage.read(page.write()) == page
