"""Hundreds of crossings at once into one channel."""

from datetime import timedelta

import pytest

from bot.playground.slack import Fault
from tests.alerts_kit import TICK, crossings, each_limit, fill, posted, settled, tables
from tests.world import GENERAL, World, until

PAUSE = timedelta(seconds=20)
TICKS_OF_CLOCK = timedelta(seconds=0.1)


@pytest.mark.parametrize("lab", ["socket"], indirect=True)
async def test_hundreds_of_crossings_in_a_minute_are_one_table_and_its_thread(
    lab: World, *, full_size: bool
) -> None:
    many = 500 if full_size else 110
    people = {f"U0P{number:04}": f"user{number}" for number in range(many)}
    await fill(lab, people, core_hours=10, limits=[each_limit(lab, 1000, 50)])
    for number in range(many):
        lab.east.set_core_hours(f"user{number}", 500 + number)
    async with lab.bot(tick=TICK):

        async def polled() -> int:
            return lab.east.request_count

        async def told() -> int:
            return len(posted(lab.bob, GENERAL))

        async def owed() -> int:
            return len(await crossings(lab))

        with lab.clock.fast(0.1):  # slowly: all of it is one minute, however busy the machine
            await until(polled, lambda count: count == many, 180)
            await until(owed, lambda count: count == many, 60, every=0.5)
        with lab.clock.fast():
            await until(told, bool, 30)
        # Once as an order from above, and from here on by the twin's own count of posts.
        lab.slack.faults.add(Fault(method="chat.postMessage", kind="ratelimited", retry_after=PAUSE))
        await settled(lab)
    assert [row.dropped for row in await crossings(lab)] == [None] * many
    root, *replies = posted(lab.bob, GENERAL)
    assert root.text.startswith(
        f"{many} alerts came at once. These are the 100 highest; the other {many - 100} are in"
    )
    assert {reply.thread_ts for reply in replies} == {root.ts}
    assert not any(reply.broadcast for reply in replies)
    rows = [row for rows in tables([root, *replies]) for row in rows]
    assert [row[0] for row in rows] == [f"user{number}" for number in reversed(range(many))]
    assert [len(rows) for rows in tables([root, *replies])] == [100] * 5 if full_size else [100, 10]
    # Nobody is rung: neither by the tables nor by the texts that stand for them.
    assert "<@" not in "".join(message.text for message in (root, *replies))
    assert not any("<@" in cell for row in rows for cell in row)
    posts = [call for call in lab.slack.calls if call.method == "chat.postMessage"]
    refusals = [call.at for call in posts if not call.answer["ok"]]
    assert len(refusals) == 1
    assert not [call for call in posts if refusals[0] < call.at < refusals[0] + PAUSE - TICKS_OF_CLOCK]
