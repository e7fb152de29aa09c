"""Delivery: pace, places that do not wait for each other, and storms."""

import asyncio
from collections import Counter
from datetime import timedelta
from itertools import pairwise

import pytest

from bot.domain.alerts import Form, Telling
from bot.domain.limits import Limit
from bot.ports.alerting import Alert, Receipt
from bot.ports.place_turns import Memory
from tests.unit.domain.kit import NOON
from tests.unit.usecases.delivery_kit import (
    CROSSED,
    GENERAL,
    OTHER,
    SECOND,
    World,
)
from tests.unit.usecases.delivery_ports import FakeAlerts

# Pace and independence


async def test_a_place_gets_one_message_a_second_oldest_first(world: World) -> None:
    for number in range(5):
        world.owe(world.alert(f"U{number}"))
    for _ in range(40):
        await world.turn()
        world.now += timedelta(milliseconds=250)
    assert world.said() == [("alert", f"U{number}", 80) for number in range(5)]
    times = [each.at for each in world.slack]
    assert all(after - before >= SECOND for before, after in pairwise(times))


async def test_what_waited_for_a_place_in_trouble_is_told_as_one_whenever_it_was_owed(world: World) -> None:
    world.out[GENERAL] = "not_in_channel"
    world.owe(world.alert("U1", 80))
    await world.seconds(14)
    world.owe(world.alert("U1", 90), CROSSED, Form.THREAD, 90)
    await world.seconds(14)
    world.out.clear()
    world.troubles.clear()
    await world.seconds(20)
    assert world.said() == [("alert", "U1", 90)]


async def test_a_pause_and_the_pace_begin_with_slack_s_answer_however_late_it_comes(world: World) -> None:
    world.answers_after = timedelta(seconds=9)
    world.ends = ["paused"]
    for number in range(2):
        world.owe(world.alert(f"U{number}"))
    await world.seconds(60)
    asked = [at for at, _ in world.tries]
    assert [later - before for before, later in pairwise(asked)] == [
        timedelta(seconds=9 + 7),
        timedelta(seconds=9 + 1),
    ]


async def test_a_slow_place_delays_no_other_and_is_left_alone_meanwhile(world: World) -> None:
    world.slow[GENERAL] = asyncio.Event()
    world.owe(world.alert("U1"))
    world.owe(world.alert("U2", place=OTHER))
    slow = asyncio.create_task(world.turn())
    await asyncio.sleep(0)
    for _ in range(20):
        await asyncio.sleep(0)
    assert world.said(OTHER) == [("alert", "U2", 80)]
    world.now += SECOND
    world.owe(world.alert("U3"))
    world.owe(world.alert("U4", place=OTHER))
    await world.turn()
    assert world.said(OTHER)[1:] == [("alert", "U4", 80)]
    world.slow.pop(GENERAL).set()
    await slow
    await world.seconds(4)
    assert world.said() == [("alert", "U1", 80), ("alert", "U3", 80)]


async def test_processes_that_take_turns_keep_the_pace_and_obey_each_other_s_pauses() -> None:
    world = World(processes=2)
    for number in range(6):
        world.owe(world.alert(f"U{number}"))
    world.ends = ["ok", "paused"]
    for _ in range(60):
        await world.turn()
        world.now += SECOND / 4
    posts = [each.at for each in world.slack]
    assert [(after - before).total_seconds() for before, after in pairwise(posts)] == [1 + 7, 1, 1, 1, 1]


async def test_a_storm_is_one_table_whichever_process_tells_it() -> None:
    world = World(processes=3)
    for number in range(250):
        world.owe(world.alert(f"U{number}", 80 + number))
    await world.seconds(30)
    root, *more = world.slack
    assert isinstance(root.message, tuple)
    assert root.message[:2] == ("storm", 250)
    assert [each.thread for each in more] == [root.ts, root.ts]
    assert world.open == []


async def test_who_lost_the_place_before_it_posted_leaves_it_to_who_has_it(world: World) -> None:
    class Slowly(FakeAlerts):
        async def one(self, limit: Limit, subject: str) -> Alert | None:
            world.leases[GENERAL] = ("another hand", world.now + SECOND)
            return await super().one(limit, subject)

    name = world.owe(world.alert())
    outcome = await world.process(Slowly(world))(now=world.now)
    assert (outcome.overtaken, outcome.failures, world.slack) == (1, [], [])
    await world.turn()
    assert world.slack == []
    await world.seconds(2)
    assert world.rows[name].receipt is not None
    assert len(world.slack) == 1


async def test_what_a_clock_that_was_ahead_left_behind_holds_nothing_up(world: World) -> None:
    ahead = NOON + timedelta(days=1)
    world.memories[GENERAL] = Memory(
        last_post=ahead,
        held_until=ahead,
        tried_at=ahead,
        told_alone=[ahead] * 11,
        storm=(Receipt(channel="C1", ts="1.0"), ahead),
    )
    for subject in ("U1", "U2"):
        world.owe(world.alert(subject))
    await world.seconds(3)
    assert world.said() == [("alert", "U1", 80), ("alert", "U2", 80)]


async def test_a_long_queue_in_one_place_does_not_crowd_out_another(world: World) -> None:
    for number in range(1500):
        world.owe_text(text=str(number))
    await world.seconds(2)
    world.owe_text(place=OTHER)
    await world.seconds(4)
    assert world.said(OTHER) == [("text", "hello")]
    assert world.said() == [("text", str(number)) for number in range(6)]


async def test_what_cannot_be_drawn_holds_nothing_up(world: World) -> None:
    bad, good = world.owe_text(text="undrawable"), world.owe_text()
    outcome = await world.turn()
    assert world.why(bad) == "it cannot be drawn"
    assert [type(each) for each in outcome.failures] == [ValueError]
    assert world.rows[good].receipt is not None


# Storms


async def test_ten_at_once_are_ten_messages(world: World) -> None:
    for number in range(10):
        world.owe(world.alert(f"U{number}"))
    await world.seconds(12)
    assert world.said() == [("alert", f"U{number}", 80) for number in range(10)]


async def test_eleven_in_a_minute_are_a_table(world: World) -> None:
    for number in range(6):
        world.owe(world.alert(f"U{number}"))
    await world.seconds(20)
    for number in range(6, 12):
        world.owe(world.alert(f"U{number}", core_hours=800 + number))
    await world.seconds(9)
    assert world.said()[6:] == [("storm", 6, [f"U{number}" for number in range(11, 5, -1)])]


async def test_a_storm_of_500_is_one_message_with_the_others_in_its_thread(world: World) -> None:
    names = [world.owe(world.alert(f"U{number}", core_hours=1000 + number)) for number in range(500)]
    await world.seconds(13)
    root, *others = world.slack
    assert root.message == ("storm", 500, [f"U{number}" for number in range(499, 399, -1)])
    assert [each.thread for each in others] == [root.ts] * 4
    assert [len(each.ids) for each in others] == [100] * 4
    assert Counter(each for posted in world.slack for each in posted.tells) == Counter(names)
    assert all(world.rows[name].shared for name in names)
    assert {world.rows[name].receipt for name in names} == {Receipt(channel="C1", ts=root.ts)}


async def test_a_storm_that_still_grows_is_told_when_it_does_not_with_the_highest_of_all(
    world: World,
) -> None:
    for second in range(20):
        for number in range(10):
            world.owe(world.alert(f"U{10 * second + number}", core_hours=1000 + 10 * second + number))
        if second == 0:  # no storm yet: the first is told at once
            await world.turn()
            assert len(world.said()) == 1
        else:
            await world.turn()
        world.now += SECOND
    await world.seconds(10)
    assert world.said() == [
        ("alert", "U0", 80),
        ("storm", 199, [f"U{number}" for number in range(199, 99, -1)]),
        ("more", [f"U{number}" for number in range(99, 0, -1)]),
    ]


async def test_a_storm_that_never_stops_growing_is_told_all_the_same(world: World) -> None:
    for second in range(45):
        for number in range(11):
            world.owe(world.alert(f"U{11 * second + number}"))
        await world.turn()
        world.now += SECOND
    assert world.slack[0].at == NOON + timedelta(seconds=30)
    assert [len(each.tells) for each in world.slack][:3] == [100] * 3


async def test_a_table_is_replied_to_but_never_edited(world: World) -> None:
    for number in range(11):
        world.owe(world.alert(f"U{number}"))
    await world.seconds(7)
    (root,) = world.slack
    world.owe(world.alert("U3", 90), CROSSED, Form.THREAD, 90)
    click = world.owe(world.alert("U4"), Telling.CHANGED, Form.EDIT)
    await world.seconds(3)
    assert world.said()[1:] == [("reply", "U3", "crossed", 90)]
    assert world.slack[1].thread == root.ts
    assert world.why(click) == "its message is a table of many"


@pytest.mark.parametrize("end", ["lost after", "killed after"])
async def test_a_storm_whose_answers_were_lost_is_found_again(world: World, end: str) -> None:
    names = [world.owe(world.alert(f"U{number}")) for number in range(250)]
    world.ends = [end, end, end]
    for _ in range(5):
        await world.seconds(65)
        if end == "killed after":
            world.start()
    assert Counter(each for posted in world.slack for each in posted.tells) == Counter(names)
    assert all(world.rows[name].shared for name in names)
