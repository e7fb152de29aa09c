"""What of an alert a channel is told, when those whose use it tells have come and gone."""

from dataclasses import replace
from itertools import cycle

import pytest

from bot.domain.audience import Consent
from bot.domain.people import Person
from bot.domain.standing import Audience
from bot.usecases.delivery.discretion import Discretion
from bot.usecases.guard_audience import GuardAudience
from tests.unit.domain.kit import NOON
from tests.unit.usecases.delivery_kit import TEAM, World
from tests.unit.usecases.office import FakeAudiences, FakeNotices, FakeTeams, Office

PRIVATE = Audience(is_private=True, is_shared_outside=False)


@pytest.mark.parametrize("on_team", [True, False])
async def test_of_somebody_who_is_not_on_the_team_any_more_nothing_is_told(
    world: World, *, on_team: bool
) -> None:
    office = Office()
    teams = FakeTeams(office.memory)
    person = Person(workspace=TEAM, user="U1" if on_team else "U2")
    await teams.join(person, "C1", consent=Consent.to(PRIVATE), now=NOON)
    guard = GuardAudience(
        teams=teams,
        audiences=FakeAudiences(),
        notices=FakeNotices(office.memory),
        ask_again=lambda *_: "",
    )
    discretion = Discretion(guard=guard, counting=office.counting)
    world.delivering = cycle([replace(world.process(), discretion=discretion)])
    name = world.owe(world.alert("U1"))
    await world.seconds(2)
    assert world.said() == ([("alert", "U1", 80)] if on_team else [])
    assert world.why(name) == (None if on_team else "no longer on the channel's team")
