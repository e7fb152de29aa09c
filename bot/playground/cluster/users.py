"""The cluster's users and their counters."""

from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from typing import Protocol
from zlib import crc32

from bot.playground.cluster.work import HOUR


class Counts(Protocol):
    """A counter that grows: drawn jobs (`Growth`), or a recorded log."""

    def core_seconds(self, at: datetime) -> int:
        """Whole core-seconds spent until `at`."""
        ...


@dataclass(frozen=True, kw_only=True)
class Mark:
    """What the counter was set to: core-hours at a moment, and the core-seconds worked by then."""

    at: datetime
    core_hours: float
    worked: int


@dataclass(kw_only=True)
class ClusterUser:
    """One user: `username` is the cluster's name, `login` the platform's (they differ after a rename).

    `frozen` makes every call answer 10007; `stopped` makes a sign-in list the region without a token.
    """

    username: str
    login: str
    account_status: str
    growth: Counts | None
    frozen: bool = False
    stopped: bool = False
    marks: list[Mark] = field(default_factory=list, repr=False)
    tokens: set[str] = field(default_factory=set, repr=False)

    @property
    def user_id(self) -> str:
        """Number of the account, as text."""
        return str(10_000_000_000 + crc32(self.username.encode("utf-8", "surrogatepass")))

    @property
    def invoker(self) -> str:
        """Id of the account's organisation: 32 hex digits."""
        return blake2b(self.username.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()

    def worked(self, at: datetime) -> int:
        """Core-seconds worked until `at`, whatever the counter was set to."""
        return self.growth.core_seconds(at) if self.growth else 0

    def core_hours(self, at: datetime) -> float:
        """Tell the counter at that moment: all work, or the work since the latest setting before it.

        Before the first setting it is what led up to it, but never below 0.
        """
        if not self.marks:
            return self.worked(at) / HOUR
        mark = next((mark for mark in reversed(self.marks) if mark.at <= at), self.marks[0])
        hours = mark.core_hours + (self.worked(at) - mark.worked) / HOUR
        return hours if at >= mark.at else max(0.0, hours)

    def set_core_hours(self, hours: float, *, at: datetime) -> None:
        """Set the counter; work goes on from there."""
        self.marks = [mark for mark in self.marks if mark.at < at]
        self.marks.append(Mark(at=at, core_hours=hours, worked=self.worked(at)))
