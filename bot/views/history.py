"""`history`: the finding in words, Slack's own chart and table; a picture and a plain table where it takes none."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from slackblocks import (
    ActionsBlock,
    AreaChart,
    AxisConfig,
    BarChart,
    Button,
    Chart,
    ColumnSettings,
    DataPoint,
    DataSeries,
    DataTableBlock,
    DataVisualizationBlock,
    LineChart,
    Option,
    RawNumber,
    RawText,
    RichTextBlock,
    RichTextObject,
    SectionBlock,
    StaticSelectMenu,
    TableBlock,
    Text,
    TextType,
)

from bot.domain.history import SPANS, DayUse, Known, Trend
from bot.domain.history_answers import History, PersonHistory
from bot.domain.history_words import HistoryWish
from bot.views import chart_svg
from bot.views.format import calendar_day, escape, hours, local_moment, weekday_and_day
from bot.views.kit import Message, say, small_print
from bot.views.language import ntr, tr

HISTORY_OPEN: Final = "history.open"
HISTORY_CSV: Final = "history.csv"

# Slack's chart block takes so many points, series and characters of a name.
MOST_POINTS: Final = 20
MOST_SERIES: Final = 6
LONGEST_LABEL: Final = 20
# All cells of a table hold 10,000 characters, and the whole message 13,200: the sentences need the rest.
MOST_CELL_TEXT: Final = 8_500
LONGEST_COLUMN: Final = 24
PAGE: Final = 7
MOST_NAMES: Final = 10
# A line so far above the use would press it flat.
LINE_IN_SIGHT: Final = 4
_DataCell = RawText | RawNumber | RichTextBlock
_WEEK: Final = 7
_MOST_CLUSTERS: Final = 20


def history_message(history: History) -> Message:
    """Draw the chart and the table with Slack's own blocks."""
    if not _drawable(history):
        return Message(text=history_sentence(history), blocks=(_head(history), _buttons(history)))
    header: list[_DataCell] = [RawText(name) for name in _columns(history)]
    rows: list[list[_DataCell]] = [[_cell(value) for value in row] for row in _rows(history)]
    return Message(
        text=history_sentence(history),
        blocks=(
            _head(history),
            DataVisualizationBlock(title=_title(history), chart=_chart(history)),
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
    words = [_columns(history), *([_text(value) for value in row] for row in _rows(history))]
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
            others=_layer(f"{len(rest)} more", rest) if rest else None,
            estimated=frozenset(use.day for use in history.days if use.known is Known.SPREAD),
            limit_per_day=_line(history),
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
    name = tr("{who} on {cluster}", who=who, cluster=escape(history.cluster.label))
    return f"{name}: {' '.join(_finding(history))}"


def _drawable(history: History) -> bool:
    return any(use.core_hours is not None for use in history.days)


def _usernames(history: History) -> str:
    return ", ".join([one.username for one in history.people] or list(history.silent))


def _head(history: History) -> SectionBlock:
    label = escape(history.cluster.label)
    if history.wish.team:
        name = tr("*The team of {channel}* on *{cluster}*", channel=f"<#{history.channel}>", cluster=label)
    else:
        name = tr("*{who}* on *{cluster}*", who=escape(_usernames(history)), cluster=label)
    return SectionBlock(f"{name}\n{' '.join(_finding(history))}")


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
    percent = f"{abs(found.change) * 100:,.0f} %"
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
    if history.limit_per_day is not None and _line(history) is None:
        notes.append(tr("the limit is too far above to be drawn"))
    if history.wish.team:
        first = min(one.counted_from for one in history.people if one.counted_from is not None)
        late = [one for one in history.people if one.counted_from is not None and one.counted_from > first]
        if late:
            notes.append(tr("counted later than the others: {names}", names=_since(late)))
        if history.silent:
            notes.append(tr("without data: {names}", names=_names(history.silent)))
        if history.unlinked:
            notes.append(ntr("{count} has no link here", "{count} have no link here", history.unlinked))
    return " · ".join(notes)


def _since(people: Sequence[PersonHistory]) -> str:
    return _names(
        [
            tr("{who} from {day}", who=one.username, day=calendar_day(one.counted_from))
            for one in people
            if one.counted_from is not None
        ]
    )


def _names(names: Sequence[str]) -> str:
    shown = ", ".join(escape(name) for name in names[:MOST_NAMES])
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


def _line(history: History) -> float | None:
    """Return the limit's day, if its line fits into a chart of this use."""
    limit = history.limit_per_day
    peak = max((use.core_hours or 0.0 for use in history.days), default=0.0)
    return limit if limit is not None and (peak == 0 or limit <= LINE_IN_SIGHT * peak) else None


def _layer(name: str, people: Sequence[PersonHistory]) -> chart_svg.Layer:
    days = zip(*(one.days for one in people), strict=True)
    return chart_svg.Layer(name=name, core_hours=tuple(_known_sum(day) for day in days))


def _known_sum(uses: Iterable[DayUse]) -> float | None:
    known = [use.core_hours for use in uses if use.core_hours is not None]
    return sum(known) if known else None


def _step(points: int) -> int:
    """Return how many days one point of Slack's chart stands for."""
    return next(step for step in (1, 2, _WEEK) if points <= MOST_POINTS * step)


def _title(history: History) -> str:
    match _step(len(_charted(history))):
        case 1:
            return tr("Core-hours per day")
        case 7:
            return tr("Core-hours per day, mean of each week")
        case step:
            return tr("Core-hours per day, mean of every {count} days", count=step)


def _charted(history: History) -> list[int]:
    """Return the places of the days that Slack's chart shows: it has no way to draw an unknown one."""
    return [place for place, use in enumerate(history.days) if use.core_hours is not None]


def _chart(history: History) -> Chart:
    """Draw one person's days as bars, or as a line beside the limit's; a team's as areas on each other.

    Slack lays areas over each other, the first at the back: each is drawn as the sum of all below it.
    """
    places = _charted(history)
    step_days = _step(len(places))
    # From the end, so that the newest point is a full step.
    steps = [places[max(end - step_days, 0) : end] for end in range(len(places), 0, -step_days)][::-1]
    counted = [_whole(history, step) for step in steps]
    labels = [calendar_day(history.days[step[0]].day) for step in steps]
    axes = AxisConfig(categories=labels, y_label=tr("core-hours"))

    def series(name: str, people: Sequence[PersonHistory]) -> DataSeries:
        means = [
            sum(one.days[place].core_hours or 0.0 for one in people for place in step) / len(step)
            for step in counted
        ]
        return _series(name, labels, means)

    limit = _line(history)
    flat = [] if limit is None else [_series(tr("limit"), labels, [limit] * len(labels))]
    if not history.wish.team:
        use = series(history.people[0].username, history.people)
        return LineChart([use, *flat], axes) if flat else BarChart([use], axes)
    room = MOST_SERIES - len(flat)
    shown = history.people if len(history.people) <= room else history.people[: room - 1]
    layers = [
        series(f"+ {one.username}" if place else one.username, history.people[: place + 1])
        for place, one in enumerate(shown)
    ]
    if more := len(history.people) - len(shown):
        layers.append(series(ntr("+ {count} other", "+ {count} others", more), history.people))
    return AreaChart(_distinct([*flat, *reversed(layers)]), axes)


def _whole(history: History, step: Sequence[int]) -> Sequence[int]:
    """Return the days that a point's mean is of: today, not over yet, would pull it down."""
    whole = [place for place in step if history.days[place].known is not Known.PART]
    return whole or step


def _series(name: str, labels: Sequence[str], values: Sequence[float]) -> DataSeries:
    points = [DataPoint(label, round(value, 2)) for label, value in zip(labels, values, strict=True)]
    return DataSeries(_clipped(name, LONGEST_LABEL), points)


def _distinct(series: Sequence[DataSeries]) -> list[DataSeries]:
    """Number names that clipping made equal: Slack wants each once."""
    found: dict[str, DataSeries] = {}
    for one in series:
        name, number = one.name, 2
        while name in found:
            name, number = f"{_clipped(one.name, LONGEST_LABEL - 3)} {number}", number + 1
        found[name] = DataSeries(name, one.data)
    return list(found.values())


def _clipped(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def _columns(history: History) -> list[str]:
    if not history.wish.team:
        return [tr("Day"), tr("Core-hours")]
    shown, rest = _columned(history)
    names = [_clipped(one.username, LONGEST_COLUMN) for one in shown]
    others = [ntr("{count} other", "{count} others", len(rest))] if rest else []
    return [tr("Day"), tr("Together"), *names, *others]


def _rows(history: History) -> Iterator[list[str | tuple[float, str]]]:
    """Return each day's cells, the newest first: a word, or a number with how it is written."""
    shown, rest = _columned(history) if history.wish.team else ((), ())
    for place in reversed(range(len(history.days))):
        use = history.days[place]
        row: list[str | tuple[float, str]] = [weekday_and_day(use.day), _number(use.core_hours, use.known)]
        row += [_number(one.days[place].core_hours, one.days[place].known) for one in shown]
        if rest:
            row.append(_number(_known_sum(one.days[place] for one in rest), Known.WHOLE))
        yield row


def _columned(history: History) -> tuple[Sequence[PersonHistory], Sequence[PersonHistory]]:
    """Return who has a column of their own, as many as the table's characters allow, and who has not."""
    widths = [
        max(len(_clipped(one.username, LONGEST_COLUMN)), *(len(_written(use)) for use in one.days))
        for one in history.people[: chart_svg.MOST_LAYERS]
    ]
    # The day, the sum, and perhaps the others: as wide as the sum at most.
    left = (
        MOST_CELL_TEXT // (len(history.days) + 1)
        - len("Wed 30 Sept")
        - 2 * max(len(_written(use)) for use in history.days)
    )
    count = 0
    for width in widths:
        left -= width
        if left < 0:
            break
        count += 1
    if len(history.people) == count + 1 and left >= 0:
        count += 1
    return history.people[:count], history.people[count:]


def _written(use: DayUse) -> str:
    return _text(_number(use.core_hours, use.known))


def _text(value: str | tuple[float, str]) -> str:
    return value if isinstance(value, str) else value[1]


def _number(core_hours: float | None, known: Known) -> str | tuple[float, str]:
    if core_hours is None:
        return tr("no data")
    match known:
        case Known.SPREAD:
            written = f"≈ {hours(core_hours)}"
        case Known.PART:
            written = f"{hours(core_hours)} *"
        case _:
            written = hours(core_hours)
    return round(core_hours, 2), written


def _cell(value: str | tuple[float, str]) -> RawText | RawNumber:
    return RawText(value) if isinstance(value, str) else RawNumber(value[0], value[1])
