"""Serving places: one hand at a time in each, whichever process it belongs to."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Protocol

from bot.domain.limits import Place
from bot.ports.alerting import Notice, Receipt

PACE: Final = timedelta(seconds=1)
STORM_LASTS: Final = timedelta(minutes=10)
# Clocks of processes differ by this at most; what lies further ahead was written by a clock that was ahead.
SKEW: Final = timedelta(seconds=5)
# Nobody waits for longer.
LONGEST_HOLD: Final = timedelta(hours=1)


@dataclass(kw_only=True, slots=True)
class Memory:
    """What is remembered of a place from one turn to the next, in whichever process that is.

    `held_until` is when Slack wants to be asked again, `failures` how often in a row it did not answer,
    `tried_at` the last try in a place in trouble, `told_alone` when alerts' first messages were posted
    lately, `storm` the table of the last storm and since when it stands.
    """

    last_post: datetime | None = None
    held_until: datetime | None = None
    failures: int = 0
    tried_at: datetime | None = None
    told_alone: list[datetime] = field(default_factory=list)
    storm: tuple[Receipt, datetime] | None = None

    def forget_the_future(self, now: datetime) -> None:
        """Forget moments that lie further ahead than they can: the clock was ahead when they were written."""
        if self.last_post is not None and self.last_post > now + SKEW:
            self.last_post = None
        if self.held_until is not None and self.held_until > now + LONGEST_HOLD:
            self.held_until = None
        if self.tried_at is not None and self.tried_at > now + SKEW:
            self.tried_at = None
        if self.storm is not None and self.storm[1] > now + SKEW:
            self.storm = None
        self.told_alone = [at for at in self.told_alone if at <= now + SKEW]

    def next_slot(self, now: datetime) -> datetime:
        """Return when the place may be posted to: one message a second."""
        return now if self.last_post is None else max(now, self.last_post + PACE)

    def open_storm(self, now: datetime) -> tuple[Receipt, datetime] | None:
        """Return the storm that is going on here: its first message, and since when."""
        return self.storm if self.storm is not None and now - self.storm[1] <= STORM_LASTS else None


@dataclass(frozen=True, kw_only=True, slots=True)
class PlaceTurn:
    """A place that is ours to serve, with what it is owed now, oldest first; `holder` is who we are."""

    workspace: str
    place: Place
    holder: str
    notices: tuple[Notice, ...]
    memory: Memory


class PlaceTaken(Exception):
    """Our lease of a place ended, and another process serves it now."""


class PlaceTurns(Protocol):
    """Who serves which place. What a turn does not give back waits for the end of its lease."""

    async def claim(self, *, now: datetime, lease: timedelta, most: int) -> tuple[PlaceTurn, ...]:
        """Take the places that are owed something and that nobody serves, with so many notices in all.

        They are ours until we leave them, at the latest until the lease ends.
        """
        ...

    async def attempting(
        self, turn: PlaceTurn, notices: Sequence[Notice], *, now: datetime, until: datetime
    ) -> None:
        """Write down that a post is about to go out: before it, so that a crash leaves a trace.

        The place is ours until then. Raises PlaceTaken, and nothing is written, if it is another's by now.
        """
        ...

    async def leave(self, turn: PlaceTurn) -> None:
        """Let the next one serve the place, with what is remembered now; nothing if it is another's."""
        ...
