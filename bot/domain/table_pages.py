"""Tables that one message has no room for: the first page stands in it, the others in its thread."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Self

from bot.domain.people import LEFT


@dataclass(frozen=True, kw_only=True, slots=True)
class TablePage:
    """One table: some people on a cluster."""

    cluster: str
    users: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class OwedPage:
    """A page that is owed to the thread of a message."""

    channel: str
    ts: str
    page: TablePage

    def write(self) -> str:
        """Return it as a notice's text."""
        return " ".join((self.channel, self.ts, self.page.cluster, *self.page.users))

    @classmethod
    def read(cls, text: str) -> Self:
        """Read a notice's text."""
        channel, ts, cluster, *users = text.split()
        there = tuple(user for user in users if user != LEFT)
        return cls(channel=channel, ts=ts, page=TablePage(cluster=cluster, users=there))


def cut(users: Sequence[str], *, first: int, most: int) -> list[tuple[str, ...]]:
    """Cut people into pages, the first one and the others of so many; without people there is none."""
    ends = [*range(first, len(users), most), len(users)] if users else []
    return [tuple(users[start:end]) for start, end in pairwise([0, *ends])]
