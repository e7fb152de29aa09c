"""`limit`, `join`, `alerts` in Slack."""

import json
from collections.abc import Awaitable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from bot.domain.alerts import Decision, Reason
from bot.store.bodies import LIMIT
from bot.store.engine import Database
from bot.store.limits import SqlAlerts
from tests.alerts_kit import join, option, say
from tests.world import ALICE, BOB, GENERAL, World, until

GUS = "U0GUS"
PRIVATE = "C0PRIVATE"


async def limits(lab: World) -> list[dict[str, Any]]:
    return [json.loads(row.body) for row in await lab.rows("limits")]


async def notices(lab: World) -> list[tuple[str, str, str]]:
    return [(row.kind, row.place_id, row.text) for row in await lab.rows("notices")]


async def test_my_limit_is_set_listed_changed_and_removed(lab: World) -> None:
    async with lab.bot():
        await lab.link(lab.alice)
        await say(
            lab.alice,
            "limit 2000 per month at 50,80",
            "Limit set: 2,000.00 core-hours per month on East",
            "direct message",
        )
        listed = await say(lab.alice, "limit", "1. 2,000.00 core-hours")
        await lab.alice.click("limit.open", message=listed, value=listed.blocks[1]["elements"][0]["value"])
        form = await lab.alice.wait_view(lambda v: v.view.get("callback_id") == "limit")
        delivery = await lab.alice.submit(form, {"core_hours": "3000"})
        assert delivery.ok
        assert delivery.errors == {}
        await lab.alice.wait_message(lambda m: "Limit changed: 3,000.00" in m.text)
        assert [one["core_hours"] for one in await limits(lab)] == [3000.0]
        question = await say(lab.alice, "limit off 1", "Remove the limit of 3,000.00")
        await lab.alice.click("limit.off.confirm", message=question)
        await lab.alice.wait_message(lambda m: "Removed: the limit of 3,000.00" in m.text)
        assert await limits(lab) == []
        assert await notices(lab) == []


@pytest.mark.both_doors
async def test_the_form_marks_its_fields_and_stores_nothing(lab: World) -> None:
    async with lab.bot():
        await lab.link(lab.alice)
        await lab.alice.command("/walltime limit new", channel=GENERAL)
        form = await lab.alice.wait_view(lambda v: v.view.get("callback_id") == "limit")
        for values, field, words in (
            ({"core_hours": "0"}, "core_hours", "“0” cannot be"),
            ({"core_hours": "NaN"}, "core_hours", "“NaN” cannot be"),
            ({"core_hours": "5", "thresholds": "250"}, "thresholds", "“250”"),
            ({"thresholds": "50", "period": "range"}, "from", "first day"),
            ({"from": "2026-12-31", "to": "2026-09-01"}, "to", "“2026-09-01”"),
            ({"from": "2020-12-31", "to": "2020-12-31"}, "to", "is over"),
            ({"period": "month", "scope": "person"}, "person", "Choose the person"),
        ):
            delivery = await lab.alice.submit(form, values)
            assert list(delivery.errors) == [field], (values, delivery)
            assert words in delivery.errors[field]
        assert await limits(lab) == []


async def test_the_form_says_what_a_limit_would_have_told_and_keeps_what_was_typed(lab: World) -> None:
    async with lab.bot():
        await lab.link(lab.alice)
        lab.hours_pass(1)
        lab.east.set_core_hours("alice", 1234.5 + 60)
        await say(lab.alice, "", "1,294.50")
        await lab.alice.command("/walltime limit new", channel=GENERAL)
        form = await lab.alice.wait_view(lambda v: v.view.get("callback_id") == "limit")
        lab.alice.type_in(form, {"core_hours": "many"})
        await lab.alice.click("limit.try", view=form)
        await lab.alice.wait_view(lambda v: "“many”" in str(v.view["blocks"]))
        lab.alice.type_in(form, {"core_hours": "100"})
        await lab.alice.click("limit.try", view=form)
        tried = await lab.alice.wait_view(lambda v: "it would have alerted once, on" in str(v.view["blocks"]))
        assert await limits(lab) == []
        await lab.alice.submit(tried, {})
        await lab.alice.wait_message(lambda m: "Limit set: 100.00" in m.text)
        assert [one["core_hours"] for one in await limits(lab)] == [100.0]
        await say(lab.alice, "limit 5000 per month", "Limit changed", "it would not have alerted")
        await say(lab.alice, "", "of 5,000.00 core-hours per month")
        await say(lab.alice, "status", "<#C0GENERAL>: 0 limits; nobody has joined its team")


async def test_a_channels_limits(lab: World) -> None:
    slack = lab.slack._state.workspaces["T0LAB"]
    slack.add_person(GUS, name="gus", is_restricted=True)
    slack.join(GENERAL, GUS)
    gus = lab.slack.act_as("T0LAB", GUS)
    async with lab.bot():
        await lab.link(lab.alice)
        await lab.link(lab.bob, username="bob")
        await say(lab.alice, "limit @bob 500 per week", "“@bob” has not joined this channel")
        await say(lab.alice, "limit @gus 500 per week", "“@gus” is not a full member")
        await say(lab.alice, "limit @nobody 500 per week", "“@nobody” is not a person")
        await say(lab.alice, "limit <@U0NOBODY> 500 per week", "“@U0NOBODY” is not a person")
        await say(gus, "limit team 500 per week", "Only full members")
        await say(lab.alice, "limit team 500 per week", "type it in the channel", channel=lab.alice.dm)
        assert await limits(lab) == []
        assert await notices(lab) == []
        question = await say(lab.bob, "join", "Join the team of <#C0GENERAL>?", "core-hours")
        await lab.bob.click("team.join.confirm", message=question)
        await lab.bob.wait_message(lambda m: "You are in the team of <#C0GENERAL> now" in m.text)
        await say(lab.bob, "join", "already")
        await say(lab.alice, "limit @bob 500 per week", "Limit set", "<@U0BOB>", "who can read it")
        await say(lab.alice, "limit team 5000 per quarter", "Limit set", "together")
        await say(lab.alice, "limit each 5000 per quarter", "Limit set", "each in the team")
        found = await notices(lab)
        assert sorted({(kind, place) for kind, place, _ in found}) == [
            ("limit_set", GENERAL),
            ("limit_set", BOB),
        ]
        assert len(found) == 4
        listed = await say(gus, "limit", "1. 500.00", "3. 5,000.00")
        question_before = gus.mark()
        await gus.click("limit.off", message=listed)
        question = await gus.wait_message(lambda m: "Remove the limit" in m.text, since=question_before)
        await gus.click("limit.off.confirm", message=question)
        await gus.wait_message(lambda m: "Only full members" in m.text)
        assert len(await limits(lab)) == 3
        await say(lab.bob, "leave", "You have left")
        await say(gus, "alerts test", "Only full members")
        await say(lab.bob, "alerts test", "on its way to <#C0GENERAL>")
        await say(lab.bob, "alerts test", "your direct messages", channel=lab.bob.dm)
        await say(lab.bob, "alerts", "No open alerts")
        assert [kind for kind, _, _ in await notices(lab)].count("test") == 2


async def test_a_channel_that_takes_no_messages(lab: World) -> None:
    slack = lab.slack._state.workspaces["T0LAB"]
    slack.add_channel(PRIVATE, "private", members={ALICE}, is_private=True, has_bot=False)
    async with lab.bot():
        await say(lab.alice, "limit team 500 per week", "/invite @Walltime", channel=PRIVATE)
        slack.invite_bot(PRIVATE)
        slack.channel(PRIVATE).refuses = "restricted_action"
        await say(lab.alice, "limit team 500 per week", "I may not post", channel=PRIVATE)
        assert await limits(lab) == []
        slack.channel(PRIVATE).refuses = None
        await say(
            lab.alice,
            "limit team 500 per week",
            "Limit set",
            "its 1 member (the channel is private)",
            channel=PRIVATE,
        )
        slack.kick_bot(GENERAL)
        await say(lab.alice, "limit team 500 per week", "/invite @Walltime")
        assert len(await limits(lab)) == 1


async def test_the_buttons_of_an_alert_are_judged_for_the_clicker(lab: World) -> None:
    slack = lab.slack._state.workspaces["T0LAB"]
    slack.add_person(GUS, name="gus", is_restricted=True)
    slack.join(GENERAL, GUS)
    gus = lab.slack.act_as("T0LAB", GUS)
    async with lab.bot():
        await lab.link(lab.alice)
        question = await say(lab.alice, "join", "Join the team")
        await lab.alice.click("team.join.confirm", message=question)
        await lab.alice.wait_message(lambda m: "You are in the team of <#C0GENERAL> now" in m.text)
        await say(lab.alice, "limit team 2000 total at 50", "Limit set", "together")
        await _open(lab, "")
        listed = await say(lab.bob, "alerts", "1 open", "61 %")
        seen_by_gus = await say(gus, "alerts", "1 open")
        for action, selected in (
            ("alert.ack", None),
            ("alert.snooze", "1h"),
            ("alert.why", None),
            ("alert.raise_limit", None),
        ):
            mark = gus.mark()
            await gus.click(action, message=seen_by_gus, selected=option(seen_by_gus, selected))
            await gus.wait_message(lambda m: "Only full members" in m.text, since=mark)
        await lab.bob.click("alert.ack", message=listed)
        await lab.bob.wait_message(lambda m: "Acknowledged: no reminders" in m.text)
        await lab.bob.click("alert.snooze", message=listed, selected=option(listed, "1d"))
        await lab.bob.wait_message(lambda m: "Snoozed: nothing is said" in m.text)
        await lab.bob.click("alert.why", message=listed)
        why = await lab.bob.wait_message(lambda m: m.text.startswith("Why:"))
        assert "snoozed 1d" in str(why.blocks)
        await lab.bob.click("alert.raise_limit", message=listed)
        form = await lab.bob.wait_view(lambda v: v.view.get("callback_id") == "limit")
        await lab.bob.submit(form, {"core_hours": "9000"})
        await lab.bob.wait_message(lambda m: "Limit changed: 9,000.00" in m.text)
        question = await say(lab.bob, "limit off 1", "Remove the limit")
        await lab.bob.click("limit.off.confirm", message=question)
        await lab.bob.wait_message(lambda m: "Removed: the limit" in m.text)
        await lab.bob.click("alert.ack", message=listed)
        await lab.bob.wait_message(lambda m: "no longer there" in m.text)


async def test_who_comes_under_a_limit_is_asked_for_at_once(lab: World) -> None:
    async def planned() -> timedelta:
        moments: list[datetime] = [row.next_at for row in await lab.rows("polls")]
        return min(moments) - lab.clock()

    async def is_asked_again_by(doing: Awaitable[object]) -> None:
        # Polls have been planned that knew nothing of the limit.
        await until(planned, lambda gap: gap > timedelta(minutes=10))
        before = lab.east.request_count

        async def asked() -> bool:
            return lab.east.request_count > before

        await doing
        await until(asked, bool)

    async with lab.bot(tick=timedelta(seconds=0.1), WALLTIME_POLL_INTERVAL="1h"):
        await lab.link(lab.alice)
        await join(lab.alice)
        for words in ("limit 2000 total", "limit team 2000 per month", "limit @alice 2000 per month"):
            await is_asked_again_by(say(lab.alice, words, "Limit set"))
        await lab.link(lab.bob, username="bob")
        await is_asked_again_by(join(lab.bob))


async def _open(lab: World, subject: str) -> None:
    """Let the one limit's alert stand open, as after a crossing."""
    database = Database(lab.settings().database_url)
    try:
        limit = LIMIT.validate_json((await lab.rows("limits"))[0].body)
        alerts = SqlAlerts(database)
        found = await alerts.one(limit, subject)
        assert found is not None
        state = replace(found.state, opened_at=lab.clock(), revision=found.state.revision + 1)
        decision = Decision(reason=Reason.CROSSED, state=state)
        assert await alerts.record(found, [decision], notices=())
    finally:
        await database.close()


@pytest.mark.parametrize(
    ("words", "wrong"),
    [
        ("limit 0 per month", "“0”"),
        ("limit -5 per month", "“-5”"),
        ("limit 1000000000000 per month", "“1000000000000”"),
        ("limit NaN per month", "“NaN”"),
        ("limit 100 per month at 250", "“250”"),
        ("limit 100 from 2026-12-31 to 2026-09-01", "“2026-09-01”"),
        ("limit @nobody 500 per week", "“@nobody”"),
        ("limit @gus 500 per week", "“@gus”"),
        ("limit @olga 500 per week", "“@olga”"),
    ],
)
async def test_bad_words_are_named_with_a_right_example_and_nothing_is_stored(
    lab: World, words: str, wrong: str
) -> None:
    slack = lab.slack.workspaces["T0LAB"]
    slack.add_person(GUS, name="gus", is_restricted=True)
    slack.add_person("U0OLGA", name="olga", team_id="T0ELSE")
    slack.join(GENERAL, GUS)
    async with lab.bot():
        await lab.link(lab.alice)
        await say(lab.alice, words, wrong, "Right is, for example: “limit ", "Nothing was stored")
        assert await limits(lab) == []
        assert await notices(lab) == []
