"""Renewals as tasks, one at a time per link, and what the log says of an outage."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import cast

import pytest
from structlog.testing import capture_logs

from bot.domain.errors import ClusterSilent, TokenRefused, WalltimeError
from bot.domain.health import Health
from bot.domain.people import Person
from bot.jobs.alone import AloneInProcess
from bot.jobs.outages import Outages
from bot.jobs.renewing import Renewing
from bot.jobs.tasks import Tasks
from bot.ports.renewal import Held, Tokens
from tests.unit.kit import NOW, link

LONG = timedelta(seconds=5)
LEASE = timedelta(minutes=1)


@dataclass
class Due:
    """The tokens that are due, by cluster."""

    left: dict[str, int]
    claimed: int = 0

    async def due_on(self, *, now: datetime) -> tuple[str, ...]:
        del now
        return tuple(cluster for cluster, left in self.left.items() if left)

    async def claim(self, cluster: str, *, now: datetime, lease: timedelta, most: int) -> tuple[Held, ...]:
        del now, lease
        took = min(most, self.left[cluster])
        self.left[cluster] -= took
        self.claimed += took
        return tuple(held(cluster) for _ in range(took))


def held(cluster: str) -> Held:
    return Held(
        link=link(cluster=cluster), generation=1, stored_at=NOW, health=Health(since=NOW), renew_at=NOW
    )


@dataclass
class Platform:
    """Renews when told to."""

    go: asyncio.Event = field(default_factory=asyncio.Event)
    under_way: int = 0
    most: int = 0
    ended: int = 0
    breaks: bool = False

    async def renew(self, held: Held, now: datetime) -> WalltimeError | None:
        del held, now
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        await self.go.wait()
        self.under_way -= 1
        self.ended += 1
        if self.breaks:
            raise LookupError
        return None


def renewing(due: Due, platform: Platform, tasks: Tasks) -> Renewing:
    return Renewing(cast("Tokens", due), platform.renew, tasks, clock=lambda: NOW, lease=LEASE, at_once=5)


async def test_what_is_claimed_starts_at_once_and_no_more_is_claimed_than_there_are_places() -> None:
    due, platform, tasks = Due({"east": 12, "west": 2}), Platform(), Tasks()
    turns = renewing(due, platform, tasks)
    for _ in range(3):
        await turns.turn()
        await asyncio.sleep(0)
    assert (due.claimed, platform.under_way) == (
        7,
        7,
    )  # five and two: a slow cluster keeps no place of others
    platform.go.set()
    while due.left["east"]:
        await turns.turn()
        await tasks.drain(LONG)
    assert (platform.ended, due.left["east"]) == (14, 0)


async def test_a_renewal_that_breaks_down_gives_its_place_back() -> None:
    due, platform, tasks = Due({"east": 10}), Platform(), Tasks()

    platform.go.set()
    platform.breaks = True
    turns = renewing(due, platform, tasks)
    for _ in range(2):
        await turns.turn()
        await tasks.drain(LONG)
    assert due.claimed == 10


@pytest.mark.parametrize("failures", [2, 3, 30])
def test_an_outage_is_two_lines(failures: int) -> None:
    outages = Outages(gone="gone", back="back")
    with capture_logs() as said:
        for _ in range(failures):
            outages.note("east", ClusterSilent("timeout"))
        outages.note("west", None)
        outages.note("east", TokenRefused("10008"))
        outages.note("east", None)
    assert [line["event"] for line in said] == ([] if failures < 3 else ["gone", "back"])
    assert all(line["cluster"] == "east" for line in said)


async def test_one_at_a_time_per_link_and_links_do_not_wait_for_each_other() -> None:
    alone, log, go = AloneInProcess(), list[str](), asyncio.Event()
    mine, yours = link(), link(Person(workspace="T2", user="U1"))

    async def first() -> None:
        async with alone(mine):
            log.append("mine")
            await go.wait()
            log.append("done")

    async def then(name: str, other: object) -> None:
        async with alone(other):  # type: ignore[arg-type]
            log.append(name)

    async with asyncio.timeout(30), asyncio.TaskGroup() as group:
        group.create_task(first())
        await asyncio.sleep(0)
        group.create_task(then("mine too", mine))
        await group.create_task(then("yours", yours))
        go.set()
    assert log == ["mine", "yours", "done", "mine too"]
