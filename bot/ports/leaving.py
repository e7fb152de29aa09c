"""The promises behind people who leave."""

from datetime import datetime
from typing import Protocol

from bot.domain.people import Person


class Leaving(Protocol):
    """What is erased when somebody is gone for good."""

    async def person(self, person: Person, *, now: datetime) -> bool:
        """Unlink a deactivated person everywhere, and take them off every team; False if there was nothing.

        Tokens and readings are erased from the database's files, too, and what was owed to them is dropped.
        Each step is in the audit log.
        """
        ...
