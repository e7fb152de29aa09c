"""The Home tab, for everybody from who has nothing to who has too much."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

from bot.domain.errors import ClusterSilent, TokenRefused
from bot.domain.home import Home
from bot.playground.slack.check import faults_of_view
from bot.views.home import bar
from bot.views.kit import View
from bot.views.language import CHINESE, speaking
from tests.unit.kit import NOW, table
from tests.unit.views.homes import TEAM, draw_home, gone_link, home, home_limit, home_link

LONG: dict[str, Any] = {"username": "u" * 64, "label": "L" * 60}
AMPERSANDS: dict[str, Any] = {"username": "&" * 64, "label": "<" * 60}
RIGHT_TO_LEFT: dict[str, Any] = {"username": "\u202eعلي" * 9, "label": "🧪" * 60}
MUCH: dict[str, Any] = {"links": 15, "limits": 30, "alerts": 20, "teams": 40, "is_admin": True}

HOMES: dict[str, tuple[Home]] = {
    "nothing linked": (home(),),
    "nothing linked, but limits and teams": (home(0, limits=2, teams=1),),
    "one link": (home(1),),
    "15 links": (home(15),),
    "15 links in trouble": (home(15, problem=TokenRefused()),),
    "100 links": (home(100),),
    "links on clusters that are gone": (replace(home(), links=tuple(gone_link(n) for n in range(15))),),
    "30 limits, page 1": (home(1, limits=30),),
    "30 limits, page 2": (home(1, limits=30, page=1),),
    "30 limits, page 3": (home(1, limits=30, page=2),),
    "an admin": (home(1, limits=3, is_admin=True),),
    "everything at its worst": (home(**MUCH, page=1, problem=TokenRefused(), **LONG),),
    "everything in ampersands": (home(**MUCH, page=1, problem=ClusterSilent("x"), **AMPERSANDS),),
    "everything from right to left": (home(**MUCH, page=1, **RIGHT_TO_LEFT),),
}


@table("shown", HOMES)
def test_slack_takes_it(shown: Home) -> None:
    view = draw_home(shown)
    assert faults_of_view(view) == []
    assert len(view["blocks"]) <= 100
    with speaking(CHINESE):
        assert faults_of_view(draw_home(shown)) == []


@table("shown", HOMES)
def test_nothing_on_it_grows_old_by_the_minute(shown: Home) -> None:
    asked = [replace(one, health=replace(one.health, failing_since=NOW)) for one in shown.links]
    for each in (shown, replace(shown, links=tuple(asked))):
        assert draw_home(each, now=NOW + timedelta(minutes=1)) == draw_home(each)


def texts(view: View) -> str:
    return json.dumps(view, ensure_ascii=False)


def actions(view: View) -> list[str]:
    """The action ids in it, from top to bottom."""
    found: list[str] = []

    def walk(value: Any) -> None:
        if isinstance(value, dict):
            found.extend([value["action_id"]] if "action_id" in value else [])
            for each in value.values():
                walk(each)
        elif isinstance(value, list):
            for each in value:
                walk(each)

    walk(view["blocks"])
    return found


def test_who_is_not_linked_is_told_how_and_can_do_the_rest() -> None:
    view = draw_home(home())
    assert "You have not linked a cluster yet" in texts(view)
    assert actions(view) == [
        "link.open",
        "limit.open",
        "home.say.status",
        "home.say.alerts.test",
        "home.say.help",
        "home.language",
    ]


def test_who_is_linked_has_a_button_for_everything() -> None:
    assert set(actions(draw_home(home(1, limits=30, alerts=1, teams=1, page=1)))) == {
        "unlink.confirm",
        "home.refresh",
        "link.open",
        "alert.ack",
        "alert.snooze",
        "alert.why",
        "alert.raise_limit",
        "limit.open",
        "limit.off",
        "home.page.previous",
        "home.page.next",
        "home.leave",
        "home.say.status",
        "home.say.alerts.test",
        "home.say.help",
        "home.language",
    }


@table(
    "page pages turns",
    {
        "the first page": (0, 30, ["home.page.next"]),
        "the second": (1, 30, ["home.page.previous", "home.page.next"]),
        "the third and last": (2, 30, ["home.page.previous"]),
        "an only page": (0, 10, []),
    },
)
def test_limits_are_turned_page_by_page(page: int, pages: int, turns: list[str]) -> None:
    view = draw_home(home(1, limits=pages, page=page))
    assert [each for each in actions(view) if each.startswith("home.page")] == turns
    assert view["private_metadata"] == str(page)
    assert (f"Page {page + 1} of 3, 30 limits" in texts(view)) == (pages == 30)
    changed = [
        element["value"]
        for block in view["blocks"]
        for element in block.get("elements", [])
        if element.get("action_id") == "limit.open" and "value" in element
    ]
    assert changed == [f"L{n}" for n in range(10 * page, 10 * page + 10)]


@table(
    "percent full",
    {
        "nothing": (0.0, 0),
        "less than a cell": (4.9, 0),
        "half": (50.0, 10),
        "just not all": (99.99, 19),
        "all": (100.0, 20),
        "more than all": (180.0, 20),
    },
)
def test_a_bar_is_as_full_as_the_limit_and_never_fuller(percent: float, full: int) -> None:
    assert bar(percent) == "█" * full + "░" * (20 - full)


def limit_text(**how: Any) -> str:
    shown = replace(home(1), limits=(home_limit(1, **how),), limits_in_all=1)
    blocks = draw_home(shown)["blocks"]
    place = next(n for n, block in enumerate(blocks) if block.get("text", {}).get("text") == "Limits")
    text: str = blocks[place + 1]["text"]["text"]
    return text


def test_a_limit_is_said_in_words_before_its_bar() -> None:
    words, drawing, told = limit_text(percent=61).split("\n")
    assert words == "*East*: 61 % of 2,000.00 core-hours per month"
    assert drawing.strip("█░") == ""
    assert told == "Told at 50, 80, 90, 100 %; set by <@U1>."


def test_a_teams_sum_is_left_to_its_channel() -> None:
    text = limit_text(percent=None, scope=TEAM)
    assert "2,000.00 core-hours per month on East, for the team of <#C1> together" in text
    assert "The team's sum is shown in its channel." in text
    assert "█" not in text


def test_a_limit_without_a_reading_claims_no_number() -> None:
    assert "No reading yet." in limit_text(percent=None)
    assert "░" not in limit_text(percent=None)


@table(
    "may buttons",
    {
        "their own": ({"may_change": True, "may_remove": True}, ["limit.open", "limit.off"]),
        "another's, for an admin": ({"may_change": False, "may_remove": True}, ["limit.off"]),
        "another's": ({"may_change": False, "may_remove": False}, []),
    },
)
def test_a_limit_has_the_buttons_that_its_reader_may_use(may: dict[str, Any], buttons: list[str]) -> None:
    shown = replace(home(), limits=(home_limit(1, **may),), limits_in_all=1)
    with_add = [each for each in actions(draw_home(shown)) if each.startswith("limit")]
    assert with_add == [*buttons, "limit.open"]


@table(
    "how said button",
    {
        "well": ({}, None, "no"),
        "asked in vain just now": ({"problem": ClusterSilent("x")}, "not answering just now", "no"),
        "refused just now": ({"problem": TokenRefused()}, "token", "yes"),
        "no longer asked": ({"next_poll_at": None}, "I no longer ask East", "yes"),
        "silent for long": ({"failing_since": NOW - timedelta(hours=7)}, "East gives no data since", "no"),
    },
)
def test_a_link_says_what_is_wrong_and_offers_what_helps(
    how: dict[str, Any], said: str | None, button: str
) -> None:
    view = draw_home(replace(home(), links=(home_link(1, **how),)))
    warnings = [block for block in view["blocks"] if ":warning:" in texts(block)]
    assert len(warnings) == (said is not None)
    assert said is None or said in texts(warnings[0])
    assert ("Link again" in texts(view)) == (button == "yes")


@table("chosen shown", {"none": (None, "auto"), "one": ("zh", "zh"), "one that is gone": ("xx", "auto")})
def test_the_language_chosen_is_the_one_shown(chosen: str | None, shown: str) -> None:
    (menu,) = (
        element
        for block in draw_home(home(language=chosen))["blocks"]
        for element in block.get("elements", [])
        if element.get("action_id") == "home.language"
    )
    assert menu["initial_option"]["value"] == shown
    assert [option["value"] for option in menu["options"]] == ["auto", "en", "zh"]


def test_only_an_admin_is_told_what_admins_may() -> None:
    assert "You are an admin here" in texts(draw_home(home(1, is_admin=True)))
    assert "You are an admin here" not in texts(draw_home(home(1)))
