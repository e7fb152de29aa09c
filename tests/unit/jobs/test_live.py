"""Readings of this moment, and background tasks."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from bot.domain.errors import ClusterSilent, TokenRefused
from bot.domain.people import Link, Person
from bot.domain.usage import Reading
from bot.jobs.live import SharedLiveReadings
from bot.jobs.tasks import Tasks
from tests.unit.kit import link, reading

BUDGET = timedelta(milliseconds=60)
LONG = timedelta(seconds=5)
MINE, YOURS = link(cluster="east"), link(cluster="west")


@dataclass
class Clusters:
    """Answers when told to, and remembers who was asked for."""

    answers: dict[str, Callable[[], Reading]] = field(default_factory=dict)
    go: asyncio.Event = field(default_factory=asyncio.Event)
    asked: list[str] = field(default_factory=list)
    answered: list[str] = field(default_factory=list)

    async def take(self, wanted: Link) -> Reading:
        self.asked.append(wanted.link_id)
        await self.go.wait()
        answer = self.answers.get(wanted.link_id, lambda: reading(1))
        self.answered.append(wanted.link_id)
        return answer()


def refuse() -> Reading:
    raise TokenRefused("10008")


def break_down() -> Reading:
    raise LookupError


async def test_all_are_asked_at_once() -> None:
    clusters = Clusters(answers={YOURS.link_id: refuse})
    live = SharedLiveReadings(clusters.take, clusters.take, Tasks(), budget=LONG)
    asking = asyncio.create_task(live.take([MINE, YOURS]))
    await asyncio.sleep(0.01)
    assert clusters.asked == [MINE.link_id, YOURS.link_id]
    clusters.go.set()
    found = await asking
    assert found[MINE.link_id] == reading(1)
    assert isinstance(found[YOURS.link_id], TokenRefused)


async def test_who_asks_for_what_is_being_asked_for_joins() -> None:
    clusters = Clusters()
    live = SharedLiveReadings(clusters.take, clusters.take, Tasks(), budget=LONG)
    asking = [asyncio.create_task(live.take([MINE])) for _ in range(5)]
    await asyncio.sleep(0.01)
    clusters.go.set()
    assert await asyncio.gather(*asking) == [{MINE.link_id: reading(1)}] * 5
    assert clusters.asked == [MINE.link_id]
    await live.take([MINE])
    assert clusters.asked == [MINE.link_id] * 2


async def test_the_same_id_in_another_workspace_is_another_request() -> None:
    clusters = Clusters()
    clusters.go.set()
    live = SharedLiveReadings(clusters.take, clusters.take, Tasks(), budget=LONG)
    there = link(Person(workspace="T2", user="U1"), link_id=MINE.link_id)
    await asyncio.gather(live.take([MINE]), live.take([there]))
    assert len(clusters.asked) == 2


async def test_nobody_waits_longer_than_the_budget_and_a_late_answer_still_comes() -> None:
    clusters, tasks = Clusters(), Tasks()
    live = SharedLiveReadings(clusters.take, clusters.take, tasks, budget=BUDGET)
    found = (await live.take([MINE]))[MINE.link_id]
    assert isinstance(found, ClusterSilent)
    assert found.cause == "timeout"
    assert clusters.answered == []
    clusters.go.set()
    assert await tasks.drain(LONG) == 0
    assert clusters.answered == [MINE.link_id]


async def test_who_goes_away_takes_nobody_else_s_answer_along() -> None:
    clusters = Clusters()
    live = SharedLiveReadings(clusters.take, clusters.take, Tasks(), budget=LONG)
    first, second = (asyncio.create_task(live.take([MINE])) for _ in range(2))
    await asyncio.sleep(0.01)
    first.cancel()
    clusters.go.set()
    assert await second == {MINE.link_id: reading(1)}


async def test_a_fault_of_ours_is_raised_and_the_next_one_asks_anew() -> None:
    clusters = Clusters(answers={MINE.link_id: break_down})
    clusters.go.set()
    live = SharedLiveReadings(clusters.take, clusters.take, Tasks(), budget=LONG)
    with pytest.raises(LookupError):
        await live.take([MINE])
    clusters.answers.clear()
    assert await live.take([MINE]) == {MINE.link_id: reading(1)}


async def test_draining_lets_work_finish() -> None:
    tasks, done = Tasks(), asyncio.Event()

    async def work() -> None:
        await asyncio.sleep(0.02)
        done.set()

    tasks.spawn(work(), name="work")
    assert await tasks.drain(LONG) == 0
    assert done.is_set()


async def test_draining_cancels_what_does_not_finish_and_counts_it() -> None:
    tasks = Tasks()
    hanging = [tasks.spawn(asyncio.Event().wait(), name="hang") for _ in range(3)]
    assert await tasks.drain(BUDGET) == 3
    assert all(task.cancelled() for task in hanging)
    assert await tasks.drain(BUDGET) == 0


async def test_a_failed_task_fails_alone(caplog: pytest.LogCaptureFixture) -> None:
    tasks = Tasks()

    async def fail() -> None:
        raise LookupError

    tasks.spawn(fail(), name="unlucky")
    await asyncio.sleep(0.01)
    assert await tasks.drain(BUDGET) == 0
    assert "unlucky" in caplog.text
