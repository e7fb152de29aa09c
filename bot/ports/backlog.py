"""What waits to be done, for the metrics."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, kw_only=True, slots=True)
class Waiting:
    """How much of something waits, and since when the oldest of it does; None if nothing does."""

    count: int = 0
    since: datetime | None = None


class Backlog(Protocol):
    """What is behind its time."""

    async def notices(self) -> Waiting:
        """Return what is owed to places that take messages, and when the oldest of it was owed."""
        ...

    async def polls(self, *, now: datetime) -> Mapping[str, Waiting]:
        """Return which clusters have links that are due and not in anybody's hand, and since when."""
        ...
