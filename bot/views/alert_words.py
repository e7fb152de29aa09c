"""Words on alerts: whose use, in which period, how it stands, as of when."""

from datetime import date, datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from babel.dates import format_date

from bot.domain.alerts import AlertState, Status
from bot.domain.clusters import Cluster
from bot.domain.limits import FULL, Limit, Place, PlaceKind, ScopeKind
from bot.domain.periods import Period, PeriodKind
from bot.domain.usage import Window
from bot.views.forecast import forecast_words
from bot.views.format import day, escape, hours, local_moment, moment
from bot.views.language import spoken, tr
from bot.views.limits import range_words, share


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
    def username(self) -> str:
        """The cluster's name for that user; "" for a team's sum, and for who is not linked any more."""
        ...

    @property
    def state(self) -> AlertState:
        """How it stands."""
        ...


def whose(alert: ShownAlert) -> str:
    """Name whose use is counted."""
    scope = alert.limit.scope
    if scope.kind is ScopeKind.TEAM:
        return tr("The team of <#{channel}>", channel=scope.channel)
    return f"<@{alert.subject or scope.user}>"


def period_words(period: Period, window: Window, zone: ZoneInfo) -> str:
    """Say which period: `in November 2026`, `in the week of 16 Nov 2026`, `in total`."""
    start = window.start.astimezone(zone).date()
    match period.kind:
        case PeriodKind.DAY:
            return tr("on {day}", day=_date(start))
        case PeriodKind.WEEK:
            return tr("in the week of {day}", day=_date(start))
        case PeriodKind.MONTH:
            pattern = tr("MMMM yyyy")
            return tr("in {month}", month=format_date(start, pattern, locale=spoken().locale))
        case PeriodKind.QUARTER:
            pattern = tr("QQQQ yyyy")
            return tr("in the {quarter}", quarter=format_date(start, pattern, locale=spoken().locale))
        case PeriodKind.YEAR:
            return tr("in {year}", year=start.year)
        case PeriodKind.RANGE:
            return range_words(period)
        case PeriodKind.TOTAL:
            return tr("in total")


def _date(day: date) -> str:
    return format_date(day, tr("d MMM yyyy"), locale=spoken().locale)


def used(alert: ShownAlert, cluster: Cluster) -> str:
    """Say who used how much of the limit, where and in which period."""
    limit, state = alert.limit, alert.state
    return tr(
        "{who} has used {used} of {limit} core-hours ({share}) on {cluster} {period}",
        who=whose(alert),
        used=hours(state.core_hours),
        limit=hours(limit.core_hours),
        share=share_of(alert),
        cluster=escape(cluster.label),
        period=period_words(limit.period, state.window, cluster.timezone),
    )


def share_of(alert: ShownAlert) -> str:
    """Return the share of the limit that is used."""
    return share(alert.limit.percent(alert.state.core_hours))


def standing(alert: ShownAlert, now: datetime, cluster: Cluster) -> str:
    """Say in a sentence how the alert stands."""
    state = alert.state
    told = state.told
    if now >= state.window.end:
        if told:
            return tr("The {told} % threshold is crossed; this period has ended.", told=told)
        return tr("This period has ended.")
    match state.status(now):
        case Status.FIRING:
            return tr("The {told} % threshold is crossed: the alert is firing.", told=told)
        case Status.ACKNOWLEDGED:
            return _acknowledged(state, cluster)
        case Status.SNOOZED:
            return _snoozed(state, cluster)
        case Status.RESOLVED:
            return tr("The alert is resolved: use fell below the threshold again.")
        case Status.QUIET if told:
            return tr("The {told} % threshold is crossed.", told=told)
        case Status.QUIET:
            return tr("No threshold is crossed yet.")


def status_word(status: Status) -> str:
    """Name a status."""
    match status:
        case Status.QUIET:
            return tr("quiet")
        case Status.FIRING:
            return tr("firing")
        case Status.ACKNOWLEDGED:
            return tr("acknowledged")
        case Status.SNOOZED:
            return tr("snoozed")
        case Status.RESOLVED:
            return tr("resolved")


def status_words(state: AlertState, now: datetime) -> str:
    """Name the status, and who acknowledged."""
    status = status_word(state.status(now))
    if state.acknowledged_by:
        return tr("{status} by <@{user}>", status=status, user=state.acknowledged_by)
    return status


def foreseen(alert: ShownAlert, now: datetime, cluster: Cluster) -> str:
    """Say the forecast that was told, with its day; nothing when there is none or it has come to pass."""
    state = alert.state
    if state.forecast is None or state.forecast_at is None or state.told >= FULL or now >= state.window.end:
        return ""
    words = forecast_words(state.forecast, state.window, cluster)
    return tr("Forecast of {day}: {forecast}.", day=day(state.forecast_at, cluster), forecast=words)


def _acknowledged(state: AlertState, cluster: Cluster) -> str:
    told, user = state.told, state.acknowledged_by
    if state.acknowledged_at is None:
        return tr("The {told} % threshold is crossed; acknowledged by <@{user}>.", told=told, user=user)
    return tr(
        "The {told} % threshold is crossed; acknowledged by <@{user}> on {when}.",
        told=told,
        user=user,
        when=moment(state.acknowledged_at, cluster),
    )


def _snoozed(state: AlertState, cluster: Cluster) -> str:
    until = state.snoozed_until
    return tr(
        "The {told} % threshold is crossed; snoozed by <@{user}> until {when}.",
        told=state.told,
        user=state.snoozed_by,
        when=moment(until, cluster) if until and until < state.window.end else tr("the period ends"),
    )


def as_of(state: AlertState, cluster: Cluster) -> str:
    """Say in a sentence how fresh the numbers are."""
    if state.as_of is None:
        return tr("As of no reading yet.")
    return tr("As of {moment}.", moment=moment(state.as_of, cluster))


def as_of_here(state: AlertState, cluster: Cluster) -> str:
    """Say in passing how fresh the numbers are, in the reader's own time."""
    if state.as_of is None:
        return tr("as of no reading yet")
    return tr("as of {moment}", moment=local_moment(state.as_of, cluster))


def where(place: Place) -> str:
    """Name a place."""
    if place.kind is PlaceKind.CHANNEL:
        return f"<#{place.slack_id}>"
    return tr("<@{user}> directly", user=place.slack_id)
