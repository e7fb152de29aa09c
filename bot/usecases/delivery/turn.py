"""One place's turn: what its parts share."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final, Protocol

from bot.domain.alerts import Owed
from bot.domain.audience import Guard
from bot.domain.digests import Digest, OwedDigest
from bot.domain.health import LinkNews
from bot.domain.installations import InstallNews
from bot.domain.limits import Place
from bot.domain.standing import Audience
from bot.domain.standups import Standup
from bot.domain.table_pages import TablePage
from bot.domain.team_usage import OwedTable, TeamUsage
from bot.ports.alerting import Alert, Alerts, Limits, Notices, Notifier, Places
from bot.ports.place_turns import Memory, PlaceTurn, PlaceTurns
from bot.usecases.delivery.last_tables import LastTables
from bot.usecases.delivery.units import Row

LEASE: Final = timedelta(seconds=60)
# An alert's first message may be in the hands of a process that died: not longer than its lease.
FIRST_MESSAGE_WITHIN: Final = LEASE + timedelta(seconds=5)


class Drawings(Protocol):
    """What delivery needs drawn; `bot.views.alerts.AlertDrawings` does."""

    def alert(self, alert: Alert, *, now: datetime) -> object:
        """Draw an alert's own message."""
        ...

    def reply(self, alert: Alert, owed: Owed, *, now: datetime) -> object:
        """Draw what goes into an alert's thread."""
        ...

    def storm(self, rows: Sequence[Row], *, total: int) -> object:
        """Draw a storm's first table."""
        ...

    def storm_more(self, rows: Sequence[Row]) -> object:
        """Draw another table of a storm, for its thread."""
        ...

    def finished(self, text: str) -> object:
        """Draw a finished sentence."""
        ...

    def news(self, news: LinkNews) -> object:
        """Draw what a link's owner hears."""
        ...

    def installation(self, news: InstallNews) -> object:
        """Draw what whoever installed the app hears."""
        ...

    def left_team(self, channel: str) -> object:
        """Draw what somebody hears who left a team with its channel."""
        ...

    def withheld(self, audience: Audience) -> object:
        """Draw what stands for an alert that must not say whose use it is."""
        ...

    def digest(self, digest: Digest, *, now: datetime) -> object:
        """Draw a digest's message."""
        ...

    def digest_page(self, digest: Digest, page: TablePage) -> object:
        """Draw a page for its thread."""
        ...

    def team_table(self, team: TeamUsage, owed: OwedTable) -> object:
        """Draw the first page of a team's table that somebody posts."""
        ...

    def team_page(self, team: TeamUsage, page: TablePage) -> object:
        """Draw a page for its thread."""
        ...

    def trouble(self, place: Place, code: str) -> str:
        """Say why a place takes no messages, and what to do."""
        ...


class Discretes(Protocol):
    """Who decides what a channel may be told; `bot.usecases.delivery.discretion` does."""

    async def is_gone(self, turn: "Turn", alert: Alert) -> bool:
        """Tell whether the one whose use an alert tells is no longer on the channel's team."""
        ...

    async def withholds(self, turn: "Turn", alert: Alert) -> Audience | None:
        """Return the readers that keep an alert from being told, None if it may be."""
        ...


class Digests(Protocol):
    """What delivery asks about digests; `bot.usecases.gather_digest.GatherDigest` answers."""

    async def __call__(self, workspace: str, channel: str, owed: OwedDigest, *, now: datetime) -> Digest:
        """Return a digest as things stand now; raises ChannelClosed or AudienceUnknown."""
        ...

    async def may_name(self, workspace: str, channel: str, users: Collection[str], *, now: datetime) -> bool:
        """Tell whether these people may be named there now; raises ChannelClosed or AudienceUnknown."""
        ...

    async def standup(self, workspace: str, channel: str) -> Standup | None:
        """Return a channel's standup."""
        ...

    async def skip(self, workspace: str, channel: str, day: date) -> None:
        """Remember that a date's digest was not told, for the next one to say."""
        ...


class TeamTables(Protocol):
    """What delivery asks about a team's table; `bot.usecases.show_team.GatherTeam` answers."""

    async def __call__(
        self, workspace: str, channel: str, *, asked_by: str | None = None, now: datetime
    ) -> TeamUsage:
        """Return a team's tables as things stand now; raises ChannelClosed or AudienceUnknown."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Ports:
    """Whom delivery asks; without `discretion` everybody may read everything."""

    notices: Notices
    place_turns: PlaceTurns
    alerts: Alerts
    limits: Limits
    places: Places
    notifier: Notifier
    digests: Digests
    teams: TeamTables
    draw: Drawings
    discretion: Discretes | None


@dataclass(kw_only=True, slots=True)
class Outcome:
    """How a turn went; the lists are for the log. A failure is a bug or the database's, not Slack's."""

    claimed: int = 0
    told: int = 0
    edited: int = 0
    found: int = 0
    unsure: int = 0
    overtaken: int = 0
    waiting: int = 0
    dropped: list[tuple[str, str]] = field(default_factory=list)
    refused: list[tuple[Place, str]] = field(default_factory=list)
    failures: list[BaseException] = field(default_factory=list)


@dataclass(kw_only=True, slots=True)
class Turn:
    """Whose turn it is; it began at `now`. `loaded` are the alerts as they stand, or why there is none.

    `guard` is what the channel may be told, once somebody asked; `withheld` are alerts that it may not.
    """

    ports: Ports
    held: PlaceTurn
    last_tables: LastTables
    outcome: Outcome
    now: datetime
    clock: Callable[[], datetime]
    is_in_trouble: bool = False
    loaded: dict[tuple[str, str], Alert | str] = field(default_factory=dict)
    guard: Guard | None = None
    withheld: dict[tuple[str, str], Audience] = field(default_factory=dict)

    @property
    def workspace(self) -> str:
        """The place's workspace."""
        return self.held.workspace

    @property
    def place(self) -> Place:
        """The place."""
        return self.held.place

    @property
    def memory(self) -> Memory:
        """What is remembered of it."""
        return self.held.memory

    def drawn(self, draw: Callable[[Drawings], object]) -> object:
        """Draw; None if that fails: one message that cannot be drawn must not hold up its place."""
        try:
            return draw(self.ports.draw)
        except Exception as error:  # noqa: BLE001 (handed to the caller, who logs it)
            self.outcome.failures.append(error)
            return None
