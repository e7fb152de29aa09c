"""Delivery through anything that may happen: all is told or dropped, and twice only unseen."""

import asyncio
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.alerts import Form, Telling
from tests.unit.usecases.delivery_kit import (
    CROSSED,
    RESOLVED,
    SECOND,
    World,
)
from tests.unit.usecases.delivery_ports import AFTER, BEFORE, Killed

# Whatever happens

ENDS = ("ok", *BEFORE, *AFTER)
OWED: dict[str, Callable[[World, str], str]] = {
    "first": lambda world, who: world.owe(world.alert(who)),
    "higher": lambda world, who: world.owe(world.alert(who, 90), CROSSED, Form.THREAD, 90),
    "full": lambda world, who: world.owe(world.alert(who, 100), CROSSED, Form.THREAD_AND_CHANNEL, 100),
    "fell": lambda world, who: world.owe(world.alert(who, 0), RESOLVED, Form.THREAD),
    "click": lambda world, who: world.owe(world.alert(who), Telling.CHANGED, Form.EDIT),
    "text": lambda world, who: world.owe_text(text=who),
}


@given(
    story=st.lists(
        st.tuples(st.sampled_from(sorted(OWED)), st.integers(0, 15), st.sampled_from([0, 0, 1, 3, 70])),
        min_size=1,
        max_size=40,
    ),
    ends=st.lists(st.sampled_from(ENDS), max_size=25),
    looks=st.lists(st.sampled_from(["ok", "paused", "failed", "refused", "missed"]), max_size=10),
    edit_ends=st.lists(st.sampled_from(["ok", "paused", "unsure", "refused"]), max_size=6),
    processes=st.integers(1, 3),
)
@settings(max_examples=2 * settings().max_examples)
def test_whatever_ends_the_attempts_all_is_told_or_dropped_and_twice_only_unseen(
    story: list[tuple[str, int, int]],
    ends: list[str],
    looks: list[str],
    edit_ends: list[str],
    processes: int,
) -> None:
    asyncio.run(_live_through(World(processes), story, ends, looks, edit_ends))


async def _live_through(
    world: World,
    story: list[tuple[str, int, int]],
    ends: list[str],
    looks: list[str],
    edit_ends: list[str],
) -> None:
    world.ends, world.looks, world.edit_ends = ends, looks, edit_ends

    async def live(seconds: float) -> None:
        end = world.now + timedelta(seconds=seconds)
        while world.now < end:
            outcome = await world.turn()
            if any(isinstance(each, Killed) for each in outcome.failures):
                world.start()
            assert all(isinstance(each, Killed) for each in outcome.failures), outcome.failures
            world.now += SECOND

    for what, who, pause in story:
        OWED[what](world, f"U{who}")
        await live(pause)
    for _ in range(400):
        if not world.open:
            break
        await live(60)

    assert world.open == []
    _check(world)


def _check(world: World) -> None:
    posted = Counter(each for message in world.slack for each in message.tells)
    for name, row in world.rows.items():
        is_edit = row.notice.owed is not None and row.notice.owed.form is Form.EDIT
        assert is_edit or row.dropped or posted[name] >= 1, name
    # Any member of a batch stands for all of it when it is looked for.
    assert world.blind or all(count == 1 for count in posted.values())
    for place in {each.place for each in world.slack}:
        posts = [each.at for each in world.slack if each.ids and each.place == place]
        assert all(after - before >= SECOND for before, after in pairwise(posts))
