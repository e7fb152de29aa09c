"""What the use cases around limits and alerts answer, and views draw."""

from dataclasses import dataclass
from datetime import datetime

from bot.domain.alerts import AlertState, Reason, Transition
from bot.domain.clusters import Cluster
from bot.domain.limits import Limit
from bot.domain.standing import Audience
from bot.domain.usage import Reading


@dataclass(frozen=True, kw_only=True, slots=True)
class UseNow:
    """Use of a limit by one subject at the moment it was set.

    `username` is "" for a team's sum. `told` is the highest threshold (%) passed, which counts as told.
    Without `as_of` there is no reading; `missing` links have none that is fresh.
    """

    subject: str
    username: str
    core_hours: float
    percent: float
    told: int
    as_of: datetime | None
    since: datetime | None
    missing: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Rehearsal:
    """How many alerts a limit would have told over the readings since then, and the last one's moment."""

    since: datetime
    alerts: int
    last_at: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class LimitSet:
    """A limit that was set: what it replaced and changed, the state of now, who reads what it tells."""

    limit: Limit
    cluster: Cluster
    replaced: Limit | None
    changed: tuple[str, ...]
    now: tuple[UseNow, ...]
    audience: Audience | None
    rehearsal: Rehearsal | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class LimitRemoved:
    """A limit that was removed, and by whom."""

    limit: Limit
    label: str
    by: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ListedLimit:
    """One line of the list: its number from 1, and its cluster's label."""

    number: int
    limit: Limit
    label: str


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenAlert:
    """One open alert; `cluster` is None when it left the settings."""

    limit: Limit
    cluster: Cluster | None
    subject: str
    username: str
    state: AlertState


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenAlerts:
    """What `alerts` lists; `hidden` ones are of people who have not agreed to those who read the channel."""

    alerts: tuple[OpenAlert, ...]
    hidden: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class AlertActed:
    """What a click on an alert did; not `fresh` if somebody had done it before."""

    alert: OpenAlert
    fresh: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class CountedLink:
    """One link that a limit counts, with its newest readings, the newest last."""

    username: str
    readings: tuple[Reading, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class AlertWhy:
    """Everything behind an alert; `reason` is what the newest readings decide, as the last poll did."""

    alert: OpenAlert
    reason: Reason
    core_hours: float
    as_of: datetime | None
    missing: int
    links: tuple[CountedLink, ...]
    transitions: tuple[Transition, ...]
