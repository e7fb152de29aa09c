"""Storms: many alerts that came at once, as tables."""

from collections.abc import Sequence
from typing import Final

from slackblocks import (
    Block,
    ColumnSettings,
    HeaderBlock,
    RawText,
    RichTextObject,
    RichTextSection,
    RichTextUser,
    SectionBlock,
    TableBlock,
)

from bot.domain.alerts import Owed, Telling
from bot.domain.clusters import Cluster
from bot.domain.limits import ScopeKind
from bot.views.alert_words import ShownAlert, period_words, share_of, whose
from bot.views.format import hours
from bot.views.kit import Message

MOST_ROWS: Final = 100
_LONGEST_TEXT: Final = 3800
# A table takes 10,000 characters, 100 a row.
_LONGEST_ROW: Final = 100
_LONGEST_USED: Final = 40
_LONGEST_SHARE: Final = 17
_THE_TEAM: Final = "the team"
_COLUMNS: Final = (
    "Whose use, share of the limit, core-hours used of the limit, when and where, and why it is told:"
)


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
    percent, why = share_of(alert), _why(alert, owed)
    if len(percent) > _LONGEST_SHARE:
        percent = f"{limit.percent(state.core_hours):.3g} %"
    room = _LONGEST_ROW - len(_THE_TEAM) - len(percent) - len(used) - len(why)
    where = (
        f"{period_words(limit.period, state.window, cluster.timezone).removeprefix('from ')}, {cluster.label}"
    )
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
        part = f"{whose(alert)} {share_of(alert)} ({_why(alert, owed)})"
        room -= len(part) + 2
        if room < 0:
            return f"{'; '.join(said)}; and {len(rows) - len(said)} more in the table."
        said.append(part)
    return f"{'; '.join(said)}."
