"""Alerts from a crossing on the cluster to the message in Slack."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from bot.playground.slack import Fault
from tests.alerts_kit import FAST, fast, join, option, posted, roots, say, settled, shows
from tests.process import running
from tests.world import GENERAL, World, until


async def test_a_crossing_is_told_once_in_the_dm_and_what_follows_in_its_thread(lab: World) -> None:
    alice = lab.alice
    async with fast(lab):
        await lab.link(alice)
        await say(alice, "limit 2000 total at 80,90,100", "Limit set")
        await shows(lab, "alice", 1610)
        await settled(lab)
        assert len(posted(alice, alice.dm)) == 1
        assert "80 %" in posted(alice, alice.dm)[0].text
        for value in (1590, 1620, 1580, 1630):  # within 2 % of the limit
            await shows(lab, "alice", value)
        await settled(lab)
        assert len(posted(alice, alice.dm)) == 1
        await shows(lab, "alice", 1850)
        await settled(lab)
        assert len(roots(alice, alice.dm)) == 1
        assert len(posted(alice, alice.dm)) == 2
        assert "90 %" in roots(alice, alice.dm)[0].text  # the message itself is at the newest state


async def test_from_10_to_95_percent_in_one_reading_is_one_message(lab: World) -> None:
    alice = lab.alice
    lab.east.set_core_hours("alice", 100)
    async with fast(lab):
        await lab.link(alice)
        await say(alice, "limit 1000 total", "Limit set")
        await shows(lab, "alice", 950)
        await settled(lab)
        (message,) = posted(alice, alice.dm)
        assert "95 %" in message.text
        assert "90 % threshold" in message.text


async def test_the_buttons_of_a_real_alert_and_raising_the_limit_resolves_it(lab: World) -> None:
    alice = lab.alice
    async with fast(lab):
        await lab.link(alice)
        await say(alice, "limit 2000 total at 80", "Limit set")
        await shows(lab, "alice", 1700)
        await settled(lab)
        (alert,) = posted(alice, alice.dm)
        await alice.click("alert.why", message=alert)
        why = await alice.wait_message(lambda m: m.text.startswith("Why:"))
        assert "crossed" in str(why.blocks)
        await alice.click("alert.snooze", message=alert, selected=option(alert, "1h"))
        await alice.wait_message(lambda m: "Snoozed: nothing is said" in m.text)
        await alice.click("alert.ack", message=alert)
        await alice.wait_message(lambda m: "Acknowledged: no reminders" in m.text)
        await settled(lab)
        (alert,) = roots(alice, alice.dm)
        await alice.click("alert.raise_limit", message=alert)
        form = await alice.wait_view(lambda v: v.view.get("callback_id") == "limit")
        await alice.submit(form, {"core_hours": "9000"})
        await alice.wait_message(lambda m: "Limit changed: 9,000.00" in m.text)
        await settled(lab)
        assert len(roots(alice, alice.dm)) == 1
        replies = [m for m in posted(alice, alice.dm) if m.in_thread_only]
        assert [m.text.startswith("Resolved") for m in replies] == [True]


async def test_a_channels_alert_waits_while_the_bot_is_thrown_out(lab: World) -> None:
    slack, bob = lab.slack.workspaces["T0LAB"], lab.bob
    async with fast(lab):
        await lab.link(lab.alice)
        await join(lab.alice)
        await say(bob, "limit team 2000 total at 80,100", "Limit set")
        await settled(lab)
        before = len(posted(bob, GENERAL))
        await shows(lab, "alice", 1700)
        await settled(lab)
        assert "80 % threshold" in posted(bob, GENERAL)[before].text
        assert len(posted(bob, GENERAL)) == before + 1
        slack.kick_bot(GENERAL)
        await shows(lab, "alice", 2100)
        heard = await bob.wait_message(lambda m: "I cannot post in" in m.text)
        assert heard.channel == bob.dm
        with lab.clock.fast():
            await asyncio.sleep(1)
        assert len(posted(bob, bob.dm)) == 1
        slack.invite_bot(GENERAL)
        lab.hours_pass(0.1)
        await settled(lab)
        assert len(posted(bob, GENERAL)) == before + 2
        assert len(posted(bob, bob.dm)) == 1
        assert "100 %" in posted(bob, GENERAL)[-1].text


async def test_alerts_test_arrives(lab: World) -> None:
    async with fast(lab):
        await say(lab.alice, "alerts test", "on its way to <#C0GENERAL>")
        await say(lab.alice, "alerts test", "your direct messages", channel=lab.alice.dm)
        await settled(lab)
        for channel in (GENERAL, lab.alice.dm):
            (message,) = posted(lab.alice, channel)
            assert "This is a test alert" in message.text


async def test_a_failing_cluster_neither_fires_nor_resolves(lab: World) -> None:
    alice = lab.alice
    async with fast(lab):
        await lab.link(alice)
        await say(alice, "limit 2000 total at 80,90", "Limit set")
        await shows(lab, "alice", 1700)
        await settled(lab)
        lab.east.down = True
        lab.hours_pass(1)
        for value in (1900, 100):
            lab.east.set_core_hours("alice", value)
            with lab.clock.fast():
                await asyncio.sleep(1)
            assert len(posted(alice, alice.dm)) == 1
        status = await say(alice, "status", "No data for")
        assert "Next poll" in status.text
        lab.east.set_core_hours("alice", 1900)
        lab.east.down = False
        await shows(lab, "alice", 1900)
        await settled(lab)
        assert len(posted(alice, alice.dm)) == 2
        assert len(roots(alice, alice.dm)) == 1


async def test_many_alerts_at_once_are_one_table(lab: World) -> None:
    today = datetime.now(UTC)
    periods = [f"per {name}" for name in ("day", "month", "year")]
    periods.append(f"from {today - timedelta(days=2):%Y-%m-%d} to {today + timedelta(days=60):%Y-%m-%d}")
    async with fast(lab):
        await lab.link(lab.alice)
        await lab.link(lab.bob, username="bob")
        await join(lab.alice)
        await join(lab.bob)
        for scope in ("team", "each", "@alice", "@bob"):
            for period in periods:
                await say(lab.alice, f"limit {scope} 1000 {period} at 50", "Limit set")
        await settled(lab)
        before = len(posted(lab.bob, GENERAL))
        lab.east.set_core_hours("alice", 1234.5 + 600)
        await shows(lab, "bob", 20.25 + 600)
        with lab.clock.fast():
            await asyncio.sleep(1)
        await settled(lab)
        told = [row for row in await lab.rows("notices") if row.kind == "alert"]
        crossings = {(row.limit_id, row.subject) for row in told}
        assert len(crossings) == 20
        assert [
            row.dropped for row in told if row.dropped not in {None, "its message is a table of many"}
        ] == []
        fresh = posted(lab.bob, GENERAL)[before:]
        assert any("alerts came at once" in m.text for m in fresh)
        assert len([m for m in fresh if not m.in_thread_only]) <= 11


@pytest.mark.parametrize("kind", ["ratelimited", "lose_answer"])
async def test_killed_between_crossing_and_delivery_it_is_told_once(lab: World, kind: str) -> None:
    alice = lab.alice
    async with running(lab, **FAST) as bot:
        await lab.link(alice)
        await say(alice, "limit 2000 total at 80", "Limit set")
        lab.slack.faults.add(Fault(method="chat.postMessage", kind=kind, times=None))  # type: ignore[arg-type]
        await shows(lab, "alice", 1700)

        async def tried() -> bool:
            calls = [call.method for call in lab.slack.calls]
            return "chat.postMessage" in calls

        await until(tried, bool)
        await bot.kill()
    lab.slack.faults.clear()
    async with fast(lab):
        await settled(lab)
        assert len(posted(alice, alice.dm)) == 1


async def test_an_alert_names_nobody_who_has_not_agreed_to_whoever_reads_the_channel(lab: World) -> None:
    slack, alice = lab.slack.workspaces["T0LAB"], lab.alice
    async with fast(lab):
        await lab.link(alice)
        await join(alice)
        await say(lab.bob, "limit each 2000 total at 80,100", "Limit set")
        await settled(lab)
        before = len(posted(lab.bob, GENERAL))
        slack.add_person("U0GUS", name="gus", is_restricted=True)
        slack.join(GENERAL, "U0GUS")
        await shows(lab, "alice", 1700)
        await settled(lab)
        (told,) = posted(lab.bob, GENERAL)[before:]
        assert "one person of its team" in told.text
        assert "alice" not in str(told).lower()
        await shows(lab, "alice", 2100)
        await settled(lab)
        assert len(posted(lab.bob, GENERAL)) == before + 1
        assert [m.text for m in posted(alice, alice.dm) if "join" in m.text] != []
