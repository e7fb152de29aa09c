"""Alerts: the message, what follows in its thread, and all that delivery draws, digests too."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from slackblocks import (
    ActionsBlock,
    Block,
    HeaderBlock,
    SectionBlock,
    Text,
)

from bot.domain.alert_keys import AlertKey
from bot.domain.alerts import MOST_REMINDERS, Owed, Status, Telling
from bot.domain.clusters import Cluster, named
from bot.domain.digests import Digest
from bot.domain.health import LinkNews
from bot.domain.installations import InstallNews
from bot.domain.limits import Place
from bot.domain.standing import Audience
from bot.domain.table_pages import TablePage
from bot.domain.team_usage import OwedTable, TeamUsage
from bot.views.alert_buttons import alert_buttons, raise_limit_button, why_button
from bot.views.alert_words import (
    ShownAlert,
    as_of,
    as_of_here,
    foreseen,
    share_of,
    standing,
    status_word,
    used,
    where,
)
from bot.views.digest import digest_message, digest_page_message
from bot.views.format import hours
from bot.views.installation import installation_message
from bot.views.kit import Message, say, small_print
from bot.views.language import ENGLISH, Language, spoken_in, tr, without_leavers
from bot.views.link_health import news_message
from bot.views.storms import storm_message, storm_more_message
from bot.views.team import left_with_channel_message, withheld_alert_message
from bot.views.team_table import posted_message, posted_page_message
from bot.views.trouble import trouble_message_text

_LONGEST_SECTION: Final = 3000


def key_of(alert: ShownAlert) -> AlertKey:
    """Return which alert a button belongs to."""
    return AlertKey(
        limit_id=alert.limit.limit_id, subject=alert.subject, window_start=alert.state.window.start
    )


def alert_message(alert: ShownAlert, *, now: datetime, cluster: Cluster) -> Message:
    """Draw an alert's own message in its newest state."""
    state = alert.state
    more = _more(foreseen(alert, now, cluster))
    blocks: list[Block] = [
        HeaderBlock(_headline(alert, now)),
        SectionBlock(
            tr("{used}. {standing}", used=used(alert, cluster), standing=standing(alert, now, cluster))
            + more,
            fields=_fields(alert, now),
        ),
        small_print(
            tr(
                "{as_of} · limit set by <@{user}> · tells {place}",
                as_of=as_of_here(state, cluster),
                user=alert.limit.set_by.user,
                place=where(alert.limit.tells),
            )
        ),
        _buttons(alert, now),
    ]
    return Message(text=alert_sentence(alert, now=now, cluster=cluster) + more, blocks=tuple(blocks))


def alert_sentence(alert: ShownAlert, *, now: datetime, cluster: Cluster) -> str:
    """Say the whole fact: whose use, of which limit, how it stands, as of when, who set it."""
    return tr(
        "{used}. {standing} {as_of} The limit was set by <@{user}>.",
        used=used(alert, cluster),
        standing=standing(alert, now, cluster),
        as_of=as_of(alert.state, cluster),
        user=alert.limit.set_by.user,
    )


def reply_message(alert: ShownAlert, owed: Owed, *, now: datetime, cluster: Cluster) -> Message:
    """Draw what goes into the alert's thread."""
    start = _start(alert, owed, now, cluster)
    who = used(alert, cluster)
    spoken = tr("{start} {used}. {as_of}", start=start, used=who, as_of=as_of(alert.state, cluster))
    shown = tr("{used}, {as_of}.", used=who, as_of=as_of_here(alert.state, cluster))
    return Message(text=spoken, blocks=(SectionBlock(f"*{start}*\n{shown}"),))


def finished_message(text: str) -> Message:
    """Draw a sentence that is finished already, long ones in several sections."""
    text = without_leavers(text)
    first, *others = [text[at : at + _LONGEST_SECTION] for at in range(0, len(text), _LONGEST_SECTION)] or [
        " "
    ]
    more = [SectionBlock(part) for part in others[:40]]
    return Message(text=text, blocks=say(first, *more).blocks)


@dataclass(frozen=True, kw_only=True, slots=True)
class AlertDrawings:
    """What delivery draws, for whoever knows the clusters."""

    clusters: Sequence[Cluster]
    language: Language = ENGLISH
    command: str = "/walltime"
    install_url: str | None = None

    def alert(self, alert: ShownAlert, *, now: datetime) -> Message:
        """Draw an alert's own message."""
        return spoken_in(self.language, alert_message)(alert, now=now, cluster=self._cluster(alert))

    def reply(self, alert: ShownAlert, owed: Owed, *, now: datetime) -> Message:
        """Draw what goes into its thread."""
        return spoken_in(self.language, reply_message)(alert, owed, now=now, cluster=self._cluster(alert))

    def storm(self, rows: Sequence[tuple[ShownAlert, Owed]], *, total: int) -> Message:
        """Draw a storm's first table."""
        clusters = [self._cluster(alert) for alert, _ in rows]
        return spoken_in(self.language, storm_message)(rows, total=total, clusters=clusters)

    def storm_more(self, rows: Sequence[tuple[ShownAlert, Owed]]) -> Message:
        """Draw another table of a storm."""
        clusters = [self._cluster(alert) for alert, _ in rows]
        return spoken_in(self.language, storm_more_message)(rows, clusters=clusters)

    def finished(self, text: str) -> Message:
        """Draw a finished sentence."""
        return spoken_in(self.language, finished_message)(text)

    def news(self, news: LinkNews) -> Message:
        """Draw what a link's owner hears."""
        return spoken_in(self.language, news_message)(news, self.clusters)

    def installation(self, news: InstallNews) -> Message:
        """Draw what whoever installed the app hears."""
        return spoken_in(self.language, installation_message)(news, install_url=self.install_url)

    def left_team(self, channel: str) -> Message:
        """Draw what somebody hears who left a team with its channel."""
        return spoken_in(self.language, left_with_channel_message)(channel)

    def withheld(self, audience: Audience) -> Message:
        """Draw what stands for an alert that must not say whose use it is."""
        return spoken_in(self.language, withheld_alert_message)(audience)

    def digest(self, digest: Digest, *, now: datetime) -> Message:
        """Draw a digest's message."""
        return spoken_in(self.language, digest_message)(digest, now=now, command=self.command)

    def digest_page(self, digest: Digest, page: TablePage) -> Message:
        """Draw a page for its thread."""
        return spoken_in(self.language, digest_page_message)(digest, page)

    def team_table(self, team: TeamUsage, owed: OwedTable) -> Message:
        """Draw the first page of a team's table that somebody posts."""
        return spoken_in(self.language, posted_message)(team, owed, command=self.command)

    def team_page(self, team: TeamUsage, page: TablePage) -> Message:
        """Draw a page for its thread."""
        return spoken_in(self.language, posted_page_message)(team, page)

    def trouble(self, place: Place, code: str) -> str:
        """Say why a place takes no messages."""
        return spoken_in(self.language, trouble_message_text)(place, code)

    def _cluster(self, alert: ShownAlert) -> Cluster:
        name = alert.limit.cluster
        known = named(name, self.clusters)
        return known or Cluster(name=name, label=name, url="", timezone=ZoneInfo("UTC"))


def _start(alert: ShownAlert, owed: Owed, now: datetime, cluster: Cluster) -> str:
    """Say what has just happened."""
    state, threshold = alert.state, owed.threshold
    match owed.telling:
        case Telling.CROSSED:
            return tr("{percent} % of the limit is crossed.", percent=max(threshold, state.told))
        case Telling.RESOLVED:
            resolved = tr("Resolved: use is below {percent} % of the limit again.", percent=threshold)
            if not state.told:
                return resolved
            stays = tr("{told} % stays crossed.", told=state.told)
            return f"{resolved} {stays}"
        case Telling.REMINDER:
            return tr(
                "Reminder {number} of {most}: use is still at or above {percent} % of the limit, "
                "and nobody has acknowledged it.",
                number=state.reminders,
                most=MOST_REMINDERS,
                percent=threshold,
            )
        case Telling.SNOOZE_OVER:
            return tr(
                "The snooze is over, and use is still at or above {percent} % of the limit.",
                percent=threshold,
            )
        case Telling.FORECAST:
            full = tr("At the present pace this limit will be full before its period ends.")
            return foreseen(alert, now, cluster) or full
        case Telling.CHANGED:
            return standing(alert, now, cluster)


def _headline(alert: ShownAlert, now: datetime) -> str:
    state = alert.state
    match state.status(now):
        case Status.QUIET if not state.told:
            if state.forecast:
                return tr("Forecast: a limit will be full soon")
            return tr("No threshold of the limit is crossed")
        case Status.RESOLVED:
            return tr("Resolved: use of a limit fell below its threshold")
        case Status.ACKNOWLEDGED:
            return tr("Acknowledged: {told} % of a limit is crossed", told=state.told)
        case Status.SNOOZED:
            return tr("Snoozed: {told} % of a limit is crossed", told=state.told)
        case _:
            return tr("Alert: {told} % of a limit is crossed", told=state.told)


def _fields(alert: ShownAlert, now: datetime) -> list[str | Text]:
    limit, state = alert.limit, alert.state
    is_over = now >= state.window.end
    return [
        tr("*Used*\n{hours} core-hours", hours=hours(state.core_hours)),
        tr("*Limit*\n{hours} core-hours", hours=hours(limit.core_hours)),
        tr("*Share*\n{share}", share=share_of(alert)),
        tr("*Threshold crossed*\n{threshold}", threshold=_threshold(alert)),
        tr("*State*\n{status}", status=tr("over") if is_over else status_word(state.status(now))),
    ]


def _threshold(alert: ShownAlert) -> str:
    """Name the threshold that is crossed, and the one that follows."""
    told = alert.state.told
    higher = next((threshold for threshold in alert.limit.thresholds if threshold > told), None)
    crossed = tr("{number} %", number=told) if told else tr("none")
    if higher is None:
        return tr("{crossed}, the last one", crossed=crossed)
    return tr("{crossed}, next {higher} %", crossed=crossed, higher=higher)


def _buttons(alert: ShownAlert, now: datetime) -> ActionsBlock:
    """Offer what can still be done: an alert that is over is only explained."""
    key, state = key_of(alert), alert.state
    is_over = now >= state.window.end
    if state.is_open and not is_over:
        return alert_buttons(key, acknowledged=state.acknowledged_at is not None)
    return ActionsBlock([why_button(key)] if is_over else [why_button(key), raise_limit_button(key)])


def _more(sentence: str) -> str:
    return f" {sentence}" if sentence else ""
