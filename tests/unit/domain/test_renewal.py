"""When tokens are renewed, and which renewed tokens are believed."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.errors import ClusterMisconfigured, TokenRefused
from bot.domain.health import FOREIGN, RENEWABLE_FOR, UNREADABLE, Health, State
from bot.domain.renewal import (
    ASSUMED_LIFE,
    FIRST_PAUSE,
    LONGEST_PAUSE,
    LOOK_AGAIN,
    MOST_LEFT,
    next_try,
    renew_at,
    vouched,
)
from bot.domain.secret import Secret
from tests.unit.kit import NOW, east, link, milliseconds, table, token

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
ids = st.text("0123456789abcdef", min_size=32, max_size=32)
EAST = east(cluster_id="11112")
CLAIMS = {"user": "alice", "computeUser": "al01", "clusterId": "11112"}


@given(ids, st.timedeltas(timedelta(minutes=1), timedelta(days=400)))
def test_a_token_is_renewed_well_ahead_of_its_end_and_at_the_same_moment_each_time(
    link_id: str, life: timedelta
) -> None:
    at = renew_at(link_id, stored_at=NOW, expires_at=NOW + life)
    left = NOW + life - at
    assert min(life / 3, MOST_LEFT) - timedelta(seconds=6) <= left <= life / 3 + life / 9
    assert at == renew_at(link_id, stored_at=NOW, expires_at=NOW + life)


def test_links_made_together_are_not_renewed_together() -> None:
    moments = {renew_at(f"{number:032x}", stored_at=NOW, expires_at=NOW + DAY) for number in range(100)}
    assert len(moments) == 100
    assert max(moments) - min(moments) > 2 * HOUR


def test_a_token_that_does_not_say_when_it_ends_counts_from_the_day_it_was_stored() -> None:
    assert renew_at("x", stored_at=NOW, expires_at=None) == renew_at(
        "x", stored_at=NOW, expires_at=NOW + ASSUMED_LIFE
    )


@pytest.mark.parametrize("expires_at", [NOW, NOW - DAY])
def test_a_token_that_is_over_as_it_comes_is_renewed_in_a_moment(expires_at: object) -> None:
    at = renew_at("x", stored_at=NOW, expires_at=expires_at)  # type: ignore[arg-type]
    assert NOW < at < NOW + timedelta(minutes=1)


def sick(state: State, **more: object) -> Health:
    return replace(Health(since=NOW), state=state, **more)  # type: ignore[arg-type]


@table(
    "health after",
    {
        "refused": (sick(State.REFUSED, code="10008"), None),
        "expired": (sick(State.EXPIRED), None),
        "unreadable": (sick(State.REFUSED, code=UNREADABLE), LOOK_AGAIN),
        "frozen": (sick(State.FROZEN), LOOK_AGAIN),
        "cluster unknown": (sick(State.CLUSTER_UNKNOWN), HOUR),
        "refused while it works: at its end": (sick(State.EXPIRING_SOON, refusals=3), 10 * HOUR),
        "refused once": (sick(State.RENEWING, refusals=1), timedelta(minutes=10)),
        "refused twice": (sick(State.RENEWING, refusals=2), timedelta(minutes=20)),
    },
)
def test_the_next_try_comes_after(health: Health, after: timedelta | None) -> None:
    found = next_try(health, "x", stored_at=NOW, expires_at=NOW + 10 * HOUR, now=NOW)
    assert found == (None if after is None else NOW + after)


@given(ids, st.integers(1, 60), st.timedeltas(timedelta(), RENEWABLE_FOR))
def test_after_failures_the_pauses_grow_but_the_last_moment_is_not_missed(
    link_id: str, failures: int, left: timedelta
) -> None:
    health = sick(State.RENEWING, failures=failures)
    expires_at = NOW + left - RENEWABLE_FOR
    at = next_try(health, link_id, stored_at=NOW - DAY, expires_at=expires_at, now=NOW)
    assert at is not None
    last = NOW + left
    pause = at - NOW
    assert pause <= LONGEST_PAUSE * 1.1
    if at <= last:
        assert pause >= FIRST_PAUSE
        assert pause <= max(left / 4, FIRST_PAUSE * 1.1)
    else:
        assert at - last <= timedelta(seconds=1)


def test_a_frozen_link_is_looked_at_right_after_its_last_moment() -> None:
    last = NOW + HOUR
    at = next_try(sick(State.FROZEN), "x", stored_at=NOW - DAY, expires_at=last - RENEWABLE_FOR, now=NOW)
    assert at == last + timedelta(seconds=1)


def made(**claims: object) -> Secret:
    return Secret(token(**CLAIMS | {"expireTime": milliseconds(NOW + HOUR)} | claims))


@table(
    "fresh",
    {
        "the same again": (made(),),
        "of a person who changed the login name": (made(user="alicia"),),
        "one that does not say when it ends": (made(expireTime=None),),
    },
)
def test_the_same_person_s_token_is_taken(fresh: Secret) -> None:
    mine = link(username="al01")
    assert vouched(fresh, old=made(), link=mine, cluster=EAST, now=NOW).compute_user == "al01"


@table(
    "fresh",
    {
        "somebody else's": (made(user="bob", computeUser="b01"),),
        "somebody else's of the same login name": (made(computeUser="b01"),),
        "another cluster's": (made(clusterId="11276"),),
        "one that names no cluster any more": (made(clusterId=None),),
        "the platform's": (made(clusterId="0"),),
        "no token": (Secret("success"),),
        "nothing": (Secret(""),),
    },
)
@pytest.mark.parametrize("known", ["11112", None])
def test_another_s_token_is_not(fresh: Secret, known: str | None) -> None:
    with pytest.raises(TokenRefused) as caught:
        vouched(fresh, old=made(), link=link(username="alice"), cluster=east(cluster_id=known), now=NOW)
    assert caught.value.code == FOREIGN


def test_a_token_that_is_over_as_it_comes_is_the_operator_s_business() -> None:
    with pytest.raises(ClusterMisconfigured, match="clocks"):
        vouched(made(expireTime="1"), old=made(), link=link(), cluster=EAST, now=NOW)
