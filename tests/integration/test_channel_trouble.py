"""A channel's limit while its channel does not take messages, and when it does again."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from bot.playground.slack.workspace import Workspace
from bot.usecases.deliver import RETRY_TROUBLE
from tests.alerts_kit import fast, join, posted, roots, say, settled, shows
from tests.world import GENERAL, TEAM, World, until

Deed = Callable[[Workspace], None]


def thrown_out_in_private(lab: Workspace) -> None:
    lab.make_private(GENERAL)
    lab.kick_bot(GENERAL)


def archived_and_thrown_out(lab: Workspace) -> None:
    lab.archive(GENERAL)
    lab.kick_bot(GENERAL)


def back_from_the_archive(lab: Workspace) -> None:
    lab.unarchive(GENERAL)
    lab.invite_bot(GENERAL)


TROUBLES: dict[str, tuple[Deed, str, Deed]] = {
    "thrown out": (lambda lab: lab.kick_bot(GENERAL), "I am not in", lambda lab: lab.invite_bot(GENERAL)),
    "made private and thrown out": (
        thrown_out_in_private,
        "I cannot see",
        lambda lab: lab.invite_bot(GENERAL),
    ),
    "archived": (lambda lab: lab.archive(GENERAL), "archived", lambda lab: lab.unarchive(GENERAL)),
    "archived and thrown out": (archived_and_thrown_out, "archived", back_from_the_archive),
}


async def waiting(lab: World) -> int:
    """How many notices are owed and have been in hand before."""
    return sum(row.ended_at is None and row.attempts > 0 for row in await lab.rows("notices"))


async def troubles(lab: World) -> list[str]:
    return [row.reason for row in await lab.rows("places")]


@pytest.mark.parametrize(("breaks", "says", "mends"), TROUBLES.values(), ids=TROUBLES)
async def test_the_owner_hears_once_and_it_works_at_once_when_it_works_again(
    lab: World, breaks: Deed, says: str, mends: Deed
) -> None:
    slack, bob = lab.slack.workspaces[TEAM], lab.bob
    async with fast(lab):
        await lab.link(lab.alice)
        await join(lab.alice)
        await say(bob, "limit team 2000 total at 80,90,100", "Limit set")
        await settled(lab)
        before = len(posted(bob, GENERAL))
        breaks(slack)
        await shows(lab, "alice", 1700)
        heard = await bob.wait_message(lambda m: "I cannot post in <#C0GENERAL>" in m.text)
        assert says in heard.text
        await shows(lab, "alice", 1850)
        await until(lambda: waiting(lab), lambda count: count == 2)
        assert len(await lab.rows("limits")) == 1
        assert len(posted(bob, GENERAL)) == before
        mended_at = lab.clock()
        mends(slack)
        await settled(lab)
        # In its newest state, long before the next try that was planned.
        (message,) = roots(bob, GENERAL)[before:]
        assert "90 % threshold" in message.text
        assert datetime.fromtimestamp(float(message.ts), UTC) - mended_at < RETRY_TROUBLE - timedelta(
            minutes=1
        )
        assert await troubles(lab) == []
        assert len(posted(bob, bob.dm)) == 1
        assert not posted(lab.alice, lab.alice.dm)
        # It goes on as if nothing had been.
        await shows(lab, "alice", 2050)
        await settled(lab)
        assert len(roots(bob, GENERAL)[before:]) == 1
        assert "100 % of the limit is crossed" in posted(bob, GENERAL)[-1].text


async def test_a_channel_renamed_or_made_private_with_the_bot_in_it_hears_its_alerts(lab: World) -> None:
    slack, bob = lab.slack.workspaces[TEAM], lab.bob
    async with fast(lab):
        await lab.link(lab.alice)
        await join(lab.alice)
        await say(bob, "limit team 2000 total at 80,90,100", "Limit set")
        await settled(lab)
        before = len(posted(bob, GENERAL))
        slack.rename(GENERAL, "cluster-people")
        await shows(lab, "alice", 1700)
        await settled(lab)
        assert len(posted(bob, GENERAL)) == before + 1
        slack.make_private(GENERAL)
        await shows(lab, "alice", 1850)
        await settled(lab)
        assert len(posted(bob, GENERAL)) == before + 2
        assert posted(bob, bob.dm) == []


async def test_somebody_elses_joining_and_another_channels_return_cure_nothing(lab: World) -> None:
    slack, bob = lab.slack.workspaces[TEAM], lab.bob
    slack.add_channel("C0OTHER", "other", members={bob.person.id}, is_archived=True)
    slack.add_person("U0CARL", name="carl")
    async with fast(lab):
        await lab.link(lab.alice)
        await join(lab.alice)
        await say(bob, "limit team 2000 total at 80", "Limit set")
        await settled(lab)
        slack.channel(GENERAL).refuses = "restricted_action"
        await shows(lab, "alice", 1700)
        await bob.wait_message(lambda m: "only some people may post" in m.text)
        slack.unarchive("C0OTHER")
        slack.join(GENERAL, "U0CARL")
        slack.invite_bot(GENERAL)
        await lab.slack.settled()
        assert await troubles(lab) == ["restricted_action"]
        # Nobody tells us of this one: the next try finds out.
        slack.channel(GENERAL).refuses = None
        lab.hours_pass(0.1)
        await settled(lab)
        assert await troubles(lab) == []
        assert len(posted(bob, bob.dm)) == 1


async def test_thrown_out_again_the_owner_hears_again(lab: World) -> None:
    slack, bob = lab.slack.workspaces[TEAM], lab.bob
    async with fast(lab):
        await lab.link(lab.alice)
        await join(lab.alice)
        await say(bob, "limit team 2000 total at 80,90", "Limit set")
        await settled(lab)

        async def heard() -> int:
            return len(posted(bob, bob.dm))

        for times, value in ((1, 1700), (2, 1850)):
            slack.kick_bot(GENERAL)
            await shows(lab, "alice", value)
            with lab.clock.fast():
                await until(heard, times.__eq__)
            slack.invite_bot(GENERAL)
            await settled(lab)
        assert await waiting(lab) == 0
