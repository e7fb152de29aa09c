"""In which language somebody is spoken to, when Slack tells and when it does not."""

from collections.abc import Coroutine
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest
from slack_sdk.errors import SlackApiError

from bot.domain.limits import Place
from bot.domain.people import Person
from bot.ports import Spoken
from bot.slack.tongues import ASKED_AGAIN_AFTER, REFUSED_FOR, Tongues
from bot.views.language import CHINESE, ENGLISH
from tests.unit.kit import ALICE, NOW


class Lab:
    """Slack as `Tongues` meets it: how often it was asked, and what it says; no language is chosen."""

    def __init__(self) -> None:
        self.now: datetime = NOW
        self.asked = 0
        self.locale: str | None = "zh-CN"
        self.table: dict[Person, Spoken] = {}

    def tongues(self) -> Tongues:
        return Tongues(
            cast("Any", self), lambda _: cast("Any", self), clock=lambda: self.now, spawn=self.spawn
        )

    def spawn(self, work: Coroutine[Any, Any, None], *, name: str) -> None:
        """Do at once what the bot does in the background."""
        with pytest.raises(StopIteration):
            work.send(None)
        assert name == "language"

    async def chosen(self, workspace: str, place: Place) -> str | None:
        del workspace, place
        return None

    async def spoken(self, person: Person) -> Spoken:
        return self.table.get(person, Spoken())

    async def heard(self, person: Person, locale: str, *, at: datetime) -> None:
        self.table[person] = Spoken(locale=locale, locale_at=at)

    async def users_info(self, **_: Any) -> Any:
        self.asked += 1
        if self.locale is None:
            answer = SimpleNamespace(data={"error": "ratelimited"})
            raise SlackApiError("", answer)  # type: ignore[no-untyped-call]  # the SDK's
        return {"user": {"locale": self.locale}}


async def test_what_slack_says_is_asked_again_after_a_day() -> None:
    lab = Lab()
    tongues = lab.tongues()
    for passed in (timedelta(0), ASKED_AGAIN_AFTER - timedelta(seconds=1), timedelta(seconds=1)):
        lab.now += passed
        assert await tongues.of(ALICE) is CHINESE
    assert lab.asked == 2


async def test_a_refusal_is_not_provoked_at_every_word_and_the_last_language_stays() -> None:
    lab = Lab()
    tongues = lab.tongues()
    assert await tongues.of(ALICE) is CHINESE
    lab.now += ASKED_AGAIN_AFTER
    lab.locale = None
    for _ in range(3):
        assert await tongues.of(ALICE) is CHINESE
    assert lab.asked == 2
    lab.now += REFUSED_FOR
    lab.locale = "en-GB"
    assert await tongues.of(ALICE) is ENGLISH
    assert lab.asked == 3


async def test_a_workspace_that_refuses_is_left_alone_for_a_minute_whoever_speaks() -> None:
    lab = Lab()
    tongues = lab.tongues()
    lab.locale = None
    for number in range(3):
        assert await tongues.of(Person(workspace="T1", user=f"U{number}")) is ENGLISH
    assert lab.asked == 1
    lab.locale = "zh-CN"
    assert await tongues.of(Person(workspace="T2", user="U1")) is CHINESE
    lab.now += REFUSED_FOR
    assert await tongues.of(Person(workspace="T1", user="U2")) is CHINESE


async def test_what_slack_told_another_bot_or_this_one_before_its_start_is_not_asked_again() -> None:
    lab = Lab()
    assert await lab.tongues().of(ALICE) is CHINESE
    lab.locale = "en-GB"
    lab.now += ASKED_AGAIN_AFTER - timedelta(seconds=1)
    assert await lab.tongues().of(ALICE) is CHINESE
    assert lab.asked == 1
    lab.now += timedelta(seconds=1)
    assert await lab.tongues().of(ALICE) is ENGLISH


async def test_while_slack_refuses_its_word_of_long_ago_is_better_than_none() -> None:
    lab = Lab()
    await lab.tongues().of(ALICE)
    lab.now += 30 * ASKED_AGAIN_AFTER
    lab.locale = None
    tongues = lab.tongues()
    for person, language in (
        (Person(workspace="T1", user="U2"), ENGLISH),
        (ALICE, CHINESE),
        (ALICE, CHINESE),
    ):
        assert await tongues.of(person) is language
    assert lab.asked == 2


async def test_slack_tells_by_itself_that_somebody_speaks_another_language() -> None:
    lab = Lab()
    tongues = lab.tongues()
    assert await tongues.of(ALICE) is CHINESE
    for process in (tongues, lab.tongues()):
        await process.heard(ALICE.workspace, {"id": ALICE.user, "locale": "en-US"})
        await process.heard(ALICE.workspace, {"id": ALICE.user})
        assert await process.of(ALICE) is ENGLISH
    assert lab.asked == 1


async def test_what_slack_tells_of_everybody_is_stored_only_where_it_is_news() -> None:
    lab = Lab()
    tongues = lab.tongues()
    await tongues.of(ALICE)
    table = dict(lab.table)
    lab.now += timedelta(hours=1)
    for process in (tongues, lab.tongues()):
        await process.heard(ALICE.workspace, {"id": ALICE.user, "locale": "zh-CN"})
        await process.heard(ALICE.workspace, {"id": "U0STRANGER", "locale": "zh-CN"})
    assert lab.table == table


async def test_what_a_clock_that_was_ahead_stored_is_asked_again() -> None:
    lab = Lab()
    lab.table[ALICE] = Spoken(locale="en-US", locale_at=NOW + timedelta(days=400))
    assert await lab.tongues().of(ALICE) is CHINESE
    assert lab.asked == 1


async def test_a_database_that_does_not_answer_costs_nobody_their_answer() -> None:
    lab = Lab()
    lab.table = cast("Any", None)
    assert await lab.tongues().of(ALICE) is CHINESE
