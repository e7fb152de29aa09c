"""What the Home tab shows."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bot.domain.answers import ChannelStatus, LimitShare, LinkHealth, LinkUsage
from bot.domain.clusters import Cluster
from bot.domain.errors import WalltimeError
from bot.domain.limit_answers import OpenAlert
from bot.domain.limits import Limit

# A view holds 100 blocks: two for each limit, and all else.
LIMITS_PER_PAGE: Final = 10


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """When the clusters were asked, and what went wrong then, by `link_id`."""

    at: datetime
    problems: Mapping[str, WalltimeError]


@dataclass(frozen=True, kw_only=True, slots=True)
class HomeFacts:
    """What a Home follows from, save the history of readings and the time: all that is quick to look up.

    `limits` are those that count this person, `teams` the channels that they joined.
    """

    links: tuple[LinkHealth, ...]
    alerts: tuple[OpenAlert, ...]
    limits: tuple[Limit, ...]
    teams: tuple[ChannelStatus, ...]
    language: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class HomeLink:
    """A link's health and its usage; no usage on a cluster that left the settings."""

    health: LinkHealth
    usage: LinkUsage | None


@dataclass(frozen=True, kw_only=True, slots=True)
class HomeLimit:
    """A limit that counts this person; `cluster` is None when it left the settings.

    `share` is theirs alone: None without a reading, and for a team's sum, which is for its channel to see.
    """

    limit: Limit
    cluster: Cluster | None
    share: LimitShare | None
    may_change: bool
    may_remove: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Home:
    """Everything of one person; `limits` are those of the page (from 0), `teams` the channels they joined."""

    links: tuple[HomeLink, ...]
    alerts: tuple[OpenAlert, ...]
    limits: tuple[HomeLimit, ...]
    limits_in_all: int
    page: int
    teams: tuple[ChannelStatus, ...]
    language: str | None
    is_admin: bool

    @property
    def pages(self) -> int:
        """How many pages the limits fill."""
        return pages_of(self.limits_in_all)


def pages_of(limits: int) -> int:
    """Return how many pages so many limits fill; none fill one that says so."""
    return max(1, -(-limits // LIMITS_PER_PAGE))
