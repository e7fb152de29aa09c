"""The app was removed from a workspace or a whole organisation: everything of it is erased."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.ports.leaving import Leaving


@dataclass(frozen=True, kw_only=True, slots=True)
class LetWorkspaceGo:
    """Erase once Slack says that our token is dead there.

    `still_served` asks that: an event may come late, when the app is installed anew. `forget` are those that
    remember something of a workspace in memory.
    """

    leaving: Leaving
    still_served: Callable[[str], Awaitable[bool]]
    forget: Sequence[Callable[[str], None]]

    async def __call__(self, installed_in: str, *, now: datetime) -> int | None:
        """Erase; return how many rows there were, None if the app is there after all."""
        if await self.still_served(installed_in):
            return None
        gone = 0
        for workspace in (installed_in, *await self.leaving.under(installed_in)):
            gone += await self.leaving.workspace(workspace, now=now)
            for forget in self.forget:
                forget(workspace)
        return gone
