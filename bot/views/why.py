"""`alert.why`: everything behind an alert."""

from datetime import UTC, datetime

from slackblocks import Block, DividerBlock, HeaderBlock, SectionBlock

from bot.domain.alerts import AlertState, Reason, Transition
from bot.domain.clusters import Cluster
from bot.domain.limit_answers import AlertWhy, CountedLink, OpenAlert
from bot.domain.periods import PeriodKind
from bot.views.format import escape, hours, moment
from bot.views.kit import Message
from bot.views.limits import name_of, percents, share

MOST_LINKS_SHOWN = 10
_REASONS = {
    Reason.CROSSED: "a threshold was crossed",
    Reason.RESOLVED: "the use fell below the threshold",
    Reason.UNCHANGED: "nothing changed since the last message",
    Reason.SNOOZED: "snoozed, so nothing is said",
    Reason.STALE: "the newest reading is too old to say anything",
    Reason.INCOMPLETE: "readings are missing, so nothing is said",
    Reason.PERIOD_START: "a new period has begun",
}


def why_message(why: AlertWhy, *, now: datetime) -> Message:
    """Draw limit, state, readings and steps."""
    alert = why.alert
    limit, cluster = alert.limit, alert.cluster
    label = cluster.label if cluster else limit.cluster
    who = f" (here: {escape(alert.username)})" if alert.username else ""
    least = "at least " if why.missing else ""
    as_of = f", as of {when(why.as_of, cluster)}" if why.as_of else ", without any reading"
    use = f"{least}{hours(why.core_hours)} core-hours used, {share(limit.percent(why.core_hours))} of the limit{as_of}"
    said = [
        f"*Limit:* {name_of(limit, label)}{who}, thresholds {percents(limit)}.",
        f"*Set by* <@{limit.set_by.user}> on {when(limit.set_at, cluster)}.",
        f"*Period:* {_period(alert)}.",
        f"*Use:* {use}.",
        f"*Told so far:* {_told(alert.state, cluster, now)}.",
        f"*The newest readings decide:* {_REASONS[why.reason]} ({why.reason}).",
    ]
    blocks: list[Block] = [HeaderBlock("Why this alert"), SectionBlock("\n".join(said)), DividerBlock()]
    blocks += [
        SectionBlock(f"*Readings of {escape(link.username)}, newest first*\n{_readings(link, cluster)}")
        for link in why.links[:MOST_LINKS_SHOWN]
    ]
    more = len(why.links) - MOST_LINKS_SHOWN
    if more > 0:
        blocks.append(SectionBlock(f"And the readings of {more} more."))
    steps = [_step(step, cluster) for step in why.transitions] or ["none yet"]
    blocks.append(SectionBlock("*Steps, newest first*\n" + "\n".join(steps)))
    spoken = f"Why: the limit of {name_of(limit, label)}{who}; {use}. The newest readings decide: {_REASONS[why.reason]}."
    return Message(text=spoken, blocks=tuple(blocks))


def when(at: datetime, cluster: Cluster | None) -> str:
    """A moment in the cluster's time zone, in UTC when it left the settings."""
    if cluster is None:
        return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M (UTC)")
    return moment(at, cluster)


def _period(alert: OpenAlert) -> str:
    if alert.limit.period.kind is PeriodKind.TOTAL:
        return "in total, as the cluster counts"
    inside = alert.state.window
    return f"from {when(inside.start, alert.cluster)} to {when(inside.end, alert.cluster)}"


def _told(state: AlertState, cluster: Cluster | None, now: datetime) -> str:
    highest = f"{state.told} %" if state.told else "nothing"
    told_at = f" on {when(state.told_at, cluster)}" if state.told and state.told_at else ""
    words = f"{highest}{told_at}; the alert is {state.status(now)}"
    if state.acknowledged_by:
        words += f" by <@{state.acknowledged_by}>"
    if state.is_snoozed(now) and state.snoozed_by and state.snoozed_until:
        words += f", held back by <@{state.snoozed_by}> until {when(state.snoozed_until, cluster)}"
    return words


def _readings(link: CountedLink, cluster: Cluster | None) -> str:
    lines = []
    for reading in reversed(link.readings):
        still = (
            f", the same until {when(reading.confirmed_at, cluster)}"
            if reading.confirmed_at > reading.at
            else ""
        )
        lines.append(f"{hours(reading.core_hours)} core-hours on {when(reading.at, cluster)}{still}")
    return "\n".join(lines) or "none"


def _step(step: Transition, cluster: Cluster | None) -> str:
    by = f" by <@{step.by}>" if step.by else ""
    note = f" ({escape(step.note)})" if step.note else ""
    return (
        f"{when(step.at, cluster)}: {_REASONS[step.reason]}{note}{by}; told {step.told_before} % → {step.told_after} %, "
        f"{hours(step.core_hours)} of {hours(step.limit_core_hours)} core-hours"
    )
