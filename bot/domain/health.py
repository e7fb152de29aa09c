"""How a link's token fares, as a pure state machine over what the cluster and the platform say of it.

    healthy ──renewal fails, or the token is turned down──> renewing ──renewed──> healthy
    renewing ──the platform keeps refusing while the token still works──> expiring_soon
    renewing ──nobody renewed it within a day of its end──> expired
    any ──refused for good──> refused     any ──10007──> frozen     any ──left the settings──> cluster_unknown

A renewal or a new link makes every state healthy. The owner is owed a word once for each thing that only they
can do; a link that gets well re-arms it.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

# A token can still be renewed for so long after its own end.
RENEWABLE_FOR: Final = timedelta(hours=24)
# With less than this left, a token that cannot be renewed is the owner's business.
SOON: Final = timedelta(hours=1)
# One refusal may be a slip of the platform's while the token itself still works.
REFUSALS_BELIEVED: Final = 3
# So may a failure, be it the first after an outage; with the cluster itself there, so many in a row are not.
FAILURES_BELIEVED: Final = 3

FROZEN_CODE: Final = "10007"
# Said of the username or of the interface, not of the token.
_NOT_THE_TOKEN: Final = frozenset({"10004", "10009"})
# Our own words, where the API has no code for it.
FOREIGN: Final = "foreign"
UNREADABLE: Final = "unreadable"


class State(StrEnum):
    """How a link is."""

    HEALTHY = "healthy"
    RENEWING = "renewing"  # a renewal failed and is tried again, or the token was turned down meanwhile
    EXPIRING_SOON = "expiring_soon"  # it still works, but it is not being renewed
    EXPIRED = "expired"  # too long ago to be renewed
    REFUSED = "refused"
    FROZEN = "frozen"
    CLUSTER_UNKNOWN = "cluster_unknown"


# With these there is nothing to ask the cluster for.
NOT_POLLED: Final = frozenset({State.EXPIRED, State.REFUSED, State.FROZEN})
_ENDED: Final = frozenset({State.EXPIRED, State.REFUSED})


class Need(StrEnum):
    """What only the owner can do about it."""

    LINK_AGAIN = "link_again"
    ASK_THE_CENTRE = "ask_the_centre"
    ASK_THE_OPERATOR = "ask_the_operator"


_NEEDS: Final = {
    State.EXPIRING_SOON: Need.LINK_AGAIN,
    State.EXPIRED: Need.LINK_AGAIN,
    State.REFUSED: Need.LINK_AGAIN,
    State.FROZEN: Need.ASK_THE_CENTRE,
    State.CLUSTER_UNKNOWN: Need.ASK_THE_OPERATOR,
}


class Happened(StrEnum):
    """What can happen to a link."""

    POLL_ANSWERED = "poll_answered"
    POLL_REFUSED = "poll_refused"  # with a code
    RENEWED = "renewed"
    RENEWAL_REFUSED = "renewal_refused"  # with a code, or FOREIGN
    RENEWAL_FAILED = "renewal_failed"  # no usable answer
    CLUSTER_MISSING = "cluster_missing"
    TOKEN_UNREADABLE = "token_unreadable"  # noqa: S105 (the stored seal does not open)
    TIME_PASSED = "time_passed"


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """Something that happened, with the API's code if it said one."""

    what: Happened
    code: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Health:
    """A link's state since when, and what led there.

    `turned_down`: the cluster itself did not accept the token; `works`: it did, since renewal last failed.
    `refusals` and `failures` count tries to renew since the last one that worked, `platform_failures` the
    last in a row that failed though the cluster had just accepted the token. `told` is the need that the
    owner has heard of.
    """

    since: datetime
    state: State = State.HEALTHY
    code: str = ""
    turned_down: bool = False
    works: bool = False
    refusals: int = 0
    failures: int = 0
    platform_failures: int = 0
    told: Need | None = None

    @property
    def is_polled(self) -> bool:
        """Whether the cluster is asked for this link."""
        return self.state not in NOT_POLLED


@dataclass(frozen=True, kw_only=True, slots=True)
class LinkNews:
    """What a notice tells a link's owner; drawn when it is delivered.

    Without a state it is that there has been no data for long, whatever the reason.
    """

    cluster: str
    username: str
    state: State | None = None
    code: str = ""
    token_expires_at: datetime | None = None


def renewable_until(expires_at: datetime | None) -> datetime | None:
    """Return the last moment to renew a token; None if it does not say when it ends."""
    return None if expires_at is None else expires_at + RENEWABLE_FOR


def ends_soon(expires_at: datetime | None, now: datetime) -> bool:
    """Tell whether a token is in its last hour."""
    return expires_at is not None and expires_at - SOON <= now < expires_at


def step(health: Health, event: Event, *, expires_at: datetime | None, now: datetime) -> tuple[Health, bool]:
    """Return how the link is after the event, and whether its owner is owed a word."""
    after = _after(health, event, expires_at, now)
    if after.state is not health.state:
        after = replace(after, since=now)
    need = _NEEDS.get(after.state)
    owed = need is not None and need is not health.told
    return (replace(after, told=need), True) if owed else (after, False)


def _after(health: Health, event: Event, expires_at: datetime | None, now: datetime) -> Health:
    match event.what:
        case Happened.RENEWED:
            return Health(since=health.since)
        case _ if health.state in _ENDED:
            return health
        case Happened.CLUSTER_MISSING:
            return replace(health, state=State.CLUSTER_UNKNOWN)
        case Happened.TOKEN_UNREADABLE:
            return replace(health, state=State.REFUSED, code=UNREADABLE)
        case Happened.POLL_ANSWERED:
            return _answered(health)
    if (last := renewable_until(expires_at)) is not None and now > last:
        return replace(health, state=State.EXPIRED)
    is_over = expires_at is not None and now >= expires_at
    match event.what:
        case Happened.POLL_REFUSED:
            return _poll_refused(health, event.code)
        case Happened.RENEWAL_REFUSED:
            return _renewal_refused(health, event.code, is_over=is_over)
        case Happened.RENEWAL_FAILED:
            return _renewal_failed(health, is_over=is_over, soon=ends_soon(expires_at, now))
        case _:
            return health


def _answered(health: Health) -> Health:
    """The token works. What is wrong with its renewal stays so."""
    if health.state in {State.FROZEN, State.CLUSTER_UNKNOWN} or not (health.refusals or health.failures):
        return Health(since=health.since)
    return replace(_heard(health), turned_down=False, works=True)


def _heard(health: Health) -> Health:
    """The cluster speaks. If it was silent as the platform was, that is over, and pauses begin short anew."""
    return health if health.platform_failures else replace(health, failures=min(health.failures, 1))


def _poll_refused(health: Health, code: str) -> Health:
    if code == FROZEN_CODE:
        return replace(health, state=State.FROZEN, code=code)
    if code in _NOT_THE_TOKEN:
        return health
    # The platform has refused to renew it, and now the cluster refuses it: that is the end.
    state = State.REFUSED if health.refusals else State.RENEWING
    heard = health if health.turned_down else _heard(health)
    return replace(heard, state=state, code=code, turned_down=True)


def _renewal_refused(health: Health, code: str, *, is_over: bool) -> Health:
    if code == FROZEN_CODE:
        return replace(health, state=State.FROZEN, code=code)
    refused = replace(health, code=code, refusals=health.refusals + 1)
    if is_over or health.turned_down or health.state is State.FROZEN:
        return replace(refused, state=State.REFUSED)
    believed = code == FOREIGN or refused.refusals >= REFUSALS_BELIEVED
    return replace(refused, state=State.EXPIRING_SOON if believed else State.RENEWING)


def _renewal_failed(health: Health, *, is_over: bool, soon: bool) -> Health:
    """Try on; in the last hour tell the owner, if it is the platform alone that keeps failing.

    In an outage of the whole cluster there is nothing that an owner could do.
    """
    alone = health.platform_failures + 1 if health.works else 0
    failed = replace(health, failures=health.failures + 1, works=False, platform_failures=alone)
    if health.state is State.FROZEN or (health.state is State.EXPIRING_SOON and not is_over):
        return failed
    is_news = soon and alone >= FAILURES_BELIEVED
    return replace(failed, state=State.EXPIRING_SOON if is_news else State.RENEWING)
