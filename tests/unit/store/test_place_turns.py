"""Places in the database: in one hand at a time, and what one hand leaves to the next."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.limits import Place, PlaceKind
from bot.ports.alerting import Notice, NoticeKind, Receipt
from bot.ports.place_turns import Memory, PlaceTaken, PlaceTurn
from bot.store.place_turns import SqlPlaceTurns
from tests.unit.kit import NOW
from tests.unit.store.kit import Store

LEASE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)
RECEIPT = Receipt(channel="C1", ts="1.0")
NOTICE = Notice(
    workspace="T1",
    notice_id="n1",
    place=Place(kind=PlaceKind.CHANNEL, slack_id="C1"),
    kind=NoticeKind.TEST,
    created_at=NOW,
    text="This is a test.",
)
LATER = replace(NOTICE, notice_id="n2", created_at=NOW + SECOND)
ELSEWHERE = replace(NOTICE, notice_id="n3", place=Place(kind=PlaceKind.DM, slack_id="C1"))
OTHERS = replace(NOTICE, workspace="T2")
FULL = Memory(
    last_post=NOW,
    held_until=NOW + LEASE,
    failures=2,
    tried_at=NOW,
    told_alone=[NOW, NOW + SECOND],
    storm=(RECEIPT, NOW),
)


async def claim(turns: SqlPlaceTurns, after: timedelta = timedelta(), most: int = 10) -> list[PlaceTurn]:
    return list(await turns.claim(now=NOW + after, lease=LEASE, most=most))


async def test_a_place_is_in_one_hand_until_its_lease_ends_or_it_is_left(store: Store) -> None:
    turns = SqlPlaceTurns(store.database)
    await store.notices.owe(NOTICE)
    await store.notices.owe(NOTICE)
    (mine,) = await claim(turns)
    assert mine.notices == (NOTICE,)
    await store.notices.owe(LATER)
    assert await claim(turns, LEASE / 2) == []
    (second,) = await claim(turns, LEASE)
    assert second.notices == (NOTICE, LATER)
    await turns.leave(mine)  # too late: it is not ours any more
    assert await claim(turns, LEASE) == []
    await turns.leave(second)
    (third,) = await claim(turns, LEASE)
    assert len({mine.holder, second.holder, third.holder}) == 3


async def test_each_place_of_each_workspace_is_served_by_itself(store: Store) -> None:
    turns = SqlPlaceTurns(store.database)
    for notice in (NOTICE, LATER, ELSEWHERE, OTHERS):
        await store.notices.owe(notice)
    found = await claim(turns, SECOND)
    assert sorted((each.workspace, each.place.kind, len(each.notices)) for each in found) == [
        ("T1", "channel", 2),
        ("T1", "dm", 1),
        ("T2", "channel", 1),
    ]
    await turns.leave(next(each for each in found if each.workspace == "T2"))
    assert [each.workspace for each in await claim(turns, SECOND)] == ["T2"]


async def test_what_is_remembered_of_a_place_is_there_for_the_next_hand(store: Store) -> None:
    turns = SqlPlaceTurns(store.database)
    await store.notices.owe(NOTICE)
    (mine,) = await claim(turns)
    assert mine.memory == Memory()
    for name in Memory.__dataclass_fields__:
        setattr(mine.memory, name, getattr(FULL, name))
    await turns.leave(mine)
    (second,) = await claim(turns)
    assert second.memory == FULL


async def test_who_lost_a_place_posts_nothing_more_there(store: Store) -> None:
    turns = SqlPlaceTurns(store.database)
    await store.notices.owe(NOTICE)
    (slow,) = await claim(turns)
    (second,) = await claim(turns, LEASE)
    with pytest.raises(PlaceTaken):
        await turns.attempting(slow, slow.notices, now=NOW, until=NOW + 2 * LEASE)
    assert [row.attempted_at for row in await store.rows("notices")] == [None]
    await turns.attempting(second, second.notices, now=NOW + LEASE, until=NOW + 3 * LEASE)
    assert await claim(turns, 2.5 * LEASE) == []  # ours for longer with each post
    (third,) = await claim(turns, 3 * LEASE)
    assert third.notices == (replace(NOTICE, attempted_at=NOW + LEASE),)


async def test_what_the_first_hand_told_is_not_owed_again_when_the_second_gives_it_back(store: Store) -> None:
    turns = SqlPlaceTurns(store.database)
    await store.notices.owe(NOTICE)
    (slow,) = await claim(turns)
    (second,) = await claim(turns, LEASE)
    await store.notices.told(slow.notices, RECEIPT, now=NOW + LEASE, shared=False)
    await store.notices.wait(second.notices, until=NOW + LEASE, attempted=False)
    await turns.leave(second)
    assert await claim(turns, 2 * LEASE) == []


async def test_one_place_with_more_than_can_be_carried_does_not_keep_the_others_from_being_served(
    store: Store,
) -> None:
    turns = SqlPlaceTurns(store.database)
    for number in range(5):
        await store.notices.owe(replace(NOTICE, notice_id=f"m{number}"))
    await store.notices.owe(replace(ELSEWHERE, created_at=NOW + SECOND))
    (full,) = await claim(turns, SECOND, most=4)
    assert len(full.notices) == 4
    (next_one,) = await claim(turns, SECOND, most=4)
    assert next_one.place == ELSEWHERE.place


async def test_many_hands_at_once_share_the_places_and_none_has_two(store: Store) -> None:
    turns = SqlPlaceTurns(store.database)
    for number in range(12):
        place = Place(kind=PlaceKind.CHANNEL, slack_id=f"C{number}")
        await store.notices.owe(replace(NOTICE, notice_id=f"n{number}", place=place))
    found = await asyncio.gather(*(claim(turns, most=100) for _ in range(6)))
    assert sorted(each.place.slack_id for hand in found for each in hand) == sorted(
        f"C{number}" for number in range(12)
    )


async def test_a_lease_of_a_clock_that_was_ahead_holds_nobody_up(store: Store) -> None:
    turns = SqlPlaceTurns(store.database)
    await store.notices.owe(NOTICE)
    await claim(turns, timedelta(days=1))
    assert len(await claim(turns)) == 1
