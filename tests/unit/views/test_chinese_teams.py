"""Teams, histories and news of links in Chinese: Slack takes them, and no English is left in them."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.domain.answers import LinkHealth
from bot.domain.health import UNREADABLE, Health, LinkNews, State
from bot.domain.history_answers import History
from bot.domain.periods import Period, PeriodKind, window
from bot.domain.standing import Audience
from bot.playground.slack.check import faults_of_message, faults_of_view
from bot.views.alert_words import period_words
from bot.views.history import (
    csv_sent_message,
    file_title,
    history_message,
    history_plain_message,
    picture_sent_sentence,
)
from bot.views.kit import Message, say
from bot.views.lang import language_chosen_message, language_message
from bot.views.language import CHINESE, speaking
from bot.views.link_health import news_message, token_sentence
from bot.views.shortcut import waiting_view
from bot.views.team import (
    already_joined_message,
    ask_again_sentence,
    join_question,
    joined_message,
    left_message,
    withheld_alert_message,
)
from bot.views.team_table import team_messages, team_posted_message
from tests.unit.kit import NOW, east, link, table
from tests.unit.views.test_history import SHAPES, history, person
from tests.unit.views.test_team import COMMAND, PLAIN, SHARED, every_message, guarded, team

HOUR = timedelta(hours=1)
UNSURE = Audience(is_private=True, is_shared_outside=True)
AUDIENCES = {
    "private": (PLAIN,),
    "public with guests and organisations": (SHARED,),
    "of whom Slack does not say": (UNSURE,),
    "of eleven organisations and more": (
        replace(SHARED, organisations={f"T{n}": f"Orga {n}" for n in range(12)}),
    ),
}
NEWS = LinkNews(cluster="east", username="alice", token_expires_at=NOW)
# What stays as it is: names, what is typed, and what Chinese itself writes in Latin letters.
KEPT = re.compile(
    r"`[^`]*`|<[^>]*>|“(?:join|leave)”|&\w+;|Asia/Shanghai|https?:\S+"
    r"|\b(?:Slack|CSV|English|East|Orga|Sons|Person|alice|user\d+|silent\d+|channel)\b",
    re.ASCII,
)
SHOWN = frozenset({"text", "title", "label", "caption", "name", "y_label", "alt_text"})
# Shapes whose names are no names, but signs and letters in a row.
SIGNS = re.compile("markup|signs|long names|clusters")


def said_in(value: Any, key: str = "") -> Iterator[str]:
    """Everything in a drawing that a person reads."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from said_in(inner, name)
    elif isinstance(value, list):
        for inner in value:
            yield from said_in(inner, key)
    elif isinstance(value, str) and key in SHOWN:
        yield value


def check(message: Message) -> str:
    """Slack takes it, and it is Chinese; return its text."""
    drawn = message.to_slack()
    assert faults_of_message(drawn) == []
    chinese(drawn)
    return message.text


def chinese(drawn: dict[str, Any]) -> None:
    for said in said_in(drawn):
        assert not re.findall(r"[A-Za-z]{2,}", KEPT.sub("", said)), said


@pytest.mark.parametrize("size", [0, 1, 12, 70])
@pytest.mark.parametrize("limited", [False, True], ids=["no-limit", "limit"])
def test_every_team_is_drawn_in_chinese(size: int, *, limited: bool) -> None:
    with speaking(CHINESE):
        for message in every_message(team(size, limited=limited)):
            check(message)


@pytest.mark.parametrize("size", [1, 12])
def test_a_guarded_team_is_drawn_in_chinese(size: int) -> None:
    with speaking(CHINESE):
        for message in every_message(guarded(size)):
            check(message)


def test_a_team_without_a_link_is_told_in_chinese() -> None:
    with speaking(CHINESE):
        alone = replace(team(3), tables=(), unlinked=("U0", "U1"))
        (message,) = team_messages(alone, command=COMMAND)
        assert "还没有人绑定集群" in check(message)


def test_the_sum_of_a_team_reads_as_a_chinese_sentence() -> None:
    with speaking(CHINESE):
        text = team_messages(team(3), command=COMMAND)[0].text
    assert text.startswith("<#C1> 的团队在 East 上的用量，2026年11月：共使用 ")  # noqa: RUF001 (Chinese)
    assert "。 " not in text


@table(
    "kind said",
    {
        "day": (PeriodKind.DAY, "2026年11月22日"),
        "week": (PeriodKind.WEEK, "2026年11月16日当周"),
        "month": (PeriodKind.MONTH, "2026年11月"),
        "quarter": (PeriodKind.QUARTER, "2026年第四季度"),
        "year": (PeriodKind.YEAR, "2026年"),
        "total": (PeriodKind.TOTAL, "总计"),
    },
)
def test_a_period_is_named_as_chinese_calendars_do(kind: PeriodKind, said: str) -> None:
    period, zone = Period(kind=kind), east().timezone
    with speaking(CHINESE):
        assert period_words(period, window(period, NOW, zone), zone) == said


@table("audience", AUDIENCES)
def test_who_reads_a_channel_is_said_in_chinese(audience: Audience) -> None:
    with speaking(CHINESE):
        for message in (
            join_question("C1", audience),
            join_question("C1", audience, again=True),
            already_joined_message("C1"),
            joined_message("C1", audience),
            left_message("C1", was_in=True),
            left_message("C1", was_in=False),
            team_posted_message("C1"),
            say(ask_again_sentence("C1", audience)),
            withheld_alert_message(audience),
        ):
            check(message)


@table(
    "shown",
    {rule: row for rule, row in SHAPES.items() if not SIGNS.search(rule)}
    | {
        "rising": (history(30, those=(person(0, 30),)),),
        "people that count later or did not agree": (
            history(30, those=tuple(person(n, 30, unknown=n) for n in range(12)), withheld=2),
        ),
    },
)
def test_a_history_is_told_in_chinese(shown: History) -> None:
    with speaking(CHINESE):
        check(history_message(shown))
        check(history_plain_message(shown, picture=picture_sent_sentence()))
        check(csv_sent_message())
        chinese({"title": file_title(shown)})


@table(
    "news",
    {f"{state}": (replace(NEWS, state=state),) for state in State}
    | {
        "no data": (NEWS,),
        "unreadable": (replace(NEWS, state=State.REFUSED, code=UNREADABLE),),
        "nobody knows how soon": (replace(NEWS, state=State.EXPIRING_SOON, token_expires_at=None),),
        "nobody knows since when": (replace(NEWS, state=State.EXPIRED, token_expires_at=None),),
    },
)
def test_news_of_a_link_are_told_in_chinese(news: LinkNews) -> None:
    with speaking(CHINESE):
        assert check(news_message(news, [east()])).endswith("。")


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("ends", [None, -2 * HOUR, 5 * HOUR], ids=["unknown", "over", "to-come"])
@pytest.mark.parametrize("renews", [None, 0 * HOUR, HOUR], ids=["never", "now", "later"])
@pytest.mark.parametrize("code", ["", UNREADABLE])
def test_how_a_token_fares_is_said_in_chinese(
    state: State, ends: timedelta | None, renews: timedelta | None, code: str
) -> None:
    told = LinkHealth(
        link=link(token_expires_at=None if ends is None else NOW + ends),
        cluster=east(),
        reading=None,
        health=Health(since=NOW - HOUR, state=state, code=code),
        renew_at=None if renews is None else NOW + renews,
    )
    with speaking(CHINESE):
        assert check(say(token_sentence(told, NOW))).endswith("。")


def test_the_language_is_chosen_in_chinese() -> None:
    with speaking(CHINESE):
        for message in (
            language_message(command=COMMAND),
            language_chosen_message(None),
            language_chosen_message("C1"),
        ):
            check(message)


def test_the_shortcut_s_window_waits_in_chinese() -> None:
    with speaking(CHINESE):
        waiting = waiting_view()
    assert faults_of_view(waiting) == []
    chinese(waiting)
