"""Whose Home is looked at when, and what is published."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

from pytest_mock import MockerFixture
from slack_sdk.errors import SlackApiError

from bot.domain.home import Asked, Home, HomeFacts
from bot.domain.people import Person
from bot.slack.desk import Desk
from bot.slack.home import GATHERED_AGAIN_AFTER, LOOKS_A_TURN, OPEN_FOR, Homes
from bot.views.language import ENGLISH
from tests.unit.kit import NOW
from tests.unit.views.homes import home

FACTS = HomeFacts(links=(), alerts=(), limits=(), teams=(), language=None)
SECONDS = timedelta(seconds=3)


@dataclass
class Lab:
    """The use case and Slack as `Homes` meets them: what was looked up, gathered and published for whom."""

    now: datetime = NOW
    facts: HomeFacts = FACTS
    shown: Home = field(default_factory=home)
    looked: list[str] = field(default_factory=list)
    gathered: list[int] = field(default_factory=list)
    published: list[tuple[str, str]] = field(default_factory=list)
    meanwhile: Callable[[], None] | None = None

    def homes(self) -> Homes:
        desk = SimpleNamespace(
            clock=lambda: self.now,
            command="/walltime",
            admins=frozenset(),
            show_home=_ShowHome(self),
            tongues=SimpleNamespace(of=_english),
        )
        return Homes(cast("Desk", desk), lambda _: cast("Any", _Slack(self)))


class _ShowHome:
    def __init__(self, lab: Lab) -> None:
        self._lab = lab

    async def facts(self, person: Person) -> HomeFacts:
        self._lab.looked.append(person.user)
        return self._lab.facts

    async def ask(self, person: Person, *, now: datetime) -> Asked:
        del person
        return Asked(at=now, problems={})

    async def __call__(self, person: Person, facts: HomeFacts, *, page: int, **_: Any) -> Home:
        del person, facts
        self._lab.gathered.append(page)
        if self._lab.meanwhile is not None:
            meanwhile, self._lab.meanwhile = self._lab.meanwhile, None
            meanwhile()
            for _turn in range(5):
                await asyncio.sleep(0)
        return replace(self._lab.shown, page=min(page, 2))


class _Slack:
    def __init__(self, lab: Lab) -> None:
        self._lab = lab

    async def users_info(self, **_: Any) -> Any:
        return {"user": {}}

    async def views_publish(self, *, user_id: str, view: dict[str, Any], hash: str | None) -> Any:  # noqa: A002 (Slack's word)
        if hash not in {None, str(len(self._lab.published))}:
            raise SlackApiError("", SimpleNamespace(data={"error": "hash_conflict"}))  # type: ignore[no-untyped-call]
        self._lab.published.append((user_id, view["private_metadata"]))
        return {"view": {"hash": str(len(self._lab.published))}}


async def _english(_: Person) -> Any:
    return ENGLISH


def person(number: int) -> Person:
    return Person(workspace="T1", user=f"U{number}")


async def test_a_turn_looks_at_a_few_who_waited_longest() -> None:
    lab = Lab()
    homes = lab.homes()
    for number in range(5):
        await homes.open(person(number))
        lab.now += timedelta(milliseconds=1)
    lab.now += SECONDS
    lab.looked.clear()
    await homes.turn()
    assert lab.looked == ["U0", "U1", "U2"]
    assert len(lab.looked) == LOOKS_A_TURN
    await homes.turn()
    assert lab.looked[LOOKS_A_TURN:] == ["U3", "U4"]
    await homes.turn()
    assert len(lab.looked) == 5


async def test_the_same_facts_are_gathered_and_drawn_again_only_after_minutes() -> None:
    lab = Lab()
    homes = lab.homes()
    await homes.open(person(1))
    gathered, published = len(lab.gathered), len(lab.published)
    lab.now += SECONDS
    await homes.turn()
    assert len(lab.gathered) == gathered
    lab.facts = replace(FACTS, language="zh")
    lab.now += SECONDS
    await homes.turn()
    assert (len(lab.gathered), len(lab.published)) == (gathered + 1, published)
    lab.shown = home(language="zh")
    lab.now += GATHERED_AGAIN_AFTER
    await homes.turn()
    assert (len(lab.gathered), len(lab.published)) == (gathered + 2, published + 1)


async def test_a_page_turned_while_home_is_drawn_is_the_next_one_drawn() -> None:
    lab = Lab()
    homes = lab.homes()
    turning: list[asyncio.Task[None]] = []

    def turn_page() -> None:
        turning.append(asyncio.ensure_future(homes.turn_to(person(1), 1)))

    await homes.open(person(1))
    lab.now += SECONDS
    lab.facts = replace(FACTS, language="zh")
    lab.meanwhile = turn_page
    await homes.turn()
    await asyncio.gather(*turning)
    assert lab.published[-1] == ("U1", "1")


async def test_of_two_processes_the_one_that_drew_last_follows_a_home() -> None:
    lab = Lab()
    first, second = lab.homes(), lab.homes()
    await first.open(person(1))
    await second.turn_to(person(1), 1)  # the click went to the other one
    drawn = len(lab.published)
    lab.facts, lab.shown = replace(FACTS, language="zh"), home(language="zh")
    lab.now += SECONDS
    await first.turn()
    assert len(lab.published) == drawn
    await second.turn()
    assert lab.published[drawn:] == [("U1", "1")]
    lab.shown = home(language="en")
    lab.now += GATHERED_AGAIN_AFTER
    lab.looked.clear()
    await first.turn()
    assert lab.looked == []


async def test_a_look_that_waited_for_our_own_drawing_still_follows_the_home() -> None:
    """The drawing it waits for publishes a new state; what it then draws goes over that one."""
    lab = Lab()
    homes = lab.homes()
    looking: list[asyncio.Task[None]] = []

    def look() -> None:
        lab.now += SECONDS  # so slow is Slack
        looking.append(asyncio.ensure_future(homes.turn()))
        lab.facts, lab.meanwhile = replace(FACTS, language="en"), news

    def news() -> None:
        lab.shown = home(language="en")

    await homes.open(person(1))
    drawn = len(lab.published)
    lab.now += SECONDS
    lab.facts, lab.shown, lab.meanwhile = replace(FACTS, language="zh"), home(language="zh"), look
    await homes.draw(person(1))
    await asyncio.gather(*looking)
    assert len(lab.published) == drawn + 2
    lab.now += SECONDS
    lab.facts, lab.shown = FACTS, home()
    await homes.turn()
    assert len(lab.published) == drawn + 3


async def test_a_page_that_is_gone_gives_way_to_the_last() -> None:
    lab = Lab()
    homes = lab.homes()
    await homes.turn_to(person(1), 9)
    assert lab.published == [("U1", "2")]


async def test_who_opened_home_long_ago_or_before_many_others_is_forgotten(mocker: MockerFixture) -> None:
    mocker.patch("bot.slack.home.MOST_REMEMBERED", 10)
    lab = Lab()
    homes = lab.homes()
    for number in range(11):
        await homes.turn_to(person(number), 0)
    lab.now += OPEN_FOR
    lab.looked.clear()
    await homes.turn()
    assert lab.looked == ["U1", "U2", "U3"]
    lab.now += SECONDS
    lab.looked.clear()
    await homes.turn()
    assert lab.looked == []
