"""The one-time link page: a form outside of Slack, and a code that only the right person can use in it."""

import asyncio
import json
import re
from datetime import timedelta

from bot.playground.cluster import ClusterFault
from bot.wiring.patience import ClusterPatience
from tests.link_page_kit import (
    HERE,
    PUBLIC_URL,
    ask_for_page,
    links,
    question_to,
    type_code,
    url_in,
    visiting,
)
from tests.world import ALICE, BOB, GENERAL, World, until

QUICK = timedelta(milliseconds=50)
SLOW = timedelta(seconds=2)  # longer than a form waits


async def test_a_token_entered_on_the_page_links_after_the_code_was_typed_in_slack(lab: World) -> None:
    async with lab.bot(WALLTIME_PUBLIC_URL=HERE) as bot, visiting(bot) as alice:
        name = await ask_for_page(lab.alice)
        shown = await alice.fill_in(name, lab.east.token("alice"))
        assert "Confirm in Slack" in shown.seen
        question = await question_to(lab.alice)
        assert "*alice* on *East*" in question.text
        assert await links(lab) == {}
        answer = await type_code(lab.alice, question, shown.code)
        assert answer.errors == {}
        await lab.alice.wait_view(lambda v: "You are linked as" in str(v.view))
        assert await links(lab) == {ALICE: "alice"}
        # Nothing is left to press, and nothing to steal.
        await lab.alice.wait_message(lambda m: "You are linked as" in m.text, channel=lab.alice.dm)
        (page,) = await lab.rows("link_pages")
        assert (page.state, page.token, page.code) == ("confirmed", None, None)
        assert {e.action for e in await lab.rows("audit")} == {"link_asked", "linked"}


async def test_without_a_public_address_the_form_stays_in_slack_and_there_is_no_page(lab: World) -> None:
    async with lab.bot() as bot, visiting(bot) as alice:
        await lab.link(lab.alice)
        assert (await alice.open("x" * 43)).status == 404
        assert await lab.rows("link_pages") == []


async def test_the_button_of_home_and_that_of_a_message_offer_the_page_with_the_cluster_chosen(
    lab: World,
) -> None:
    async with lab.bot(WALLTIME_PUBLIC_URL=PUBLIC_URL) as bot, visiting(bot) as alice:
        await lab.alice.open_home()
        home = await lab.alice.wait_view(lambda v: v.view["type"] == "home")
        await lab.alice.click("link.open", view=home)
        over_home = await lab.alice.wait_view(lambda v: "Open the link page" in str(v.view))
        assert f"{PUBLIC_URL}/link/" in str(over_home.view)
        await lab.alice.command("/walltime", channel=GENERAL)
        told = await lab.alice.wait_message(lambda m: "not linked" in m.text)
        await lab.alice.click("link.open", message=told)
        offer = await lab.alice.wait_message(lambda m: "a page of your own" in m.text)
        assert "within the next 10 minutes" in offer.text
        assert url_in(offer).startswith(f"{PUBLIC_URL}/link/")
        assert (await lab.alice.click("link.page", message=offer)).ok
        form = await alice.open(url_in(offer).rpartition("/")[2])
        assert re.search(r'value="east" selected', form.text)


# --- The attacks, by name -------------------------------------------------------------------------------


async def test_the_forwarded_link_does_not_bind_the_victim_s_account_to_the_sender(lab: World) -> None:
    """Bob sends Alice his own page; she enters her token all the same."""
    async with lab.bot(WALLTIME_PUBLIC_URL=HERE) as bot, visiting(bot) as alice:
        name = await ask_for_page(lab.bob)
        form = await alice.open(name)
        assert "Bob Li (bob)" in form.seen
        assert f"in the Slack workspace Lab, member ID {BOB}" in form.seen
        assert "Is that not you? Then close this page." in form.seen
        shown = await alice.fill_in(name, lab.east.token("alice"))
        assert "Only Bob Li (bob) in Lab was asked" in shown.seen
        # Bob is asked, but the code stands on Alice's screen alone.
        question = await question_to(lab.bob)
        assert shown.code not in str(question)
        assert shown.code.replace("-", "") not in str(question)
        for left in (2, 1):
            answer = await type_code(lab.bob, question, "AAAAAA")
            assert answer.errors == {
                "code": f"This is not the code that the link page shows. Tries left: {left}."
            }
            await lab.bob.close_view(lab.bob.views[-1])
        await type_code(lab.bob, question, "AAAAAA")
        await lab.bob.wait_view(lambda v: "tried too often" in str(v.view))
        # Now even the right one comes too late.
        await lab.bob.wait_message(lambda m: "tried too often" in m.text, channel=lab.bob.dm)
        assert await links(lab) == {}
        (page,) = await lab.rows("link_pages")
        assert (page.state, page.token) == ("void", None)
        assert "tried too often" in (await alice.open(name)).seen
        refused = [e for e in await lab.rows("audit") if e.action == "link_refused"]
        assert [e.detail for e in refused] == [*["LinkCodeWrong"] * 3, "LinkPageVoid"]


async def test_many_codes_at_once_are_still_only_three_tries(lab: World) -> None:
    async with lab.bot(WALLTIME_PUBLIC_URL=HERE) as bot, visiting(bot) as alice:
        shown = await alice.fill_in(await ask_for_page(lab.bob), lab.east.token("alice"))
        question = await question_to(lab.bob)
        await lab.bob.click("link.confirm", message=question)
        form = await lab.bob.wait_view(lambda v: v.view.get("callback_id") == "link.confirm")
        guesses = [f"{number:06}" for number in range(8)]
        await asyncio.gather(*(lab.bob.submit(form, {"code": code}) for code in [*guesses, shown.code]))
        assert [e.detail for e in await lab.rows("audit")].count("LinkCodeWrong") == 3
        assert await links(lab) == {}


async def test_the_replayed_page_is_refused_and_says_why(lab: World) -> None:
    async with lab.bot(WALLTIME_PUBLIC_URL=HERE) as bot, visiting(bot) as alice, visiting(bot) as thief:
        name = await ask_for_page(lab.alice)
        form = await alice.open(name)
        again = {"ticket": form.ticket, "cluster": "east", "username": "", "token": lab.east.token("bob")}
        shown = await alice.fill_in(name, lab.east.token("alice"))
        replayed = await alice.send(name, again)
        assert replayed.status == 410
        assert "filled in already, and serves once" in replayed.seen
        # Who pressed twice finds the way back, and is linked once.
        assert "It was me, in this browser: show me the code" in replayed.seen
        # Her own browser may look at the code again; any other learns only that the page is used.
        assert (await alice.open(name)).code == shown.code
        looked = await thief.open(name)
        assert looked.status == 410
        assert shown.code not in looked.text
        await type_code(lab.alice, await question_to(lab.alice), shown.code)
        await lab.alice.wait_view(lambda v: "You are linked as" in str(v.view))
        ended = await alice.send(name, again)
        assert ended.status == 410
        assert "has done its work" in ended.seen
        assert await links(lab) == {ALICE: "alice"}


async def test_the_expired_page_is_refused_and_says_why(lab: World) -> None:
    async with lab.bot(WALLTIME_PUBLIC_URL=HERE) as bot, visiting(bot) as alice:
        name = await ask_for_page(lab.alice)
        form = await alice.open(name)
        lab.clock.ahead += timedelta(minutes=10)
        fields = {"ticket": form.ticket, "cluster": "east", "token": lab.east.token("alice")}
        for answer in (await alice.open(name), await alice.send(name, fields)):
            assert answer.status == 410
            assert "good for ten minutes, and they are over" in answer.seen
        assert lab.east.request_count == 0


async def test_a_question_answered_after_ten_minutes_links_nothing(lab: World) -> None:
    async with lab.bot(tick=QUICK, WALLTIME_PUBLIC_URL=HERE) as bot, visiting(bot) as alice:
        name = await ask_for_page(lab.alice)
        shown = await alice.fill_in(name, lab.east.token("alice"))
        question = await question_to(lab.alice)
        await lab.alice.click("link.confirm", message=question)
        form = await lab.alice.wait_view(lambda v: v.view.get("callback_id") == "link.confirm")
        lab.clock.ahead += timedelta(minutes=10)
        await lab.alice.submit(form, {"code": shown.code})
        await lab.alice.wait_view(lambda v: "they are over" in str(v.view))
        assert await links(lab) == {}


async def test_the_page_opened_by_another_person_cannot_be_confirmed_by_them(lab: World) -> None:
    """Bob sees Alice's page and enters his own token: his Slack is not asked, and hers lacks the code."""
    async with lab.bot(WALLTIME_PUBLIC_URL=HERE) as bot, visiting(bot) as bob:
        shown = await bob.fill_in(await ask_for_page(lab.alice), lab.east.token("bob"))
        question = await question_to(lab.alice)
        (page,) = await lab.rows("link_pages")
        # His own question would have looked like this; he forges the click on hers.
        own = await bob.fill_in(await ask_for_page(lab.bob), lab.east.token("bob"))
        mine = await question_to(lab.bob)
        await lab.bob.click("link.confirm", message=mine)
        form = await lab.bob.wait_view(lambda v: v.view.get("callback_id") == "link.confirm")
        form.view["private_metadata"] = json.dumps({"page": page.page_id})
        await lab.bob.submit(form, {"code": shown.code})
        await lab.bob.wait_view(lambda v: "made for another person" in str(v.view))
        assert await links(lab) == {}
        refused = [e for e in await lab.rows("audit") if e.detail == "LinkPageOfAnother"]
        assert [(e.actor, e.subject) for e in refused] == [(BOB, f"{ALICE}/east")]
        # Alice did not ask for this, says so, and that is that.
        await lab.alice.click("link.cancel", message=question)
        await lab.alice.wait_message(lambda m: "is not linked to you" in m.text, channel=lab.alice.dm)
        assert own.code != shown.code
        assert await links(lab) == {}


async def test_cancel_erases_the_token_and_a_late_code_is_refused(lab: World) -> None:
    async with lab.bot(WALLTIME_PUBLIC_URL=HERE) as bot, visiting(bot) as alice:
        name = await ask_for_page(lab.alice)
        shown = await alice.fill_in(name, lab.east.token("alice"))
        question = await question_to(lab.alice)
        await lab.alice.click("link.confirm", message=question)
        form = await lab.alice.wait_view(lambda v: v.view.get("callback_id") == "link.confirm")
        await lab.alice.click("link.cancel", message=question)
        await lab.alice.wait_message(lambda m: "Cancelled" in m.text, channel=lab.alice.dm)
        await lab.alice.submit(form, {"code": shown.code})
        await lab.alice.wait_view(lambda v: "was cancelled" in str(v.view))
        assert "was cancelled" in (await alice.open(name)).seen
        (page,) = await lab.rows("link_pages")
        assert (page.state, page.token, page.code) == ("cancelled", None, None)
        assert await links(lab) == {}


async def test_a_cancel_while_a_slow_cluster_is_asked_wins_over_the_code(lab: World) -> None:
    async with lab.bot(patience=ClusterPatience(), WALLTIME_PUBLIC_URL=HERE) as bot, visiting(bot) as alice:
        shown = await alice.fill_in(await ask_for_page(lab.alice), lab.east.token("alice"))
        question = await question_to(lab.alice)
        lab.east.faults.add(ClusterFault(kind="slow", delay=SLOW))
        await type_code(lab.alice, question, shown.code)
        await lab.alice.wait_view(lambda v: "Asking East" in str(v.view))
        await lab.alice.click("link.cancel", message=question)
        await lab.alice.wait_view(lambda v: "was cancelled" in str(v.view))
        assert await links(lab) == {}
        assert "linked" not in {e.action for e in await lab.rows("audit")}


async def test_a_slow_cluster_at_the_last_step_ends_in_the_view_and_under_the_question(lab: World) -> None:
    async with lab.bot(patience=ClusterPatience(), WALLTIME_PUBLIC_URL=HERE) as bot, visiting(bot) as alice:
        shown = await alice.fill_in(await ask_for_page(lab.alice), lab.east.token("alice"))
        lab.east.faults.add(ClusterFault(kind="slow", delay=SLOW))
        await type_code(lab.alice, await question_to(lab.alice), shown.code)
        await lab.alice.wait_view(lambda v: "Asking East" in str(v.view))
        await lab.alice.wait_view(lambda v: "You are linked as" in str(v.view))
        await lab.alice.wait_message(lambda m: "You are linked as" in m.text, channel=lab.alice.dm)
        assert await links(lab) == {ALICE: "alice"}


async def test_of_two_bots_on_one_database_one_takes_the_page(lab: World) -> None:
    async with (
        lab.bot(WALLTIME_PUBLIC_URL=HERE) as one,
        lab.bot(WALLTIME_PUBLIC_URL=HERE) as two,
        visiting(one) as alice,
        visiting(two) as other,
    ):
        name = await ask_for_page(lab.alice)
        forms = [(visitor, await visitor.open(name)) for visitor in (alice, other)]
        fields = {"cluster": "east", "username": "alice", "token": lab.east.token("alice")}
        answers = await asyncio.gather(
            *(visitor.send(name, {**fields, "ticket": form.ticket}) for visitor, form in forms)
        )
        assert sorted(answer.status for answer in answers) == [200, 410]
        winner = next(answer for answer in answers if answer.status == 200)
        question = await question_to(lab.alice)
        assert len([m for m in lab.alice.messages(lab.alice.dm) if "asked to link" in m.text]) == 1
        # The code is seen at the other replica too, by the browser that sent the form.
        sender = alice if answers[0].status == 200 else other
        assert (await sender.at(one if sender is other else two).open(name)).code == winner.code
        await lab.alice.click("link.confirm", message=question)
        form = await lab.alice.wait_view(lambda v: v.view.get("callback_id") == "link.confirm")
        await asyncio.gather(*(lab.alice.submit(form, {"code": winner.code}) for _ in range(2)))
        await until(lambda: links(lab), lambda found: found == {ALICE: "alice"})
        assert [e.action for e in await lab.rows("audit")].count("linked") == 1
