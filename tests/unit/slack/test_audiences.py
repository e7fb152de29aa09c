"""Who reads a channel, asked of Slack's stand-in over real loopback."""

from collections.abc import AsyncIterator
from datetime import timedelta

import aiohttp
import pytest

from bot.domain.errors import AudienceUnknown, ChannelClosed
from bot.playground.slack import Fault
from bot.playground.slack.workspace import ALL_SCOPES
from bot.slack.audiences import KNOWN_FOR, PRESSED_FOR, SlackAudiences
from tests.playground.slack_kit import ALICE, TEAM, Lab, running
from tests.unit.kit import NOW
from tests.unit.slack.kit import clients_of

ROOM = "C0ROOM"


@pytest.fixture
async def lab() -> AsyncIterator[Lab]:
    async with running(Lab()) as made:
        made.twin.limits.enabled = False
        for n in range(6):
            made.workspace.add_person(f"U1N{n}", name=f"name{n}")
        made.workspace.add_channel(ROOM, "room", members={f"U1N{n}" for n in range(6)}, is_private=True)
        yield made


class Ticking:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = NOW


@pytest.fixture
def clock() -> Ticking:
    return Ticking()


@pytest.fixture
async def audiences(lab: Lab, clock: Ticking) -> AsyncIterator[SlackAudiences]:
    async with aiohttp.ClientSession() as session:
        clients = clients_of(lab, session)
        yield SlackAudiences(clients.of, lambda: clock.now)


def asked(lab: Lab, method: str) -> int:
    return sum(call.method == method for call in lab.twin.calls)


async def test_members_without_the_bot_guests_and_privacy(lab: Lab, audiences: SlackAudiences) -> None:
    lab.workspace.add_person("U0GUEST", name="guest", is_ultra_restricted=True, is_restricted=True)
    lab.workspace.join(ROOM, "U0GUEST")
    found = await audiences.of(TEAM, ROOM)
    assert (found.is_private, found.is_shared_outside) == (True, False)
    assert (found.members, found.guests, dict(found.organisations)) == (7, 1, {})


async def test_organisations_are_named_guests_of_theirs_are_not_ours(
    lab: Lab, audiences: SlackAudiences
) -> None:
    lab.workspace.add_outside_team("T9", "Orga")
    lab.workspace.add_person("W9", name="olga", team_id="T9", is_stranger=True, is_restricted=True)
    lab.workspace.join(ROOM, "W9")
    lab.workspace.share(ROOM, "T8")
    found = await audiences.of(TEAM, ROOM)
    assert found.is_shared_outside
    assert dict(found.organisations) == {"T8": "Organisation T8", "T9": "Orga"}
    assert found.guests == 0


async def test_without_the_scope_an_organisation_is_named_by_its_id(
    lab: Lab, audiences: SlackAudiences
) -> None:
    lab.workspace.scopes = ALL_SCOPES - {"team:read"}
    lab.workspace.share(ROOM, "T8")
    assert dict((await audiences.of(TEAM, ROOM)).organisations) == {"T8": "T8"}


async def test_people_are_asked_for_once_and_again_after_a_while(
    lab: Lab, audiences: SlackAudiences, clock: Ticking
) -> None:
    await audiences.of(TEAM, ROOM)
    once = asked(lab, "users.info")
    await audiences.of(TEAM, ROOM)
    await audiences.names(TEAM, ["U1N0", "U1N1"])
    assert asked(lab, "users.info") == once == 7
    lab.workspace.change_person("U1N0", is_restricted=True)
    clock.now += KNOWN_FOR + timedelta(seconds=1)
    assert (await audiences.of(TEAM, ROOM)).guests == 1


async def test_many_are_read_from_the_list_of_all(lab: Lab, audiences: SlackAudiences) -> None:
    for n in range(500):
        lab.workspace.add_person(f"U2N{n}", name=f"many{n}", is_restricted=n == 499)
        lab.workspace.channel(ROOM).members.add(f"U2N{n}")
    found = await audiences.of(TEAM, ROOM)
    assert (found.members, found.guests) == (506, 1)
    assert (asked(lab, "users.list"), asked(lab, "users.info")) == (3, 0)


async def test_while_slack_is_asked_too_much_nobody_is_taken_for_a_guest(
    lab: Lab, audiences: SlackAudiences, clock: Ticking
) -> None:
    lab.twin.faults.add(Fault(method="users.info", kind="ratelimited", times=1))
    with pytest.raises(AudienceUnknown):
        await audiences.of(TEAM, ROOM)
    clock.now += timedelta(minutes=1)
    assert (await audiences.of(TEAM, ROOM)).guests == 0


@pytest.mark.parametrize("method", ["users.info", "conversations.info", "conversations.members"])
async def test_slack_is_left_alone_for_as_long_as_it_asks_for(
    lab: Lab, audiences: SlackAudiences, clock: Ticking, method: str
) -> None:
    lab.twin.faults.add(Fault(method=method, kind="ratelimited", times=1, retry_after=20))
    lab.workspace.add_channel("C0NEXT", "next", members={"U1N0"})
    waits = []
    for channel in (ROOM, "C0NEXT"):
        with pytest.raises(AudienceUnknown) as unknown:
            await audiences.of(TEAM, channel)
        waits.append(unknown.value.wait)
        clock.now += timedelta(seconds=5)
    assert waits == [timedelta(seconds=20), timedelta(seconds=15)]
    assert asked(lab, "conversations.info") == 1
    clock.now += timedelta(seconds=10)
    assert (await audiences.of(TEAM, "C0NEXT")).members == 1


async def test_once_slack_was_asked_too_much_what_it_said_a_moment_ago_counts_for_who_can_do_with_it(
    lab: Lab, audiences: SlackAudiences, clock: Ticking
) -> None:
    soon = timedelta(seconds=10)

    def lately() -> int | None:
        found = audiences.lately(TEAM, ROOM, within=soon)
        return None if found is None else found.members

    await audiences.of(TEAM, ROOM)
    assert lately() is None, "Slack may be asked"
    lab.twin.faults.add(Fault(method="conversations.info", kind="ratelimited", times=1, retry_after=1))
    with pytest.raises(AudienceUnknown):
        await audiences.of(TEAM, ROOM)
    clock.now += timedelta(seconds=9)
    lab.workspace.join(ROOM, ALICE)
    assert lately() == 6
    assert (await audiences.of(TEAM, ROOM)).members == 7
    assert lately() == 7
    clock.now += soon
    assert lately() is None, "it is too long ago"
    clock.now += PRESSED_FOR
    await audiences.of(TEAM, ROOM)
    assert lately() is None, "Slack may be asked again"


async def test_who_slack_does_not_describe_may_be_a_guest(lab: Lab, audiences: SlackAudiences) -> None:
    lab.twin.faults.add(Fault(method="users.info", kind="error", error="user_not_visible", times=None))
    assert (await audiences.of(TEAM, ROOM)).guests is None
    assert await audiences.names(TEAM, ["U1N0"]) == {"U1N0": "U1N0"}


async def test_names_are_what_people_are_called(lab: Lab, audiences: SlackAudiences) -> None:
    lab.workspace.change_person("U1N0", name="<!channel>")
    assert await audiences.names(TEAM, ["U1N0", ALICE, "U0NOBODY"]) == {
        "U1N0": "<!channel>",
        ALICE: "alice",
        "U0NOBODY": "U0NOBODY",
    }


async def test_a_channel_that_is_closed_or_not_described(lab: Lab, audiences: SlackAudiences) -> None:
    lab.twin.faults.add(Fault(method="conversations.info", kind="http_500"))
    with pytest.raises(AudienceUnknown):
        await audiences.of(TEAM, ROOM)
    with pytest.raises(AudienceUnknown):
        await audiences.of("T0OTHER", ROOM)
    lab.workspace.kick_bot(ROOM)
    with pytest.raises(ChannelClosed):
        await audiences.of(TEAM, ROOM)


async def test_a_group_message_is_private(lab: Lab, audiences: SlackAudiences) -> None:
    lab.workspace.add_channel("C0MPIM", "mpdm-a--b-1", members={"U1N0", "U1N1"}, is_mpim=True)
    found = await audiences.of(TEAM, "C0MPIM")
    assert (found.is_private, found.members) == (True, 2)
    lab.workspace.scopes = ALL_SCOPES - {"mpim:read"}
    with pytest.raises(AudienceUnknown):
        await audiences.of(TEAM, "C0MPIM")
