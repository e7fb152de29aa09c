"""Blocks to check, good by themselves."""

from typing import Any

from tests.playground.slack_kit import plain

RAW = {"type": "raw_text", "text": "a"}
RICH = {
    "type": "rich_text",
    "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": "a"}]}],
}
OPTION = {"text": plain("East"), "value": "east"}
GROUPS = [{"label": plain("g"), "options": [OPTION]}]
ALERT = {"type": "alert", "text": plain("Careful"), "level": "warning"}
IMAGE = {"type": "image", "image_url": "https://example.org/a.png", "alt_text": "a"}


def header(text: Any) -> dict[str, Any]:
    return {"type": "header", "text": text}


def table(*rows: list[Any], **more: Any) -> dict[str, Any]:
    return {"type": "table", "rows": list(rows), **more}


def data_table(*rows: list[Any], **more: Any) -> dict[str, Any]:
    return {"type": "data_table", "caption": "Hours", "rows": list(rows), **more}


def chart(kind: str = "line", labels: tuple[str, ...] = ("Mon", "Tue"), **more: Any) -> dict[str, Any]:
    points = [{"label": label, "value": 1.5} for label in labels]
    plot = {
        "type": kind,
        "series": [{"name": "alice", "data": points}],
        "axis_config": {"categories": ["Mon", "Tue"], "y_label": "core-hours"},
        **more,
    }
    return {"type": "data_visualization", "title": "Hours", "chart": plot}


def pie(**more: Any) -> dict[str, Any]:
    segment = {"label": "alice", "value": 3, **more}
    return {"type": "data_visualization", "title": "Hours", "chart": {"type": "pie", "segments": [segment]}}


def select(**more: Any) -> dict[str, Any]:
    return {"type": "static_select", "action_id": "cluster", "options": [OPTION], **more}


def markdown(length: int) -> dict[str, Any]:
    return {"type": "markdown", "text": "a" * length}


def container(*blocks: dict[str, Any]) -> dict[str, Any]:
    return {"type": "container", "title": plain("Box"), "child_blocks": list(blocks)}
