"""`alert.why`: everything behind an alert."""

from datetime import UTC, datetime

from slackblocks import Block, DividerBlock, HeaderBlock, SectionBlock

from bot.domain.alerts import AlertState, Reason, Transition
from bot.domain.clusters import Cluster
from bot.domain.limit_answers import AlertWhy, CountedLink, OpenAlert
from bot.domain.periods import PeriodKind
from bot.domain.usage import Reading
from bot.views.alert_words import status_words
from bot.views.format import escape, hours, moment
from bot.views.kit import Message
from bot.views.language import ntr, tr
from bot.views.limits import name_of, percents, share, used_words

MOST_LINKS_SHOWN = 10


def why_message(why: AlertWhy, *, now: datetime) -> Message:
    """Draw limit, state, readings and steps."""
    alert = why.alert
    limit, cluster = alert.limit, alert.cluster
    name, use, decided = _name(alert), _use(why), _reason(why.reason)
    said = [
        tr("*Limit:* {limit}, thresholds {percents}.", limit=name, percents=percents(limit)),
        tr("*Set by* <@{user}> on {when}.", user=limit.set_by.user, when=when(limit.set_at, cluster)),
        tr("*Period:* {period}.", period=_period(alert)),
        tr("*Use:* {use}.", use=use),
        tr("*Told so far:* {told}.", told=_told(alert.state, cluster, now)),
        tr("*The newest readings decide:* {decided} ({code}).", decided=decided, code=why.reason),
    ]
    head = HeaderBlock(tr("Why this alert"))
    blocks: list[Block] = [head, SectionBlock("\n".join(said)), DividerBlock()]
    for link in why.links[:MOST_LINKS_SHOWN]:
        title = tr("*Readings of {username}, newest first*", username=escape(link.username))
        blocks.append(SectionBlock(f"{title}\n{_readings(link, cluster)}"))
    more = len(why.links) - MOST_LINKS_SHOWN
    if more > 0:
        rest = ntr("And the readings of {count} more.", "And the readings of {count} more.", more)
        blocks.append(SectionBlock(rest))
    steps = [_step(step, cluster) for step in why.transitions] or [tr("none yet")]
    blocks.append(SectionBlock("\n".join((tr("*Steps, newest first*"), *steps))))
    spoken = tr(
        "Why: the limit of {limit}; {use}. The newest readings decide: {decided}.",
        limit=name,
        use=use,
        decided=decided,
    )
    return Message(text=spoken, blocks=tuple(blocks))


def when(at: datetime, cluster: Cluster | None) -> str:
    """A moment in the cluster's time zone, in UTC when it left the settings."""
    if cluster is None:
        return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M (UTC)")
    return moment(at, cluster)


def _name(alert: OpenAlert) -> str:
    """Name the limit, and whom it counts here."""
    name = name_of(alert.limit, alert.cluster.label if alert.cluster else alert.limit.cluster)
    if not alert.username:
        return name
    return tr("{limit} (here: {username})", limit=name, username=escape(alert.username))


def _use(why: AlertWhy) -> str:
    used = used_words(why.core_hours, at_least=bool(why.missing))
    percent = share(why.alert.limit.percent(why.core_hours))
    if why.as_of is None:
        return tr("{used}, {share} of the limit, without any reading", used=used, share=percent)
    as_of = when(why.as_of, why.alert.cluster)
    return tr("{used}, {share} of the limit, as of {when}", used=used, share=percent, when=as_of)


def _reason(reason: Reason) -> str:
    match reason:
        case Reason.CROSSED:
            return tr("a threshold was crossed")
        case Reason.RESOLVED:
            return tr("the use fell below the threshold")
        case Reason.UNCHANGED:
            return tr("nothing changed since the last message")
        case Reason.SNOOZED:
            return tr("snoozed, so nothing is said")
        case Reason.STALE:
            return tr("the newest reading is too old to say anything")
        case Reason.INCOMPLETE:
            return tr("readings are missing, so nothing is said")
        case Reason.PERIOD_START:
            return tr("a new period has begun")


def _period(alert: OpenAlert) -> str:
    if alert.limit.period.kind is PeriodKind.TOTAL:
        return tr("in total, as the cluster counts")
    inside = alert.state.window
    return tr(
        "from {start} to {end}",
        start=when(inside.start, alert.cluster),
        end=when(inside.end, alert.cluster),
    )


def _told(state: AlertState, cluster: Cluster | None, now: datetime) -> str:
    told = tr("{number} %", number=state.told) if state.told else tr("nothing")
    if state.told and state.told_at:
        told = tr("{told} on {when}", told=told, when=when(state.told_at, cluster))
    words = tr("{told}; the alert is {status}", told=told, status=status_words(state, now))
    if state.is_snoozed(now) and state.snoozed_by and state.snoozed_until:
        until = when(state.snoozed_until, cluster)
        return tr(
            "{told}, held back by <@{user}> until {when}", told=words, user=state.snoozed_by, when=until
        )
    return words


def _readings(link: CountedLink, cluster: Cluster | None) -> str:
    return "\n".join(_reading(reading, cluster) for reading in reversed(link.readings)) or tr("none")


def _reading(reading: Reading, cluster: Cluster | None) -> str:
    line = tr("{hours} core-hours on {when}", hours=hours(reading.core_hours), when=when(reading.at, cluster))
    if reading.confirmed_at <= reading.at:
        return line
    return tr("{reading}, the same until {when}", reading=line, when=when(reading.confirmed_at, cluster))


def _step(step: Transition, cluster: Cluster | None) -> str:
    reason = _reason(step.reason)
    if step.note:
        reason = tr("{reason} ({note})", reason=reason, note=_note(step.note))
    if step.by:
        reason = tr("{reason} by <@{user}>", reason=reason, user=step.by)
    return tr(
        "{when}: {reason}; told {before} % → {after} %, {used} of {limit} core-hours",
        when=when(step.at, cluster),
        reason=reason,
        before=step.told_before,
        after=step.told_after,
        used=hours(step.core_hours),
        limit=hours(step.limit_core_hours),
    )


def _note(note: str) -> str:
    """Say the note that a decision left with its step; it is stored in English."""
    match note:
        case "limit set":
            return tr("limit set")
        case "acknowledged":
            return tr("acknowledged")
        case "snoozed 1h":
            return tr("snoozed 1h")
        case "snoozed 1d":
            return tr("snoozed 1d")
        case "snoozed period":
            return tr("snoozed period")
        case "snooze over":
            return tr("snooze over")
        case "reminder":
            return tr("reminder")
        case "forecast":
            return tr("forecast")
        case _:
            return escape(note)
