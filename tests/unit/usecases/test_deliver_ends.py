"""Delivery: whatever ended an attempt, and places that take no messages."""

from collections import Counter
from itertools import pairwise

from bot.domain.alerts import Form, Telling
from bot.ports.alerting import ChannelTrouble
from tests.unit.domain.kit import NOON
from tests.unit.kit import table
from tests.unit.usecases.delivery_kit import (
    BOSS,
    CROSSED,
    GENERAL,
    World,
)

# Ends


@table(
    "end wait",
    {
        "paused": ("paused", 7),
        "failed": ("failed", 1),
        "lost before": ("lost before", 2),
    },
)
async def test_after_a_bad_end_the_place_rests_and_tells_in_order(world: World, end: str, wait: int) -> None:
    world.ends = [end]
    world.owe(world.alert("U1"))
    world.owe(world.alert("U2"))
    await world.seconds(wait)
    assert world.said() == []
    await world.seconds(2)
    assert world.said() == [("alert", "U1", 80), ("alert", "U2", 80)]


async def test_attempts_that_fail_come_ever_more_rarely(world: World) -> None:
    world.ends = ["failed"] * 12
    world.owe(world.alert())
    await world.seconds(1500)
    times = [at for at, _ in world.tries]
    gaps = [(after - before).total_seconds() for before, after in pairwise(times)]
    assert gaps == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]
    assert len(world.said()) == 1


async def test_an_answer_lost_after_sending_is_looked_for_and_not_told_again(world: World) -> None:
    world.ends = ["lost after"]
    name = world.owe(world.alert())
    await world.seconds(4)
    assert world.said() == [("alert", "U1", 80)]
    assert world.rows[name].receipt is not None
    assert sum(outcome.found for outcome in world.outcomes) == 1


async def test_a_reply_whose_answer_was_lost_is_looked_for_in_its_thread(world: World) -> None:
    await world.told_first()
    world.ends = ["lost after"]
    world.owe(world.alert(told=90), CROSSED, Form.THREAD, 90)
    await world.seconds(6)
    assert world.said() == [("reply", "U1", "crossed", 90), ("edit", ("alert", "U1", 90))]


async def test_a_killed_process_is_followed_by_one_that_looks_first(world: World) -> None:
    world.ends = ["killed after"]
    name = world.owe(world.alert())
    await world.seconds(1)
    world.start()
    await world.seconds(62)
    assert world.said() == [("alert", "U1", 80)]
    assert world.rows[name].receipt is not None


async def test_a_search_that_is_not_allowed_tells_again(world: World) -> None:
    world.ends, world.looks = ["lost after"], ["refused"] * 2
    world.owe(world.alert())
    await world.seconds(4)
    assert world.said() == [("alert", "U1", 80)] * 2


async def test_what_slack_never_takes_is_dropped_with_its_word(world: World) -> None:
    world.ends = ["refused"]
    name = world.owe(world.alert())
    outcome = await world.turn()
    assert world.why(name) == "invalid_blocks"
    assert outcome.refused == [(GENERAL, "invalid_blocks")]


@table("end said", {"paused": ("paused", 1), "unsure": ("unsure", 1), "refused": ("refused", 0)})
async def test_edits_are_tried_again_unless_the_message_is_gone(world: World, end: str, said: int) -> None:
    await world.told_first()
    world.edit_ends = [end]
    name = world.owe(world.alert(), Telling.CHANGED, Form.EDIT)
    await world.seconds(10)
    assert len(world.said()) == said
    assert world.why(name) == (None if said else "message_not_found")


# Trouble


async def test_a_place_in_trouble_is_tried_every_five_minutes_and_its_owner_hears_once(world: World) -> None:
    world.out[GENERAL] = "not_in_channel"
    for number in range(3):
        world.owe(world.alert(f"U{number}"))
    await world.seconds(1201)
    assert world.said(BOSS) == [("text", "C1: not_in_channel")]
    assert world.troubles[GENERAL] == ChannelTrouble(reason="not_in_channel", since=NOON, owner_told=True)
    times = [at for at, place in world.tries if place == GENERAL]
    assert [(at - NOON).total_seconds() for at in times] == [0, 300, 600, 900, 1200]
    assert len(world.open) == 3


async def test_once_it_works_again_the_newest_state_is_told_at_once(world: World) -> None:
    world.out[GENERAL] = "is_archived"
    crossed = world.owe(world.alert())
    fell = world.owe(world.alert("U2"))
    await world.seconds(100)
    world.owe(world.alert(told=100), CROSSED, Form.THREAD_AND_CHANNEL, 100)
    world.alert("U2", 0)
    await world.seconds(5)
    del world.out[GENERAL]
    del world.troubles[GENERAL]  # the bot was invited: a listener says so
    await world.seconds(12)
    assert world.said() == [("alert", "U1", 100)]
    assert world.rows[crossed].receipt is not None
    assert world.why(fell) == "use fell again before it could be told"
    assert world.open == []


async def test_somebody_asking_for_a_test_shows_that_it_works_again(world: World) -> None:
    world.out[GENERAL] = "not_in_channel"
    world.owe(world.alert())
    await world.seconds(30)
    del world.out[GENERAL]
    world.owe_text()
    await world.seconds(12)
    assert world.troubles == {}
    assert Counter(map(str, world.said())) == Counter(map(str, [("alert", "U1", 80), ("text", "hello")]))


async def test_trouble_anew_is_told_anew(world: World) -> None:
    for _ in range(2):
        world.out[GENERAL] = "not_in_channel"
        world.owe(world.alert(f"U{len(world.rows)}"))
        await world.seconds(5)
        world.out.clear()
        await world.seconds(310)
    assert len(world.said(BOSS)) == 2


async def test_trouble_that_is_over_is_not_spoken_of(world: World) -> None:
    world.out = {GENERAL: "token_revoked", BOSS: "token_revoked"}
    world.owe(world.alert())
    await world.seconds(5)
    world.out.clear()
    await world.seconds(610)
    assert (world.said(), world.said(BOSS)) == ([("alert", "U1", 80)], [])
    assert world.open == []
