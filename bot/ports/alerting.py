"""The promises behind limits, alerts and their delivery."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from bot.domain.alerts import AlertState, Decision, Owed, Transition
from bot.domain.audience import Consent
from bot.domain.health import LinkNews
from bot.domain.limits import Limit, Place
from bot.domain.people import Link, Person
from bot.ports import AuditEntry


@dataclass(frozen=True, kw_only=True, slots=True)
class Receipt:
    """The proof that a message was posted: where it stands."""

    channel: str
    ts: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Alert:
    """A limit's alert in one period. `subject` is the user counted, or "" for a team's sum.

    `username` is the subject's on the limit's cluster, "" for a team's sum and for who is not linked there.
    `receipt` is the alert's own message in this period; None before it was posted.
    """

    limit: Limit
    subject: str
    state: AlertState
    username: str = ""
    receipt: Receipt | None = None
    shared_message: bool = False  # the message is a storm's table: it is never edited for one alert


class NoticeKind(StrEnum):
    """What a notice is about."""

    ALERT = "alert"  # `owed` says what
    LIMIT_SET = "limit_set"  # posted where a channel's limit was set
    TEST = "test"  # `alerts test`
    NO_DATA = "no_data"  # to a link's owner: nothing heard from the cluster for long
    STANDUP = "standup"  # a digest: `text` says for which date, the rest is drawn at delivery
    STANDUP_PART = "standup_part"  # what a digest's first message has no room for, for its thread
    TEAM_TABLE = "team_table"  # a team's table that somebody posts: `text` says which, and who
    TEAM_PART = "team_part"  # what its first message has no room for, for its thread
    STANDUP_SET = "standup_set"  # posted where a standup was set or switched off
    CONSENT = "consent"  # to who joined a team before others could read its channel
    TEAM_LEFT = "team_left"  # to who left a team with its channel, which is the `text`
    LINK_HEALTH = "link_health"  # to a link's owner: its token does not live on
    INSTALLATION = "installation"  # to who installed the app: it lacks something that only they can give it
    UNLINKED = "unlinked"  # to who was a link's owner: an admin has unlinked it
    CHANNEL_TROUBLE = "channel_trouble"  # to whoever set a limit: its channel does not take messages


@dataclass(frozen=True, kw_only=True, slots=True)
class Notice:
    """A message owed. `text` is the finished sentence of kinds that draw nothing newer at delivery.

    `news` is about a link, whose `link_id` is then the `subject`.

    `attempted_at` is set before a post and cleared by its definite end: a notice that carries it may or may
    not have been told, and is looked for by its id before it is told again.
    """

    workspace: str
    notice_id: str
    place: Place
    kind: NoticeKind
    created_at: datetime
    limit_id: str | None = None
    subject: str = ""
    owed: Owed | None = None
    text: str = ""
    news: LinkNews | None = None
    attempts: int = 0
    attempted_at: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ChannelTrouble:
    """Why a place does not take messages: Slack's own word, since when, and whether the owner heard."""

    reason: str
    since: datetime
    owner_told: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Judged:
    """A subject as its limit was set: what was decided, over which revision of its state (0: over none)."""

    subject: str
    revision: int
    decision: Decision


class Limits(Protocol):
    """The limits that stand."""

    async def of(self, workspace: str, *, user: str, channel: str | None) -> tuple[Limit, ...]:
        """Return a person's own limits and, with a channel, that channel's; oldest first."""
        ...

    async def counting(self, person: Person, cluster: str) -> tuple[Limit, ...]:
        """Return the limits on a cluster that count this person's links there, alone or in a sum."""
        ...

    async def one(self, workspace: str, limit_id: str) -> Limit | None:
        """Return a limit."""
        ...

    async def put(
        self,
        fresh: Limit,
        *,
        replaces: Limit | None,
        supersedes: Limit | None,
        judged: Sequence[Judged],
        notices: Sequence[Notice],
    ) -> bool:
        """Store a limit, what counts as told already, its audit entry and what it owes, in one transaction.

        A limit that replaces another keeps that one's `limit_id`, alerts and messages; one that it
        `supersedes` is removed. False, and nothing written, if meanwhile somebody changed the one, removed
        the other, or wrote to a state whose revision `judged` has.
        """
        ...

    async def remove(self, limit: Limit, *, actor: str, notices: Sequence[Notice], now: datetime) -> bool:
        """Forget a limit with its alerts and what it owed, and owe these; False if it is gone already."""
        ...


class Alerts(Protocol):
    """What was said about limits, and why."""

    async def one(self, limit: Limit, subject: str) -> Alert | None:
        """Return the alert of a limit and subject."""
        ...

    async def open_for(self, workspace: str, *, user: str, channel: str | None) -> tuple[Alert, ...]:
        """Return the open alerts of a person's own limits and, with a channel, that channel's."""
        ...

    async def record(
        self,
        alert: Alert,
        decisions: Sequence[Decision],
        *,
        notices: Sequence[Notice],
        entry: AuditEntry | None = None,
    ) -> bool:
        """Write the new state, transitions, notices and what the audit log keeps, in one transaction.

        False, and nothing written, if the state is no longer of the revision in `alert.state`, or the limit
        was set anew: what was decided by another one would undo what counted as told when it was set.
        """
        ...

    async def transitions(self, alert: Alert, *, most: int) -> tuple[Transition, ...]:
        """Return the newest transitions, newest first."""
        ...


class Notices(Protocol):
    """Messages owed."""

    async def owe(self, notice: Notice) -> None:
        """Remember a notice; the same id again is nothing new."""
        ...

    async def told(self, notices: Sequence[Notice], receipt: Receipt, *, now: datetime, shared: bool) -> None:
        """Store the receipt; for an alert's first message also at the alert (`shared`: a storm's table)."""
        ...

    async def wait(self, notices: Sequence[Notice], *, until: datetime, attempted: bool) -> None:
        """Give notices back until then; `attempted` keeps the mark that one may have been told."""
        ...

    async def drop(self, notices: Sequence[Notice], *, why: str, now: datetime) -> None:
        """Close notices untold: they are no longer true."""
        ...


class Places(Protocol):
    """Channels and DMs as delivery knows them."""

    async def trouble(self, workspace: str, place: Place) -> ChannelTrouble | None:
        """Return why a place does not take messages."""
        ...

    async def set_trouble(self, workspace: str, place: Place, trouble: ChannelTrouble | None) -> None:
        """Remember trouble, or that the place works again."""
        ...


class Teams(Protocol):
    """Who joined which channel."""

    async def members(self, workspace: str, channel: str) -> tuple[str, ...]:
        """Return the users who joined, sorted."""
        ...

    async def consents(self, workspace: str, channel: str) -> Mapping[str, Consent]:
        """Return what audience each of them agreed to, by user."""
        ...

    async def channels_of(self, person: Person) -> tuple[str, ...]:
        """Return the channels that a person joined."""
        ...

    async def join(self, person: Person, channel: str, *, consent: Consent, now: datetime) -> bool:
        """Add a person; False if they were there, and have now agreed to this audience."""
        ...

    async def leave(
        self, person: Person, channel: str, *, now: datetime, notice: Notice | None = None
    ) -> bool:
        """Take a person out, and owe the notice with it; False, and nothing owed, if they were not there."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Polled:
    """A link and how its polling goes.

    `failing_since` is the first of the failures in a row, `failures` their number, `token_failures` of those
    in which the token could not be opened; `owner_told` when the owner heard that there is no data.
    """

    link: Link
    planned_gap: timedelta
    failing_since: datetime | None = None
    failures: int = 0
    token_failures: int = 0
    owner_told: bool = False


class Polls(Protocol):
    """When each link is asked next."""

    async def count_due(self, cluster: str | None, *, now: datetime, furthest: timedelta, most: int) -> int:
        """Count what `claim` would take."""
        ...

    async def claim(
        self, cluster: str | None, *, now: datetime, lease: timedelta, furthest: timedelta, most: int
    ) -> tuple[Polled, ...]:
        """Take a cluster's links that are due and not stopped, the longest due first, for the lease.

        Without a cluster: those on clusters that are not set up. Due is also what is planned further off than
        anybody plans: the clock was ahead then.
        """
        ...

    async def give_back(self, claimed: Sequence[Polled], *, now: datetime) -> None:
        """Make links due again that were taken and not polled."""
        ...

    async def series(self, workspace: str, users: Sequence[str], cluster: str) -> tuple[Polled, ...]:
        """Return these people's links on a cluster with their planned gaps."""
        ...

    async def plan(self, polled: Polled, *, next_at: datetime, notice: Notice | None) -> None:
        """Store how the poll went and when the next one is due, with the notice that it owes."""
        ...

    async def next_due(self, link: Link) -> datetime | None:
        """Return when a link is asked next, for `status`; None when it is stopped."""
        ...


class Notifier(Protocol):
    """Posting to Slack: one attempt each; pacing, waiting and trying again is the caller's.

    Each raises TellingPaused (429, with the time to wait), TellingRefused (a definite no, with Slack's word),
    TellingUnsure (sent, but the answer was lost) or TellingFailed (it certainly did not go out).
    """

    async def post(
        self,
        workspace: str,
        place: Place,
        message: object,
        *,
        notice_id: str,
        thread: Receipt | None = None,
        broadcast: bool = False,
    ) -> Receipt:
        """Post a drawn message (`bot.views.kit.Message`) that carries the notice's id as metadata."""
        ...

    async def edit(self, workspace: str, receipt: Receipt, message: object) -> None:
        """Put a drawn message in the place of one that stands."""
        ...

    async def find(
        self, workspace: str, place: Place, *, notice_id: str, since: datetime, thread: Receipt | None = None
    ) -> Receipt | None:
        """Look for a notice whose post may have arrived."""
        ...
