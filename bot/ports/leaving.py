"""The promises behind people and workspaces that leave."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from bot.domain.people import Person


class Leaving(Protocol):
    """What is erased when a person, or a whole workspace, is gone."""

    async def person(self, person: Person, *, now: datetime) -> bool:
        """Unlink a deactivated person everywhere, and take them off every team; False if there was nothing.

        Tokens and readings are erased from the database's files, too, and what was owed to them is dropped.
        Each step is in the audit log.
        """
        ...

    async def workspace(self, workspace: str, *, now: datetime) -> int:
        """Erase everything of a workspace, however often; return how many rows there were.

        From its first moment on nothing is written for it, until it is met again. Cut off, it is gone on with
        by the next sweep.
        """
        ...

    async def under(self, organisation: str) -> Sequence[str]:
        """Return the workspaces that only this organisation's installation serves, none for a workspace."""
        ...
