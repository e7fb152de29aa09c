"""A chart of core-hours per day as SVG, for where Slack takes no chart block.

It has its own white ground, so that it reads the same in a dark Slack, and is laid out for the 360 pixels of a
phone.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from math import ceil, floor, log10
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from babel.numbers import format_compact_decimal, format_decimal

from bot.views.language import spoken, tr

WIDTH: Final = 400
FONT: Final = "Source Sans 3"
MOST_LAYERS: Final = 8
LONGEST_NAME: Final = 14
# No letter of the font is wider than this share of its size.
WIDEST_LETTER: Final = 0.95
WIDEST_DIGIT: Final = 0.56
CHINESE_LETTER: Final = 1.0

_PLOT_HEIGHT: Final = 190
_TOP: Final = 34
_RIGHT: Final = WIDTH - 12
_BELOW: Final = 26
_SIZE: Final = 14
_FIRST_CHINESE: Final = "\u2e80"  # where the radicals begin
_LEGEND_LINE: Final = 21
_LEGEND_COLUMNS: Final = 2
_SWATCH: Final = 12
_DATE_WIDTH: Final = 46
_INK, _FAINT, _LINE, _LIMIT = "#1d1c1d", "#55565b", "#d9dce0", "#b3261e"
_COLOURS: Final = (
    "#1d4e5f", "#e08e1b", "#4f9d69", "#8e5ea2", "#2f86c1", "#c0504d", "#8a7a3b", "#d36fa5",
)  # fmt: skip
_OTHERS: Final = "#aeb4ba"
_HATCH: Final = (
    '<defs><pattern id="unknown" width="6" height="6" patternUnits="userSpaceOnUse" '
    'patternTransform="rotate(45)"><rect width="6" height="6" fill="#f1f2f4"/>'
    '<rect width="2" height="6" fill="#dcdfe3"/></pattern></defs>'
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Layer:
    """One person's core-hours on each day; None where nothing is known."""

    name: str
    core_hours: tuple[float | None, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Chart:
    """Layers stand on each other, the first at the bottom; `others` is on top of them, if there are more.

    `estimated` are days whose use is known only in sum with their neighbours.
    """

    days: tuple[date, ...]
    layers: tuple[Layer, ...]
    others: Layer | None
    estimated: frozenset[date]
    limit_per_day: float | None


def chart_svg(chart: Chart) -> str:
    """Draw the chart."""
    entries = list(_entries(chart))
    lines = ceil(len(entries) / _LEGEND_COLUMNS)
    legend_top = _TOP + _PLOT_HEIGHT + _BELOW + 12
    height = legend_top + lines * _LEGEND_LINE + 4
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" '
        f'height="{height}" font-family={quoteattr(FONT)} font-size="{_SIZE}">'
    )
    ground = (
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>'
        f'<text x="12" y="20" fill="{_FAINT}">{escape(tr("core-hours per day"))}</text>'
    )
    return "".join((head, _HATCH, ground, *_plot(chart), *_legend(entries, legend_top), "</svg>"))


def clipped(name: str) -> str:
    """Shorten a name to what the legend has room for."""
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"


def width_of(text: str) -> float:
    """Return how wide a text can be at most."""
    wide = sum(is_chinese(letter) for letter in text)
    letters = sum(letter.isalpha() for letter in text) - wide
    digits = len(text) - letters - wide
    return _SIZE * (wide * CHINESE_LETTER + letters * WIDEST_LETTER + digits * WIDEST_DIGIT)


def is_chinese(letter: str) -> bool:
    """Tell the letters that stand in the Chinese font from those that a Latin one has."""
    return letter >= _FIRST_CHINESE


def scale(highest: float) -> tuple[float, ...]:
    """Return three to six round steps from 0 to at least the highest value."""
    rough = max(highest, 0.01) / 4
    power = 10.0 ** floor(log10(rough))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= rough * (1 - 1e-9))
    return tuple(step * number for number in range(ceil(max(highest, 0.01) / step - 1e-9) + 1))


def _plot(chart: Chart) -> Iterator[str]:
    sums = [sum(values) for values in zip(*(_values(layer) for layer in _all(chart)), strict=True)]
    ticks = scale(max([*sums, chart.limit_per_day or 0.0]))
    left = 12 + max(width_of(_number(tick)) for tick in ticks) + 6
    slot = (_RIGHT - left) / len(chart.days)
    bottom = _TOP + _PLOT_HEIGHT

    def y(core_hours: float) -> float:
        return bottom - core_hours / ticks[-1] * _PLOT_HEIGHT

    for tick in ticks:
        yield (
            f'<line x1="{left:.1f}" x2="{_RIGHT}" y1="{y(tick):.1f}" y2="{y(tick):.1f}" stroke="{_LINE}"/>'
            f'<text x="{left - 6:.1f}" y="{y(tick) + 4.5:.1f}" fill="{_FAINT}" text-anchor="end">'
            f"{_number(tick)}</text>"
        )
    for place in range(len(chart.days)):
        yield from _bar(chart, place, left + slot * place, slot, y)
    if chart.limit_per_day is not None:
        at = y(chart.limit_per_day)
        yield (
            f'<line x1="{left:.1f}" x2="{_RIGHT}" y1="{at:.1f}" y2="{at:.1f}" stroke="{_LIMIT}" '
            'stroke-width="2" stroke-dasharray="6 4"/>'
        )
    every = max(1, ceil(_DATE_WIDTH / slot))
    # The newest day is always named: it is the one that people look for.
    for place in range(len(chart.days) - 1, -1, -every):
        middle = left + slot * (place + 0.5)
        half = _DATE_WIDTH / 2
        x = min(max(middle, left + half - 10), WIDTH - half - 2)
        yield (
            f'<text x="{x:.1f}" y="{bottom + 19}" fill="{_FAINT}" text-anchor="middle">'
            f"{chart.days[place]:%m-%d}</text>"
        )


def _bar(chart: Chart, place: int, x: float, slot: float, y: Callable[[float], float]) -> Iterator[str]:
    gap = min(4.0, slot * 0.2)
    box = f'x="{x + gap / 2:.2f}" width="{slot - gap:.2f}"'
    if all(layer.core_hours[place] is None for layer in _all(chart)):
        yield f'<rect {box} y="{_TOP}" height="{_PLOT_HEIGHT}" fill="url(#unknown)"/>'
        return
    paint = ' fill-opacity="0.55"' if chart.days[place] in chart.estimated else ""
    below = 0.0
    for number, layer in enumerate(_all(chart)):
        value = layer.core_hours[place] or 0.0
        if value > 0:
            top, foot = y(below + value), y(below)
            edge = ' stroke="#ffffff" stroke-width="0.6"' if len(_all(chart)) > 1 else ""
            yield (
                f'<rect {box} y="{top:.2f}" height="{max(foot - top, 0.5):.2f}" '
                f'fill="{_colour(chart, number)}"{paint}{edge}/>'
            )
        below += value


def _entries(chart: Chart) -> Iterator[tuple[str, str]]:
    """Return each line of the legend: its sign, drawn at the origin, and its words."""
    square = f'<rect y="-{_SWATCH - 2}" width="{_SWATCH}" height="{_SWATCH}" rx="2"'
    for number, layer in enumerate(_all(chart)):
        yield f'{square} fill="{_colour(chart, number)}"/>', clipped(layer.name)
    if chart.limit_per_day is not None:
        dash = f'<line x2="{_SWATCH + 2}" y1="-4" y2="-4" stroke="{_LIMIT}" stroke-width="2" stroke-dasharray="6 2"/>'
        yield dash, tr("limit {hours}", hours=_number(chart.limit_per_day))
    if chart.estimated:
        yield f'{square} fill="{_COLOURS[0]}" fill-opacity="0.55"/>', tr("estimate")
    if any(all(layer.core_hours[place] is None for layer in _all(chart)) for place in range(len(chart.days))):
        yield f'{square} fill="url(#unknown)" stroke="{_LINE}"/>', tr("no data")


def _legend(entries: Sequence[tuple[str, str]], top: float) -> Iterator[str]:
    column = (WIDTH - 24) / _LEGEND_COLUMNS
    for number, (sign, words) in enumerate(entries):
        x = 12 + column * (number % _LEGEND_COLUMNS)
        y = top + _LEGEND_LINE * (number // _LEGEND_COLUMNS) + 10
        yield (
            f'<g transform="translate({x:.1f} {y:.1f})">{sign}'
            f'<text x="{_SWATCH + 6}" fill="{_INK}">{escape(words)}</text></g>'
        )


def _all(chart: Chart) -> tuple[Layer, ...]:
    return chart.layers if chart.others is None else (*chart.layers, chart.others)


def _values(layer: Layer) -> list[float]:
    return [value or 0.0 for value in layer.core_hours]


def _colour(chart: Chart, number: int) -> str:
    return _OTHERS if number >= len(chart.layers) else _COLOURS[number % len(_COLOURS)]


def _number(value: float) -> str:
    """Write a number in at most six characters: `0`, `2.5`, `1,250`, `12.5K`; in Chinese `1.3万`."""
    if value >= 10_000:  # noqa: PLR2004 (from here on a number is wide)
        return format_compact_decimal(value, fraction_digits=1, locale=spoken().locale)
    return format_decimal(round(value, 2), format="#,##0.##", locale=spoken().locale)
