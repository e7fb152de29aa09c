"""`history`: the finding in words, Slack's own chart and table; a picture and a plain table where it takes none."""

from collections.abc import Iterator, Sequence
from typing import Final

from slackblocks import (
    ActionsBlock,
    Button,
    ColumnSettings,
    DataTableBlock,
    DataVisualizationBlock,
    Option,
    RawText,
    RichTextObject,
    SectionBlock,
    StaticSelectMenu,
    TableBlock,
    Text,
    TextType,
)

from bot.domain.history import SPANS, Known, Trend
from bot.domain.history_answers import History, PersonHistory
from bot.domain.history_words import HistoryWish
from bot.views import chart_svg
from bot.views.format import calendar_day, clipped, escape, hours, local_moment, weekday_and_day
from bot.views.history_chart import chart_title, limit_line, native_chart
from bot.views.history_table import DataCell, cell, columns, known_sum, rows_of, written
from bot.views.kit import Message, say, small_print
from bot.views.language import ntr, paragraph, tr

HISTORY_OPEN: Final = "history.open"
HISTORY_CSV: Final = "history.csv"

PAGE: Final = 7
MOST_NAMES: Final = 10
LONGEST_NAME: Final = 24
_MOST_CLUSTERS: Final = 20


def history_message(history: History) -> Message:
    """Draw the chart and the table with Slack's own blocks."""
    if not _drawable(history):
        return Message(text=history_sentence(history), blocks=(_head(history), _buttons(history)))
    header: list[DataCell] = [RawText(name) for name in columns(history)]
    rows: list[list[DataCell]] = [[cell(value) for value in row] for row in rows_of(history)]
    return Message(
        text=history_sentence(history),
        blocks=(
            _head(history),
            DataVisualizationBlock(title=chart_title(history), chart=native_chart(history)),
            DataTableBlock(
                [header, *rows],
                caption=tr("Core-hours per day, the newest first"),
                page_size=PAGE,
                row_header_column_index=0,
            ),
            small_print(_notes(history)),
            _buttons(history),
        ),
    )


def history_plain_message(history: History, *, picture: str) -> Message:
    """Draw the same with a plain table; `picture` says where the picture is, or why there is none."""
    words = [columns(history), *([written(value) for value in row] for row in rows_of(history))]
    cells: list[list[RawText | RichTextObject]] = [[RawText(word) for word in row] for row in words]
    settings = [ColumnSettings(), *(ColumnSettings(align="right") for _ in words[0][1:])]
    return Message(
        text=f"{history_sentence(history)} {picture}",
        blocks=(
            _head(history),
            SectionBlock(picture),
            TableBlock(cells, column_settings=settings),
            small_print(_notes(history)),
            _buttons(history),
        ),
    )


def history_picture(history: History) -> str:
    """Draw the chart as SVG: every day, however many there are."""
    shown, rest = history.people[: chart_svg.MOST_LAYERS], history.people[chart_svg.MOST_LAYERS :]
    days = [use.day for use in history.days]
    return chart_svg.chart_svg(
        chart_svg.Chart(
            days=tuple(days),
            layers=tuple(_layer(one.username, [one]) for one in shown),
            others=_layer(tr("{count} more", count=len(rest)), rest) if rest else None,
            estimated=frozenset(use.day for use in history.days if use.known is Known.SPREAD),
            limit_per_day=limit_line(history),
        )
    )


def picture_sent_sentence() -> str:
    """Say where the picture is."""
    return tr(
        "Your Slack shows no charts of its own, so I sent the chart as a picture to our direct message."
    )


def csv_sent_message() -> Message:
    """Say where the file is."""
    return say(tr("The numbers are in our direct message, as a CSV file."))


def file_title(history: History) -> str:
    """Name a picture or a file in the direct message."""
    who = tr("the team") if history.wish.team else _usernames(history)
    return tr(
        "Core-hours per day: {who} on {cluster}, last {count} days",
        who=who,
        cluster=history.cluster.label,
        count=history.wish.span,
    )


def history_button() -> Button:
    """Opens my own history."""
    return Button(text=tr("History"), action_id=HISTORY_OPEN, value=HistoryWish().write())


def history_sentence(history: History) -> str:
    """Say the finding in full, in plain text: for screen readers, notifications and the picture's alt text."""
    who = tr("The team") if history.wish.team else escape(_usernames(history))
    return tr(
        "{who} on {cluster}: {finding}",
        who=who,
        cluster=escape(history.cluster.label),
        finding=paragraph(_finding(history)),
    )


def _drawable(history: History) -> bool:
    return any(use.core_hours is not None for use in history.days)


def _usernames(history: History) -> str:
    return tr(", ").join([one.username for one in history.people] or list(history.silent))


def _head(history: History) -> SectionBlock:
    label = escape(history.cluster.label)
    if history.wish.team:
        name = tr("*The team of {channel}* on *{cluster}*", channel=f"<#{history.channel}>", cluster=label)
    else:
        name = tr("*{who}* on *{cluster}*", who=escape(_usernames(history)), cluster=label)
    return SectionBlock(f"{name}\n{paragraph(_finding(history))}")


def _finding(history: History) -> Iterator[str]:
    """Say what stands out, a sentence each."""
    found, span = history.finding, history.wish.span
    if not _drawable(history):
        yield tr("no reading in the last {count} days, so there is nothing to draw yet.", count=span)
        return
    first = next(use.day for use in history.days if use.core_hours is not None)
    if first == history.days[0].day:
        yield tr("{used} core-hours in the last {count} days.", used=hours(found.core_hours), count=span)
    else:
        yield tr(
            "{used} core-hours since {day}; nothing is known before.",
            used=hours(found.core_hours),
            day=calendar_day(first),
        )
    if found.mean is not None:
        yield tr("On average {mean} a day.", mean=hours(found.mean))
    if found.busiest is not None:
        yield tr(
            "Busiest day: {day} with {used}.",
            day=weekday_and_day(found.busiest.day),
            used=hours(found.busiest.core_hours or 0.0),
        )
    yield from _trend(history)
    if history.limit_per_day is not None:
        yield ntr(
            "The limit allows {limit} a day; {count} day was above it.",
            "The limit allows {limit} a day; {count} days were above it.",
            found.over,
            limit=hours(history.limit_per_day),
        )


def _trend(history: History) -> Iterator[str]:
    found = history.finding
    if found.trend is None or found.change is None:
        return
    half = found.days // 2
    percent = tr("{number} %", number=f"{abs(found.change) * 100:,.0f}")
    match found.trend:
        case Trend.RISING:
            yield tr(
                "Rising: {percent} more in the newer {count} whole days than before.",
                percent=percent,
                count=half,
            )
        case Trend.FALLING:
            yield tr(
                "Falling: {percent} less in the newer {count} whole days than before.",
                percent=percent,
                count=half,
            )
        case Trend.STEADY:
            yield tr("About as much in the newer {count} whole days as before.", count=half)


def _notes(history: History) -> str:
    """Say what the numbers do not show by themselves."""
    notes = (
        [tr("as of {moment}", moment=local_moment(history.as_of, history.cluster))] if history.as_of else []
    )
    notes.append(tr("days in {zone}", zone=history.cluster.timezone.key))
    known = {use.known for use in history.days}
    if Known.PART in known:
        notes.append(tr("* not the whole day"))
    if Known.SPREAD in known:
        notes.append(tr("≈ spread evenly between two readings"))
    if history.limit_per_day is not None and limit_line(history) is None:
        notes.append(tr("the limit is too far above to be drawn"))
    if history.wish.team:
        first = min(one.counted_from for one in history.people if one.counted_from is not None)
        late = [one for one in history.people if one.counted_from is not None and one.counted_from > first]
        if late:
            notes.append(tr("counted later than the others: {names}", names=_since(late)))
        if history.silent:
            notes.append(tr("without data: {names}", names=_names(history.silent)))
        if history.withheld:
            notes.append(
                ntr(
                    "{count} has not agreed to everybody who reads this channel now, and is left out",
                    "{count} have not agreed to everybody who reads this channel now, and are left out",
                    history.withheld,
                )
            )
        if history.unlinked:
            notes.append(ntr("{count} has no link here", "{count} have no link here", history.unlinked))
    return " · ".join(notes)


def _since(people: Sequence[PersonHistory]) -> str:
    return _names(
        [
            tr(
                "{who} from {day}",
                who=clipped(one.username, LONGEST_NAME - 12),
                day=calendar_day(one.counted_from),
            )
            for one in people
            if one.counted_from is not None
        ]
    )


def _names(names: Sequence[str]) -> str:
    shown = tr(", ").join(escape(clipped(name, LONGEST_NAME)) for name in names[:MOST_NAMES])
    more = len(names) - MOST_NAMES
    return (
        ntr("{names} and {count} more", "{names} and {count} more", more, names=shown) if more > 0 else shown
    )


def _buttons(history: History) -> ActionsBlock:
    """Other spans and clusters, and the file."""
    wish = history.wish
    spans = [
        (
            tr("{count} days", count=span),
            HistoryWish(user=wish.user, team=wish.team, span=span, cluster=wish.cluster),
        )
        for span in SPANS
        if span != wish.span
    ]
    clusters = [
        (
            tr("on {cluster}", cluster=cluster.label[:60]),
            HistoryWish(user=wish.user, team=wish.team, span=wish.span, cluster=cluster.name),
        )
        for cluster in history.others[:_MOST_CLUSTERS]
    ]
    show = StaticSelectMenu(
        action_id=HISTORY_OPEN,
        placeholder=tr("Show …"),
        options=[
            Option(Text(name, TextType.PLAINTEXT), other.write()) for name, other in [*spans, *clusters]
        ],
    )
    csv = Button(text=tr("Download CSV"), action_id=HISTORY_CSV, value=wish.write())
    return ActionsBlock([show, *((csv,) if _drawable(history) else ())])


def _layer(name: str, people: Sequence[PersonHistory]) -> chart_svg.Layer:
    days = zip(*(one.days for one in people), strict=True)
    return chart_svg.Layer(name=name, core_hours=tuple(known_sum(day) for day in days))
