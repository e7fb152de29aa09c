"""Who is seen leaving."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from bot.domain.people import Person
from bot.slack.leaving import Leavers

SOMEBODY = {"id": "U1", "team_id": "T1", "name": "ann"}


async def test_only_who_is_deactivated_is_let_go() -> None:
    gone: list[Person] = []
    tasks: list[asyncio.Task[Any]] = []

    async def let_go(person: Person) -> bool:
        gone.append(person)
        return True

    def spawn(work: Coroutine[Any, Any, None], *, name: str) -> None:
        tasks.append(asyncio.create_task(work, name=name))

    leavers = Leavers(let_go, spawn)
    for user in (SOMEBODY, SOMEBODY | {"deleted": False}, SOMEBODY | {"deleted": True}):
        await leavers.on_user_change({"team_id": "T1", "event": {"type": "user_change", "user": user}})
    await asyncio.gather(*tasks)
    assert gone == [Person(workspace="T1", user="U1")]
