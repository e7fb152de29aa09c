"""Storms: many alerts that came at once, as tables."""

from collections.abc import Sequence
from typing import Final

from slackblocks import (
    Block,
    ColumnSettings,
    HeaderBlock,
    RawText,
    RichTextObject,
    SectionBlock,
    TableBlock,
)

from bot.domain.alerts import Owed, Telling
from bot.domain.clusters import Cluster
from bot.domain.limits import ScopeKind
from bot.views.alert_words import ShownAlert, period_words, share_of
from bot.views.format import escape, hours
from bot.views.kit import Message
from bot.views.language import ntr, tr

MOST_ROWS: Final = 100
_LONGEST_TEXT: Final = 3800
# A table takes 10,000 characters, 100 a row.
_LONGEST_ROW: Final = 100
_LONGEST_USED: Final = 40
_LONGEST_SHARE: Final = 17
_LONGEST_NAME: Final = 20


def storm_message(
    rows: Sequence[tuple[ShownAlert, Owed]], *, total: int, clusters: Sequence[Cluster]
) -> Message:
    """Draw many alerts that came at once, the highest first; those beyond the table follow in the thread."""
    headline = ntr("{count} alert came at once", "{count} alerts came at once", total)
    rest = _rest(len(rows), beyond=total - len(rows))
    start = tr("{headline}.", headline=headline)
    return Message(
        text=" ".join((start, *rest, _list(rows))),
        blocks=(HeaderBlock(headline), *_table(" ".join((_columns(), *rest)), rows, clusters)),
    )


def storm_more_message(rows: Sequence[tuple[ShownAlert, Owed]], *, clusters: Sequence[Cluster]) -> Message:
    """Draw the next of a storm's alerts, for its thread."""
    start = ntr("{count} more of these alerts.", "{count} more of these alerts.", len(rows))
    table = _table(f"{start} {_columns()}", rows, clusters)
    return Message(text=f"{start} {_list(rows)}", blocks=table)


def _columns() -> str:
    return tr(
        "Whose use, share of the limit, core-hours used of the limit, when and where, and why it is told:"
    )


def _rest(shown: int, *, beyond: int) -> tuple[str, ...]:
    """Say where those beyond the table are; nothing if there are none."""
    if not beyond:
        return ()
    rest = tr(
        "These are the {shown} highest; the other {beyond} are in the thread.", shown=shown, beyond=beyond
    )
    return (rest,)


def _table(
    start: str, rows: Sequence[tuple[ShownAlert, Owed]], clusters: Sequence[Cluster]
) -> tuple[Block, Block]:
    """Draw at most 100 rows, which is all that a table takes: the columns are named in the line above."""
    cells = [_row(alert, owed, cluster) for (alert, owed), cluster in zip(rows, clusters, strict=True)]
    settings = [ColumnSettings(align=align) for align in ("left", "right", "right", "left", "left")]
    return SectionBlock(start), TableBlock(cells[:MOST_ROWS], column_settings=settings)


def _row(alert: ShownAlert, owed: Owed, cluster: Cluster) -> list[RawText | RichTextObject]:
    limit, state = alert.limit, alert.state
    who = _name(alert)
    used = _used(hours(state.core_hours), hours(limit.core_hours))
    if len(used) > _LONGEST_USED:
        used = _used(f"{state.core_hours:.3g}", f"{limit.core_hours:.3g}")
    percent, why = share_of(alert), _why(alert, owed)
    if len(percent) > _LONGEST_SHARE:
        percent = tr("{number} %", number=f"{limit.percent(state.core_hours):.3g}")
    room = _LONGEST_ROW - len(who) - len(percent) - len(used) - len(why)
    period = period_words(limit.period, state.window, cluster.timezone).removeprefix("from ")
    where = tr("{period}, {cluster}", period=period, cluster=cluster.label)
    if len(where) > room:
        where = f"{where[: room - 1]}…"
    return [RawText(text) for text in (who, percent, used, where, why)]


def _used(core_hours: str, limit: str) -> str:
    return tr("{used} of {limit}", used=core_hours, limit=limit)


def _name(alert: ShownAlert) -> str:
    """Name whose use is counted without mentioning them: a table must not ring a hundred people."""
    if alert.limit.scope.kind is ScopeKind.TEAM:
        return tr("the team")
    name = alert.username or tr("no longer linked")
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"


def _why(alert: ShownAlert, owed: Owed) -> str:
    if owed.telling is Telling.FORECAST:
        return tr("forecast")
    return tr("{told} % crossed", told=alert.state.told)


def _list(rows: Sequence[tuple[ShownAlert, Owed]]) -> str:
    """Name the rows in one sentence, as many as a notification takes."""
    said: list[str] = []
    room = _LONGEST_TEXT
    for alert, owed in rows:
        part = tr(
            "{name} {share} ({why})",
            name=escape(_name(alert)),
            share=share_of(alert),
            why=_why(alert, owed),
        )
        room -= len(part) + 2
        if room < 0:
            return ntr(
                "{alerts}; and {count} more in the table.",
                "{alerts}; and {count} more in the table.",
                len(rows) - len(said),
                alerts=tr("; ").join(said),
            )
        said.append(part)
    return tr("{alerts}.", alerts=tr("; ").join(said))
