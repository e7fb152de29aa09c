"""Alerts: the message, what follows in its thread, a storm's tables, and why a channel takes none of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol
from zoneinfo import ZoneInfo

from babel.dates import format_date
from slackblocks import (
    ActionsBlock,
    Block,
    Button,
    ColumnSettings,
    HeaderBlock,
    RawText,
    RichTextObject,
    RichTextSection,
    RichTextUser,
    SectionBlock,
    TableBlock,
    Text,
)

from bot.domain.alert_keys import AlertKey
from bot.domain.alerts import MOST_REMINDERS, AlertState, Owed, Status, Telling
from bot.domain.clusters import Cluster
from bot.domain.health import LinkNews
from bot.domain.limits import Limit, Place, PlaceKind, ScopeKind, range_words
from bot.domain.periods import PeriodKind
from bot.domain.usage import Window
from bot.views.alert_buttons import ALERT_RAISE_LIMIT, ALERT_WHY, alert_buttons
from bot.views.format import LOCALE, escape, hours, local_moment, moment
from bot.views.kit import Message, say, small_print
from bot.views.limits import share
from bot.views.link_health import news_message

MOST_ROWS: Final = 100
_LONGEST_SECTION: Final = 3000
_LONGEST_TEXT: Final = 3800
# A table takes 10,000 characters, 100 a row.
_LONGEST_ROW: Final = 100
_LONGEST_USED: Final = 40
_LONGEST_SHARE: Final = 17
_THE_TEAM: Final = "the team"
_UNKNOWN_TO_SLACK: Final = (
    "Slack no longer accepts my token. A workspace admin has to install the app again, or whoever runs this "
    "bot has to give it a new token."
)
_POSTING_RESTRICTED: Final = (
    "only some people may post there. Ask an admin or the channel's manager to let apps post."
)
_NO_DM: Final = "Slack lets me write no direct message to this person."
_TROUBLES: Final = {
    "not_in_channel": "I am not in the channel. Invite me there: type `/invite @Walltime` in it.",
    "channel_not_found": "I cannot see the channel: it was deleted, or it is private and I am not in it. "
    "If it still exists, invite me: type `/invite @Walltime` in it.",
    "is_archived": "the channel is archived. Unarchive it and invite me again, or set the limit in another channel.",
    "restricted_action": _POSTING_RESTRICTED,
    "restricted_action_read_only_channel": _POSTING_RESTRICTED,
    "restricted_action_non_threadable_channel": _POSTING_RESTRICTED,
    "restricted_action_thread_only_channel": "new messages may only be replies there. Set the limit in another channel.",
    "messages_tab_disabled": "the app's Messages tab is switched off. A workspace admin can switch it on in the "
    "app's settings, under App Home.",
    "user_not_found": _NO_DM,
    "user_disabled": _NO_DM,
    "cannot_dm_bot": _NO_DM,
    "missing_scope": "the app lacks a permission to post. A workspace admin has to install it again.",
    "account_inactive": _UNKNOWN_TO_SLACK,
    "invalid_auth": _UNKNOWN_TO_SLACK,
    "not_authed": _UNKNOWN_TO_SLACK,
    "token_expired": _UNKNOWN_TO_SLACK,
    "token_revoked": _UNKNOWN_TO_SLACK,
}


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


def key_of(alert: ShownAlert) -> AlertKey:
    """Return which alert a button belongs to."""
    return AlertKey(
        limit_id=alert.limit.limit_id, subject=alert.subject, window_start=alert.state.window.start
    )


def alert_message(alert: ShownAlert, *, now: datetime, cluster: Cluster, note: str = "") -> Message:
    """Draw an alert's own message in its newest state; `note` is a sentence more, such as the forecast."""
    state = alert.state
    blocks: list[Block] = [
        HeaderBlock(_headline(alert, now, note)),
        SectionBlock(
            f"{_use(alert, cluster)}. {_standing(alert, now, cluster)}" + _more(note),
            fields=_fields(alert, now),
        ),
        small_print(
            f"as of {_as_of(state, cluster, local=True)} · limit set by <@{alert.limit.set_by.user}> · "
            f"tells {_where(alert.limit.tells)}"
        ),
        _buttons(alert, now),
    ]
    return Message(text=alert_sentence(alert, now=now, cluster=cluster) + _more(note), blocks=tuple(blocks))


def alert_sentence(alert: ShownAlert, *, now: datetime, cluster: Cluster) -> str:
    """Say the whole fact: whose use, of which limit, how it stands, as of when, who set it."""
    return (
        f"{_use(alert, cluster)}. {_standing(alert, now, cluster)} As of {_as_of(alert.state, cluster)}. "
        f"The limit was set by <@{alert.limit.set_by.user}>."
    )


def reply_message(
    alert: ShownAlert, owed: Owed, *, now: datetime, cluster: Cluster, note: str = ""
) -> Message:
    """Draw what goes into the alert's thread."""
    state, threshold = alert.state, owed.threshold
    start = note or _FORECAST
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
            start = _standing(alert, now, cluster)
    more = "" if owed.telling is Telling.FORECAST else _more(note)
    spoken = f"{start} {_use(alert, cluster)}. As of {_as_of(state, cluster)}."
    shown = f"*{start}*\n{_use(alert, cluster)}, as of {_as_of(state, cluster, local=True)}.{more}"
    return Message(text=spoken + more, blocks=(SectionBlock(shown),))


def storm_message(
    rows: Sequence[tuple[ShownAlert, Owed]], *, total: int, clusters: Sequence[Cluster]
) -> Message:
    """Draw many alerts that came at once, the highest first; those beyond the table follow in the thread."""
    headline = f"{total} alerts came at once"
    beyond = total - len(rows)
    rest = f" These are the {len(rows)} highest; the other {beyond} are in the thread." if beyond else ""
    return Message(
        text=f"{headline}.{rest} {_list(rows)}",
        blocks=(HeaderBlock(headline), *_table(f"{_COLUMNS}{rest}", rows, clusters)),
    )


def storm_more_message(rows: Sequence[tuple[ShownAlert, Owed]], *, clusters: Sequence[Cluster]) -> Message:
    """Draw the next of a storm's alerts, for its thread."""
    start = f"{len(rows)} more of these alerts."
    return Message(text=f"{start} {_list(rows)}", blocks=tuple(_table(f"{start} {_COLUMNS}", rows, clusters)))


def trouble_sentence(code: str) -> str:
    """Say why Slack takes no message there, and what to do about it."""
    return _TROUBLES.get(code, f"Slack refuses it (“{escape(code[:80])}”). Ask a workspace admin about it.")


def trouble_message_text(place: Place, code: str) -> str:
    """Say to whoever set a limit that its channel does not take messages."""
    return (
        f"I cannot post in {_where(place)}: {trouble_sentence(code)} "
        "Your limit stays. What I owe there waits, and is told as soon as posting works again."
    )


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

    def alert(self, alert: ShownAlert, *, now: datetime, note: str) -> Message:
        """Draw an alert's own message."""
        return alert_message(alert, now=now, cluster=self._cluster(alert), note=note)

    def reply(self, alert: ShownAlert, owed: Owed, *, now: datetime, note: str) -> Message:
        """Draw what goes into its thread."""
        return reply_message(alert, owed, now=now, cluster=self._cluster(alert), note=note)

    def storm(self, rows: Sequence[tuple[ShownAlert, Owed]], *, total: int) -> Message:
        """Draw a storm's first table."""
        return storm_message(rows, total=total, clusters=[self._cluster(alert) for alert, _ in rows])

    def storm_more(self, rows: Sequence[tuple[ShownAlert, Owed]]) -> Message:
        """Draw another table of a storm."""
        return storm_more_message(rows, clusters=[self._cluster(alert) for alert, _ in rows])

    def finished(self, text: str) -> Message:
        """Draw a finished sentence."""
        return finished_message(text)

    def news(self, news: LinkNews) -> Message:
        """Draw what a link's owner hears."""
        return news_message(news, self.clusters)

    def trouble(self, place: Place, code: str) -> str:
        """Say why a place takes no messages."""
        return trouble_message_text(place, code)

    def _cluster(self, alert: ShownAlert) -> Cluster:
        name = alert.limit.cluster
        known = next((cluster for cluster in self.clusters if cluster.name == name), None)
        return known or Cluster(name=name, label=name, url="", timezone=ZoneInfo("UTC"))


def whose(alert: ShownAlert) -> str:
    """Name whose use is counted."""
    scope = alert.limit.scope
    if scope.kind is ScopeKind.TEAM:
        return f"The team of <#{scope.channel}>"
    return f"<@{alert.subject or scope.user}>"


def period_words(limit: Limit, window: Window, zone: ZoneInfo) -> str:
    """Say which period: `in November 2026`, `in the week of 16 Nov 2026`, `in total`."""
    day = window.start.astimezone(zone).date()
    match limit.period.kind:
        case PeriodKind.DAY:
            return f"on {format_date(day, 'd MMM yyyy', locale=LOCALE)}"
        case PeriodKind.WEEK:
            return f"in the week of {format_date(day, 'd MMM yyyy', locale=LOCALE)}"
        case PeriodKind.MONTH:
            return f"in {format_date(day, 'MMMM yyyy', locale=LOCALE)}"
        case PeriodKind.QUARTER:
            return f"in the {format_date(day, 'QQQQ yyyy', locale=LOCALE)}"
        case PeriodKind.YEAR:
            return f"in {day.year}"
        case PeriodKind.RANGE:
            return range_words(limit.period)
        case PeriodKind.TOTAL:
            return "in total"


_FORECAST: Final = "At the present pace this limit will be full before its period ends."
_COLUMNS: Final = (
    "Whose use, share of the limit, core-hours used of the limit, when and where, and why it is told:"
)


def _use(alert: ShownAlert, cluster: Cluster) -> str:
    limit, state = alert.limit, alert.state
    return (
        f"{whose(alert)} has used {hours(state.core_hours)} of {hours(limit.core_hours)} core-hours "
        f"({_share(alert)}) on {escape(cluster.label)} {period_words(limit, state.window, cluster.timezone)}"
    )


def _share(alert: ShownAlert) -> str:
    return share(alert.limit.percent(alert.state.core_hours))


def _standing(alert: ShownAlert, now: datetime, cluster: Cluster) -> str:
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


def _acknowledged(state: AlertState, cluster: Cluster) -> str:
    when = f" on {moment(state.acknowledged_at, cluster)}" if state.acknowledged_at else ""
    return f"acknowledged by <@{state.acknowledged_by}>{when}"


def _snoozed(state: AlertState, cluster: Cluster) -> str:
    until = "the period ends"
    if state.snoozed_until is not None and state.snoozed_until < state.window.end:
        until = moment(state.snoozed_until, cluster)
    return f"snoozed by <@{state.snoozed_by}> until {until}"


def _headline(alert: ShownAlert, now: datetime, note: str) -> str:
    state = alert.state
    crossed = f"{state.told} % of a limit is crossed"
    match state.status(now):
        case Status.QUIET if not state.told:
            return "Forecast: a limit will be full soon" if note else "No threshold of the limit is crossed"
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
        f"*Share*\n{_share(alert)}",
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


def _as_of(state: AlertState, cluster: Cluster, *, local: bool = False) -> str:
    if state.as_of is None:
        return "no reading yet"
    return local_moment(state.as_of, cluster) if local else moment(state.as_of, cluster)


def _where(place: Place) -> str:
    return f"<#{place.slack_id}>" if place.kind is PlaceKind.CHANNEL else f"<@{place.slack_id}> directly"


def _more(note: str) -> str:
    return f" {note}" if note else ""


def _table(
    start: str, rows: Sequence[tuple[ShownAlert, Owed]], clusters: Sequence[Cluster]
) -> tuple[Block, Block]:
    """Draw at most 100 rows, which is all that a table takes: the columns are named in the line above."""
    cells = [_row(alert, owed, cluster) for (alert, owed), cluster in zip(rows, clusters, strict=True)]
    settings = [ColumnSettings(align=align) for align in ("left", "right", "right", "left", "left")]
    return SectionBlock(start), TableBlock(cells[:MOST_ROWS], column_settings=settings)


def _row(alert: ShownAlert, owed: Owed, cluster: Cluster) -> list[RawText | RichTextObject]:
    limit, state = alert.limit, alert.state
    is_team = limit.scope.kind is ScopeKind.TEAM
    who = (
        RawText(_THE_TEAM)
        if is_team
        else RichTextSection([RichTextUser(alert.subject or str(limit.scope.user))])
    )
    used = f"{hours(state.core_hours)} of {hours(limit.core_hours)}"
    if len(used) > _LONGEST_USED:
        used = f"{state.core_hours:.3g} of {limit.core_hours:.3g}"
    percent, why = _share(alert), _why(alert, owed)
    if len(percent) > _LONGEST_SHARE:
        percent = f"{limit.percent(state.core_hours):.3g} %"
    room = _LONGEST_ROW - len(_THE_TEAM) - len(percent) - len(used) - len(why)
    where = f"{period_words(limit, state.window, cluster.timezone).removeprefix('from ')}, {cluster.label}"
    if len(where) > room:
        where = f"{where[: room - 1]}…"
    return [who, *(RawText(text) for text in (percent, used, where, why))]


def _why(alert: ShownAlert, owed: Owed) -> str:
    return "forecast" if owed.telling is Telling.FORECAST else f"{alert.state.told} % crossed"


def _list(rows: Sequence[tuple[ShownAlert, Owed]]) -> str:
    """Name the rows in one sentence, as many as a notification takes."""
    said: list[str] = []
    room = _LONGEST_TEXT
    for alert, owed in rows:
        part = f"{whose(alert)} {_share(alert)} ({_why(alert, owed)})"
        room -= len(part) + 2
        if room < 0:
            return f"{'; '.join(said)}; and {len(rows) - len(said)} more in the table."
        said.append(part)
    return f"{'; '.join(said)}."
