"""What of an alert a channel is told, when those whose use it tells have come and gone."""

from dataclasses import replace
from datetime import timedelta
from itertools import cycle

import pytest

from bot.domain.audience import Consent
from bot.domain.errors import AudienceUnknown
from bot.domain.people import Person
from bot.domain.standing import Audience
from bot.usecases.delivery.discretion import Discretion
from bot.usecases.guard_audience import GuardAudience
from tests.unit.domain.kit import NOON
from tests.unit.usecases.delivery_kit import TEAM, World
from tests.unit.usecases.office import FakeAudiences, FakeNotices, FakeTeams, Office

PRIVATE = Audience(is_private=True, is_shared_outside=False)


class Refusing(FakeAudiences):
    """Slack, asked too much or silent, for the first questions."""

    def __init__(self, *refusals: AudienceUnknown) -> None:
        self.refusals = list(refusals)

    async def of(self, workspace: str, channel: str) -> Audience:
        if self.refusals:
            raise self.refusals.pop(0)
        return await super().of(workspace, channel)


async def joined(world: World, user: str, audiences: FakeAudiences) -> None:
    """Have somebody on the channel's team, and alerts told with discretion."""
    office = Office()
    teams = FakeTeams(office.memory)
    await teams.join(Person(workspace=TEAM, user=user), "C1", consent=Consent.to(PRIVATE), now=NOON)
    guard = GuardAudience(
        teams=teams,
        audiences=audiences,
        notices=FakeNotices(office.memory),
        ask_again=lambda *_: "",
    )
    discretion = Discretion(guard=guard, counting=office.counting)
    world.delivering = cycle([replace(world.process(), discretion=discretion)])


@pytest.mark.parametrize("on_team", [True, False])
async def test_of_somebody_who_is_not_on_the_team_any_more_nothing_is_told(
    world: World, *, on_team: bool
) -> None:
    await joined(world, "U1" if on_team else "U2", FakeAudiences())
    name = world.owe(world.alert("U1"))
    await world.seconds(2)
    assert world.said() == ([("alert", "U1", 80)] if on_team else [])
    assert world.why(name) == (None if on_team else "no longer on the channel's team")


async def test_while_slack_asks_to_be_left_alone_an_alert_waits_exactly_so_long_however_often(
    world: World,
) -> None:
    wait = timedelta(seconds=20)
    await joined(world, "U1", Refusing(*[AudienceUnknown(wait)] * 10))
    world.owe(world.alert("U1"))
    await world.seconds(10 * wait.total_seconds())
    assert world.said() == []
    await world.seconds(2)
    assert world.said() == [("alert", "U1", 80)]


async def test_while_slack_does_not_answer_it_is_asked_more_and_more_seldom(world: World) -> None:
    await joined(world, "U1", Refusing(*[AudienceUnknown()] * 4))
    world.owe(world.alert("U1"))
    await world.seconds(1 + 2 + 4 + 8)
    assert world.said() == []
    await world.seconds(2)
    assert world.said() == [("alert", "U1", 80)]
