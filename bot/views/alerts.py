"""Alerts: the message, what follows in its thread, and all that delivery draws, digests too."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from slackblocks import (
    ActionsBlock,
    Block,
    Button,
    HeaderBlock,
    SectionBlock,
    Text,
)

from bot.domain.alert_keys import AlertKey
from bot.domain.alerts import MOST_REMINDERS, Owed, Status, Telling
from bot.domain.clusters import Cluster
from bot.domain.digests import Digest, DigestPage
from bot.domain.health import LinkNews
from bot.domain.limits import Place
from bot.domain.standing import Audience
from bot.views.alert_buttons import ALERT_RAISE_LIMIT, ALERT_WHY, alert_buttons
from bot.views.alert_words import ShownAlert, as_of, foreseen, share_of, standing, used, where
from bot.views.digest import digest_message, digest_page_message
from bot.views.format import hours
from bot.views.kit import Message, say, small_print
from bot.views.language import ENGLISH, Language, spoken_in
from bot.views.link_health import news_message
from bot.views.storms import storm_message, storm_more_message
from bot.views.team import withheld_alert_message
from bot.views.trouble import trouble_message_text

_LONGEST_SECTION: Final = 3000
_FORECAST: Final = "At the present pace this limit will be full before its period ends."


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
            f"{used(alert, cluster)}. {standing(alert, now, cluster)}{more}",
            fields=_fields(alert, now),
        ),
        small_print(
            f"as of {as_of(state, cluster, local=True)} · limit set by <@{alert.limit.set_by.user}> · "
            f"tells {where(alert.limit.tells)}"
        ),
        _buttons(alert, now),
    ]
    return Message(text=alert_sentence(alert, now=now, cluster=cluster) + more, blocks=tuple(blocks))


def alert_sentence(alert: ShownAlert, *, now: datetime, cluster: Cluster) -> str:
    """Say the whole fact: whose use, of which limit, how it stands, as of when, who set it."""
    return (
        f"{used(alert, cluster)}. {standing(alert, now, cluster)} As of {as_of(alert.state, cluster)}. "
        f"The limit was set by <@{alert.limit.set_by.user}>."
    )


def reply_message(alert: ShownAlert, owed: Owed, *, now: datetime, cluster: Cluster) -> Message:
    """Draw what goes into the alert's thread."""
    state, threshold = alert.state, owed.threshold
    start = foreseen(alert, now, cluster) or _FORECAST
    match owed.telling:
        case Telling.CROSSED:
            start = f"{max(threshold, state.told)} % of the limit is crossed."
        case Telling.RESOLVED:
            left = f" {state.told} % stays crossed." if state.told else ""
            start = f"Resolved: use is below {threshold} % of the limit again.{left}"
        case Telling.REMINDER:
            start = (
                f"Reminder {state.reminders} of {MOST_REMINDERS}: use is still at or above {threshold} % of the limit, "
                "and nobody has acknowledged it."
            )
        case Telling.SNOOZE_OVER:
            start = f"The snooze is over, and use is still at or above {threshold} % of the limit."
        case Telling.FORECAST:
            pass
        case Telling.CHANGED:
            start = standing(alert, now, cluster)
    spoken = f"{start} {used(alert, cluster)}. As of {as_of(state, cluster)}."
    shown = f"*{start}*\n{used(alert, cluster)}, as of {as_of(state, cluster, local=True)}."
    return Message(text=spoken, blocks=(SectionBlock(shown),))


def finished_message(text: str) -> Message:
    """Draw a sentence that is finished already, long ones in several sections."""
    first, *others = [text[at : at + _LONGEST_SECTION] for at in range(0, len(text), _LONGEST_SECTION)] or [
        " "
    ]
    more = [SectionBlock(part) for part in others[:40]]
    return Message(text=text, blocks=say(first, *more).blocks)


@dataclass(frozen=True, kw_only=True, slots=True)
class AlertDrawings:
    """What delivery draws, for whoever knows the clusters."""

    clusters: tuple[Cluster, ...]
    language: Language = ENGLISH
    command: str = "/walltime"

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

    def withheld(self, audience: Audience) -> Message:
        """Draw what stands for an alert that must not say whose use it is."""
        return spoken_in(self.language, withheld_alert_message)(audience)

    def digest(self, digest: Digest, *, now: datetime) -> Message:
        """Draw a digest's message."""
        return digest_message(digest, now=now, command=self.command)

    def digest_page(self, digest: Digest, page: DigestPage) -> Message:
        """Draw a page for its thread."""
        return digest_page_message(digest, page)

    def trouble(self, place: Place, code: str) -> str:
        """Say why a place takes no messages."""
        return spoken_in(self.language, trouble_message_text)(place, code)

    def _cluster(self, alert: ShownAlert) -> Cluster:
        name = alert.limit.cluster
        known = next((cluster for cluster in self.clusters if cluster.name == name), None)
        return known or Cluster(name=name, label=name, url="", timezone=ZoneInfo("UTC"))


def _headline(alert: ShownAlert, now: datetime) -> str:
    state = alert.state
    crossed = f"{state.told} % of a limit is crossed"
    match state.status(now):
        case Status.QUIET if not state.told:
            return (
                "Forecast: a limit will be full soon"
                if state.forecast
                else "No threshold of the limit is crossed"
            )
        case Status.RESOLVED:
            return "Resolved: use of a limit fell below its threshold"
        case Status.ACKNOWLEDGED:
            return f"Acknowledged: {crossed}"
        case Status.SNOOZED:
            return f"Snoozed: {crossed}"
        case _:
            return f"Alert: {crossed}"


def _fields(alert: ShownAlert, now: datetime) -> list[str | Text]:
    limit, state = alert.limit, alert.state
    higher = next((threshold for threshold in limit.thresholds if threshold > state.told), None)
    crossed = f"{state.told} %" if state.told else "none"
    follows = f", next {higher} %" if higher is not None else ", the last one"
    word = "over" if now >= state.window.end else state.status(now).value
    return [
        f"*Used*\n{hours(state.core_hours)} core-hours",
        f"*Limit*\n{hours(limit.core_hours)} core-hours",
        f"*Share*\n{share_of(alert)}",
        f"*Threshold crossed*\n{crossed}{follows}",
        f"*State*\n{word}",
    ]


def _buttons(alert: ShownAlert, now: datetime) -> ActionsBlock:
    """Offer what can still be done: an alert that is over is only explained."""
    key, state = key_of(alert), alert.state
    is_over = now >= state.window.end
    if state.is_open and not is_over:
        return alert_buttons(key, acknowledged=state.acknowledged_at is not None)
    why = Button(text="Why?", action_id=ALERT_WHY, value=key.write())
    raise_limit = Button(text="Raise limit", action_id=ALERT_RAISE_LIMIT, value=key.write())
    return ActionsBlock([why] if is_over else [why, raise_limit])


def _more(sentence: str) -> str:
    return f" {sentence}" if sentence else ""
