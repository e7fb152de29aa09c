"""Who sees whose numbers: each role, each command, each kind of channel, over the whole bot.

Alice and Bob share with the channel; Carol is a full member who does not; Gus is a guest and Olga belongs to
another organisation. What may be seen is checked in every answer: Bob used 7.77 this month, the team 67.77.
"""

import re
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Final

import pytest

from bot.playground.slack import Message
from bot.playground.slack.client import Client
from bot.playground.slack.faults import Fault
from bot.playground.slack.workspace import Workspace
from tests.alerts_kit import TICK
from tests.integration.team_kit import (
    CAROL,
    GUS,
    OLGA,
    ORGA,
    agree,
    an_hour_later,
    everything,
    furnish,
    linked,
    say,
    team_works,
)
from tests.unit.kit import table
from tests.world import ALICE, BOB, TEAM, World, until, world

HOME: Final = "C0HOME"
BOBS: Final = "7.77"
SUM: Final = "67.77"
FULL_MEMBERS: Final = {ALICE, BOB, CAROL}


@pytest.fixture
async def lab(data_dir: Path) -> AsyncIterator[World]:
    """One way in is enough: what may be seen does not depend on it."""
    async with world(data_dir) as made:
        yield made


def plain(slack: Workspace) -> None:
    """Nothing changes."""
    del slack


def guest_comes(slack: Workspace) -> None:
    slack.join(HOME, GUS)


def shared(slack: Workspace) -> None:
    slack.share(HOME, ORGA)
    slack.join(HOME, OLGA)


def about_to_be_shared(slack: Workspace) -> None:
    """Nobody from outside is in yet, but they may be at any moment."""
    slack.share(HOME, ORGA)


def turned_public(slack: Workspace) -> None:
    slack.channel(HOME).is_private = False


Change = Callable[[Workspace], None]
KINDS: Final[dict[str, tuple[bool, bool, Change, str | None]]] = {
    # kind: (private at first, a group message, what happens after they joined, who reads along then)
    "public": (False, False, plain, None),
    "private": (True, False, plain, None),
    "group DM": (True, True, plain, None),
    "turned public": (True, False, turned_public, "everybody in this workspace"),
    "public with a guest": (False, False, guest_comes, "1 guest"),
    "private with a guest": (True, False, guest_comes, "1 guest"),
    "shared": (True, False, shared, "Orga &lt;!channel&gt; &amp; Sons"),
    "shared public": (False, False, shared, "Orga &lt;!channel&gt; &amp; Sons"),
    "about to be shared": (True, False, about_to_be_shared, "Orga &lt;!channel&gt; &amp; Sons"),
}


def tells(message: Message) -> bool:
    """Whether Bob's own number stands anywhere in a message."""
    return re.search(rf"(?<![\d,]){re.escape(BOBS)}", everything(message)) is not None


async def seen(who: Client, words: str) -> Message:
    """Type a command in the channel and return the answer, whatever it is."""
    mark = who.mark()
    await who.command(f"/walltime {words}", channel=HOME)

    def is_answer(message: Message) -> bool:
        is_own = message.ephemeral_for is not None and not message.edited
        return is_own and not message.text.startswith("One moment")

    return await who.wait_message(is_answer, since=mark)


@table("is_private is_mpim change outsiders", KINDS)
async def test_every_role_with_every_command(
    lab: World, *, is_private: bool, is_mpim: bool, change: Change, outsiders: str | None
) -> None:
    slack = furnish(lab)
    slack.add_channel(HOME, "mpdm-home-1", members=FULL_MEMBERS, is_private=is_private, is_mpim=is_mpim)
    async with lab.bot(tick=TICK):
        await linked(lab)
        await agree(lab.alice, HOME)
        await agree(lab.bob, HOME)
        await say(lab.alice, "limit @bob 5 per month at 10", "Limit set", channel=HOME)
        await an_hour_later(lab, HOME)
        await until(lambda: lab.rows("alerts"), lambda rows: any(row.is_open for row in rows))
        change(slack)
        inside = [
            lab.slack.act_as(TEAM, user) for user in sorted(slack.channel(HOME).members - {OLGA, "U0BOT"})
        ]
        for who in inside:
            await _sees(who, outsiders)
        await _clicks_from_elsewhere(lab, inside[0])
        if outsiders is not None:
            await _agree_again(lab, outsiders)
        for message in slack.channel(HOME).messages.values():
            assert "<!channel>" not in message.text


async def _sees(who: Client, outsiders: str | None) -> None:
    """What one role sees with each command; `outsiders` are those whom nobody agreed to."""
    user, is_guest = who.person.id, who.person.is_restricted
    team = await seen(who, "team")
    assert team.ephemeral_for == user
    assert f"{SUM} core-hours used together" in team.text
    mark = who.mark()
    await who.click("team.post", message=team)
    if is_guest:
        await who.wait_message(lambda m: "Only full members" in m.text, since=mark)
    else:
        posted = await who.wait_message(lambda m: f"Posted by {who.person.name}" in m.text, since=mark)
        await who.wait_message(lambda m: "The table is on its way" in m.text, since=mark)
        assert posted.ephemeral_for is None
        assert (tells(posted)) is (outsiders is None)
    if outsiders is None:
        assert f"bob {BOBS}" in team.text
    else:
        assert not tells(team)
        assert "bob" not in everything(team)
        assert outsiders in team.text
        assert "2 of 2 on the team have not agreed" in team.text
    for words in ("@bob", "bob"):
        answer = await seen(who, words)
        if user == BOB or outsiders is None:
            assert tells(answer)
        else:
            assert not tells(answer)
            assert "bob joined this channel's team before others could read" in answer.text
    for words in ("@carol", "carol"):
        if user != CAROL:
            answer = await seen(who, words)
            assert "carol has not joined this channel's team" in answer.text
    alerts = await seen(who, "alerts")
    hidden = outsiders is not None and user != BOB
    assert ("1 open alert is of somebody who has not agreed" in alerts.text) is hidden
    assert ("155 %" in everything(alerts)) is not hidden
    limit = await seen(who, "limit each 100 per month")
    if is_guest:
        assert "Only full members" in limit.text
    else:
        assert ("not everybody whom this limit would count" in limit.text) is (outsiders is not None)
        assert not tells(limit) or outsiders is None
    await _asked_to_join(who, outsiders)


async def _asked_to_join(who: Client, outsiders: str | None) -> None:
    """Whoever shares is asked again if somebody reads whom they did not agree to."""
    joined = await seen(who, "join")
    if who.person.id in {ALICE, BOB}:
        assert ("already" in joined.text) is (outsiders is None)
        assert ("you joined before" in joined.text) is (outsiders is not None)
    else:
        assert "Join the team of" in joined.text
    assert outsiders is None or outsiders in joined.text


async def _clicks_from_elsewhere(lab: World, member: Client) -> None:
    """A click counts for who clicks, now: who has left the channel turns no page and posts nothing."""
    team = await seen(member, "team")
    slack = lab.slack.workspaces[TEAM]
    slack.channel(HOME).members.discard(member.person.id)
    await member.click("team.post", message=team)

    async def answer() -> str:
        return str(lab.slack.responses[-1].body["text"])

    await until(answer, lambda text: "Only full members" in text)
    slack.channel(HOME).members.add(member.person.id)


async def _agree_again(lab: World, outsiders: str) -> None:
    """One by one they agree; numbers come back for each, and the table when all have."""

    async def asked() -> set[str]:
        rows = await lab.rows("notices")
        return {row.place_id for row in rows if row.kind == "consent" and outsiders in row.text}

    assert await asked() == {ALICE, BOB}
    before = len(await lab.rows("notices"))
    carol = lab.slack.act_as(TEAM, CAROL)
    await agree(lab.bob, HOME)
    assert tells(await seen(carol, "@bob"))
    assert "alice joined this channel's team before" in (await seen(carol, "@alice")).text
    team = await seen(carol, "team")
    assert not tells(team)
    assert "1 of 2 on the team has not agreed" in team.text
    await agree(lab.alice, HOME)
    assert f"bob {BOBS}" in (await seen(carol, "team")).text
    assert len(await lab.rows("notices")) == before


async def test_the_question_reaches_who_joined_before_once(lab: World) -> None:
    slack = furnish(lab)
    slack.add_channel(HOME, "home", members=FULL_MEMBERS)
    async with lab.bot(tick=TICK):
        await agree(lab.bob, HOME)
        guest_comes(slack)
        for _ in range(3):
            await seen(lab.alice, "team")
        asked = await lab.bob.wait_message(
            lambda m: "before it could be read by everybody in this workspace and 1 guest" in m.text,
            channel=lab.bob.dm,
        )
        assert "type “join”" in asked.text
        assert len(await lab.rows("notices")) == 1


async def test_a_team_of_one_that_has_not_agreed_has_no_sum_either(lab: World) -> None:
    slack = furnish(lab)
    slack.add_channel(HOME, "home", members=FULL_MEMBERS)
    async with lab.bot(tick=TICK):
        await team_works(lab, HOME)
        await agree(lab.bob, HOME)
        guest_comes(slack)
        team = await seen(lab.alice, "team")
        assert "it would tell on a single person" in team.text
        assert not tells(team)


async def test_when_slack_does_not_say_who_people_are_they_may_be_guests(lab: World) -> None:
    slack = furnish(lab)
    slack.add_channel(HOME, "home", members=FULL_MEMBERS)
    async with lab.bot(tick=TICK):
        await team_works(lab, HOME)
        await agree(lab.bob, HOME)
        slack.join(HOME, GUS)
        lab.hours_pass(0.1)
        lab.slack.faults.add(Fault(method="users.info", kind="error", error="missing_scope", times=20))
        answer = await seen(lab.bob, "join")
        assert "perhaps guests (Slack does not say)" in answer.text


async def test_when_slack_does_not_say_who_reads_nothing_is_shown(lab: World) -> None:
    furnish(lab).add_channel(HOME, "home", members=FULL_MEMBERS)
    async with lab.bot(tick=TICK):
        await team_works(lab, HOME)
        await agree(lab.bob, HOME)
        lab.slack.faults.add(Fault(method="conversations.info", kind="error"))
        answer = await seen(lab.alice, "team")
        assert "Slack did not tell me just now who reads this channel" in answer.text
        lab.slack.workspaces[TEAM].kick_bot(HOME)
        assert "/invite @Walltime" in (await seen(lab.alice, "team")).text
        assert "/invite @Walltime" in (await seen(lab.alice, "@bob")).text


async def test_in_a_direct_message_there_is_no_team(lab: World) -> None:
    furnish(lab)
    async with lab.bot(tick=TICK):
        await lab.link(lab.bob, username="bob")
        for words in ("team", "join", "leave", "@bob"):
            await say(lab.alice, words, "type it in the channel", channel=lab.alice.dm)
        await say(lab.bob, "bob", "20.25", channel=lab.bob.dm)


async def test_somebody_of_another_organisation_who_clicks_sees_and_does_nothing(lab: World) -> None:
    slack = furnish(lab)
    slack.add_channel(HOME, "home", members={*FULL_MEMBERS, OLGA})
    olga = lab.slack.act_as(TEAM, OLGA)
    async with lab.bot(tick=TICK):
        await team_works(lab, HOME)
        await agree(lab.bob, HOME)
        await agree(lab.alice, HOME)
        assert not (await olga.command("/walltime team", channel=HOME)).ok
        await say(lab.alice, "limit team 70 per month at 50,100", "Limit set", channel=HOME)
        lab.east.set_core_hours("bob", 20.25 + 17.77)
        lab.hours_pass(1)

        async def alerted() -> list[Message]:
            return [m for m in olga.messages(HOME) if "is crossed" in m.text]

        with lab.clock.fast(60):
            (alert,) = await until(alerted, bool)
        mark = olga.mark()
        await olga.click("alert.why", message=alert)
        refused = await olga.wait_message(lambda m: "Only full members" in m.text, since=mark)
        assert "bob" not in refused.text
