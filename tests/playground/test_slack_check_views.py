"""The checker refuses the views that Slack refuses and takes those that Slack takes."""

from typing import Any

import pytest

from bot.playground.slack.check import faults_of_view
from tests.playground.slack_blocks import ALERT, GROUPS, OPTION, RAW, chart, data_table, markdown, table
from tests.playground.slack_kit import button, modal, mrkdwn, plain, section, text_input

BAD_VIEWS = [
    pytest.param(modal(title=plain("a" * 25)), "/view/title/text", "less than 25", id="title of 25"),
    pytest.param(
        {k: v for k, v in modal().items() if k != "submit"},
        "/view/submit",
        "submit",
        id="input without submit",
    ),
    pytest.param(modal(private_metadata="a" * 3001), "/view/private_metadata", "3001", id="metadata of 3001"),
    pytest.param(modal(callback_id="a" * 256), "/view/callback_id", "256", id="long callback_id"),
    pytest.param(modal(submit=plain("a" * 25)), "/view/submit/text", "25", id="submit of 25"),
    pytest.param(modal(colour="red"), "/view", "invalid additional property", id="unknown property"),
    pytest.param(modal(*[section(str(n)) for n in range(101)]), "/view/blocks", "100", id="101 blocks"),
    pytest.param(modal(table([RAW])), "/view/blocks/0/type", "not available in a modal", id="table"),
    pytest.param(modal(data_table([RAW], [RAW])), "/view/blocks/0/type", "modal", id="data table"),
    pytest.param(modal(chart()), "/view/blocks/0/type", "modal", id="chart"),
    pytest.param(modal(markdown(3)), "/view/blocks/0/type", "modal", id="markdown"),
    pytest.param(
        modal(text_input("a"), text_input("a")), "/view/blocks/1/block_id", "exists", id="same block_id"
    ),
    pytest.param(modal(blocks=[]), "/view/blocks", "no fewer", id="no blocks"),
    pytest.param({"type": "modal", "blocks": [section("a")]}, "/view", "title", id="no title"),
    pytest.param({"type": "page", "blocks": []}, "/view/type", "page", id="unknown type"),
    pytest.param(
        {"type": "home", "blocks": [section("a")], "title": plain("a")},
        "/view",
        "title",
        id="home with title",
    ),
    pytest.param({"type": "home", "blocks": [ALERT]}, "/view/blocks/0/type", "home", id="alert at home"),
    pytest.param({"type": "home", "blocks": [chart()]}, "/view/blocks/0/type", "home", id="chart at home"),
    pytest.param(
        modal(text_input("a", label=mrkdwn("a"))), "/view/blocks/0/label/type", "mrkdwn", id="label in mrkdwn"
    ),
    pytest.param(
        modal(text_input("a", element={"type": "number_input"})),
        "/view/blocks/0/element",
        "is_decimal",
        id="number",
    ),
    pytest.param(
        modal(text_input("a", element={"type": "plain_text_input", "min_length": 5, "max_length": 4})),
        "/view/blocks/0/element/min_length",
        "max_length",
        id="min above max",
    ),
    pytest.param(
        modal(text_input("a", element={"type": "timepicker", "initial_time": "25:00"})),
        "/view/blocks/0/element/initial_time",
        "match",
        id="no such time",
    ),
    pytest.param(
        modal(text_input("a", element=button("b"))),
        "/view/blocks/0/element/type",
        "button",
        id="button as input",
    ),
    pytest.param(
        modal(
            text_input("a", element={"type": "plain_text_input", "focus_on_load": True}),
            text_input("b", element={"type": "plain_text_input", "focus_on_load": True}),
        ),
        "/view/blocks",
        "focus_on_load",
        id="two focused",
    ),
]


@pytest.mark.parametrize(("view", "pointer", "words"), BAD_VIEWS)
def test_a_bad_view_is_refused_at_the_right_place(view: dict[str, Any], pointer: str, words: str) -> None:
    faults = faults_of_view(view)

    assert any(each.pointer.startswith(pointer) and words in each.text for each in faults), faults


@pytest.mark.parametrize(
    "view",
    [
        pytest.param(modal(), id="form"),
        pytest.param(modal(ALERT, text_input("a", hint=plain("b"), optional=True)), id="alert in a form"),
        pytest.param(
            {"type": "modal", "title": plain("a"), "blocks": [section("a")]}, id="nothing to submit"
        ),
        pytest.param({"type": "home", "blocks": [section("a"), table([RAW]), table([RAW])]}, id="home"),
        pytest.param(modal(*[section(str(n)) for n in range(100)]), id="100 blocks"),
        pytest.param(
            modal(
                text_input("a", element={"type": "static_select", "option_groups": GROUPS}),
                text_input("b", element={"type": "users_select"}),
                text_input("c", element={"type": "datepicker", "initial_date": "2026-09-01"}),
                text_input(
                    "d", element={"type": "checkboxes", "options": [OPTION], "initial_options": [OPTION]}
                ),
                text_input(
                    "e", element={"type": "number_input", "is_decimal_allowed": True, "min_value": "0"}
                ),
                text_input(
                    "f",
                    element={
                        "type": "conversations_select",
                        "default_to_current_conversation": True,
                        "filter": {"include": ["public", "private"]},
                    },
                ),
            ),
            id="every kind of input",
        ),
    ],
)
def test_a_good_view_passes(view: dict[str, Any]) -> None:
    assert faults_of_view(view) == []


def test_a_view_of_the_wrong_kind_is_refused() -> None:
    assert faults_of_view(modal(), surface="home")[0].pointer == "/view/type"
