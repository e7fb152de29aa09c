"""Readings of this moment: one request in flight per link, and nobody waits longer than the budget."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from bot.domain.errors import ClusterSilent, WalltimeError
from bot.domain.people import Link
from bot.domain.usage import Reading
from bot.jobs.tasks import Tasks

BUDGET: Final = timedelta(seconds=2)


class SharedLiveReadings:
    """`LiveReadings`: who asks for a link that is being asked for already joins that request."""

    def __init__(
        self,
        take: Callable[[Link], Coroutine[Any, Any, Reading]],
        unless_fresh: Callable[[Link], Coroutine[Any, Any, Reading]],
        tasks: Tasks,
        *,
        budget: timedelta = BUDGET,
    ) -> None:
        self._take = take
        self._unless_fresh = unless_fresh
        self._tasks = tasks
        self._budget = budget.total_seconds()
        self._in_flight: dict[tuple[str, str, datetime], asyncio.Task[Reading | WalltimeError]] = {}

    async def take(self, links: Sequence[Link]) -> Mapping[str, Reading | WalltimeError]:
        """Ask for all at once. A request that outlives the budget goes on and stores its answer."""
        if not links:
            return {}
        asked = {link.link_id: self._request(link, self._unless_fresh) for link in links}
        await asyncio.wait(asked.values(), timeout=self._budget)
        return {
            link_id: task.result() if task.done() else ClusterSilent("timeout")
            for link_id, task in asked.items()
        }

    async def one(self, link: Link) -> Reading:
        """Take a reading now, by the request in flight if there is one."""
        outcome = await asyncio.shield(self._request(link, self._take))
        if isinstance(outcome, WalltimeError):
            raise outcome
        return outcome

    def _request(
        self, link: Link, take: Callable[[Link], Coroutine[Any, Any, Reading]]
    ) -> asyncio.Task[Reading | WalltimeError]:
        # A new token is a new question, whatever the old one is still waiting for.
        key = (link.person.workspace, link.link_id, link.linked_at)
        task = self._in_flight.get(key)
        if task is None:
            task = self._tasks.spawn(self._outcome(take(link)), name="live reading")
            self._in_flight[key] = task
            task.add_done_callback(lambda _: self._in_flight.pop(key, None))
        return task

    async def _outcome(self, taking: Coroutine[Any, Any, Reading]) -> Reading | WalltimeError:
        """Return an expected failure instead of raising it: several askers may share it, or none be left."""
        try:
            return await taking
        except WalltimeError as error:
            return error
