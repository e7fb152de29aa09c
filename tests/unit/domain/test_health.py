"""How links fare: every code has its state, and the owner hears once of what only they can do."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.health import (
    FOREIGN,
    NOT_POLLED,
    RENEWABLE_FOR,
    SOON,
    UNREADABLE,
    Event,
    Happened,
    Health,
    Need,
    State,
    step,
)
from tests.unit.kit import NOW, table

HOUR = timedelta(hours=1)
LATER = NOW + 5 * HOUR  # the end of the token, unless a test says otherwise
WELL = Health(since=NOW - HOUR)
TURNED_DOWN = replace(WELL, state=State.RENEWING, turned_down=True, code="10008")

ANSWERED = Event(what=Happened.POLL_ANSWERED)
RENEWED = Event(what=Happened.RENEWED)
FAILED = Event(what=Happened.RENEWAL_FAILED)
MISSING = Event(what=Happened.CLUSTER_MISSING)
CLOSED = Event(what=Happened.TOKEN_UNREADABLE)
PASSED = Event(what=Happened.TIME_PASSED)


def polled(code: str) -> Event:
    return Event(what=Happened.POLL_REFUSED, code=code)


def refused(code: str = "10008") -> Event:
    return Event(what=Happened.RENEWAL_REFUSED, code=code)


def after(*events: Event, health: Health = WELL) -> tuple[State, int]:
    """Return the state after these events, and how often the owner was owed a word."""
    words = 0
    for event in events:
        health, owes = step(health, event, expires_at=LATER, now=NOW)
        words += owes
    return health.state, words


@table(
    "events state words",
    {
        "a poll is answered": ([ANSWERED], State.HEALTHY, 0),
        "a token is renewed": ([RENEWED], State.HEALTHY, 0),
        "a renewal fails": ([FAILED], State.RENEWING, 0),
        "a renewal fails for long": ([FAILED] * 99, State.RENEWING, 0),
        "a failure passes": ([FAILED, ANSWERED, RENEWED], State.HEALTHY, 0),
        "10008 by the cluster": ([polled("10008")], State.RENEWING, 0),
        "401 by the cluster": ([polled("http 401")], State.RENEWING, 0),
        "10008 that passes": ([polled("10008"), ANSWERED], State.HEALTHY, 0),
        "10008 by both": ([polled("10008"), refused()], State.REFUSED, 1),
        "10008 by the platform and then the cluster": ([refused(), polled("10008")], State.REFUSED, 1),
        "10008 by the platform": ([refused()], State.RENEWING, 0),
        "10008 by the platform three times": ([refused()] * 3, State.EXPIRING_SOON, 1),
        "10009 by the platform three times": ([refused("10009")] * 3, State.EXPIRING_SOON, 1),
        "warned, then over": ([*[refused()] * 3, polled("10008"), refused()], State.REFUSED, 1),
        "a token of somebody else": ([refused(FOREIGN)], State.EXPIRING_SOON, 1),
        "10007 by the cluster": ([polled("10007")], State.FROZEN, 1),
        "10007 by the platform": ([refused("10007")], State.FROZEN, 1),
        "10007 again and again": ([polled("10007"), refused("10007"), FAILED] * 3, State.FROZEN, 1),
        "frozen, then thawed": ([polled("10007"), RENEWED], State.HEALTHY, 1),
        "frozen, and then refused": ([polled("10007"), refused()], State.REFUSED, 2),
        "10009 by the cluster": ([polled("10009")], State.HEALTHY, 0),
        "10004 by the cluster": ([polled("10004")], State.HEALTHY, 0),
        "the cluster is gone": ([MISSING, MISSING], State.CLUSTER_UNKNOWN, 1),
        "the cluster is back": ([MISSING, ANSWERED], State.HEALTHY, 1),
        "the seal does not open": ([CLOSED, CLOSED], State.REFUSED, 1),
        "the seal opens again": ([CLOSED, RENEWED], State.HEALTHY, 1),
        "it is linked, lost, linked and lost": (
            [polled("10008"), refused(), RENEWED, polled("10008"), refused()],
            State.REFUSED,
            2,
        ),
    },
)
def test_what_happens_leads_to(events: list[Event], state: State, words: int) -> None:
    assert after(*events) == (state, words)


@table(
    "health event at state owes",
    {
        "the third failure in the last hour of a token that works": (
            replace(WELL, state=State.RENEWING, failures=9, works=True, platform_failures=2),
            FAILED,
            LATER - SOON,
            State.EXPIRING_SOON,
            True,
        ),
        "the second": (
            replace(WELL, state=State.RENEWING, failures=9, works=True, platform_failures=1),
            FAILED,
            LATER - SOON,
            State.RENEWING,
            False,
        ),
        "the third before that": (
            replace(WELL, state=State.RENEWING, failures=9, works=True, platform_failures=2),
            FAILED,
            LATER - SOON - timedelta(seconds=1),
            State.RENEWING,
            False,
        ),
        "a poll in the last hour": (
            replace(WELL, state=State.RENEWING, failures=9),
            ANSWERED,
            LATER - SOON,
            State.RENEWING,
            False,
        ),
        "a failure in the last hour of who knows": (
            replace(WELL, state=State.RENEWING, failures=9, platform_failures=2),
            FAILED,
            LATER - SOON,
            State.RENEWING,
            False,
        ),
        "a refusal of a token that is over": (WELL, refused(), LATER, State.REFUSED, True),
        "a failure when it is over": (
            replace(WELL, state=State.EXPIRING_SOON, failures=9, told=Need.LINK_AGAIN),
            FAILED,
            LATER,
            State.RENEWING,
            False,
        ),
        "the last moment to renew": (TURNED_DOWN, FAILED, LATER + RENEWABLE_FOR, State.RENEWING, False),
        "after it": (TURNED_DOWN, FAILED, LATER + RENEWABLE_FOR + HOUR, State.EXPIRED, True),
        "long after it": (WELL, PASSED, LATER + 999 * HOUR, State.EXPIRED, True),
        "frozen until after it": (
            replace(WELL, state=State.FROZEN, told=Need.ASK_THE_CENTRE),
            PASSED,
            LATER + RENEWABLE_FOR + HOUR,
            State.EXPIRED,
            True,
        ),
        "warned before": (
            replace(TURNED_DOWN, told=Need.LINK_AGAIN),
            PASSED,
            LATER + RENEWABLE_FOR + HOUR,
            State.EXPIRED,
            False,
        ),
        "renewed after it all the same": (
            replace(WELL, state=State.EXPIRED, told=Need.LINK_AGAIN),
            RENEWED,
            LATER + RENEWABLE_FOR + HOUR,
            State.HEALTHY,
            False,
        ),
    },
)
def test_the_clock_decides(health: Health, event: Event, at: object, state: State, owes: object) -> None:
    moved, told = step(health, event, expires_at=LATER, now=at)  # type: ignore[arg-type]
    assert (moved.state, told) == (state, owes)


@pytest.mark.parametrize("event", [PASSED, FAILED, polled("10008")])
def test_a_token_that_does_not_say_when_it_ends_never_expires_by_the_clock(event: Event) -> None:
    moved, _ = step(WELL, event, expires_at=None, now=NOW + timedelta(days=900))
    assert moved.state is not State.EXPIRED


def test_since_is_when_the_state_began() -> None:
    first, _ = step(WELL, FAILED, expires_at=LATER, now=NOW)
    second, _ = step(first, FAILED, expires_at=LATER, now=NOW + HOUR)
    assert (first.since, second.since, second.failures) == (NOW, NOW, 2)


codes = st.sampled_from(["10008", "10007", "10009", "10004", "http 401", "1001", FOREIGN, UNREADABLE, ""])
events = st.builds(Event, what=st.sampled_from(Happened), code=codes)


@given(st.lists(st.tuples(events, st.timedeltas(timedelta(), timedelta(hours=9))), max_size=30))
def test_whatever_happens_nobody_hears_twice_of_one_need_and_renewal_heals(
    story: list[tuple[Event, timedelta]],
) -> None:
    health, now, heard = WELL, NOW, set[Need]()
    for event, passes in story:
        now += passes
        before = health
        health, owes = step(health, event, expires_at=LATER, now=now)
        if owes:
            assert health.told is not None
            assert health.told not in ({before.told} if before.told else set())
            heard.add(health.told)
        if health.state is State.HEALTHY:
            assert health.told is None
        if before.state in {State.EXPIRED, State.REFUSED} and event.what is not Happened.RENEWED:
            assert health == before
        assert health.is_polled == (health.state not in NOT_POLLED)
        healed, owes = step(health, RENEWED, expires_at=LATER, now=now)
        assert (healed, owes) == (Health(since=healed.since), False)
