"""Every message and view: Slack takes it, its text says the whole fact, and it pings nobody."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.domain.answers import LinkHealth, LinkUsage, Status
from bot.domain.clusters import Cluster
from bot.domain.commands import WORDS, ShowHelp, word_named
from bot.domain.errors import ClusterMisconfigured, ClusterSilent, NotLinked, TokenRefused, UnknownCluster
from bot.domain.health import Health, State
from bot.domain.link_pages import PAGE_LIVES, LinkPage
from bot.domain.regions import Offer, Standing
from bot.playground.slack.check import faults_of_message, faults_of_view
from bot.views.access_key import access_key_form
from bot.views.errors import error_message, failure_sentence
from bot.views.help import does, help_message
from bot.views.kit import Message, View, say
from bot.views.link import asking_view, field_errors, link_form, linked_sentence, linked_view
from bot.views.link_offer import (
    link_cancelled_message,
    link_code_form,
    link_offer_message,
    link_offer_view,
    link_question,
)
from bot.views.regions import regions_form, signed_in_sentence
from bot.views.status import status_message
from bot.views.unlink import (
    somebody_unlinked_message,
    unlink_question,
    unlinked_by_sentence,
    unlinked_message,
)
from bot.views.usage import usage_message
from tests.unit.kit import ALICE, NOW, east, link, reading, table, usage
from tests.unit.views.homes import draw_home, home

MARKUP = "<!channel> & <@U1> <https://x|y>"
LONG: dict[str, Any] = {"username": "u" * 64, "label": "L" * 60}
AMPERSANDS: dict[str, Any] = {"username": "&" * 64, "label": "<" * 60}
NAMELESS: dict[str, Any] = {"username": MARKUP, "label": MARKUP}
LONG_NAME: dict[str, Any] = {"username": "u" * 64}
WORST = ClusterMisconfigured("its certificate is not trusted (set ca_file)")


def many(number: int, **how: Any) -> list[LinkUsage]:
    return [usage(n, **how) for n in range(number)]


def health(number: int, **how: Any) -> Status:
    answers = many(number, **how)
    return Status(
        person=ALICE,
        links=tuple(LinkHealth(link=a.link, cluster=a.cluster, reading=a.reading) for a in answers),
    )


def question(answers: Sequence[LinkUsage], user: str | None = None) -> Message:
    clusters = {answer.cluster.name: answer.cluster for answer in answers}
    return unlink_question([answer.link for answer in answers], clusters, user=user)


def offers(number: int, *, label: str) -> list[Offer]:
    """So many regions of each standing."""
    return [
        Offer(cluster_id=f"{standing}{n}", label=label, standing=standing)
        for standing in Standing
        for n in range(number)
    ]


def a_page(**more: Any) -> LinkPage:
    return LinkPage(
        page_id="0" * 32,
        person=ALICE,
        person_name="Alice Ng",
        workspace_name="Lab",
        cluster="east",
        expires_at=NOW + PAGE_LIVES,
        **{"username": "alice", **more},
    )


def gone(number: int) -> LinkHealth:
    sick = Health(since=NOW, state=State.CLUSTER_UNKNOWN)
    return LinkHealth(link=link(cluster=f"c{number}"), cluster=None, reading=None, health=sick)


def labelled(**how: Any) -> Cluster:
    return usage(**how).cluster


MESSAGES: dict[str, tuple[Callable[[], Message]]] = {
    "usage of one": (lambda: usage_message(many(1), now=NOW),),
    "usage with a problem": (lambda: usage_message(many(1, problem=ClusterSilent("x")), now=NOW),),
    "usage of 15 at their worst": (lambda: usage_message(many(15, problem=WORST, **LONG), now=NOW),),
    "usage of 16": (lambda: usage_message(many(16, problem=WORST), now=NOW),),
    "usage of 100": (lambda: usage_message(many(100, problem=WORST), now=NOW),),
    "usage of markup": (lambda: usage_message(many(2, problem=TokenRefused(), **NAMELESS), now=NOW),),
    "usage of nothing read": (lambda: usage_message([replace(usage(), reading=None)], now=NOW),),
    "status of none": (lambda: status_message(health(0), now=NOW, version="1"),),
    "status of 15": (lambda: status_message(health(15, **LONG), now=NOW, version="1"),),
    "status of 100": (lambda: status_message(health(100, **LONG), now=NOW, version="1"),),
    "status of markup": (lambda: status_message(health(2, **NAMELESS), now=NOW, version="1"),),
    "unlink one": (lambda: question(many(1)),),
    "unlink one of 15": (lambda: question(many(15, **LONG)),),
    "unlink one of 100": (lambda: question(many(100, **LONG)),),
    "unlink markup": (lambda: question(many(2, **NAMELESS)),),
    "unlinked": (lambda: unlinked_message("east", {"east": east()}),),
    "unlinked from what is gone": (lambda: unlinked_message("east", {}),),
    "unlinked from markup": (lambda: unlinked_message("east", {"east": labelled(**NAMELESS)}),),
    "help": (lambda: help_message(ShowHelp(), command="/walltime"),),
    "help with a slip": (
        lambda: help_message(ShowHelp(unknown="x" * 4000, nearest=WORDS[0]), command="/walltime"),
    ),
    "help with markup": (lambda: help_message(ShowHelp(unknown=MARKUP * 99), command="/walltime"),),
    "an unknown cluster among 100": (
        lambda: error_message(UnknownCluster("&" * 4000, known=tuple("c" * 32 for _ in range(100)))),
    ),
    "an unknown cluster of markup": (lambda: error_message(UnknownCluster(MARKUP, known=("east",))),),
    "not linked": (lambda: error_message(NotLinked()),),
    "a refused token": (lambda: error_message(TokenRefused(), labelled(**AMPERSANDS)),),
    "the way to a link page": (lambda: link_offer_message(a_page(), "https://example.edu/link/x", now=NOW),),
    "a link page's question": (lambda: link_question(a_page(), "East"),),
    "a link page's question of markup": (lambda: link_question(a_page(username=MARKUP), MARKUP),),
    "a link page cancelled": (lambda: link_cancelled_message(a_page(username=MARKUP), MARKUP),),
    "what a key opens, said": (lambda: say(signed_in_sentence(offers(40, label=MARKUP), login=MARKUP)),),
    "what no key opens, said": (
        lambda: say(signed_in_sentence(offers(40, label="&" * 60)[40:], login="&" * 64)),
    ),
    "our own fault": (lambda: say(failure_sentence("deadbeef")),),
}

VIEWS: dict[str, tuple[Callable[[], View]]] = {
    "home of none": (lambda: draw_home(home()),),
    "home of ampersands": (lambda: draw_home(home(15, alerts=2, **AMPERSANDS)),),
    "home of markup": (lambda: draw_home(home(2, alerts=2, problem=WORST, **NAMELESS)),),
    "the form for one": (lambda: link_form([east()]),),
    "the form for 100": (
        lambda: link_form([east(name=f"c{n}", label="L" * 60) for n in range(100)], chosen="c99"),
    ),
    "the form after trouble": (
        lambda: link_form([east()], chosen="east", username="u" * 64, trouble=MARKUP * 20),
    ),
    "the form with a way to access keys": (
        lambda: link_form([east(), east(name="west", allow_access_keys=True)], chosen="west"),
    ),
    "the form for an access key": (
        lambda: access_key_form([east(allow_access_keys=True), east(name="west")]),
    ),
    "the form for an access key after trouble": (
        lambda: access_key_form(
            [east(name=f"c{n}", label="L" * 60, allow_access_keys=True) for n in range(100)],
            chosen="c99",
            login="u" * 64,
            trouble=MARKUP * 20,
        ),
    ),
    "the form for an access key that opens regions of several platforms": (
        lambda: access_key_form(
            [
                east(name=f"c{n}", allow_access_keys=True, sign_in_url=f"https://{'x' * 60}{n}.example.edu")
                for n in range(100)
            ],
            with_regions=True,
        ),
    ),
    "the choice of regions": (
        lambda: regions_form(offers(100, label="L" * 60), login="u" * 64, sign_in_id="0" * 32),
    ),
    "the choice of regions of markup after trouble": (
        lambda: regions_form(
            offers(3, label=MARKUP), login=MARKUP, sign_in_id="0" * 32, chosen="open2", trouble=MARKUP * 20
        ),
    ),
    "no region to choose": (
        lambda: regions_form(offers(100, label="&" * 60)[100:], login="&" * 64, sign_in_id="0" * 32),
    ),
    "the way to a link page, over Home": (
        lambda: link_offer_view(a_page(), "https://example.edu/link/" + "x" * 43, now=NOW),
    ),
    "the form for the code": (lambda: link_code_form(a_page(**LONG_NAME), "L" * 60, metadata="{}"),),
    "the form for the code after trouble": (
        lambda: link_code_form(a_page(username=MARKUP), MARKUP, metadata="{}", trouble=MARKUP * 20),
    ),
    "asking": (lambda: asking_view(labelled(**NAMELESS)),),
    "linked": (lambda: linked_view(link(username=MARKUP), reading(1234.5), labelled(**NAMELESS)),),
}


# These name somebody, by a mention of ours.
MENTIONS: dict[str, tuple[Callable[[], Message]]] = {
    "unlink somebody": (lambda: question(many(2, **NAMELESS), "U1"),),
    "unlink somebody of 100": (lambda: question(many(100, **LONG), "U1"),),
    "somebody unlinked": (lambda: somebody_unlinked_message("U1", "east", {"east": labelled(**LONG)}),),
    "unlinked by an admin": (lambda: say(unlinked_by_sentence("U1", "east", {}, command="/walltime")),),
}


@table("make", {**MESSAGES, **MENTIONS})
def test_slack_takes_the_message(make: Callable[[], Message]) -> None:
    drawn = make().to_slack()
    assert faults_of_message(drawn) == []
    assert drawn["text"].strip()
    assert drawn["blocks"]


@table("make", VIEWS)
def test_slack_takes_the_view(make: Callable[[], View]) -> None:
    assert faults_of_view(make()) == []


def marked_up(value: Any) -> list[str]:
    """All texts that Slack reads markup in."""
    if isinstance(value, list):
        return [text for item in value for text in marked_up(item)]
    if not isinstance(value, dict):
        return []
    if value.get("type") == "mrkdwn":
        return [value["text"]]
    return [text for item in value.values() for text in marked_up(item)]


@table("make", MESSAGES)
def test_no_message_pings_or_links_what_somebody_typed(make: Callable[[], Message]) -> None:
    drawn = make().to_slack()
    for text in (drawn["text"], *marked_up(drawn["blocks"])):
        for sign in ("<!channel", "<@", "<http", "& "):
            assert sign not in text


@table("make", VIEWS)
def test_no_view_pings_or_links_what_somebody_typed(make: Callable[[], View]) -> None:
    for text in marked_up(make()["blocks"]):
        for sign in ("<!channel", "<@", "<http", "& "):
            assert sign not in text


@pytest.mark.parametrize("make", [*MESSAGES.values(), *VIEWS.values()], ids=[*MESSAGES, *VIEWS])
def test_the_same_value_is_the_same_drawing(make: tuple[Callable[[], Message | View]]) -> None:
    once, again = (each.to_slack() if isinstance(each, Message) else each for each in (make[0](), make[0]()))
    assert json.dumps(once) == json.dumps(again)


def test_usage_says_the_whole_fact() -> None:
    assert usage_message([usage()], now=NOW).text == (
        "alice on East: 1,234.50 core-hours used, as of 22 Nov 2026, 20:00 (Asia/Shanghai). "
        "This month since 22 Nov 2026, 20:00 (Asia/Shanghai): 20.25 core-hours. "
        "Pace: about 3.50 core-hours a day."
    )


def test_usage_that_is_old_says_why_and_how_old() -> None:
    text = usage_message([usage(problem=ClusterSilent("x"))], now=NOW + timedelta(hours=3)).text
    assert "East is not answering just now." in text
    assert "Shown is the last reading, 3 hours old." in text


def test_usage_without_a_reading_claims_no_number() -> None:
    none = replace(usage(problem=ClusterSilent("x")), reading=None, this_month=None, pace_per_day=None)
    text = usage_message([none], now=NOW).text
    assert text.startswith("alice on East: no reading yet. East is not answering")
    assert "core-hours used" not in text
    assert "0.00" not in json.dumps(usage_message([none], now=NOW).to_slack())


def test_usage_without_a_month_or_a_pace_says_nothing_of_them() -> None:
    drawn = json.dumps(
        usage_message([replace(usage(), this_month=None, pace_per_day=None)], now=NOW).to_slack()
    )
    assert "month" not in drawn
    assert "Pace" not in drawn


def test_usage_never_claims_a_period_for_the_counter() -> None:
    drawn = usage_message([replace(usage(), this_month=None)], now=NOW).text
    for word in ("total", "month", "year", "ever"):
        assert word not in drawn


def test_every_link_is_said_and_those_without_room_are_counted() -> None:
    message = usage_message(many(20), now=NOW)
    assert message.text.count("core-hours used") == 20
    assert "5 more are linked" in json.dumps(message.to_slack())
    assert "more are linked" not in json.dumps(usage_message(many(15), now=NOW).to_slack())
    assert "5 more are linked" in json.dumps(draw_home(home(20)))
    assert "5 more are linked" in json.dumps(question(many(20)).to_slack())
    assert "5 more are linked" in json.dumps(status_message(health(20), now=NOW, version="1").to_slack())


@table(
    "problem linked_again",
    {
        "a refused token": (TokenRefused("10008"), "yes"),
        "a silent cluster": (ClusterSilent("x"), "no"),
        "a misconfigured one": (WORST, "no"),
    },
)
def test_link_again_is_offered_where_it_helps(problem: Any, linked_again: str) -> None:
    drawn = json.dumps(usage_message([usage(problem=problem)], now=NOW).to_slack())
    assert ("Link again" in drawn) == (linked_again == "yes")


def test_status_says_each_link_s_token_and_reading_and_the_support_id() -> None:
    status = health(1)
    first = replace(
        status.links[0],
        link=link(token_expires_at=NOW + timedelta(hours=5)),
        next_poll_at=NOW + timedelta(minutes=65),
    )
    text = status_message(replace(status, links=(first,)), now=NOW + timedelta(hours=1), version="1.2").text
    assert text == (
        "alice on East: the token expires in 4 hours. Last reading 1,234.50 core-hours, 1 hour ago. "
        "Next poll in 5 minutes. For support: T1/U1, version 1.2."
    )


@table(
    "change said",
    {
        "an expired token": ({"token_expires_at": NOW - timedelta(hours=2)}, "It expired 2 hours ago."),
        "a token that expires now": ({"token_expires_at": NOW}, "It expired 0 seconds ago."),
        "a token that does not say": ({"token_expires_at": None}, "does not say when it expires"),
    },
)
def test_status_says_how_long_the_token_lives(change: dict[str, Any], said: str) -> None:
    status = Status(person=ALICE, links=(LinkHealth(link=link(**change), cluster=east(), reading=None),))
    text = status_message(status, now=NOW, version="1").text
    assert said in text
    assert "No reading yet." in text


@table(
    "change said",
    {
        "planned": ({"next_poll_at": NOW + timedelta(minutes=20)}, "Next poll in 20 minutes."),
        "due": ({"next_poll_at": NOW}, "Next poll now."),
        "stopped": ({}, "I no longer ask."),
        "failing": (
            {"next_poll_at": NOW + timedelta(minutes=5), "failing_since": NOW - timedelta(hours=7)},
            "No data for 7 hours. Next poll in 5 minutes.",
        ),
    },
)
def test_status_says_when_the_cluster_is_asked_next(change: dict[str, Any], said: str) -> None:
    health = LinkHealth(link=link(), cluster=east(), reading=None, **change)
    assert said in status_message(Status(person=ALICE, links=(health,)), now=NOW, version="1").text


def test_status_of_a_cluster_that_left_the_settings_says_so() -> None:
    status = Status(person=ALICE, links=(LinkHealth(link=link(), cluster=None, reading=None),))
    assert "east (no longer in the bot's settings)" in status_message(status, now=NOW, version="1").text


def test_the_question_before_unlinking_names_what_goes_and_has_a_button_for_each() -> None:
    message = question(many(2))
    assert message.text.startswith("Unlink alice on East, alice on East?")
    assert [block["elements"][0]["value"] for block in message.to_slack()["blocks"][1::2]] == [
        "cluster0",
        "cluster1",
    ]


@pytest.mark.parametrize("word", WORDS, ids=lambda word: word.name)
def test_every_word_is_in_help_with_what_it_does(word: Any) -> None:
    whole, alone = help_message(ShowHelp(), command="/w"), help_message(ShowHelp(word=word), command="/w")
    for message in (whole, alone):
        drawn = json.dumps(message.to_slack(), ensure_ascii=False)
        for text in (message.text, drawn):
            assert f"`{f'/w {word.name} {word.arguments}'.strip()}`" in text
            assert does(word) in text


def test_help_begins_with_what_was_not_understood_and_the_nearest_word() -> None:
    text = help_message(ShowHelp(unknown="stauts", nearest=word_named("status")), command="/w").text
    assert text.startswith("I do not understand “stauts”. Did you mean `/w status`?\n")


def fields(view: View) -> dict[str, Any]:
    return {block["block_id"]: block for block in view["blocks"] if block["type"] == "input"}


def test_the_form_has_the_fields_that_other_tools_know() -> None:
    form = link_form([east()])
    assert form["callback_id"] == "link"
    assert {name: block["element"]["action_id"] for name, block in fields(form).items()} == {
        name: name for name in ("cluster", "username", "token")
    }
    assert fields(form)["username"]["optional"]
    assert not fields(form)["token"].get("optional")


@table(
    "clusters chosen selected",
    {
        "one cluster is chosen for you": (1, None, "c0"),
        "one cluster, another wished": (1, "gone", "c0"),
        "of two none is": (2, None, None),
        "of two the one wished": (2, "c1", "c1"),
        "of two one that is gone": (2, "gone", None),
    },
)
def test_the_form_s_cluster(clusters: int, chosen: str | None, selected: str | None) -> None:
    form = link_form([east(name=f"c{n}") for n in range(clusters)], chosen=chosen)
    option = fields(form)["cluster"]["element"].get("initial_option")
    assert (option and option["value"]) == selected


def test_the_form_after_trouble_keeps_the_username_and_never_a_token() -> None:
    form = link_form([east()], username="alice", trouble="That did not work.")
    assert fields(form)["username"]["element"]["initial_value"] == "alice"
    assert "initial_value" not in fields(form)["token"]["element"]
    assert "That did not work." in json.dumps(form)


def test_linked_says_who_where_and_the_first_number() -> None:
    said = linked_sentence(link(), reading(20.25), east())
    assert said.startswith("You are linked as *alice* on *East*: 20.25 core-hours used as of <!date^")
    assert "|22 Nov 2026, 20:00 (Asia/Shanghai)>" in said


def test_an_error_stands_at_the_field_to_change() -> None:
    assert list(field_errors(UnknownCluster("x", known=()), None)) == ["cluster"]
    assert list(field_errors(TokenRefused(), east())) == ["token"]
    assert list(field_errors(ClusterSilent("x"), east())) == ["token"]
