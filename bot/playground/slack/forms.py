"""What stands in the inputs of a view or message, and what a person does with one element."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from bot.playground.slack.ids import elements_of
from bot.playground.slack.windows import Values

PLEASE_COMPLETE = "Please complete this required field."

# Element type -> (key of its state, key of its first value).
STATES: dict[str, tuple[str, str]] = {
    "channels_select": ("selected_channel", "initial_channel"),
    "checkboxes": ("selected_options", "initial_options"),
    "conversations_select": ("selected_conversation", "initial_conversation"),
    "datepicker": ("selected_date", "initial_date"),
    "datetimepicker": ("selected_date_time", "initial_date_time"),
    "email_text_input": ("value", "initial_value"),
    "external_select": ("selected_option", "initial_option"),
    "file_input": ("files", "files"),
    "multi_channels_select": ("selected_channels", "initial_channels"),
    "multi_conversations_select": ("selected_conversations", "initial_conversations"),
    "multi_external_select": ("selected_options", "initial_options"),
    "multi_static_select": ("selected_options", "initial_options"),
    "multi_users_select": ("selected_users", "initial_users"),
    "number_input": ("value", "initial_value"),
    "plain_text_input": ("value", "initial_value"),
    "radio_buttons": ("selected_option", "initial_option"),
    "rich_text_input": ("rich_text_value", "initial_value"),
    "static_select": ("selected_option", "initial_option"),
    "timepicker": ("selected_time", "initial_time"),
    "url_text_input": ("value", "initial_value"),
    "users_select": ("selected_user", "initial_user"),
}
MANY = frozenset({"checkboxes", "file_input"}) | {name for name in STATES if name.startswith("multi_")}
TYPED = frozenset({"plain_text_input", "email_text_input", "url_text_input", "number_input"})
_URL = re.compile(r"^[a-z][a-z0-9+.-]*:\S+$", re.IGNORECASE)
_EMAIL = re.compile(r"^[^@\s]+@[^@\s]+$")
_DATE = re.compile(r"^\d{4}-\d\d-\d\d$")
_TIME = re.compile(r"^([01]\d|2[0-3]):[0-5]\d$")


@dataclass(frozen=True, kw_only=True)
class Spot:
    """One interactive element and the block it stands in."""

    block: dict[str, Any]
    element: dict[str, Any]

    @property
    def block_id(self) -> str:
        """The block's id."""
        return str(self.block["block_id"])

    @property
    def action_id(self) -> str:
        """The element's id."""
        return str(self.element["action_id"])

    @property
    def is_input(self) -> bool:
        """Whether it belongs to an input block."""
        return bool(self.block["type"] == "input")


def spots(blocks: Iterable[dict[str, Any]]) -> Iterator[Spot]:
    """Walk over every interactive element."""
    for block in blocks:
        for element in elements_of(block):
            yield Spot(block=block, element=element)
        yield from spots(block.get("child_blocks", ()))


def find_spot(
    blocks: Sequence[dict[str, Any]], action_id: str, *, block_id: str | None = None, value: str | None = None
) -> Spot:
    """Return the element that a person means; LookupError names those that are there.

    Blocks without an id of their own get another one whenever they are drawn. Who clicked saw what was drawn
    before: if one element alone can be meant, it is.
    """
    everything = list(spots(blocks))
    fit = [
        spot
        for spot in everything
        if spot.action_id == action_id and value in {None, spot.element.get("value")}
    ]
    seen = [spot for spot in fit if block_id in {None, spot.block_id}]
    if seen or len(fit) == 1:
        return (seen or fit)[0]
    there = sorted({spot.action_id for spot in everything})
    raise LookupError(f"nothing to use with action_id={action_id!r}, value={value!r}; there is {there}")


def state_of(element: dict[str, Any]) -> dict[str, Any]:
    """Return the state of an element that nobody touched."""
    kind = element["type"]
    key, first = STATES[kind]
    value = element.get(first)
    if value is None and kind in MANY:
        value = []
    return {"type": kind, key: value}


def state_values(blocks: Iterable[dict[str, Any]], typed: Values) -> Values:
    """Return `state.values`: every element that holds something, touched or not."""
    values: Values = {}
    for spot in spots(blocks):
        if spot.element["type"] not in STATES:
            continue
        known = typed.get(spot.block_id, {}).get(spot.action_id)
        same = known is not None and known["type"] == spot.element["type"]
        state = known if same and known is not None else state_of(spot.element)
        values.setdefault(spot.block_id, {})[spot.action_id] = state
    return values


def entered(element: dict[str, Any], value: Any) -> dict[str, Any]:
    """Return the state after a person put a value in; ValueError if the element does not take it.

    Options are named by their value, people and channels by id, dates as `2026-09-01`, times as `09:30`.
    """
    kind = element["type"]
    if kind not in STATES:
        raise ValueError(f"a {kind} holds no value")
    key, _ = STATES[kind]
    if value is None or value in ("", []):
        return {"type": kind, key: [] if kind in MANY else None}
    if kind in MANY:
        each = [value] if isinstance(value, str) else list(value)
        return {"type": kind, key: [_one(element, one) for one in each]}
    return {"type": kind, key: _one(element, value)}


def refusal(spot: Spot, state: dict[str, Any]) -> str | None:
    """Return what Slack's own form says against a value before anything is sent, if it does."""
    key, _ = STATES[spot.element["type"]]
    value = state.get(key)
    if value in (None, "", []):
        return None if spot.block.get("optional", False) else PLEASE_COMPLETE
    if spot.element["type"] in TYPED:
        return _refusal_of_text(spot.element, str(value))
    most = spot.element.get("max_selected_items")
    if most is not None and isinstance(value, list) and len(value) > most:
        return f"Please select no more than {most}."
    return None


def _one(element: dict[str, Any], value: Any) -> Any:
    kind = element["type"]
    if kind in {"datepicker", "timepicker"}:
        if not (_DATE if kind == "datepicker" else _TIME).match(str(value)):
            raise ValueError(f"a {kind} gives no {value!r}")
        return str(value)
    if kind in {"external_select", "multi_external_select"}:
        return value if isinstance(value, dict) else _plain_option(str(value))
    if "options" in element or "option_groups" in element:
        return _option(element, str(value))
    if kind in TYPED:
        return str(value)
    return value


def _option(element: dict[str, Any], value: str) -> dict[str, Any]:
    options: list[dict[str, Any]] = list(element.get("options", ()))
    for group in element.get("option_groups", ()):
        options += group["options"]
    for option in options:
        if option.get("value") == value:
            return option
    there = [option.get("value") for option in options]
    raise ValueError(f"{element.get('action_id')} offers no {value!r}, only {there}")


def _plain_option(value: str) -> dict[str, Any]:
    return {"text": {"type": "plain_text", "text": value}, "value": value}


def _refusal_of_text(element: dict[str, Any], text: str) -> str | None:
    kind = element["type"]
    if len(text) < element.get("min_length", 0):
        return f"Please enter at least {element['min_length']} characters."
    if len(text) > element.get("max_length", 3000):
        return f"Please enter no more than {element.get('max_length', 3000)} characters."
    if kind == "number_input":
        return _refusal_of_number(element, text)
    if kind == "email_text_input" and not _EMAIL.match(text):
        return "Please enter a valid email address."
    if kind == "url_text_input" and not _URL.match(text):
        return "Please enter a valid URL."
    return None


def _refusal_of_number(element: dict[str, Any], text: str) -> str | None:
    pattern = r"^-?\d+(\.\d+)?$" if element.get("is_decimal_allowed") else r"^-?\d+$"
    if not re.match(pattern, text):
        return "Please enter a valid number."
    number = float(text)
    if "min_value" in element and number < float(element["min_value"]):
        return f"Please enter a number of at least {element['min_value']}."
    if "max_value" in element and number > float(element["max_value"]):
        return f"Please enter a number of at most {element['max_value']}."
    return None
