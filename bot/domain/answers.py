"""What use cases answer and views draw."""

from dataclasses import dataclass
from datetime import datetime

from bot.domain.clusters import Cluster
from bot.domain.errors import WalltimeError
from bot.domain.forecast import Forecast
from bot.domain.health import Health
from bot.domain.limits import Limit
from bot.domain.people import Link, Person
from bot.domain.standups import Standup
from bot.domain.usage import Reading, Usage, Window


@dataclass(frozen=True, kw_only=True, slots=True)
class LimitShare:
    """What is used of one limit in the present period (%), and when it is projected to be full."""

    limit: Limit
    percent: float
    window: Window
    forecast: Forecast | None


@dataclass(frozen=True, kw_only=True, slots=True)
class LinkUsage:
    """One link's usage: `problem` says why `reading` is not of this moment; without a reading, why none.

    `limits` are those that count this link alone, the fullest first.
    """

    link: Link
    cluster: Cluster
    reading: Reading | None
    this_month: Usage | None
    pace_per_day: float | None
    limits: tuple[LimitShare, ...]
    problem: WalltimeError | None


@dataclass(frozen=True, kw_only=True, slots=True)
class TeammateUsage:
    """What somebody shares with a channel; `name` is what Slack calls them."""

    name: str
    links: tuple[LinkUsage, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class LinkHealth:
    """One link as `status` shows it; `cluster` is None when it left the settings.

    Without `next_poll_at` polling has stopped until there is a new token. `failing_since` is the first of the
    failures in a row; `renew_at` is when the token's renewal is tried next.
    """

    link: Link
    cluster: Cluster | None
    reading: Reading | None
    next_poll_at: datetime | None = None
    failing_since: datetime | None = None
    health: Health | None = None
    renew_at: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ChannelStatus:
    """What a channel is told: its limits, the team that they count, and its standup if one is on."""

    channel: str
    limits: int
    members: int
    is_member: bool
    standup: Standup | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Status:
    """All that `status` shows of one person; `channel` is None in a direct message."""

    person: Person
    links: tuple[LinkHealth, ...]
    channel: ChannelStatus | None = None
