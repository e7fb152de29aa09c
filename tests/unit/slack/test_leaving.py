"""Who is seen leaving."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from bot.domain.people import Person
from bot.slack.leaving import Leavers
from tests.unit.kit import table

SOMEBODY = {"id": "U1", "team_id": "T1", "name": "ann"}


async def nothing_to_erase(_: str) -> int | None:
    return pytest.fail("nobody was uninstalled")


async def test_only_who_is_deactivated_is_let_go() -> None:
    gone: list[Person] = []
    tasks: list[asyncio.Task[Any]] = []

    async def let_go(person: Person) -> bool:
        gone.append(person)
        return True

    def spawn(work: Coroutine[Any, Any, None], *, name: str) -> None:
        tasks.append(asyncio.create_task(work, name=name))

    leavers = Leavers(let_go, nothing_to_erase, spawn)
    for user in (SOMEBODY, SOMEBODY | {"deleted": False}, SOMEBODY | {"deleted": True}):
        leavers.saw("T1", user)
    await asyncio.gather(*tasks)
    assert gone == [Person(workspace="T1", user="U1")]


@table(
    "event more erased",
    {
        "the app was removed": ({"type": "app_uninstalled"}, {}, ["T1"]),
        "the bot's token was revoked": ({"type": "tokens_revoked", "tokens": {"bot": ["UBOT"]}}, {}, ["T1"]),
        "tokens of people were revoked": (
            {"type": "tokens_revoked", "tokens": {"oauth": ["U1"], "bot": []}}, {}, [],
        ),
        "it was removed from an organisation": (
            {"type": "app_uninstalled"},
            {"authorizations": [{"enterprise_id": "E1", "team_id": None, "is_enterprise_install": True}]},
            ["E1"],
        ),
    },
)  # fmt: skip
async def test_what_is_erased(event: dict[str, Any], more: dict[str, Any], erased: list[str]) -> None:
    gone: list[str] = []
    tasks: list[asyncio.Task[Any]] = []

    async def nobody(_: Person) -> bool:
        return False

    async def erase(workspace: str) -> int | None:
        gone.append(workspace)
        return None

    def spawn(work: Coroutine[Any, Any, None], *, name: str) -> None:
        tasks.append(asyncio.create_task(work, name=name))

    leavers = Leavers(nobody, erase, spawn)
    body = {"team_id": "T1", "event": event, **more}
    await (leavers.on_revoked if event["type"] == "tokens_revoked" else leavers.on_uninstalled)(body)
    await asyncio.gather(*tasks)
    assert gone == erased
