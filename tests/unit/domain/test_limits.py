"""What a limit may be, and which one gives way to another."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from bot.domain.errors import (
    LimitNumberOutOfRange,
    LimitRangeOver,
    LimitRangesOverlap,
    LimitThresholdWrong,
    LimitWordMissing,
)
from bot.domain.limits import (
    Place,
    PlaceKind,
    Scope,
    ScopeKind,
    changes,
    check_core_hours,
    check_not_over,
    check_thresholds,
    place_of,
    replaced_by,
)
from bot.domain.periods import MONTH, WEEK, Period
from tests.unit.domain.kit import SHANGHAI, limit

TEAM = Scope(kind=ScopeKind.TEAM, channel="C1")


@pytest.mark.parametrize("core_hours", [0.0, -1.0, 1e9 + 1, float("nan"), float("inf")])
def test_a_limit_is_more_than_0_and_at_most_a_billion(core_hours: float) -> None:
    with pytest.raises(LimitNumberOutOfRange) as caught:
        check_core_hours(core_hours, word="this")
    assert caught.value.word == "this"
    with pytest.raises(LimitNumberOutOfRange):
        limit(core_hours)


def test_thresholds_are_1_to_200_percent_once_each_and_ascending() -> None:
    assert check_thresholds([100, 1, 200, 100]) == (1, 100, 200)
    for wrong in ([0], [201], range(1, 30)):
        with pytest.raises(LimitThresholdWrong):
            check_thresholds(wrong)
    with pytest.raises(LimitWordMissing):
        check_thresholds([])
    with pytest.raises(ValueError, match="ascending"):
        limit(thresholds=(80, 50))


def test_a_limit_tells_in_its_channel_and_my_own_in_my_dm() -> None:
    assert place_of(TEAM) == Place(kind=PlaceKind.CHANNEL, slack_id="C1")
    assert place_of(Scope(kind=ScopeKind.ME, user="U1")) == Place(kind=PlaceKind.DM, slack_id="U1")


@pytest.mark.parametrize(
    ("kind", "user", "channel"),
    [
        (ScopeKind.ME, None, None),
        (ScopeKind.ME, "U1", "C1"),
        (ScopeKind.PERSON, "U1", None),
        (ScopeKind.EACH, "U1", "C1"),
        (ScopeKind.TEAM, None, None),
    ],
)
def test_a_scope_names_exactly_whom_it_needs(kind: ScopeKind, user: str | None, channel: str | None) -> None:
    with pytest.raises(ValueError, match="does not go with"):
        Scope(kind=kind, user=user, channel=channel)


def test_one_limit_per_scope_and_kind_of_period() -> None:
    mine, team = limit(), limit(scope=TEAM, limit_id="L2")
    weekly = limit(period=WEEK, limit_id="L3")
    elsewhere = replace(mine, cluster="west", limit_id="L4")
    fresh = limit(2000, thresholds=(80,), limit_id="L9")
    assert replaced_by(fresh, [team, weekly, elsewhere, mine]) == mine
    assert replaced_by(fresh, [team, weekly, elsewhere]) is None
    assert changes(mine, fresh) == ("core_hours", "thresholds")


AUTUMN = Period.between(date(2026, 9, 1), date(2026, 12, 31))
WINTER = Period.between(date(2027, 1, 1), date(2027, 2, 28))
CHRISTMAS = Period.between(date(2026, 12, 24), date(2027, 1, 6))


def test_ranges_stand_side_by_side_unless_they_share_a_day() -> None:
    autumn, winter = limit(period=AUTUMN), limit(period=WINTER, limit_id="L2")
    assert replaced_by(winter, [autumn, limit(period=MONTH)]) is None
    assert replaced_by(limit(5, period=AUTUMN), [winter, autumn]) == autumn
    with pytest.raises(LimitRangesOverlap) as caught:
        replaced_by(limit(period=CHRISTMAS), [winter])
    assert (caught.value.word, caught.value.other) == ("2026-12-24", "from 2027-01-01 to 2027-02-28")


def test_a_range_that_is_over_is_refused() -> None:
    last_second = datetime(2026, 12, 31, 15, 59, 59, tzinfo=UTC)
    check_not_over(AUTUMN, now=last_second, zone=SHANGHAI)
    check_not_over(MONTH, now=last_second, zone=SHANGHAI)
    with pytest.raises(LimitRangeOver):
        check_not_over(AUTUMN, now=last_second.replace(hour=16), zone=SHANGHAI)
