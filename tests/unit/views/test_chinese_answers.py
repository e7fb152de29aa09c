"""Who is spoken to in Chinese reads no English sentence: answers, forms, errors and help."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.domain.answers import ChannelStatus, LimitShare, LinkHealth, Status, TeammateUsage
from bot.domain.clusters import Cluster
from bot.domain.commands import WORDS, ShowHelp, Word, word_named
from bot.domain.errors import ChannelClosed, LimitWordMissing, NotLinked, UnknownCluster, WalltimeError
from bot.domain.forecast import Forecast
from bot.domain.usage import Usage, Window
from bot.playground.slack.check import faults_of_message, faults_of_view
from bot.views.access_key import access_key_errors, access_key_form, keys_again_sentence
from bot.views.errors import error_message, sentence
from bot.views.help import does, help_message
from bot.views.installation import not_yet_served_sentence
from bot.views.kit import Message, View
from bot.views.language import CHINESE, speaking
from bot.views.limits import setting_limit_message
from bot.views.link import (
    asking_failed_view,
    field_errors,
    form_button_message,
    form_late_message,
    link_form,
    token_again_sentence,
)
from bot.views.link_offer import code_again_sentence
from bot.views.status import status_message
from bot.views.usage import teammate_message, usage_message
from tests.unit.kit import ALICE, NOW, east, link, reading, table, usage
from tests.unit.views.test_errors import EVERY, NAMES
from tests.unit.views.test_limits import EACH, limit
from tests.unit.views.test_messages import MESSAGES, VIEWS, WORST

# What people type, what is mentioned and what is quoted stays as it is.
_TYPED = re.compile(r"`[^`]*`|<[^>]*>|“[^”]*”")
_ENGLISH = re.compile(r"[A-Za-z']+,? [A-Za-z']+,? [A-Za-z']+")
_CHINESE = re.compile(r"[\u4e00-\u9fff]")


@pytest.fixture(autouse=True)
def _in_chinese() -> Iterator[None]:
    with speaking(CHINESE):
        yield


def english_in(text: str) -> list[str]:
    """The runs of English words in a text that are nobody's own words."""
    return _ENGLISH.findall(_TYPED.sub("", text.replace(WORST.cause, "")))


def texts(value: Any) -> Iterator[str]:
    """All texts that are drawn somewhere."""
    if isinstance(value, list):
        for item in value:
            yield from texts(item)
    elif isinstance(value, dict):
        if value.get("type") in {"mrkdwn", "plain_text"}:
            yield value["text"]
        else:
            for item in value.values():
                yield from texts(item)


def ours(value: Any) -> Iterator[str]:
    """What is ours word for word: titles, buttons, labels, hints."""
    if isinstance(value, list):
        for item in value:
            yield from ours(item)
    elif isinstance(value, dict):
        if value.get("type") == "button":
            yield value["text"]["text"]
        for key, item in value.items():
            if key in {"title", "submit", "close", "label", "hint"} and isinstance(item, dict):
                yield item["text"]
            else:
                yield from ours(item)


def check(drawn: dict[str, Any]) -> None:
    for text in [drawn.get("text", ""), *texts(drawn)]:
        assert english_in(text) == [], text
    for text in ours(drawn):
        assert _CHINESE.search(text), text


@table("make", MESSAGES)
def test_a_message_in_chinese_has_no_english_sentence_and_slack_takes_it(make: Callable[[], Message]) -> None:
    drawn = make().to_slack()
    assert faults_of_message(drawn) == []
    check(drawn)


@table("make", VIEWS)
def test_a_form_in_chinese_has_no_english_sentence_and_slack_takes_it(make: Callable[[], View]) -> None:
    drawn = make()
    assert faults_of_view(drawn) == []
    check(drawn)


@pytest.mark.parametrize("error", EVERY, ids=NAMES)
@pytest.mark.parametrize("cluster", [None, east()], ids=["nowhere", "on-a-cluster"])
def test_every_error_is_said_in_chinese(error: WalltimeError, cluster: Cluster | None) -> None:
    said = sentence(error, cluster)
    assert said.endswith("。")
    assert english_in(said) == []
    drawn = error_message(error, cluster).to_slack()
    assert faults_of_message(drawn) == []
    check(drawn)
    for errors in (field_errors(error, east()), access_key_errors(error, east())):
        assert _CHINESE.search("".join(errors.values()))


def test_no_two_errors_are_said_the_same_way() -> None:
    assert len({sentence(error, east()) for error in EVERY}) == len(EVERY)


@pytest.mark.parametrize(
    "error",
    [
        NotLinked("east"),
        UnknownCluster("x", known=tuple("c" * 32 for _ in range(100))),
        *(ChannelClosed(reason) for reason in ("is_archived", "not_agreed", "restricted_action")),
        *(
            LimitWordMissing("at", missing=part, example="limit 5")
            for part in ("core_hours", "period", "date", "to", "thresholds", "cluster", "number")
        ),
    ],
)
def test_what_an_error_knows_is_said_in_chinese_too(error: WalltimeError) -> None:
    said = sentence(error, east())
    assert said.endswith("。")
    assert english_in(said) == []


@pytest.mark.parametrize("word", WORDS, ids=lambda word: word.name)
def test_help_says_each_word_in_both_languages_and_what_it_does_in_chinese(word: Word) -> None:
    for wanted in (ShowHelp(), ShowHelp(word=word)):
        text = help_message(wanted, command="/w").text
        assert f"`{f'/w {word.name} {word.arguments}'.strip()}` `/w {word.chinese[0]}` {does(word)}" in text
    assert _CHINESE.search(does(word))


def test_help_begins_in_chinese_with_what_was_not_understood() -> None:
    text = help_message(ShowHelp(unknown="stauts", nearest=word_named("status")), command="/w").text
    first, _ = text.split("\n", 1)
    assert "stauts" in first
    assert "`/w status`" in first
    assert english_in(first) == []


def test_usage_in_chinese_says_the_whole_fact() -> None:
    assert usage_message([usage()], now=NOW).text == (
        "East 上的 alice：截至 2026年11月22日 20:00 (Asia/Shanghai) 已用 1,234.50 核时。"  # noqa: RUF001
        "本月自 2026年11月22日 20:00 (Asia/Shanghai) 起：20.25 核时。"  # noqa: RUF001
        "用量速度：每天约 3.50 核时。"  # noqa: RUF001
    )


def test_usage_in_chinese_says_how_full_limits_are_and_when_they_will_be_full() -> None:
    window = Window(start=NOW - timedelta(days=9), end=NOW + timedelta(days=9))
    days = [NOW + timedelta(days=day) for day in (1, 2, 3)]
    forecast = Forecast(earliest=days[0], about=days[1], latest=days[2])
    shares = (
        LimitShare(limit=limit(), percent=61.7, window=window, forecast=forecast),
        LimitShare(limit=limit(EACH), percent=120, window=window, forecast=None),
    )
    message = usage_message([replace(usage(), limits=shares)], now=NOW)
    check(message.to_slack())
    assert "每月限额 2,000.00 核时，已用 61" in message.text  # noqa: RUF001
    assert "（<#C1>）。" in message.text  # noqa: RUF001


def test_a_teammate_s_usage_is_said_in_chinese() -> None:
    none = replace(usage(2), reading=None, this_month=None, pace_per_day=None)
    whole = replace(usage(3), this_month=Usage(core_hours=20.25, since=None))
    teammate = TeammateUsage(name="Bob", links=(usage(), none, whole))
    check(teammate_message(teammate, "C1", now=NOW).to_slack())


@table(
    "change",
    {
        "waiting": ({"next_poll_at": NOW + timedelta(minutes=5), "failing_since": NOW - timedelta(hours=7)},),
        "due": ({"next_poll_at": NOW},),
        "stopped": ({},),
        "without a reading": ({"reading": None},),
        "without its cluster": ({"cluster": None},),
    },
)
def test_status_is_said_in_chinese(change: dict[str, Any]) -> None:
    health = LinkHealth(**{"link": link(), "cluster": east(), "reading": reading(1.5), **change})
    for members, is_member in ((0, False), (3, False), (3, True)):
        channel = ChannelStatus(channel="C1", limits=1, members=members, is_member=is_member)
        status = Status(person=ALICE, links=(health,), channel=channel)
        check(status_message(status, now=NOW, version="1").to_slack())


@pytest.mark.parametrize("error", EVERY, ids=NAMES)
def test_a_form_that_comes_back_says_in_chinese_why(error: WalltimeError) -> None:
    for again in (token_again_sentence, keys_again_sentence, code_again_sentence):
        said = again(error, east())
        assert english_in(said) == []
        check(link_form([east()], trouble=said))
        check(access_key_form([east(allow_access_keys=True)], trouble=said))


def test_the_short_answers_around_forms_are_said_in_chinese() -> None:
    for message in (form_button_message(None), form_late_message("east"), setting_limit_message()):
        check(message.to_slack())
    check(asking_failed_view())
    assert english_in(not_yet_served_sentence(install_url=None)) == []
    assert english_in(not_yet_served_sentence(install_url="https://bot.example/")) == []
