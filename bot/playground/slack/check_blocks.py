"""Rules for every block, and on which surface it may stand."""

from typing import Any

from bot.playground.slack.check_data import DATA_TABLE, DATA_VISUALIZATION, TABLE
from bot.playground.slack.check_elements import (
    BUTTON,
    ELEMENTS,
    IMAGE,
    IN_ACTIONS,
    IN_INPUT,
    IN_SECTION,
    SLACK_FILE,
    URL,
    plain,
    some,
    text,
)
from bot.playground.slack.check_rich_text import BLOCK_ID, RICH_TEXT, TYPE
from bot.playground.slack.check_rules import (
    Refusals,
    Rule,
    at_least_one,
    boolean,
    by_type,
    every,
    exactly_one,
    listing,
    mapping,
    one_of,
    refuse,
    string,
)

MESSAGE, MODAL, HOME = "message", "modal", "home"
CONTEXT_ELEMENT = by_type(
    {
        "image": IMAGE,
        "plain_text": text(3000),
        "mrkdwn": text(3000),
    }
)
SOURCE = mapping({"type": one_of("url"), "url": URL, "text": string()})


def block(needed: dict[str, Rule] | None = None, allowed: dict[str, Rule] | None = None) -> Rule:
    """Ask for a block: a `type`, what it needs, what it may have."""
    return mapping({"type": TYPE, **(needed or {})}, {"block_id": BLOCK_ID, **(allowed or {})})


def distinct_action_ids(value: Any, pointer: str) -> Refusals:
    """Ask that no two elements of one block share an action_id."""
    seen: set[str] = set()
    for place, each in enumerate(value["elements"]):
        action_id = each.get("action_id")
        if action_id in seen:
            yield from refuse(
                f"{pointer}/elements/{place}/action_id", f"action_id {action_id} already exists"
            )
        elif action_id is not None:
            seen.add(action_id)


def _not_standing_pending(value: Any, pointer: str) -> Refusals:
    if value["status"] == "pending":
        yield from refuse(f"{pointer}/status", "must be one of: in_progress, complete, error")


TASK_PARTS: dict[str, Rule] = {"details": RICH_TEXT, "output": RICH_TEXT, "sources": listing(SOURCE)}
TASK = block(
    {
        "task_id": string(255),
        "title": string(),
        "status": one_of("pending", "in_progress", "complete", "error"),
    },
    TASK_PARTS,
)
CARD = every(
    block(
        {},
        {
            "hero_image": IMAGE,
            "icon": IMAGE,
            "title": text(150),
            "subtitle": text(150),
            "body": text(200),
            "subtext": text(200),
            "actions": listing(BUTTON, most=3),
        },
    ),
    at_least_one("hero_image", "title", "actions", "body"),
)

PLAIN_BLOCKS: dict[str, Rule] = {
    "actions": every(block({"elements": listing(some(frozenset(IN_ACTIONS)), most=25)}), distinct_action_ids),
    "alert": block({"text": text(200)}, {"level": one_of("default", "info", "warning", "error", "success")}),
    "auth_provider": block(
        {"value": string(150), "name": plain(75), "is_connected": boolean},
        {
            "description": plain(150),
            "icon_url": URL,
            "auth_url": URL,
            "disconnect_url": URL,
            "connected_identity": plain(75),
            "connected_context": plain(75),
            "accessory": some(frozenset({"button", "overflow"})),
            "fallback": listing(mapping({"type": TYPE}, {}), least=0),
        },
    ),
    "card": CARD,
    "carousel": block({"elements": listing(by_type({"card": CARD}), most=10)}),
    "context": block({"elements": listing(CONTEXT_ELEMENT, most=10)}),
    "context_actions": every(
        block(
            {
                "elements": listing(
                    by_type({name: ELEMENTS[name] for name in ("feedback_buttons", "icon_button")}), most=5
                )
            }
        ),
        distinct_action_ids,
    ),
    "data_table": DATA_TABLE,
    "data_visualization": DATA_VISUALIZATION,
    "divider": block(),
    "header": block({"text": plain(150)}),
    "image": every(
        block(
            {"alt_text": string(2000)},
            {
                "image_url": string(3000, pattern=r"https?://\S+"),
                "slack_file": SLACK_FILE,
                "title": plain(2000),
            },
        ),
        exactly_one("image_url", "slack_file"),
    ),
    "input": block(
        {"label": plain(2000), "element": some(frozenset(IN_INPUT))},
        {"hint": plain(2000), "optional": boolean, "dispatch_action": boolean},
    ),
    "markdown": block({"text": string(12_000)}),
    "plan": block({"title": string()}, {"tasks": listing(by_type({"task_card": TASK}), most=50)}),
    "rich_text": RICH_TEXT,
    "section": every(
        block(
            {},
            {
                "text": text(3000),
                "fields": listing(text(2000), most=10),
                "accessory": some(frozenset(IN_SECTION)),
                "expand": boolean,
            },
        ),
        at_least_one("text", "fields"),
    ),
    "table": TABLE,
    "task_card": every(TASK, _not_standing_pending),
    "video": block(
        {
            "title": plain(199),
            "video_url": string(3000, pattern=r"https://\S+"),
            "thumbnail_url": URL,
            "alt_text": string(2000),
        },
        {
            "title_url": string(2000, pattern=r"https://\S+"),
            "description": plain(200),
            "author_name": string(49),
            "provider_name": string(50),
            "provider_icon_url": string(2000),
        },
    ),
}
CONTAINER = every(
    block(
        {"child_blocks": listing(by_type(PLAIN_BLOCKS), most=10)},
        {
            "title": text(150),
            "rich_text_title": RICH_TEXT,
            "subtitle": text(150),
            "width": one_of("narrow", "standard", "wide", "full"),
            "icon": IMAGE,
            "is_collapsible": boolean,
            "default_collapsed": boolean,
            "has_header_divider": boolean,
        },
    ),
    at_least_one("title", "rich_text_title"),
)
BLOCKS: dict[str, Rule] = {**PLAIN_BLOCKS, "container": CONTAINER}

EVERYWHERE = frozenset(
    {"actions", "card", "context", "divider", "header", "image", "input", "rich_text", "section", "video"}
)
SURFACES: dict[str, frozenset[str]] = {
    MESSAGE: EVERYWHERE
    | {
        "auth_provider",
        "carousel",
        "container",
        "context_actions",
        "data_table",
        "data_visualization",
        "markdown",
        "plan",
        "table",
        "task_card",
    },
    MODAL: EVERYWHERE | {"alert"},
    HOME: EVERYWHERE | {"auth_provider", "carousel", "data_table", "table"},
}
BLOCK = by_type(BLOCKS)
