"""When a channel's digest is due: once per local date, at its local time, across every change of the clocks.

A time that the clocks jump over is counted by the clock of before the jump; of a time that comes twice the
first one counts; a date that a zone leaves out has no digest, nor has a public holiday if that is wished.
"""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, Self
from zoneinfo import ZoneInfo

from bot.domain.holidays import NO_HOLIDAYS, Holidays
from bot.domain.people import Person
from bot.domain.periods import day_start

# A digest that is this late is skipped, and said in the next one.
LATE_AFTER: Final = timedelta(hours=2)
# After a year without the bot nobody reads each date.
MOST_SKIPPED: Final = 60
EVERY_DAY: Final = tuple(range(7))
WORKDAYS: Final = tuple(range(5))
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Schedule:
    """At which local time, on which weekdays (0 is Monday), by which clock.

    With `skip_idle` a digest is left out when nothing was used since the last one. `holidays` is the country,
    or a part of it (`CN`, `DE-BY`), on whose public holidays there is none.
    """

    at: time
    days: tuple[int, ...]
    zone: ZoneInfo
    skip_idle: bool = False
    holidays: str | None = None

    def __post_init__(self) -> None:
        if not self.days or list(self.days) != sorted(set(self.days)) or not set(self.days) <= {*EVERY_DAY}:
            raise ValueError("days are distinct, ascending and of one week")
        if self.at.tzinfo is not None or self.at.second or self.at.microsecond:
            raise ValueError("a standup has a local time of whole minutes")


@dataclass(frozen=True, kw_only=True, slots=True)
class Due:
    """A digest that is due: the local date it is for, and the moment."""

    day: date
    at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Standup:
    """A channel's standup. Everything up to `last_day` is decided: told, skipped, or not asked for.

    `next_at` is when the first digest that is not is due, as holidays were known when it was planned.
    `owed_at` is the moment that the last scheduled digest was due, `told_at` when one was told last, be it on
    demand; `skipped` are the dates that the next one has to speak of. All this outlives switching it off and
    on. `revision` grows by one with every change: write only over the revision that was read, and of two
    processes one decides.
    """

    workspace: str
    channel: str
    schedule: Schedule
    set_by: Person
    set_at: datetime
    last_day: date
    next_at: datetime
    is_on: bool = True
    owed_at: datetime | None = None
    told_at: datetime | None = None
    skipped: tuple[date, ...] = ()
    revision: int = 1

    @classmethod
    def start(
        cls,
        *,
        workspace: str,
        channel: str,
        schedule: Schedule,
        set_by: Person,
        holidays: Holidays,
        now: datetime,
    ) -> Self:
        """Return a standup that is set now."""
        last_day = decided_when_set(schedule, now=now)
        return cls(
            workspace=workspace,
            channel=channel,
            schedule=schedule,
            set_by=set_by,
            set_at=now,
            last_day=last_day,
            next_at=next_due(schedule, after=last_day, holidays=holidays).at,
        )

    def follow(self, before: Self, *, holidays: Holidays) -> Self:
        """Take the place of the channel's standup so far: a date that had its digest has no second one."""
        last_day = self.last_day
        if before.owed_at is not None:
            last_day = max(last_day, before.owed_at.astimezone(self.schedule.zone).date())
        return replace(
            self,
            last_day=last_day,
            next_at=next_due(self.schedule, after=last_day, holidays=holidays).at,
            owed_at=before.owed_at,
            told_at=before.told_at,
            skipped=before.skipped if before.is_on else (),
            revision=before.revision + 1,
        )

    def stop(self) -> Self:
        """Switch it off."""
        return replace(self, is_on=False, skipped=(), revision=self.revision + 1)

    def skip(self, *days: date) -> Self:
        """Remember dates whose digest was not told."""
        skipped = sorted({*self.skipped, *days})[-MOST_SKIPPED:]
        return replace(self, skipped=tuple(skipped), revision=self.revision + 1)

    def told(self, at: datetime) -> Self:
        """Remember that a digest was told, and with it what was skipped."""
        return replace(self, told_at=at, skipped=(), revision=self.revision + 1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Turn:
    """What became of a standup whose time has come; without `due` there is no digest to tell."""

    after: Standup
    due: Due | None


def moment(schedule: Schedule, day: date) -> datetime:
    """Return the moment, in UTC, of the schedule's time on a date."""
    return datetime.combine(day, schedule.at, tzinfo=schedule.zone).astimezone(UTC)


def next_due(schedule: Schedule, *, after: date, holidays: Holidays = NO_HOLIDAYS) -> Due:
    """Return the first digest of a later date."""
    day = after + _DAY
    while not (_is_asked_for(day, schedule, holidays) and _exists(day, schedule.zone)):
        day += _DAY
    return Due(day=day, at=moment(schedule, day))


def decided_when_set(schedule: Schedule, *, now: datetime) -> date:
    """Return the date up to which a standup that is set now owes nothing: its time has passed there."""
    today = now.astimezone(schedule.zone).date()
    return today if moment(schedule, today) <= now else today - _DAY


def is_late(at: datetime, *, now: datetime) -> bool:
    """Tell whether a digest that was due then is of no use any more."""
    return now - at >= LATE_AFTER


def turn(standup: Standup, *, holidays: Holidays, now: datetime) -> Turn | None:
    """Decide every date whose time has come: the newest is told unless it is late. None if none has."""
    if standup.next_at > now:
        return None
    passed: list[Due] = []
    due = next_due(standup.schedule, after=standup.last_day, holidays=holidays)
    while due.at <= now:
        passed.append(due)
        due = next_due(standup.schedule, after=due.day, holidays=holidays)
    if not passed:  # what was planned has become a holiday
        return Turn(after=replace(standup, next_at=due.at, revision=standup.revision + 1), due=None)
    newest = passed[-1]
    told = None if is_late(newest.at, now=now) else newest
    late = passed if told is None else passed[:-1]
    after = replace(
        standup.skip(*(each.day for each in late)),
        last_day=newest.day,
        next_at=due.at,
        owed_at=standup.owed_at if told is None else told.at,
    )
    return Turn(after=after, due=told)


def _is_asked_for(day: date, schedule: Schedule, holidays: Holidays) -> bool:
    """Tell whether a schedule wants a digest on a date.

    A day that is worked to make up for another has one where every workday has.
    """
    if day in holidays.off:
        return False
    makes_up = day in holidays.made_up and {*WORKDAYS} <= {*schedule.days}
    return makes_up or day.weekday() in schedule.days


def _exists(day: date, zone: ZoneInfo) -> bool:
    """Tell whether a zone has this date: Samoa went from 29 to 31 December 2011."""
    return day_start(day, zone) < day_start(day + _DAY, zone)
