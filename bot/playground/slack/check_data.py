"""Rules for tables and charts."""

from collections.abc import Iterable
from typing import Any

from bot.playground.slack.check_rich_text import BLOCK_ID, RICH_TEXT, TYPE
from bot.playground.slack.check_rules import (
    Refusals,
    Rule,
    boolean,
    by_type,
    every,
    listing,
    mapping,
    number,
    one_of,
    refuse,
    string,
)

MOST_COLUMNS = 20
MOST_TABLE_TEXT = 10_000
RAW_TEXT = mapping({"type": TYPE, "text": string()})
RAW_NUMBER = mapping({"type": TYPE, "value": number()}, {"text": string()})
CELL = by_type({"raw_text": RAW_TEXT, "raw_number": RAW_NUMBER, "rich_text": RICH_TEXT})
COLUMN = mapping({}, {"align": one_of("left", "center", "right"), "is_wrapped": boolean})


def _column(value: Any, pointer: str) -> Refusals:
    return iter(()) if value is None else COLUMN(value, pointer)


def text_length(value: Any) -> int:
    """Count the characters of every `text` in a block."""
    if isinstance(value, dict):
        own = value.get("text")
        rest = sum(text_length(inner) for name, inner in value.items() if name != "text")
        return rest + (len(own) if isinstance(own, str) else text_length(own))
    if isinstance(value, list):
        return sum(text_length(inner) for inner in value)
    return 0


def cells_length(rows: Iterable[Iterable[Any]]) -> int:
    """Count the characters in all cells of a table."""
    return sum(_cell_length(cell) for row in rows for cell in row)


def _cell_length(cell: dict[str, Any]) -> int:
    if cell["type"] == "raw_number" and "text" not in cell:
        return len(str(cell["value"]))
    return text_length(cell)


def _few_characters(value: Any, pointer: str) -> Refusals:
    if cells_length(value["rows"]) > MOST_TABLE_TEXT:
        yield from refuse(f"{pointer}/rows", f"table must have no more than {MOST_TABLE_TEXT} characters")


def _even_rows(value: Any, pointer: str) -> Refusals:
    width = len(value["rows"][0])
    for place, row in enumerate(value["rows"]):
        if len(row) != width:
            yield from refuse(f"{pointer}/rows/{place}", "all rows must have the same number of cells")


def _plain_header(value: Any, pointer: str) -> Refusals:
    for place, cell in enumerate(value["rows"][0]):
        if cell["type"] == "rich_text":
            yield from refuse(f"{pointer}/rows/0/{place}", "header cells must not be rich_text")


def _row_header_is_a_column(value: Any, pointer: str) -> Refusals:
    if value.get("row_header_column_index", 0) >= len(value["rows"][0]):
        yield from refuse(f"{pointer}/row_header_column_index", "must be the index of a column")


TABLE = every(
    mapping(
        {"type": TYPE, "rows": listing(listing(CELL, most=MOST_COLUMNS), most=100)},
        {"block_id": BLOCK_ID, "column_settings": listing(_column, least=0, most=MOST_COLUMNS)},
    ),
    _even_rows,
    _few_characters,
)
DATA_TABLE = every(
    mapping(
        {
            "type": TYPE,
            "caption": string(),
            "rows": listing(listing(CELL, most=MOST_COLUMNS), least=2, most=101),
        },
        {
            "block_id": BLOCK_ID,
            "page_size": number(whole=True, least=1, most=100),
            "row_header_column_index": number(whole=True, least=0),
        },
    ),
    _even_rows,
    _plain_header,
    _row_header_is_a_column,
    _few_characters,
)

LABEL = string(20)


def _positive(value: Any, pointer: str) -> Refusals:
    if value <= 0:
        yield from refuse(pointer, "must be greater than 0")


def _distinct(name: str, part: str) -> Rule:
    def rule(value: Any, pointer: str) -> Refusals:
        seen = set()
        for place, each in enumerate(value[name]):
            word = each[part] if part else each
            if word in seen:
                yield from refuse(f"{pointer}/{name}/{place}", f"must be unique: {word}")
            seen.add(word)

    return rule


def _labels_are_categories(value: Any, pointer: str) -> Refusals:
    categories = value["axis_config"]["categories"]
    for place, series in enumerate(value["series"]):
        labels = [point["label"] for point in series["data"]]
        if sorted(labels) != sorted(categories):
            yield from refuse(
                f"{pointer}/series/{place}/data", "labels must match the categories of axis_config"
            )


SEGMENT = mapping({"label": LABEL, "value": every(number(), _positive)})
POINT = mapping({"label": LABEL, "value": number()})
SERIES = mapping({"name": LABEL, "data": listing(POINT, most=20)})
AXES = every(
    mapping(
        {"categories": listing(LABEL, most=20)},
        {"x_label": string(50), "y_label": string(50)},
    ),
    _distinct("categories", ""),
)
PLOT = every(
    mapping({"type": TYPE, "series": listing(SERIES, most=6), "axis_config": AXES}),
    _distinct("series", "name"),
    _labels_are_categories,
)
CHART = by_type(
    {
        "area": PLOT,
        "bar": PLOT,
        "line": PLOT,
        "pie": mapping({"type": TYPE, "segments": listing(SEGMENT, most=6)}),
    }
)
DATA_VISUALIZATION = mapping({"type": TYPE, "title": string(50), "chart": CHART}, {"block_id": BLOCK_ID})
