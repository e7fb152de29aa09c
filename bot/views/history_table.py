"""A history's numbers as rows of a table: the newest day first."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from slackblocks import RawNumber, RawText, RichTextBlock

from bot.domain.history import DayUse, Known
from bot.domain.history_answers import History, PersonHistory
from bot.views import chart_svg
from bot.views.format import clipped, hours, weekday_and_day
from bot.views.language import ntr, tr

# A word, or a number with how it is written.
Value = str | tuple[float, str]
DataCell = RawText | RawNumber | RichTextBlock
# All cells of a table hold 10,000 characters, and the whole message 13,200: the sentences need the rest.
MOST_CELL_TEXT: Final = 8_500
LONGEST_COLUMN: Final = 24


def columns(history: History) -> list[str]:
    """Name the columns."""
    if not history.wish.team:
        return [tr("Day"), tr("Core-hours")]
    shown, rest = _columned(history)
    names = [clipped(one.username, LONGEST_COLUMN) for one in shown]
    others = [ntr("{count} other", "{count} others", len(rest))] if rest else []
    return [tr("Day"), tr("Together"), *names, *others]


def rows_of(history: History) -> Iterator[list[Value]]:
    """Return each day's cells, the newest first."""
    shown, rest = _columned(history) if history.wish.team else ((), ())
    for place in reversed(range(len(history.days))):
        use = history.days[place]
        row: list[Value] = [weekday_and_day(use.day), _number(use.core_hours, use.known)]
        row += [_number(one.days[place].core_hours, one.days[place].known) for one in shown]
        if rest:
            row.append(_number(known_sum(one.days[place] for one in rest), Known.WHOLE))
        yield row


def _columned(history: History) -> tuple[Sequence[PersonHistory], Sequence[PersonHistory]]:
    """Return who has a column of their own, as many as the table's characters allow, and who has not."""
    widths = [
        max(len(clipped(one.username, LONGEST_COLUMN)), *(len(_written(use)) for use in one.days))
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
        count += 1  # one person left takes the column of the others
    return history.people[:count], history.people[count:]


def _written(use: DayUse) -> str:
    return written(_number(use.core_hours, use.known))


def written(value: Value) -> str:
    """Return a cell as it is read."""
    return value if isinstance(value, str) else value[1]


def _number(core_hours: float | None, known: Known) -> Value:
    if core_hours is None:
        return tr("no data")
    match known:
        case Known.SPREAD:
            text = f"≈ {hours(core_hours)}"
        case Known.PART:
            text = f"{hours(core_hours)} *"
        case _:
            text = hours(core_hours)
    return round(core_hours, 2), text


def cell(value: Value) -> DataCell:
    """Return a cell that sorts by its number."""
    return RawText(value) if isinstance(value, str) else RawNumber(value[0], value[1])


def known_sum(uses: Iterable[DayUse]) -> float | None:
    """Sum what is known; None if nothing is."""
    known = [use.core_hours for use in uses if use.core_hours is not None]
    return sum(known) if known else None
