"""What owners read of their links."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.domain.answers import LinkHealth
from bot.domain.health import UNREADABLE, Health, LinkNews, State
from bot.playground.slack.check import faults_of_message
from bot.views.link_health import news_message, token_sentence
from tests.unit.kit import NOW, east, link, table

HOUR = timedelta(hours=1)
NEWS = LinkNews(cluster="east", username="alice", token_expires_at=NOW)


@table(
    "news says button",
    {
        "no data": (NEWS, "East has given me no data on alice for 6 hours.", "no"),
        "expiring soon": (
            replace(NEWS, state=State.EXPIRING_SOON),
            "It still works until 22 Nov 2026, 20:00 (Asia/Shanghai). Link again before",
            "yes",
        ),
        "nobody knows how soon": (
            replace(NEWS, state=State.EXPIRING_SOON, token_expires_at=None),
            "It still works for now.",
            "yes",
        ),
        "expired": (replace(NEWS, state=State.EXPIRED), "expired on 22 Nov 2026, 20:00", "yes"),
        "refused": (
            replace(NEWS, state=State.REFUSED, code="10008"),
            "does not accept your token for alice any more: I cannot read your core-hours there. Link again",
            "yes",
        ),
        "unreadable": (
            replace(NEWS, state=State.REFUSED, code=UNREADABLE),
            "I can no longer open your token for alice on East",
            "yes",
        ),
        "frozen": (replace(NEWS, state=State.FROZEN), "East has frozen alice", "yes"),
        "cluster unknown": (
            replace(NEWS, cluster="gone", state=State.CLUSTER_UNKNOWN),
            "gone is no longer in my settings",
            "no",
        ),
        "of a cluster that left meanwhile": (
            replace(NEWS, cluster="gone", state=State.REFUSED),
            "gone does not accept your token",
            "no",
        ),
    },
)
def test_news_say_what_is_the_matter_and_offer_what_helps(news: LinkNews, says: str, button: str) -> None:
    message = news_message(news, [east()])
    drawn = message.to_slack()
    assert says in message.text
    assert ("link.open" in json.dumps(drawn)) == (button == "yes")
    assert faults_of_message(drawn) == []


def test_names_ping_nobody_and_fit() -> None:
    long = east(label="&<!channel>" * 6)
    for state in (None, *State):
        drawn = news_message(replace(NEWS, username="<@U1>&" * 10, state=state), [long]).to_slack()
        assert "<@U1>" not in json.dumps(drawn)
        assert "<!channel>" not in json.dumps(drawn)
        assert faults_of_message(drawn) == []


def fares(state: State, **more: Any) -> str:
    """What `status` says of a token that ends in five hours, or as `more` has it."""
    sick = Health(since=NOW - HOUR, state=state, code=more.pop("code", ""))
    expires_at = more.pop("expires_at", NOW + 5 * HOUR)
    return token_sentence(
        LinkHealth(link=link(token_expires_at=expires_at), cluster=east(), reading=None, health=sick, **more),
        NOW,
    )


@table(
    "said sentence",
    {
        "healthy": (
            fares(State.HEALTHY, renew_at=NOW + 3 * HOUR),
            "the token expires in 5 hours. I renew it in 3 hours.",
        ),
        "due": (fares(State.HEALTHY, renew_at=NOW), "the token expires in 5 hours. I renew it now."),
        "without an end": (
            fares(State.HEALTHY, expires_at=None, renew_at=NOW + HOUR),
            "the token does not say when it expires. I renew it in 1 hour.",
        ),
        "renewing": (
            fares(State.RENEWING, renew_at=NOW + HOUR / 2),
            "the token is being renewed, and that has not worked yet. I renew it in 30 minutes.",
        ),
        "renewing what is over": (
            fares(State.RENEWING, expires_at=NOW - 2 * HOUR),
            "the token is being renewed, and that has not worked yet. It expired 2 hours ago.",
        ),
        "expiring soon": (
            fares(State.EXPIRING_SOON),
            "the token cannot be renewed. It expires in 5 hours. Link again.",
        ),
        "expired": (
            fares(State.EXPIRED, expires_at=NOW - 48 * HOUR),
            "the token expired 2 days ago and can no longer be renewed; link again.",
        ),
        "refused": (fares(State.REFUSED), "the token was refused 1 hour ago; link again."),
        "unreadable": (
            fares(State.REFUSED, code=UNREADABLE),
            "I could not open the token 1 hour ago; link again.",
        ),
        "frozen": (
            fares(State.FROZEN),
            "the cluster froze this username 1 hour ago; ask the centre about it.",
        ),
        "cluster unknown": (fares(State.CLUSTER_UNKNOWN), "the cluster left my settings 1 hour ago."),
    },
)
def test_status_says_how_the_token_fares(said: str, sentence: str) -> None:
    assert said == sentence


@pytest.mark.parametrize("state", State)
def test_every_state_has_its_words(state: State) -> None:
    assert fares(state).endswith(".")
