"""The audience guard's rule: what was agreed to, and who reads now."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.audience import UNRECORDED, Consent, Guard
from bot.domain.standing import Audience
from tests.unit.kit import table

PRIVATE = Audience(is_private=True, is_shared_outside=False, members=5)
PUBLIC = Audience(is_private=False, is_shared_outside=False, members=5)
GUESTS = Audience(is_private=True, is_shared_outside=False, members=5, guests=1)
PERHAPS_GUESTS = Audience(is_private=True, is_shared_outside=False, guests=None)
ORG_A = Audience(is_private=True, is_shared_outside=True, organisations={"TA": "A"})
ORG_B = Audience(is_private=True, is_shared_outside=True, organisations={"TB": "B"})
BOTH = Audience(is_private=True, is_shared_outside=True, organisations={"TA": "A", "TB": "B"})
UNNAMED = Audience(is_private=True, is_shared_outside=True)
EVERY = (PRIVATE, PUBLIC, GUESTS, PERHAPS_GUESTS, ORG_A, ORG_B, BOTH, UNNAMED)


@table(
    "agreed now covered",
    {
        "nothing changed": (PRIVATE, PRIVATE, True),
        "turned public": (PRIVATE, PUBLIC, False),
        "turned private": (PUBLIC, PRIVATE, True),
        "a guest came": (PRIVATE, GUESTS, False),
        "the guest went": (GUESTS, PRIVATE, True),
        "a guest came to a public channel": (PUBLIC, GUESTS, False),
        "perhaps a guest came": (PRIVATE, PERHAPS_GUESTS, False),
        "perhaps a guest was agreed to": (PERHAPS_GUESTS, GUESTS, True),
        "shared outside": (PRIVATE, ORG_A, False),
        "no longer shared": (ORG_A, PRIVATE, True),
        "shared with another one instead": (ORG_A, ORG_B, False),
        "shared with one more": (ORG_A, BOTH, False),
        "shared with one less": (BOTH, ORG_A, True),
        "shared with one that Slack does not name": (BOTH, UNNAMED, False),
        "agreed to an unnamed one": (UNNAMED, ORG_A, False),
        "guests are no organisation": (GUESTS, ORG_A, False),
    },
)
def test_an_audience_that_grew_needs_a_new_word(agreed: Audience, now: Audience, *, covered: bool) -> None:
    assert Consent.to(agreed).covers(now) is covered


@pytest.mark.parametrize("now", EVERY)
def test_of_who_joined_before_consents_were_kept_the_least_is_taken(now: Audience) -> None:
    assert UNRECORDED.covers(now) is (now == PRIVATE)


def test_agreeing_to_what_is_shown_always_covers_it() -> None:
    assert all(Consent.to(audience).covers(audience) for audience in EVERY)


def test_different_consents_have_different_digests() -> None:
    consents = {Consent.to(audience) for audience in EVERY}
    assert len({consent.digest for consent in consents}) == len(consents)
    for one, other in product(EVERY, EVERY):
        same = Consent.to(one) == Consent.to(other)
        assert (Consent.to(one).digest == Consent.to(other).digest) is same


@given(agreed=st.frozensets(st.sampled_from("abc")), lapsed=st.frozensets(st.sampled_from("def")))
def test_nobody_who_has_not_agreed_is_named_or_summed_alone(
    agreed: frozenset[str], lapsed: frozenset[str]
) -> None:
    guard = Guard(audience=GUESTS, agreed=agreed, lapsed=lapsed)
    assert guard.may_name(agreed)
    for user in {*lapsed, "stranger"}:
        assert not guard.may_name({user})
        assert not guard.may_name({user, *agreed})
        assert not guard.may_sum({user})
        assert guard.may_sum({user, "other"})
    for user in agreed:
        assert guard.may_sum({user})
