"""Periods that turn, clocks that step, counters that start again, limits that move, clicks that come late."""

import asyncio
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from tests.alerts_kit import fast, join, option, posted, roots, say, settled, shows
from tests.world import GENERAL, TEAM, World

SHANGHAI = ZoneInfo("Asia/Shanghai")


def just_before_midnight(lab: World) -> None:
    """Turn the clock to eleven in the evening of the cluster's day."""
    local = lab.clock().astimezone(SHANGHAI)
    evening = datetime.combine(local.date(), time(23), SHANGHAI)
    if evening < local:
        evening += timedelta(days=1)
    lab.clock.ahead += evening.astimezone(UTC) - lab.clock()


async def test_a_day_s_limit_fires_again_on_the_next_day_but_not_by_what_was_used_before(lab: World) -> None:
    alice = lab.alice
    just_before_midnight(lab)
    async with fast(lab):
        await lab.link(alice, lives=timedelta(days=3))
        await say(alice, "limit 100 per day at 80", "Limit set")
        await shows(lab, "alice", 1234.5 + 85)
        await settled(lab)
        assert len(roots(alice, alice.dm)) == 1
        lab.hours_pass(1.5)  # past midnight; the old use is no use of the new day
        await shows(lab, "alice", 1234.5 + 86)
        await settled(lab)
        assert len(roots(alice, alice.dm)) == 1
        await shows(lab, "alice", 1234.5 + 86 + 90)
        await settled(lab)
        first, second = roots(alice, alice.dm)
        assert "80 % threshold" in second.text
        assert first.text.partition(" on East ")[2] != second.text.partition(" on East ")[2]


async def test_a_clock_that_steps_back_an_hour_tells_nothing_twice_and_loses_nothing(lab: World) -> None:
    alice = lab.alice
    async with fast(lab):
        await lab.link(alice)
        await say(alice, "limit 2000 total at 80,90", "Limit set")
        await shows(lab, "alice", 1650)
        await settled(lab)
        lab.hours_pass(-1)
        await shows(lab, "alice", 1660)
        await settled(lab)
        assert len(posted(alice, alice.dm)) == 1
        lab.hours_pass(1)
        await shows(lab, "alice", 1850)
        await settled(lab)
        assert len(roots(alice, alice.dm)) == 1
        assert "90 % threshold" in roots(alice, alice.dm)[0].text


async def test_a_counter_that_starts_again_goes_on_counting_in_its_month(lab: World) -> None:
    alice = lab.alice
    async with fast(lab):
        await lab.link(alice)
        await say(alice, "limit 1000 per year at 50", "Limit set")
        await shows(lab, "alice", 1234.5 + 300)
        await shows(lab, "alice", 100)
        await settled(lab)
        assert posted(alice, alice.dm) == []
        await shows(lab, "alice", 260)
        await settled(lab)
        (message,) = posted(alice, alice.dm)
        assert "560.00 of 1,000.00" in message.text


async def test_a_limit_lowered_below_use_counts_as_told(lab: World) -> None:
    alice = lab.alice
    async with fast(lab):
        await lab.link(alice)
        await say(alice, "limit 5000 total at 80,100,120", "Limit set")
        await shows(lab, "alice", 1300)
        await say(alice, "limit 1000 total at 80,100,120", "Limit changed")
        await settled(lab)
        assert posted(alice, alice.dm) == []
        await shows(lab, "alice", 1310)
        await settled(lab)
        assert posted(alice, alice.dm) == []


async def test_stale_buttons_and_clicks_at_once_answer_sensibly(lab: World) -> None:
    alice, bob, slack = lab.alice, lab.bob, lab.slack.workspaces[TEAM]
    async with fast(lab):
        await lab.link(alice)
        await join(alice)
        await say(bob, "limit team 2000 total at 80", "Limit set")
        await shows(lab, "alice", 1700)
        await settled(lab)
        alert = roots(bob, GENERAL)[-1]
        for action in ("alert.ack", "alert.ack"):  # both at once, and each of them twice
            await asyncio.gather(*(who.click(action, message=alert) for who in (alice, bob, alice, bob)))
        for who in (alice, bob):
            await who.wait_message(lambda m: "cknowledged" in m.text and m.ephemeral_for is not None)
        await settled(lab)
        assert len({row.revision for row in await lab.rows("alerts")}) == 1
        acknowledged = [row for row in await lab.rows("audit") if row.action == "alert_ack"]
        assert len(acknowledged) == 1
        # A guest from now on.
        slack.change_person(bob.person.id, is_restricted=True)
        mark = bob.mark()
        await bob.click("alert.snooze", message=alert, selected=option(alert, "1h"))
        await bob.wait_message(lambda m: "Only full members" in m.text, since=mark)
        # Resolved meanwhile: there is nothing left to snooze.
        await shows(lab, "alice", 1500)
        await settled(lab)
        mark = alice.mark()
        await say(alice, "alerts", "No open alerts")
        # The limit is gone: whatever the button, it says so.
        question = await say(alice, "limit off 1", "Remove the limit")
        await alice.click("limit.off.confirm", message=question)
        await alice.wait_message(lambda m: "Removed: the limit" in m.text)
        await settled(lab)
        newest = next(m for m in roots(alice, GENERAL) if m.ts == alert.ts)
        for action in ("alert.why", "alert.raise_limit"):
            mark = alice.mark()
            await alice.click(action, message=newest)
            await alice.wait_message(lambda m: "no longer there" in m.text, since=mark)
