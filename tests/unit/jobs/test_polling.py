"""Polling in chunks: bounded, each link once, and what cannot begin in time is given back."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import cast

from bot.domain.errors import WalltimeError
from bot.jobs.polling import BEGUN_WITHIN, CHUNK, LEASE, MOST_CHUNKS, Polling
from bot.jobs.tasks import Tasks
from bot.ports.alerting import Polled, Polls
from tests.unit.kit import NOW, link, table

AT_ONCE = 5


@dataclass
class Cluster:
    """Links that are due, and a cluster that answers when it is told to."""

    due: int
    now: datetime = NOW
    is_open: bool = True
    go: asyncio.Event = field(default_factory=asyncio.Event)
    begun: list[Polled] = field(default_factory=list)
    under_way: int = 0
    most: int = 0
    given_back: list[Polled] = field(default_factory=list)
    breaks: bool = False

    async def count_due(self, cluster: str | None, *, now: datetime, furthest: timedelta, most: int) -> int:
        assert (cluster, now, furthest) == ("east", self.now, LEASE)
        return min(self.due, most)

    async def claim(
        self, cluster: str | None, *, now: datetime, lease: timedelta, furthest: timedelta, most: int
    ) -> tuple[Polled, ...]:
        assert (cluster, now, lease, furthest) == ("east", self.now, LEASE, LEASE)
        took = min(self.due, most)
        self.due -= took
        return tuple(Polled(link=link(), planned_gap=timedelta()) for _ in range(took))

    async def give_back(self, claimed: Sequence[Polled], *, now: datetime) -> None:
        assert now == self.now
        self.given_back += claimed

    async def poll(self, polled: Polled, now: datetime) -> WalltimeError | None:
        assert now == self.now
        self.begun.append(polled)
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        await self.go.wait()
        self.under_way -= 1
        if self.breaks:
            raise LookupError
        return None

    def polling(self) -> Polling:
        return Polling(
            "east",
            cast("Polls", self),
            self.poll,
            Tasks(),
            clock=lambda: self.now,
            furthest=timedelta(),
            at_once=AT_ONCE,
            is_open=lambda: self.is_open,
        )


@table(
    "due chunks",
    {
        "nothing": (0, 0),
        "one": (1, 1),
        "a chunk": (CHUNK, 1),
        "one more": (CHUNK + 1, 2),
        "more than need to be known": (10**6, MOST_CHUNKS),
    },
)
async def test_what_is_due_is_counted_in_chunks(due: int, chunks: int) -> None:
    assert await Cluster(due).polling().waiting() == chunks


async def test_a_chunk_is_polled_a_few_at_a_time_together_with_the_chunk_beside_it() -> None:
    cluster = Cluster(CHUNK + 30)
    polling = cluster.polling()
    chunks = asyncio.gather(polling.chunk(), polling.chunk())
    await asyncio.sleep(0.01)
    assert (cluster.due, cluster.under_way) == (0, AT_ONCE)
    cluster.go.set()
    await chunks
    assert (len(cluster.begun), cluster.most, cluster.given_back) == (CHUNK + 30, AT_ONCE, [])


async def test_what_would_begin_too_late_for_its_lease_is_given_back() -> None:
    cluster = Cluster(20)
    chunk = asyncio.create_task(cluster.polling().chunk())
    await asyncio.sleep(0.01)
    cluster.now += BEGUN_WITHIN + timedelta(seconds=1)
    cluster.go.set()
    await chunk
    assert (len(cluster.begun), len(cluster.given_back)) == (AT_ONCE, 20 - AT_ONCE)


async def test_at_a_stop_what_has_begun_is_finished_and_the_rest_is_given_back() -> None:
    cluster = Cluster(20)
    chunk = asyncio.create_task(cluster.polling().chunk())
    await asyncio.sleep(0.01)
    cluster.is_open = False
    cluster.go.set()
    await chunk
    assert (len(cluster.begun), len(cluster.given_back)) == (AT_ONCE, 20 - AT_ONCE)


async def test_a_poll_that_breaks_down_is_its_lease_s_business_and_stops_no_other() -> None:
    cluster = Cluster(20, breaks=True)
    cluster.go.set()
    await cluster.polling().chunk()
    assert (len(cluster.begun), cluster.given_back) == (20, [])
