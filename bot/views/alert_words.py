"""Words on alerts: whose use, in which period, how it stands, as of when."""

from datetime import datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from babel.dates import format_date

from bot.domain.alerts import AlertState, Status
from bot.domain.clusters import Cluster
from bot.domain.limits import FULL, Limit, Place, PlaceKind, ScopeKind, range_words
from bot.domain.periods import Period, PeriodKind
from bot.domain.usage import Window
from bot.views.forecast import forecast_words
from bot.views.format import LOCALE, day, escape, hours, local_moment, moment
from bot.views.limits import share


class ShownAlert(Protocol):
    """What is drawn of an alert."""

    @property
    def limit(self) -> Limit:
        """The limit it belongs to."""
        ...

    @property
    def subject(self) -> str:
        """The user counted, or "" for a team's sum."""
        ...

    @property
    def state(self) -> AlertState:
        """How it stands."""
        ...


def whose(alert: ShownAlert) -> str:
    """Name whose use is counted."""
    scope = alert.limit.scope
    if scope.kind is ScopeKind.TEAM:
        return f"The team of <#{scope.channel}>"
    return f"<@{alert.subject or scope.user}>"


def period_words(period: Period, window: Window, zone: ZoneInfo) -> str:
    """Say which period: `in November 2026`, `in the week of 16 Nov 2026`, `in total`."""
    start = window.start.astimezone(zone).date()
    match period.kind:
        case PeriodKind.DAY:
            return f"on {format_date(start, 'd MMM yyyy', locale=LOCALE)}"
        case PeriodKind.WEEK:
            return f"in the week of {format_date(start, 'd MMM yyyy', locale=LOCALE)}"
        case PeriodKind.MONTH:
            return f"in {format_date(start, 'MMMM yyyy', locale=LOCALE)}"
        case PeriodKind.QUARTER:
            return f"in the {format_date(start, 'QQQQ yyyy', locale=LOCALE)}"
        case PeriodKind.YEAR:
            return f"in {start.year}"
        case PeriodKind.RANGE:
            return range_words(period)
        case PeriodKind.TOTAL:
            return "in total"


def used(alert: ShownAlert, cluster: Cluster) -> str:
    """Say who used how much of the limit, where and in which period."""
    limit, state = alert.limit, alert.state
    return (
        f"{whose(alert)} has used {hours(state.core_hours)} of {hours(limit.core_hours)} core-hours "
        f"({share_of(alert)}) on {escape(cluster.label)} {period_words(limit.period, state.window, cluster.timezone)}"
    )


def share_of(alert: ShownAlert) -> str:
    """Return the share of the limit that is used."""
    return share(alert.limit.percent(alert.state.core_hours))


def standing(alert: ShownAlert, now: datetime, cluster: Cluster) -> str:
    """Say in a sentence how the alert stands."""
    state = alert.state
    crossed = f"The {state.told} % threshold is crossed"
    if now >= state.window.end:
        return f"{crossed}; this period has ended." if state.told else "This period has ended."
    match state.status(now):
        case Status.FIRING:
            return f"{crossed}: the alert is firing."
        case Status.ACKNOWLEDGED:
            return f"{crossed}; {_acknowledged(state, cluster)}."
        case Status.SNOOZED:
            return f"{crossed}; {_snoozed(state, cluster)}."
        case Status.RESOLVED:
            return "The alert is resolved: use fell below the threshold again."
        case Status.QUIET:
            return f"{crossed}." if state.told else "No threshold is crossed yet."


def foreseen(alert: ShownAlert, now: datetime, cluster: Cluster) -> str:
    """Say the forecast that was told, with its day; nothing when there is none or it has come to pass."""
    state = alert.state
    if state.forecast is None or state.forecast_at is None or state.told >= FULL or now >= state.window.end:
        return ""
    words = forecast_words(state.forecast, state.window, cluster)
    return f"Forecast of {day(state.forecast_at, cluster)}: {words}."


def _acknowledged(state: AlertState, cluster: Cluster) -> str:
    when = f" on {moment(state.acknowledged_at, cluster)}" if state.acknowledged_at else ""
    return f"acknowledged by <@{state.acknowledged_by}>{when}"


def _snoozed(state: AlertState, cluster: Cluster) -> str:
    until = "the period ends"
    if state.snoozed_until is not None and state.snoozed_until < state.window.end:
        until = moment(state.snoozed_until, cluster)
    return f"snoozed by <@{state.snoozed_by}> until {until}"


def as_of(state: AlertState, cluster: Cluster, *, local: bool = False) -> str:
    """Say how fresh the numbers are; `local` in the reader's own time."""
    if state.as_of is None:
        return "no reading yet"
    return local_moment(state.as_of, cluster) if local else moment(state.as_of, cluster)


def where(place: Place) -> str:
    """Name a place."""
    return f"<#{place.slack_id}>" if place.kind is PlaceKind.CHANNEL else f"<@{place.slack_id}> directly"
