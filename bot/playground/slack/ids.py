"""Identifiers as Slack makes them, and those it adds to blocks that come without."""

import copy
import secrets
import string
from collections.abc import Iterator, Sequence
from typing import Any

_ALPHABET = string.ascii_letters + string.digits

# Elements with an action_id: those that send block_actions when used.
INTERACTIVE = frozenset(
    {
        "button",
        "channels_select",
        "checkboxes",
        "conversations_select",
        "datepicker",
        "datetimepicker",
        "email_text_input",
        "external_select",
        "feedback_buttons",
        "file_input",
        "icon_button",
        "multi_channels_select",
        "multi_conversations_select",
        "multi_external_select",
        "multi_static_select",
        "multi_users_select",
        "number_input",
        "overflow",
        "plain_text_input",
        "radio_buttons",
        "rich_text_input",
        "static_select",
        "timepicker",
        "url_text_input",
        "users_select",
        "workflow_button",
    }
)


def token(length: int) -> str:
    """Return random letters and digits."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))


def slack_id(prefix: str) -> str:
    """Return something like `V0A1B2C3D4E`."""
    return f"{prefix}0{token(9).upper()}"


def completed(blocks: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return a copy of checked blocks in which every block_id and action_id is there."""
    copies = copy.deepcopy(list(blocks))
    for block in copies:
        _name_block(block)
        for inner in block.get("child_blocks", ()):
            _name_block(inner)
    return copies


def elements_of(block: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Walk over the interactive elements of one block and of the blocks inside it."""
    candidates = [block.get("accessory"), block.get("element"), *block.get("elements", ())]
    candidates += block.get("actions", ())
    for element in candidates:
        if not isinstance(element, dict):
            continue
        if element.get("type") in INTERACTIVE:
            yield element
        elif element.get("type") == "card":
            yield from elements_of(element)


def _name_block(block: dict[str, Any]) -> None:
    block.setdefault("block_id", token(5))
    for element in elements_of(block):
        element.setdefault("action_id", token(5))
