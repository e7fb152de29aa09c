"""The checker refuses the messages that Slack refuses and takes those that Slack takes."""

from typing import Any

import pytest

from bot.playground.slack.check import faults_of_message
from tests.playground.slack_blocks import (
    ALERT,
    IMAGE,
    OPTION,
    RAW,
    RICH,
    chart,
    container,
    data_table,
    header,
    markdown,
    pie,
    select,
    table,
)
from tests.playground.slack_kit import actions, button, mrkdwn, plain, section, text_input

BAD_MESSAGES = [
    pytest.param([header(plain("a" * 200))], "/blocks/0/text/text", "less than 151", id="header of 200"),
    pytest.param([{"type": "section"}], "/blocks/0", "must define", id="section without text"),
    pytest.param([{"type": "gallery"}], "/blocks/0/type", "unsupported type: gallery", id="unknown type"),
    pytest.param(
        [section("a", colour="red")],
        "/blocks/0",
        "invalid additional property: colour",
        id="unknown property",
    ),
    pytest.param(
        [actions({**button("a"), "text": plain("a" * 76)})],
        "/blocks/0/elements/0/text/text",
        "less than 76",
        id="button of 76",
    ),
    pytest.param([header(mrkdwn("a"))], "/blocks/0/text/type", "unsupported type", id="header in mrkdwn"),
    pytest.param(
        [{"type": "section", "fields": [mrkdwn("a")] * 11}],
        "/blocks/0/fields",
        "no more than 10",
        id="11 fields",
    ),
    pytest.param(
        [{"type": "section", "fields": [mrkdwn("a" * 2001)]}],
        "/blocks/0/fields/0/text",
        "less than 2001",
        id="field of 2001",
    ),
    pytest.param(
        [section("a", block_id="x"), section("b", block_id="x")],
        "/blocks/1/block_id",
        "exists",
        id="same block_id",
    ),
    pytest.param([section("a")] * 51, "/blocks", "no more than 50 items allowed", id="51 blocks"),
    pytest.param([table(*[[RAW]] * 101)], "/blocks/0/rows", "no more than 100", id="table of 101 rows"),
    pytest.param([table([RAW]), table([RAW])], "/blocks", "only_one_table_allowed", id="two tables"),
    pytest.param([section("")], "/blocks/0/text/text", "more than 0 characters", id="empty text"),
    pytest.param(
        [{"type": "image", "image_url": "https://example.org/a.png"}],
        "/blocks/0",
        "missing required field: alt_text",
        id="no alt_text",
    ),
    pytest.param([ALERT], "/blocks/0/type", "not available in a message", id="alert in a message"),
    pytest.param([section("a" * 3001)], "/blocks/0/text/text", "less than 3001", id="text of 3001"),
    pytest.param(
        [actions(*[button(str(n)) for n in range(26)])], "/blocks/0/elements", "25", id="26 actions"
    ),
    pytest.param(
        [actions(button("a"), button("a"))], "/blocks/0/elements/1/action_id", "exists", id="same action"
    ),
    pytest.param([actions(button("a" * 256))], "/blocks/0/elements/0/action_id", "256", id="long action_id"),
    pytest.param(
        [actions(button("a", value="a" * 2001))], "/blocks/0/elements/0/value", "2001", id="long value"
    ),
    pytest.param(
        [actions(button("a", style="big"))], "/blocks/0/elements/0/style", "one of", id="unknown style"
    ),
    pytest.param([actions(IMAGE)], "/blocks/0/elements/0/type", "unsupported", id="image among actions"),
    pytest.param(
        [{"type": "context", "elements": [mrkdwn("a")] * 11}], "/blocks/0/elements", "10", id="11 contexts"
    ),
    pytest.param(
        [{"type": "context", "elements": [button("a")]}],
        "/blocks/0/elements/0/type",
        "button",
        id="button in context",
    ),
    pytest.param([table([RAW] * 21)], "/blocks/0/rows/0", "no more than 20", id="table of 21 columns"),
    pytest.param(
        [table([{"type": "raw_text", "text": ""}])], "/blocks/0/rows/0/0/text", "more than 0", id="empty cell"
    ),
    pytest.param([table([RAW], [RAW, RAW])], "/blocks/0/rows/1", "same number", id="uneven table"),
    pytest.param(
        [table(*[[{"type": "raw_text", "text": "a" * 1001}]] * 10)],
        "/blocks/0/rows",
        "10000",
        id="table too long",
    ),
    pytest.param(
        [table([RAW], column_settings=[{"align": "top"}])],
        "/blocks/0/column_settings/0/align",
        "one of",
        id="align",
    ),
    pytest.param([data_table([RAW])], "/blocks/0/rows", "no fewer than 2", id="data table of its header"),
    pytest.param(
        [data_table(*[[RAW]] * 102)], "/blocks/0/rows", "no more than 101", id="data table of 102 rows"
    ),
    pytest.param([data_table([RICH], [RAW])], "/blocks/0/rows/0/0", "rich_text", id="rich header"),
    pytest.param([data_table([RAW], [RAW, RAW])], "/blocks/0/rows/1", "same number", id="uneven data table"),
    pytest.param([data_table([RAW], [RAW], page_size=101)], "/blocks/0/page_size", "100", id="page size"),
    pytest.param(
        [data_table([RAW], [RAW], row_header_column_index=1)],
        "/blocks/0/row_header_column_index",
        "column",
        id="row header",
    ),
    pytest.param([{"type": "data_table", "rows": [[RAW], [RAW]]}], "/blocks/0", "caption", id="no caption"),
    pytest.param(
        [data_table([RAW], [{"type": "raw_number", "value": "3"}])],
        "/blocks/0/rows/1/0/value",
        "number",
        id="text as number",
    ),
    pytest.param(
        [
            data_table([RAW], [{"type": "raw_text", "text": "a" * 6000}]),
            table([{"type": "raw_text", "text": "a" * 5000}]),
        ],
        "/blocks",
        "in sum",
        id="two long tables",
    ),
    pytest.param([chart()] * 3, "/blocks", "no more than 2 data_visualization", id="three charts"),
    pytest.param(
        [chart(labels=("Mon", "Wed"))], "/blocks/0/chart/series/0/data", "categories", id="label outside"
    ),
    pytest.param([chart("radar")], "/blocks/0/chart/type", "unsupported", id="unknown chart"),
    pytest.param([chart(series=[])], "/blocks/0/chart/series", "no fewer", id="chart of nothing"),
    pytest.param([pie(value=0)], "/blocks/0/chart/segments/0/value", "greater than 0", id="empty segment"),
    pytest.param([pie(label="a" * 21)], "/blocks/0/chart/segments/0/label", "less than 21", id="long label"),
    pytest.param([pie(value=float("nan"))], "/blocks/0/chart/segments/0/value", "number", id="not a number"),
    pytest.param([markdown(7000), markdown(7000)], "/blocks", "12001", id="markdown in sum"),
    pytest.param(
        [section("a", accessory=select(options=[]))],
        "/blocks/0/accessory/options",
        "no fewer",
        id="no option",
    ),
    pytest.param(
        [section("a", accessory=select(options=[OPTION] * 101))],
        "/blocks/0/accessory/options",
        "100",
        id="101 options",
    ),
    pytest.param(
        [section("a", accessory=select(initial_option={"text": plain("West"), "value": "west"}))],
        "/blocks/0/accessory/initial_option",
        "options",
        id="first option is none",
    ),
    pytest.param(
        [section("a", accessory={"type": "static_select"})],
        "/blocks/0/accessory",
        "option_groups",
        id="select of nothing",
    ),
    pytest.param(
        [section("a", accessory=text_input("a")["element"])],
        "/blocks/0/accessory/type",
        "unsupported",
        id="input as accessory",
    ),
    pytest.param(
        [section("a", accessory={"type": "overflow", "options": [OPTION] * 6})],
        "/blocks/0/accessory/options",
        "5",
        id="overflow of 6",
    ),
    pytest.param(
        [section("a", accessory=button("a", confirm={"title": plain("a" * 101), "text": plain("b")}))],
        "/blocks/0/accessory/confirm/title/text",
        "101",
        id="long confirm",
    ),
    pytest.param(
        [{"type": "file", "external_id": "a", "source": "remote"}],
        "/blocks/0/type",
        "unsupported",
        id="file is never sent",
    ),
    pytest.param(
        [{"type": "rich_text", "elements": [{"type": "text", "text": "a"}]}],
        "/blocks/0/elements/0/type",
        "unsupported",
        id="loose rich text",
    ),
    pytest.param(
        [container(container(section("a")))], "/blocks/0/child_blocks/0/type", "container", id="box in a box"
    ),
    pytest.param(
        [container(section("a", block_id="x")), section("b", block_id="x")],
        "/blocks",
        "exists",
        id="same block_id inside",
    ),
    pytest.param(["hello"], "/blocks/0", "must be an object", id="text for a block"),
    pytest.param([{"text": "a"}], "/blocks/0", "missing required field: type", id="no type"),
    pytest.param({"type": "divider"}, "/blocks", "must be an array", id="block for a list"),
]


@pytest.mark.parametrize(("blocks", "pointer", "words"), BAD_MESSAGES)
def test_a_bad_message_is_refused_at_the_right_place(blocks: Any, pointer: str, words: str) -> None:
    faults = faults_of_message({"text": "a", "blocks": blocks})

    assert any(each.pointer.startswith(pointer) and words in each.text for each in faults), faults


@pytest.mark.parametrize(
    ("payload", "pointer", "words"),
    [
        pytest.param({}, "", "no_text", id="nothing"),
        pytest.param({"text": "a" * 40_001}, "/text", "40001", id="endless text"),
        pytest.param(
            {"text": "a", "blocks": [section("a" * 2900)] * 5},
            "/blocks",
            "msg_blocks_too_long",
            id="long in sum",
        ),
        pytest.param({"attachments": [{}] * 101}, "/attachments", "100", id="101 attachments"),
        pytest.param(
            {"attachments": [{"blocks": [ALERT]}]}, "/attachments/0/blocks/0/type", "alert", id="attached"
        ),
        pytest.param({"attachments": "a"}, "/attachments", "array", id="attachments as text"),
    ],
)
def test_a_message_as_a_whole_has_limits(payload: dict[str, Any], pointer: str, words: str) -> None:
    assert [(each.pointer, words in each.text) for each in faults_of_message(payload)] == [(pointer, True)]


GOOD_MESSAGES = [
    pytest.param([section("a" * 3000)], id="text of 3000"),
    pytest.param([section("a", block_id="b", accessory=button("c", url="https://example.org"))], id="button"),
    pytest.param(
        [section("a", accessory=button("x")), section("b", accessory=button("x"))],
        id="same action, two blocks",
    ),
    pytest.param([section(str(n)) for n in range(50)], id="50 blocks"),
    pytest.param([header(plain("a" * 150)), {"type": "divider"}], id="header"),
    pytest.param(
        [actions(button("a", style="danger", confirm={"title": plain("Sure?"), "text": mrkdwn("*b*")}))],
        id="confirm",
    ),
    pytest.param([{"type": "context", "elements": [mrkdwn("a"), {**IMAGE}]}], id="context"),
    pytest.param([table([RAW, RICH], [RAW, RAW], column_settings=[None, {"align": "right"}])], id="table"),
    pytest.param(
        [data_table([RAW], [{"type": "raw_number", "value": 3.5, "text": "3.50"}], page_size=10)],
        id="data table",
    ),
    pytest.param([chart("bar"), pie()], id="charts"),
    pytest.param([markdown(12_000)], id="markdown"),
    pytest.param(
        [section("a", accessory=select(initial_option=OPTION, placeholder=plain("Which?")))], id="select"
    ),
    pytest.param([section("a", accessory={"type": "overflow", "options": [OPTION]})], id="overflow"),
    pytest.param([container(section("a"), {"type": "divider"})], id="container"),
    pytest.param([RICH], id="rich text"),
    pytest.param([IMAGE], id="image"),
]


@pytest.mark.parametrize("blocks", GOOD_MESSAGES)
def test_a_good_message_passes(blocks: list[dict[str, Any]]) -> None:
    assert faults_of_message({"text": "a", "blocks": blocks}) == []
