"""Which links are due, cluster by cluster, and that each is in one hand."""

import asyncio
from datetime import timedelta

from bot.domain.people import Person
from bot.ports.alerting import Polled
from bot.store.polls import SqlPolls
from tests.unit.kit import NOW, link
from tests.unit.store.kit import Store

LEASE = timedelta(minutes=1)
FURTHEST = timedelta(hours=1)
ALL = 100


async def linked(store: Store, count: int, cluster: str = "east") -> None:
    for number in range(count):
        person = Person(workspace="T1", user=f"U{number}")
        await store.record(link(person, cluster=cluster, link_id=f"{cluster}{number}"))


async def claim(
    polls: SqlPolls, cluster: str | None, *, after: timedelta = timedelta(), most: int = ALL
) -> tuple[Polled, ...]:
    return await polls.claim(cluster, now=NOW + after, lease=LEASE, furthest=FURTHEST, most=most)


async def count(polls: SqlPolls, cluster: str | None, *, after: timedelta = timedelta()) -> int:
    return await polls.count_due(cluster, now=NOW + after, furthest=FURTHEST, most=ALL)


async def test_each_cluster_has_its_own_and_the_rest_are_on_clusters_that_are_not_set_up(
    store: Store,
) -> None:
    polls = SqlPolls(store.database, clusters=["east", "west"])
    for cluster, number in (("east", 3), ("west", 2), ("gone", 1)):
        await linked(store, number, cluster)
    assert [await count(polls, cluster) for cluster in ("east", "west", None)] == [3, 2, 1]
    assert {polled.link.cluster for polled in await claim(polls, None)} == {"gone"}
    assert {polled.link.cluster for polled in await claim(polls, "west")} == {"west"}
    assert [await count(polls, cluster) for cluster in ("east", "west", None)] == [3, 0, 0]


async def test_what_is_claimed_is_due_again_when_it_is_given_back_or_the_lease_ends(store: Store) -> None:
    polls = store.polls
    await linked(store, 3)
    taken = await claim(polls, "east", most=2)
    assert len(taken) == 2
    assert await count(polls, "east") == 1
    await polls.give_back(taken[:1], now=NOW)
    assert await count(polls, "east") == 2
    assert await count(polls, "east", after=LEASE) == 3


async def test_the_longest_due_comes_first_and_what_nobody_plans_so_far_off_is_due(store: Store) -> None:
    polls = store.polls
    await linked(store, 3)
    all_three = sorted(await claim(polls, "east"), key=lambda polled: polled.link.link_id)
    for polled, days in zip(all_three, (-1, -2, +3), strict=True):
        await polls.plan(polled, next_at=NOW + timedelta(days=days), notice=None)
    assert await count(polls, "east") == 3
    assert [polled.link.link_id for polled in await claim(polls, "east")] == ["east1", "east0", "east2"]


async def test_many_hands_at_once_take_each_link_once(store: Store) -> None:
    await linked(store, 40)
    hands = await asyncio.gather(*(claim(store.polls, "east", most=7) for _ in range(6)))
    taken = [polled.link.link_id for hand in hands for polled in hand]
    assert len(taken) == len(set(taken)) > 0
    rest = await claim(store.polls, "east")
    assert sorted([*taken, *(polled.link.link_id for polled in rest)]) == sorted(
        f"east{number}" for number in range(40)
    )
