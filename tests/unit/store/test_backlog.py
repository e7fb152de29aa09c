"""What waits in the tables."""

from dataclasses import replace
from datetime import timedelta

from bot.ports.alerting import ChannelTrouble, Receipt
from bot.ports.backlog import Waiting
from bot.store.backlog import SqlBacklog
from bot.store.notices import SqlPlaces
from tests.unit.kit import NOW
from tests.unit.store.kit import Store
from tests.unit.store.test_place_turns import ELSEWHERE, LATER, LEASE, NOTICE
from tests.unit.store.test_polls import claim, linked

SECOND = timedelta(seconds=1)


async def test_what_is_told_or_waits_for_somebody_to_put_a_place_right_is_not_behind(store: Store) -> None:
    backlog = SqlBacklog(store.database)
    assert await backlog.notices() == Waiting()
    for notice in (NOTICE, LATER, replace(ELSEWHERE, created_at=NOW + 2 * SECOND)):
        await store.notices.owe(notice)
    assert await backlog.notices() == Waiting(count=3, since=NOW)
    await store.notices.told([NOTICE], Receipt(channel="C1", ts="1.0"), now=NOW, shared=False)
    assert await backlog.notices() == Waiting(count=2, since=NOW + SECOND)
    trouble = ChannelTrouble(reason="is_archived", since=NOW, owner_told=True)
    await SqlPlaces(store.database).set_trouble("T1", LATER.place, trouble)
    assert await backlog.notices() == Waiting(count=1, since=NOW + 2 * SECOND)


async def test_polls_are_behind_from_their_time_until_somebody_takes_them(store: Store) -> None:
    backlog = SqlBacklog(store.database)
    await linked(store, 2)
    await linked(store, 1, "west")
    assert await backlog.polls(now=NOW - SECOND) == {}
    due = await backlog.polls(now=NOW + SECOND)
    assert due == {"east": Waiting(count=2, since=NOW), "west": Waiting(count=1, since=NOW)}
    await claim(store.polls, "east")
    assert (await backlog.polls(now=NOW + LEASE / 2)).keys() == {"west"}
