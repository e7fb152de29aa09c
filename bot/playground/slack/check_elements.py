"""Rules for text, options and every interactive element."""

from typing import Any

from bot.playground.slack.check_rich_text import RICH_TEXT
from bot.playground.slack.check_rules import (
    Refusals,
    Rule,
    boolean,
    by_type,
    every,
    exactly_one,
    listing,
    mapping,
    number,
    one_of,
    refuse,
    string,
)

TYPE = string()
ACTION_ID = string(255)
URL = string(3000)
TIME = string(pattern=r"([01]\d|2[0-3]):[0-5]\d")
DATE = string(pattern=r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])")
NUMERIC = string(pattern=r"-?\d+(\.\d+)?")
INCLUDES = one_of("im", "mpim", "private", "public")


def plain(most: int) -> Rule:
    """Ask for a plain_text object."""
    return by_type({"plain_text": mapping({"type": TYPE, "text": string(most)}, {"emoji": boolean})})


def text(most: int) -> Rule:
    """Ask for a plain_text or mrkdwn object."""
    inner = string(most)
    return by_type(
        {
            "plain_text": mapping({"type": TYPE, "text": inner}, {"emoji": boolean}),
            "mrkdwn": mapping({"type": TYPE, "text": inner}, {"verbatim": boolean}),
        }
    )


CONFIRM = mapping(
    {"title": plain(100), "text": text(300)},
    {"confirm": plain(30), "deny": plain(30), "style": one_of("primary", "danger")},
)
OPTION = mapping({"text": plain(75), "value": string(150)}, {"description": plain(75)})
RICH_OPTION = mapping({"text": text(75), "value": string(150)}, {"description": text(75)})
LINKED_OPTION = mapping({"text": plain(75), "value": string(150)}, {"description": plain(75), "url": URL})
GROUP = mapping({"label": plain(75), "options": listing(OPTION, most=100)})
DISPATCH = mapping(
    {},
    {"trigger_actions_on": listing(one_of("on_enter_pressed", "on_character_entered"), most=2)},
)
FILTER = every(
    mapping(
        {},
        {
            "include": listing(INCLUDES),
            "exclude_bot_users": boolean,
            "exclude_external_shared_channels": boolean,
        },
    ),
    lambda value, pointer: iter(()) if value else refuse(pointer, "must define at least one filter"),
)
COMMON: dict[str, Rule] = {"action_id": ACTION_ID}
PICKED: dict[str, Rule] = {**COMMON, "confirm": CONFIRM, "focus_on_load": boolean}
PLACED: dict[str, Rule] = {**PICKED, "placeholder": plain(150)}
MOST_SELECTED: dict[str, Rule] = {"max_selected_items": number(whole=True, least=1)}
SLACK_FILE = every(mapping({}, {"id": string(), "url": URL}), exactly_one("id", "url"))


def element(needed: dict[str, Rule] | None = None, allowed: dict[str, Rule] | None = None) -> Rule:
    """Ask for an element: a `type`, what it needs, what it may have."""
    return mapping({"type": TYPE, **(needed or {})}, {**COMMON, **(allowed or {})})


def first_is_an_option(value: Any, pointer: str) -> Refusals:
    """Ask that what is selected at first is among the options, word for word."""
    options = list(value.get("options", ()))
    for group in value.get("option_groups", ()):
        options += group["options"]
    firsts = [("initial_option", value["initial_option"])] if "initial_option" in value else []
    firsts += [(f"initial_options/{n}", each) for n, each in enumerate(value.get("initial_options", ()))]
    for name, first in firsts:
        if first not in options:
            yield from refuse(f"{pointer}/{name}", "must exactly match one of the provided options")


def min_is_below_max(value: Any, pointer: str) -> Refusals:
    """Ask that a least length or value is not above the greatest."""
    for least, most in (("min_length", "max_length"), ("min_value", "max_value")):
        if least in value and most in value and float(value[least]) > float(value[most]):
            yield from refuse(f"{pointer}/{least}", f"must be less than or equal to {most}")


def _choice(option: Rule, first: dict[str, Rule]) -> Rule:
    rule = element({"options": listing(option, most=10)}, {**PICKED, **first})
    return every(rule, first_is_an_option)


def _static(first: dict[str, Rule]) -> Rule:
    lists = {"options": listing(OPTION, most=100), "option_groups": listing(GROUP, most=100)}
    rule = element({}, {**PLACED, **lists, **first})
    return every(rule, exactly_one("options", "option_groups"), first_is_an_option)


def _typed(needed: dict[str, Rule] | None = None, allowed: dict[str, Rule] | None = None) -> Rule:
    common = {
        **COMMON,
        "focus_on_load": boolean,
        "placeholder": plain(150),
        "dispatch_action_config": DISPATCH,
    }
    return every(element(needed, {**common, **(allowed or {})}), min_is_below_max)


def _menu(first: str, rule: Rule, more: dict[str, Rule] | None = None) -> Rule:
    return element({}, {**PLACED, first: rule, **(more or {})})


CONVERSATIONS: dict[str, Rule] = {"default_to_current_conversation": boolean, "filter": FILTER}
QUERY: dict[str, Rule] = {"min_query_length": number(whole=True, least=0)}
LENGTH = number(whole=True, least=0, most=3000)
LABEL = string(75)
BUTTON = element(
    {"text": plain(75)},
    {
        "url": URL,
        "value": string(2000),
        "style": one_of("primary", "danger"),
        "confirm": CONFIRM,
        "accessibility_label": LABEL,
        "agent_prompt": string(4000),
    },
)
FEEDBACK = mapping({"text": plain(75), "value": string(2000)}, {"accessibility_label": LABEL})
IMAGE = every(
    mapping(
        {"type": TYPE, "alt_text": string(2000)},
        {"image_url": string(3000, pattern=r"https?://\S+"), "slack_file": SLACK_FILE},
    ),
    exactly_one("image_url", "slack_file"),
)
WORKFLOW = mapping(
    {
        "trigger": mapping(
            {"url": URL},
            {"customizable_input_parameters": listing(mapping({"name": string(), "value": string()}))},
        )
    }
)

ELEMENTS: dict[str, Rule] = {
    "button": BUTTON,
    "channels_select": _menu("initial_channel", string(), {"response_url_enabled": boolean}),
    "checkboxes": _choice(RICH_OPTION, {"initial_options": listing(RICH_OPTION, most=10)}),
    "conversations_select": _menu(
        "initial_conversation", string(), {**CONVERSATIONS, "response_url_enabled": boolean}
    ),
    "datepicker": _menu("initial_date", DATE),
    "datetimepicker": element(
        {}, {**PICKED, "initial_date_time": number(whole=True, least=1_000_000_000, most=9_999_999_999)}
    ),
    "email_text_input": _typed({}, {"initial_value": string()}),
    "external_select": _menu("initial_option", OPTION, QUERY),
    "feedback_buttons": element({"positive_button": FEEDBACK, "negative_button": FEEDBACK}),
    "file_input": element(
        {}, {"filetypes": listing(string()), "max_files": number(whole=True, least=1, most=10)}
    ),
    "icon_button": element(
        {"icon": one_of("trash"), "text": plain(75)},
        {
            "accessibility_label": LABEL,
            "value": string(2000),
            "visible_to_user_ids": listing(string(), most=10),
            "confirm": CONFIRM,
        },
    ),
    "image": IMAGE,
    "multi_channels_select": _menu("initial_channels", listing(string()), MOST_SELECTED),
    "multi_conversations_select": _menu(
        "initial_conversations", listing(string()), {**CONVERSATIONS, **MOST_SELECTED}
    ),
    "multi_external_select": _menu("initial_options", listing(OPTION, most=100), {**QUERY, **MOST_SELECTED}),
    "multi_static_select": _static({"initial_options": listing(OPTION, most=100), **MOST_SELECTED}),
    "multi_users_select": _menu("initial_users", listing(string()), MOST_SELECTED),
    "number_input": _typed(
        {"is_decimal_allowed": boolean},
        {"initial_value": NUMERIC, "min_value": NUMERIC, "max_value": NUMERIC},
    ),
    "overflow": element({"options": listing(LINKED_OPTION, most=5)}, {"confirm": CONFIRM}),
    "plain_text_input": _typed(
        {},
        {
            "initial_value": string(3000, least=0),
            "multiline": boolean,
            "min_length": LENGTH,
            "max_length": number(whole=True, least=1, most=3000),
        },
    ),
    "radio_buttons": _choice(RICH_OPTION, {"initial_option": RICH_OPTION}),
    "rich_text_input": _typed(
        {},
        {
            "initial_value": RICH_TEXT,
            "min_lines": number(whole=True, least=1, most=100),
            "max_lines": number(whole=True, least=1, most=100),
        },
    ),
    "static_select": _static({"initial_option": OPTION}),
    "timepicker": _menu("initial_time", TIME, {"timezone": string()}),
    "url_text_input": _typed({}, {"initial_value": string()}),
    "users_select": _menu("initial_user", string()),
    "workflow_button": element(
        {"text": plain(75), "workflow": WORKFLOW},
        {"style": one_of("primary", "danger"), "accessibility_label": LABEL},
    ),
}
SELECTS = frozenset(name for name in ELEMENTS if name.endswith("_select"))
IN_SECTION = SELECTS | {
    "button",
    "checkboxes",
    "datepicker",
    "image",
    "overflow",
    "radio_buttons",
    "timepicker",
    "workflow_button",
}
IN_ACTIONS = (IN_SECTION - {"image"}) | {"datetimepicker", "rich_text_input"}
IN_INPUT = SELECTS | {
    "checkboxes",
    "datepicker",
    "datetimepicker",
    "email_text_input",
    "file_input",
    "number_input",
    "plain_text_input",
    "radio_buttons",
    "rich_text_input",
    "timepicker",
    "url_text_input",
}


def some(names: frozenset[str]) -> Rule:
    """Ask for one of these elements."""
    return by_type({name: ELEMENTS[name] for name in names})
