"""When digests are due: by tables of clock changes, and by any schedule and any stops of the bot."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.holidays import NO_HOLIDAYS, Holidays
from bot.domain.standups import (
    EVERY_DAY,
    LATE_AFTER,
    MOST_SKIPPED,
    WORKDAYS,
    Schedule,
    Standup,
    moment,
    next_due,
    turn,
)
from tests.unit.domain.kit import ANNA

NEW_YORK, BERLIN, SHANGHAI, LORD_HOWE, APIA, CAIRO, AUCKLAND, UTC_ZONE = (
    ZoneInfo(name)
    for name in (
        "America/New_York",
        "Europe/Berlin",
        "Asia/Shanghai",
        "Australia/Lord_Howe",
        "Pacific/Apia",
        "Africa/Cairo",
        "Pacific/Auckland",
        "UTC",
    )
)
ZONES = (NEW_YORK, BERLIN, SHANGHAI, LORD_HOWE, APIA, CAIRO, AUCKLAND, UTC_ZONE)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def schedule(at: str = "09:30", zone: ZoneInfo = BERLIN, days: tuple[int, ...] = EVERY_DAY) -> Schedule:
    return Schedule(at=time.fromisoformat(at), days=days, zone=zone)


def standup(plan: Schedule, *, now: datetime) -> Standup:
    return Standup.start(
        workspace="T1", channel="C1", schedule=plan, set_by=ANNA, holidays=NO_HOLIDAYS, now=now
    )


def next_day(made: Standup) -> date:
    return made.next_at.astimezone(made.schedule.zone).date()


def local(text: str, zone: ZoneInfo) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("at", "zone", "day", "due"),
    [
        # New York: 8 March 2026 has no 02:30, 1 November has two 01:30.
        ("09:30", NEW_YORK, "2026-03-07", "2026-03-07T14:30"),
        ("09:30", NEW_YORK, "2026-03-08", "2026-03-08T13:30"),
        ("02:30", NEW_YORK, "2026-03-08", "2026-03-08T07:30"),  # shown there as 03:30
        ("01:30", NEW_YORK, "2026-11-01", "2026-11-01T05:30"),  # the first of the two
        ("09:30", NEW_YORK, "2026-11-01", "2026-11-01T14:30"),
        # Berlin: 29 March and 25 October.
        ("09:30", BERLIN, "2026-03-28", "2026-03-28T08:30"),
        ("09:30", BERLIN, "2026-03-29", "2026-03-29T07:30"),
        ("02:30", BERLIN, "2026-03-29", "2026-03-29T01:30"),
        ("02:30", BERLIN, "2026-10-25", "2026-10-25T00:30"),
        ("09:30", BERLIN, "2026-10-25", "2026-10-25T08:30"),
        # Lord Howe moves by half an hour: 5 April back, 4 October forward.
        ("02:15", LORD_HOWE, "2026-10-04", "2026-10-03T15:45"),
        ("01:45", LORD_HOWE, "2026-04-05", "2026-04-04T14:45"),
        # Cairo's clocks jump over midnight: 24 April 2026 begins at 01:00.
        ("00:00", CAIRO, "2026-04-24", "2026-04-23T22:00"),
        ("23:59", CAIRO, "2026-04-23", "2026-04-23T21:59"),
        # No change at all.
        ("00:00", SHANGHAI, "2026-03-01", "2026-02-28T16:00"),
        ("23:59", SHANGHAI, "2026-12-31", "2026-12-31T15:59"),
        ("12:00", UTC_ZONE, "2028-02-29", "2028-02-29T12:00"),
    ],
)
def test_the_moment_of_a_local_time(at: str, zone: ZoneInfo, day: str, due: str) -> None:
    assert moment(schedule(at, zone), date.fromisoformat(day)) == utc(due)


@pytest.mark.parametrize(
    ("after", "days", "expected"),
    [
        ("2026-02-27", WORKDAYS, "2026-03-02"),  # Friday to Monday, over the month's end
        ("2028-02-28", EVERY_DAY, "2028-02-29"),  # leap day
        ("2027-02-28", EVERY_DAY, "2027-03-01"),
        ("2026-12-31", EVERY_DAY, "2027-01-01"),
        ("2026-11-23", (0,), "2026-11-30"),
        ("2026-11-22", (6,), "2026-11-29"),
    ],
)
def test_the_next_date(after: str, days: tuple[int, ...], expected: str) -> None:
    found = next_due(schedule(days=days), after=date.fromisoformat(after))
    assert found.day == date.fromisoformat(expected)


def test_a_date_that_a_zone_leaves_out_has_no_digest() -> None:
    assert next_due(schedule(zone=APIA), after=date(2011, 12, 29)).day == date(2011, 12, 31)


@pytest.mark.parametrize("zone", [NEW_YORK, BERLIN, LORD_HOWE], ids=str)
@pytest.mark.parametrize("at", ["00:00", "01:30", "02:15", "02:30", "09:30", "23:59"])
def test_around_both_changes_every_date_has_one_digest(zone: ZoneInfo, at: str) -> None:
    plan = schedule(at, zone)
    for start in ("2026-03-06", "2026-03-27", "2026-04-03", "2026-10-02", "2026-10-23", "2026-10-30"):
        now = local(f"{start}T23:59", zone).astimezone(UTC)
        kept = standup(plan, now=now)
        told: list[date] = []
        for step in range(4 * 24 * 4):
            turned = turn(kept, holidays=NO_HOLIDAYS, now=now + step * 15 * MINUTE)
            if turned is not None:
                kept = turned.after
                assert turned.due is not None
                told.append(turned.due.day)
        first = date.fromisoformat(start) + DAY
        assert told[:3] == [first, first + DAY, first + 2 * DAY]
        assert len(told) == len(set(told))
        assert kept.skipped == ()


@pytest.mark.parametrize(
    ("down", "is_told"),
    [
        (MINUTE, True),
        (HOUR, True),
        (LATE_AFTER - MINUTE, True),
        (LATE_AFTER, False),
        (5 * HOUR, False),
        (23 * HOUR, False),
    ],
    ids=str,
)
@pytest.mark.parametrize("day", ["2026-03-29", "2026-10-25", "2026-11-30", "2028-02-29"])
def test_after_downtime_it_is_told_within_two_hours_else_said_in_the_next(
    down: timedelta, day: str, *, is_told: bool
) -> None:
    plan = schedule("09:30", BERLIN)
    due = moment(plan, date.fromisoformat(day))
    kept = standup(plan, now=due - HOUR)
    assert turn(kept, holidays=NO_HOLIDAYS, now=due - timedelta(milliseconds=1)) is None
    turned = turn(kept, holidays=NO_HOLIDAYS, now=due + down)
    assert turned is not None
    assert (turned.due is not None) is is_told
    assert turned.after.skipped == (() if is_told else (date.fromisoformat(day),))
    assert turn(turned.after, holidays=NO_HOLIDAYS, now=due + down) is None
    following = turn(turned.after, holidays=NO_HOLIDAYS, now=moment(plan, date.fromisoformat(day) + DAY))
    assert following is not None
    assert following.due is not None
    assert following.after.skipped == turned.after.skipped  # until it is told
    assert following.after.told(due).skipped == ()


def test_down_for_days_all_but_the_last_are_skipped() -> None:
    plan = schedule("09:30", BERLIN, WORKDAYS)
    kept = standup(plan, now=local("2026-11-20T08:00", BERLIN))
    turned = turn(kept, holidays=NO_HOLIDAYS, now=local("2026-11-25T10:00", BERLIN))
    assert turned is not None
    assert turned.due is not None
    assert turned.due.day == date(2026, 11, 25)
    assert turned.after.skipped == tuple(date(2026, 11, day) for day in (20, 23, 24))


def test_down_for_years_the_dates_kept_are_bounded() -> None:
    kept = standup(schedule(), now=utc("2020-01-01T00:00"))
    turned = turn(kept, holidays=NO_HOLIDAYS, now=utc("2026-01-01T20:00"))
    assert turned is not None
    assert len(turned.after.skipped) == MOST_SKIPPED


@pytest.mark.parametrize(
    ("now", "first"), [("09:29", "2026-11-23"), ("09:30", "2026-11-24"), ("23:59", "2026-11-24")]
)
def test_set_before_its_time_it_comes_today_else_on_the_next_day(now: str, first: str) -> None:
    made = standup(schedule(zone=SHANGHAI), now=local(f"2026-11-23T{now}", SHANGHAI))
    assert next_day(made) == date.fromisoformat(first)


def _told_on(plan: Schedule, day: date) -> Standup:
    due = moment(plan, day)
    turned = turn(standup(plan, now=due - HOUR), holidays=NO_HOLIDAYS, now=due)
    assert turned is not None
    return turned.after


def test_changed_on_a_day_that_had_its_digest_there_is_no_second_one() -> None:
    monday = date(2026, 11, 23)
    before = _told_on(schedule("09:30", BERLIN), monday)
    later = schedule("18:00", BERLIN)
    now = local("2026-11-23T12:00", BERLIN)
    assert next_day(standup(later, now=now)) == monday
    assert next_day(standup(later, now=now).follow(before, holidays=NO_HOLIDAYS)) == monday + DAY
    assert next_day(standup(later, now=now).follow(before.stop(), holidays=NO_HOLIDAYS)) == monday + DAY


def test_in_another_zone_the_last_digest_counts_for_its_date_there() -> None:
    before = _told_on(schedule("09:30", AUCKLAND), date(2026, 11, 23))  # 15:30 on the 22nd in New York
    plan = schedule("18:00", NEW_YORK)
    now = local("2026-11-22T16:00", NEW_YORK)
    assert next_day(standup(plan, now=now).follow(before, holidays=NO_HOLIDAYS)) == date(2026, 11, 23)


def test_changed_before_anything_was_told_it_comes_today() -> None:
    now = local("2026-11-22T10:00", BERLIN)
    before = standup(schedule("09:30", BERLIN), now=now)
    assert next_day(standup(schedule("18:00"), now=now + HOUR).follow(before, holidays=NO_HOLIDAYS)) == date(
        2026, 11, 22
    )


def test_switched_off_and_on_nothing_is_called_skipped() -> None:
    before = _told_on(schedule(), date(2026, 11, 20)).skip(date(2026, 11, 21)).stop()
    after = standup(schedule(), now=local("2026-11-28T12:00", BERLIN)).follow(before, holidays=NO_HOLIDAYS)
    assert after.skipped == ()
    assert after.is_on
    assert after.revision == before.revision + 1


GOLDEN_WEEK = Holidays(
    off=frozenset(date(2026, 10, day) for day in (1, 2, 3, 5, 6, 7)),
    made_up=frozenset({date(2026, 9, 20), date(2026, 10, 10)}),
)


@pytest.mark.parametrize(
    ("days", "told"),
    [
        (WORKDAYS, (30, 8, 9, 10, 12)),  # the 10th is a Saturday that makes up for the 7th
        (EVERY_DAY, (30, 4, 8, 9, 10, 11, 12)),
        ((0, 2), (30, 12)),  # who wants two days of the week gets no third one
        ((5,), (10,)),
    ],
    ids=str,
)
def test_on_public_holidays_there_is_no_digest_and_none_is_called_skipped(
    days: tuple[int, ...], told: tuple[int, ...]
) -> None:
    plan = replace(schedule(zone=SHANGHAI, days=days), holidays="CN")
    now = local("2026-09-29T12:00", SHANGHAI)
    kept = Standup.start(
        workspace="T1", channel="C1", schedule=plan, set_by=ANNA, holidays=GOLDEN_WEEK, now=now
    )
    found = []
    while (now := now + HOUR) < local("2026-10-13T00:00", SHANGHAI):
        turned = turn(kept, holidays=GOLDEN_WEEK, now=now)
        if turned is not None:
            kept = turned.after
            found += [] if turned.due is None else [turned.due.day.day]
    assert tuple(found) == told
    assert kept.skipped == ()


def test_down_over_a_holiday_only_days_with_a_digest_are_skipped() -> None:
    plan = replace(schedule(zone=SHANGHAI, days=WORKDAYS), holidays="CN")
    now = local("2026-09-29T12:00", SHANGHAI)
    kept = Standup.start(
        workspace="T1", channel="C1", schedule=plan, set_by=ANNA, holidays=GOLDEN_WEEK, now=now
    )
    turned = turn(kept, holidays=GOLDEN_WEEK, now=local("2026-10-09T10:00", SHANGHAI))
    assert turned is not None
    assert turned.due is not None
    assert turned.due.day == date(2026, 10, 9)
    assert turned.after.skipped == (date(2026, 9, 30), date(2026, 10, 8))


def test_a_day_that_became_a_holiday_since_it_was_planned_has_no_digest() -> None:
    plan = replace(schedule(zone=SHANGHAI, days=WORKDAYS), holidays="CN")
    kept = standup(plan, now=local("2026-09-30T12:00", SHANGHAI))
    assert next_day(kept) == date(2026, 10, 1)
    turned = turn(kept, holidays=GOLDEN_WEEK, now=local("2026-10-01T09:30", SHANGHAI))
    assert turned is not None
    assert turned.due is None
    assert turned.after.skipped == ()
    assert next_day(turned.after) == date(2026, 10, 8)


@given(
    zone=st.sampled_from(ZONES),
    at=st.times().map(lambda each: each.replace(second=0, microsecond=0)),
    days=st.sets(st.sampled_from(EVERY_DAY), min_size=1).map(lambda found: tuple(sorted(found))),
    start=st.integers(0, 18 * 366 * 24 * 60).map(lambda minutes: utc("2011-12-01T00:00") + minutes * MINUTE),
    gaps=st.lists(st.timedeltas(MINUTE, 4 * DAY), min_size=1, max_size=20),
    off=st.sets(st.integers(0, 60)),
)
def test_every_date_of_the_schedule_is_told_or_skipped_exactly_once(  # noqa: PLR0917 (all that may vary)
    zone: ZoneInfo, at: time, days: tuple[int, ...], start: datetime, gaps: list[timedelta], off: set[int]
) -> None:
    plan = Schedule(at=at, days=days, zone=zone)
    holidays = Holidays(off=frozenset(start.date() + step * DAY for step in off))
    kept, now = standup(plan, now=start), start
    expected = next_due(plan, after=kept.last_day, holidays=holidays)
    decided: list[date] = []
    skipped: list[date] = []
    for gap in gaps:
        now += gap
        turned = turn(kept, holidays=holidays, now=now)
        if turned is None:
            continue
        new = [day for day in turned.after.skipped if day not in skipped]
        skipped += new
        decided += new
        if turned.due is not None:
            assert turned.due.at <= now < turned.due.at + LATE_AFTER
            decided.append(turned.due.day)
        kept = replace(turned.after, revision=kept.revision + 1)
    assert all(one < other for one, other in pairwise(decided))
    for day in decided:
        assert day == expected.day
        expected = next_due(plan, after=day, holidays=holidays)
    assert expected.at > now
    assert not decided or kept.next_at == expected.at


@given(zone=st.sampled_from(ZONES), days=st.integers(0, 6000), at=st.times())
def test_a_digest_stands_on_its_date_wherever_the_clocks_show_that_time(
    zone: ZoneInfo, days: int, at: time
) -> None:
    day = date(2015, 1, 1) + timedelta(days=days)
    plan = schedule(f"{at:%H:%M}", zone)
    shown = moment(plan, day).astimezone(zone)
    assert shown.date() == day
    assert shown.time().replace(tzinfo=None, fold=0) >= plan.at


@pytest.mark.parametrize(
    "wrong",
    [{"days": ()}, {"days": (0, 0)}, {"days": (7,)}, {"days": (3, 1)}, {"at": time(9, 30, 1)}],
    ids=str,
)
def test_what_is_no_schedule_is_refused(wrong: dict[str, object]) -> None:
    right: dict[str, object] = {"at": time(9, 30), "days": EVERY_DAY, "zone": BERLIN}
    with pytest.raises(ValueError):  # noqa: PT011
        Schedule(**{**right, **wrong})  # type: ignore[arg-type]
