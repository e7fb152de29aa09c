"""Slack's limits on messages and views; an empty list means that Slack would take it."""

from collections.abc import Iterator
from typing import Any

from bot.playground.slack.check_blocks import BLOCK, BLOCKS, HOME, MESSAGE, MODAL, SURFACES
from bot.playground.slack.check_data import MOST_TABLE_TEXT, cells_length, text_length
from bot.playground.slack.check_elements import plain
from bot.playground.slack.check_rules import Refusal, Refusals, Rule, boolean, mapping, refuse, string

__all__ = ["Refusal", "faults_of_blocks", "faults_of_message", "faults_of_view", "text_of_blocks"]

LONGEST_TEXT = 40_000
LONGEST_BLOCKS = 13_200
LONGEST_MARKDOWN = 12_000
MOST_CHARTS = 2
MOST_ATTACHMENTS = 100
MOST_BLOCKS = {MESSAGE: 50, MODAL: 100, HOME: 100}
ONE_TABLE = "only_one_table_allowed"

ANY_VIEW: dict[str, Rule] = {
    "callback_id": string(255, least=0),
    "external_id": string(255, least=0),
    "private_metadata": string(3000, least=0),
}


def _blocks_are_there(value: Any, pointer: str) -> Refusals:
    """Ask for an array; what is in it is checked by surface."""
    if not isinstance(value, list):
        yield from refuse(pointer, "must be an array")


VIEWS: dict[str, Rule] = {
    MODAL: mapping(
        {"type": string(), "title": plain(24), "blocks": _blocks_are_there},
        {
            **ANY_VIEW,
            "submit": plain(24),
            "close": plain(24),
            "clear_on_close": boolean,
            "notify_on_close": boolean,
            "submit_disabled": boolean,
        },
    ),
    HOME: mapping({"type": string(), "blocks": _blocks_are_there}, ANY_VIEW),
}


def faults_of_message(payload: dict[str, Any], *, surface: str = MESSAGE) -> list[Refusal]:
    """Check text, blocks and attachments of a message as chat.postMessage takes them."""
    text, blocks, attachments = (payload.get(name) for name in ("text", "blocks", "attachments"))
    found = []
    if not (text or blocks or attachments):
        found.append(Refusal(pointer="", text="no_text"))
    if isinstance(text, str) and len(text) > LONGEST_TEXT:
        found.append(Refusal(pointer="/text", text=f"must be less than {LONGEST_TEXT + 1} characters"))
    if blocks is not None:
        found += faults_of_blocks(blocks, surface=surface)
        if not found and text_of_blocks(blocks) > LONGEST_BLOCKS:
            found.append(Refusal(pointer="/blocks", text="msg_blocks_too_long"))
    found += faults_of_attachments(attachments or [])
    return found


def faults_of_attachments(attachments: Any) -> list[Refusal]:
    """Check the number of attachments and the blocks inside them."""
    if not isinstance(attachments, list):
        return [Refusal(pointer="/attachments", text="must be an array")]
    found = []
    if len(attachments) > MOST_ATTACHMENTS:
        found.append(Refusal(pointer="/attachments", text=f"no more than {MOST_ATTACHMENTS} items allowed"))
    for place, each in enumerate(attachments):
        blocks = each.get("blocks") if isinstance(each, dict) else None
        if blocks is not None:
            found += faults_of_blocks(blocks, surface=MESSAGE, pointer=f"/attachments/{place}/blocks")
    return found


def faults_of_view(view: dict[str, Any], *, surface: str | None = None) -> list[Refusal]:
    """Check a modal or Home tab; `surface` asks for one of the two."""
    kind = view.get("type")
    if not isinstance(kind, str) or kind not in VIEWS or surface not in {None, kind}:
        return [Refusal(pointer="/view/type", text=f"unsupported type: {kind}")]
    found = list(VIEWS[kind](view, "/view"))
    blocks = view.get("blocks")
    if isinstance(blocks, list):
        found += faults_of_blocks(blocks, surface=kind, pointer="/view/blocks")
        if kind == MODAL and "submit" not in view and "input" in map(_type_of, blocks):
            found.append(
                Refusal(
                    pointer="/view/submit", text="missing required field: submit, as there are input blocks"
                )
            )
    return found


def faults_of_blocks(blocks: Any, *, surface: str, pointer: str = "/blocks") -> list[Refusal]:
    """Check a list of blocks for one surface: each block, and what holds over all of them."""
    if not isinstance(blocks, list):
        return [Refusal(pointer=pointer, text="must be an array")]
    found = []
    if len(blocks) > MOST_BLOCKS[surface]:
        found.append(Refusal(pointer=pointer, text=f"no more than {MOST_BLOCKS[surface]} items allowed"))
    if not blocks and surface != MESSAGE:
        found.append(Refusal(pointer=pointer, text="no fewer than 1 items allowed"))
    for place, block in enumerate(blocks):
        found += BLOCK(block, f"{pointer}/{place}")
        kind = _type_of(block)
        if kind in BLOCKS and kind not in SURFACES[surface]:
            text = f"unsupported type: {kind} is not available in a {surface}"
            found.append(Refusal(pointer=f"{pointer}/{place}/type", text=text))
    if not found:
        found += _faults_over_all(blocks, surface, pointer)
    return found


def text_of_blocks(blocks: list[dict[str, Any]]) -> int:
    """Count the characters of text over all blocks, as msg_blocks_too_long counts them."""
    return text_length(blocks)


def _faults_over_all(blocks: list[dict[str, Any]], surface: str, pointer: str) -> Iterator[Refusal]:
    everything = [*blocks, *(child for block in blocks for child in block.get("child_blocks", ()))]
    yield from _duplicates(everything, pointer)
    tables = [block for block in everything if block["type"] == "table"]
    if surface == MESSAGE and len(tables) > 1:
        yield Refusal(pointer=pointer, text=ONE_TABLE)
    cells = sum(
        cells_length(block["rows"]) for block in everything if block["type"] in {"table", "data_table"}
    )
    if cells > MOST_TABLE_TEXT:
        yield Refusal(
            pointer=pointer, text=f"tables must have no more than {MOST_TABLE_TEXT} characters in sum"
        )
    if sum(block["type"] == "data_visualization" for block in everything) > MOST_CHARTS:
        yield Refusal(pointer=pointer, text=f"no more than {MOST_CHARTS} data_visualization blocks allowed")
    if sum(len(block["text"]) for block in everything if block["type"] == "markdown") > LONGEST_MARKDOWN:
        yield Refusal(
            pointer=pointer,
            text=f"markdown blocks must have less than {LONGEST_MARKDOWN + 1} characters in sum",
        )
    focused = [element for element in _elements(everything) if element.get("focus_on_load")]
    if len(focused) > 1:
        yield Refusal(pointer=pointer, text="only one element may have focus_on_load")


def _duplicates(blocks: list[dict[str, Any]], pointer: str) -> Iterator[Refusal]:
    seen = set()
    for place, block in enumerate(blocks):
        block_id = block.get("block_id")
        if block_id in seen:
            yield Refusal(pointer=f"{pointer}/{place}/block_id", text=f"block_id {block_id} already exists")
        elif block_id is not None:
            seen.add(block_id)


def _elements(blocks: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for block in blocks:
        yield from (block[name] for name in ("accessory", "element") if name in block)
        yield from block.get("elements", ())


def _type_of(block: Any) -> str:
    return str(block.get("type")) if isinstance(block, dict) else ""
