"""The same words after a mention, in a direct message, and as a shortcut."""

import pytest

from bot.playground.slack import Message
from bot.playground.slack.client import Client
from tests.alerts_kit import say
from tests.world import GENERAL, World

pytestmark = pytest.mark.both_doors

STRANGER = "U0STRANGER"


async def mention(lab: World, who: Client, words: str, *parts: str, channel: str = GENERAL) -> Message:
    mark = who.mark()
    bot = lab.slack.workspaces["T0LAB"].bot_user_id
    await who.say(f"<@{bot}> {words}", channel=channel)
    return await who.wait_message(lambda m: all(part in m.text for part in parts), since=mark)


async def test_a_mention_is_answered_in_its_thread_for_the_asker_alone(lab: World) -> None:
    async with lab.bot():
        await lab.link(lab.alice)
        answer = await mention(lab, lab.alice, "", "alice on East: 1,234.50 core-hours used")
        assert answer.thread_ts is not None
        assert answer.channel == GENERAL
        assert not any("1,234.50" in m.text for m in lab.bob.messages(GENERAL))
        await mention(lab, lab.alice, "limit 5000 per month", "Limit set")
        await mention(lab, lab.alice, "lmit", "Did you mean `/walltime limit`?")


async def test_what_needs_a_form_comes_with_the_button_that_opens_it(lab: World) -> None:
    async with lab.bot():
        offered = await mention(lab, lab.alice, "link", "the form opens with the button")
        await lab.alice.click("link.open", message=offered)
        await lab.alice.wait_view(lambda view: view.view.get("callback_id") == "link")
        offered = await mention(lab, lab.bob, "limit new", "the form opens with the button")
        await lab.bob.click("limit.open", message=offered)
        await lab.bob.wait_view(lambda view: view.view.get("callback_id") == "limit")


async def test_a_direct_message_is_a_command_and_the_answer_is_none(lab: World) -> None:
    alice = lab.alice
    async with lab.bot():
        await lab.link(alice)
        mark = alice.mark()
        asked = await alice.say("status", channel=alice.dm)
        answer = await alice.wait_message(lambda m: "alice on East" in m.text, since=mark)
        assert (answer.channel, answer.thread_ts) == (alice.dm, asked.ts)
        await say(alice, "help", "You can type")
        calls = [call for call in lab.slack.calls if call.method == "chat.postMessage"]
        assert len(calls) == 1


async def test_the_shortcut_opens_a_window_with_the_numbers_or_with_what_to_do(lab: World) -> None:
    async with lab.bot():
        await lab.link(lab.alice)
        await lab.alice.shortcut("usage")
        await lab.alice.wait_view(lambda view: "1,234.50 core-hours" in str(view.view["blocks"]))
        await lab.bob.shortcut("usage")
        window = await lab.bob.wait_view(lambda view: "not linked" in str(view.view["blocks"]))
        await lab.bob.click("link.open", view=window)
        await lab.bob.wait_view(lambda view: view.view.get("callback_id") == "link")


async def test_people_of_other_organisations_are_not_answered(lab: World) -> None:
    slack = lab.slack.workspaces["T0LAB"]
    slack.add_person(STRANGER, name="stranger", team_id="T0OTHER", is_stranger=True)
    slack.join(GENERAL, STRANGER)
    async with lab.bot():
        stranger = lab.slack.act_as("T0LAB", STRANGER)
        before = len(lab.slack.calls)
        await stranger.say(f"<@{slack.bot_user_id}> link", channel=GENERAL)
        await mention(lab, lab.alice, "link", "the form opens with the button")
        posted = [call for call in lab.slack.calls[before:] if call.method.startswith("chat.")]
        assert len(posted) == 1
