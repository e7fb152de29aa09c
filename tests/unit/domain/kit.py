"""Values that the domain's tests share: one limit, one clock, readings from pairs."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.domain.alerts import AlertState, Measured
from bot.domain.limits import DEFAULT_THRESHOLDS, Limit, Scope, ScopeKind, place_of
from bot.domain.people import Person
from bot.domain.periods import MONTH, Period, window
from bot.domain.usage import Reading

SHANGHAI = ZoneInfo("Asia/Shanghai")
INTERVAL = timedelta(minutes=10)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
NOON = datetime(2026, 11, 14, 4, tzinfo=UTC)  # 12:00 in Shanghai
ANNA = Person(workspace="T1", user="U1")


def reading(core_hours: float, at: datetime, confirmed_at: datetime | None = None) -> Reading:
    return Reading(core_hours=core_hours, at=at, confirmed_at=confirmed_at or at)


def readings(*points: tuple[float, datetime]) -> tuple[Reading, ...]:
    return tuple(reading(core_hours, at) for core_hours, at in points)


def limit(
    core_hours: float = 1000.0,
    *,
    period: Period = MONTH,
    thresholds: tuple[int, ...] = DEFAULT_THRESHOLDS,
    scope: Scope | None = None,
    limit_id: str = "L1",
) -> Limit:
    whose = scope or Scope(kind=ScopeKind.ME, user=ANNA.user)
    return Limit(
        limit_id=limit_id,
        workspace=ANNA.workspace,
        cluster="east",
        scope=whose,
        core_hours=core_hours,
        period=period,
        thresholds=thresholds,
        set_by=ANNA,
        set_at=NOON,
        tells=place_of(whose),
    )


def quiet(now: datetime = NOON, period: Period = MONTH) -> AlertState:
    return AlertState(window=window(period, now, SHANGHAI))


def measured(
    core_hours: float,
    *,
    now: datetime = NOON,
    age: timedelta = timedelta(minutes=1),
    missing: int = 0,
    period: Period = MONTH,
) -> Measured:
    return Measured(
        window=window(period, now, SHANGHAI),
        core_hours=core_hours,
        as_of=now - age,
        stale_after=3 * INTERVAL,
        missing=missing,
    )
