"""A history as Slack's own chart block."""

from collections.abc import Sequence
from typing import Final

from slackblocks import AreaChart, AxisConfig, BarChart, Chart, DataPoint, DataSeries, LineChart

from bot.domain.history import Known
from bot.domain.history_answers import History, PersonHistory
from bot.views.format import calendar_day, clipped
from bot.views.language import ntr, tr

# Slack's chart block takes so many points, series and characters of a name.
MOST_POINTS: Final = 20
MOST_SERIES: Final = 6
LONGEST_LABEL: Final = 20
# A line so far above the use would press it flat.
LINE_IN_SIGHT: Final = 4
_WEEK: Final = 7


def native_chart(history: History) -> Chart:
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

    limit = limit_line(history)
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


def chart_title(history: History) -> str:
    """Say what a point of the chart is."""
    match _step(len(_charted(history))):
        case 1:
            return tr("Core-hours per day")
        case 7:
            return tr("Core-hours per day, mean of each week")
        case step:
            return tr("Core-hours per day, mean of every {count} days", count=step)


def limit_line(history: History) -> float | None:
    """Return the limit's day, if its line fits into a chart of this use."""
    limit = history.limit_per_day
    peak = max((use.core_hours or 0.0 for use in history.days), default=0.0)
    return limit if limit is not None and (peak == 0 or limit <= LINE_IN_SIGHT * peak) else None


def _step(points: int) -> int:
    """Return how many days one point of Slack's chart stands for."""
    return next(step for step in (1, 2, _WEEK) if points <= MOST_POINTS * step)


def _charted(history: History) -> list[int]:
    """Return the places of the days that Slack's chart shows: it has no way to draw an unknown one."""
    return [place for place, use in enumerate(history.days) if use.core_hours is not None]


def _whole(history: History, step: Sequence[int]) -> Sequence[int]:
    """Return the days that a point's mean is of: today, not over yet, would pull it down."""
    whole = [place for place in step if history.days[place].known is not Known.PART]
    return whole or step


def _series(name: str, labels: Sequence[str], values: Sequence[float]) -> DataSeries:
    points = [DataPoint(label, round(value, 2)) for label, value in zip(labels, values, strict=True)]
    return DataSeries(clipped(name, LONGEST_LABEL), points)


def _distinct(series: Sequence[DataSeries]) -> list[DataSeries]:
    """Number names that clipping made equal: Slack wants each once."""
    found: dict[str, DataSeries] = {}
    for one in series:
        name, number = one.name, 2
        while name in found:
            name, number = f"{clipped(one.name, LONGEST_LABEL - 3)} {number}", number + 1
        found[name] = DataSeries(name, one.data)
    return list(found.values())
