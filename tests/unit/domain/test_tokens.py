"""What a cluster token says of itself."""

import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.clusters import Cluster
from bot.domain.errors import (
    FieldWrong,
    TokenEmpty,
    TokenExpired,
    TokenMalformed,
    TokenOfOtherCluster,
    TokenOfOtherUsername,
    TokenOfPlatform,
    UsernameMalformed,
)
from bot.domain.secret import Secret
from bot.domain.tokens import MAX_TOKEN_LENGTH, TokenClaims, read_claims, usernames_to_try
from tests.unit.kit import NOW, east, milliseconds, part, shown, table, token, wide

EAST = east(cluster_id="11112")
WEST = east(name="west", label="West", cluster_id="11276")
ANY = east(name="any", label="Any", cluster_id=None)
CLUSTERS = (EAST, WEST, ANY)
LATER = milliseconds(NOW + timedelta(hours=5))


def claims(text: str) -> TokenClaims:
    return read_claims(Secret(text))


def tried(username: str = "", *, cluster: Cluster = EAST, **said: Any) -> tuple[str, ...]:
    said = {"user": "alice", "clusterId": "11112", "expireTime": LATER} | said
    found = claims(token(**{name: value for name, value in said.items() if value is not None}))
    return usernames_to_try(found, username=username, cluster=cluster, clusters=CLUSTERS, now=NOW)


def test_a_token_of_the_platform_s_own_page_is_read_whole() -> None:
    sample = (
        "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJjb21wdXRlVXNlciI6InNsdXJtdGVzdCIsImFjY291bnRTdGF0dXMiOiJUcm"
        "lhbCIsImNyZWF0b3IiOiJhYyIsInJvbGUiOiIxIiwiZXhwaXJlVGltZSI6IjE2ODU2MDAyMjU2MTUiLCJjbHVzdGVySWQiOiIxMT"
        "ExMiIsImludm9rZXIiOiI2MDQ4Y2U3YmExNWMyYWYyZThjZWMxMjk5MWVjMTNjZiIsInVzZXIiOiJzbHVybXRlc3QiLCJ1c2VySW"
        "QiOiIxMTY1NTA0ODU0MSJ9.iLCKJ8PnDDK0_SA2NPYm1WozUG8D5ojwFqFhwaJCDc8"
    )
    assert claims(sample) == TokenClaims(
        user="slurmtest",
        compute_user="slurmtest",
        cluster_id="11112",
        expires_at=datetime(2023, 6, 1, 6, 17, 5, 615000, tzinfo=UTC),
        account_status="Trial",
    )


@table(
    "said expires_at",
    {
        "milliseconds as text": ("1685600225615", datetime(2023, 6, 1, 6, 17, 5, 615000, tzinfo=UTC)),
        "milliseconds as a number": (1685600225615, datetime(2023, 6, 1, 6, 17, 5, 615000, tzinfo=UTC)),
        "empty text": ("", None),
        "words": ("tomorrow", None),
        "null": (None, None),
        "true": (True, None),
        "an object": ({"a": 1}, None),
        "not a number": (float("nan"), None),
        "infinity": (float("inf"), None),
        "beyond the calendar": (10**18, None),
        "beyond all floats": ("9" * 400, None),
        "beyond int's own limit": ("9" * 2500, None),
        "so late that some zones have no such day": ("253402300799000", None),
        "before the epoch": ("-62135596800000", None),
    },
)
def test_the_expiry_is_a_moment_or_unknown(said: object, expires_at: datetime | None) -> None:
    assert claims(token(user="alice", expireTime=said)).expires_at == expires_at


@table(
    "said read",
    {
        "text": ("11112", "11112"),
        "a number": (11112, "11112"),
        "text with spaces around": (" 11112 ", "11112"),
        "empty": ("", None),
        "null": (None, None),
        "false": (False, None),
        "a float": (1.5, None),
        "a list": (["11112"], None),
        "an object": ({}, None),
        "too long": ("x" * 65, None),
        "the longest": ("x" * 64, "x" * 64),
        "a space within": ("a b", None),
        "a control character": ("a\x00b", None),
        "half of a surrogate pair": ("\ud800", None),
        "dots": ("..", None),
    },
)
def test_a_claim_is_a_short_plain_text_or_absent(said: object, read: str | None) -> None:
    found = claims(token(user=said, computeUser=said, clusterId=said, accountStatus=said))
    assert (found.user, found.compute_user, found.cluster_id, found.account_status) == (read,) * 4


GOOD = token(user="alice")
HEAD, BODY, TAIL = GOOD.split(".")


@table(
    "text",
    {
        "a word": ("hello",),
        "two parts": (f"{HEAD}.{BODY}",),
        "four parts": (f"{GOOD}.x",),
        "an empty part": (f"{HEAD}..{TAIL}",),
        "no signature": (f"{HEAD}.{BODY}.",),
        "in quotes": (f'"{GOOD}"',),
        "a quote behind": (f'{GOOD}"',),
        "quotes of a word processor": (f"“{GOOD}”",),
        "Bearer before it": (f"Bearer {GOOD}",),
        "the header's name before it": (f"token:{GOOD}",),
        "a newline within": (f"{HEAD}.\n{BODY}.{TAIL}",),
        "a newline behind": (f"{GOOD}\n",),
        "a header smuggled in": (f"{GOOD}\r\nX-Admin: 1",),
        "a NUL behind": (f"{GOOD}\x00",),
        "letters that are not ASCII": (f"{HEAD}.{BODY}.é",),
        "full-width": (f"{HEAD}{wide('.')}{BODY}{wide('.')}{TAIL}",),
        "no base64": (f"{HEAD}.a.{TAIL}",),
        "no JSON": (f"{HEAD}.{TAIL}.{TAIL}",),
        "a header that is no JSON": (f"{TAIL}.{BODY}.{TAIL}",),
        "claims that are a list": (f"{HEAD}.{part([1])}.{TAIL}",),
        "claims that are a text": (f"{HEAD}.{part('user')}.{TAIL}",),
        "claims that are null": (f"{HEAD}.{part(None)}.{TAIL}",),
        "too long by one": (GOOD + "x" * (MAX_TOKEN_LENGTH - len(GOOD) + 1),),
        "giant": ("eyJ" + "A" * 5_000_000,),
        "giant and all dots": ("." * 100_000,),
        "JSON deeper than the reader": (f"{HEAD}.{part([])[:-1]}{'W1tb' * 900}.{TAIL}",),
    },
)
def test_what_is_no_token_is_refused_without_showing_it(text: str) -> None:
    with pytest.raises(TokenMalformed) as caught:
        claims(text)
    assert caught.value.args == ()
    assert BODY not in shown(caught.value)


def test_nothing_pasted_is_said_so() -> None:
    with pytest.raises(TokenEmpty):
        claims("")


def test_the_longest_token_is_read() -> None:
    assert claims(GOOD + "x" * (MAX_TOKEN_LENGTH - len(GOOD))).user == "alice"


def test_claims_nested_as_deep_as_fits_do_not_break_the_reader() -> None:
    deep = json.loads("[" * 900 + "]" * 900)
    assert claims(token(user="alice", more=deep)).user == "alice"


@given(text=st.text(max_size=300) | st.lists(st.text("eyJhbGci.-_=+/", max_size=40)).map(".".join))
def test_any_text_is_read_or_refused_as_a_field_of_the_form(text: str) -> None:
    assert FieldWrong.field == TokenMalformed.field == TokenEmpty.field == "token"
    with suppress(TokenEmpty, TokenMalformed):
        claims(text)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
CLAIMS = st.dictionaries(
    st.sampled_from(["user", "computeUser", "clusterId", "expireTime", "accountStatus"]), JSON
)


@given(said=CLAIMS, username=st.text(max_size=70))
def test_any_claims_lead_to_usernames_or_to_a_field_of_the_form(
    said: dict[str, object], username: str
) -> None:
    with suppress(FieldWrong):
        found = usernames_to_try(
            claims(token(**said)), username=username, cluster=EAST, clusters=CLUSTERS, now=NOW
        )
        assert found
        assert all(name and name.strip(".") for name in found)


@table(
    "said username names",
    {
        "none given: the login name": ({}, "", ("alice",)),
        "none given: the login name, then the cluster's": (
            {"computeUser": "al01"},
            "",
            ("alice", "al01"),
        ),
        "none given, both the same: asked once": ({"computeUser": "alice"}, "", ("alice",)),
        "none given, no login name: the cluster's": ({"user": None, "computeUser": "al01"}, "", ("al01",)),
        "the login name given": ({"computeUser": "al01"}, "alice", ("alice",)),
        "the cluster's name given": ({"computeUser": "al01"}, "al01", ("al01",)),
        "a name with a slash given": ({"user": "hpc/alice"}, "hpc/alice", ("hpc/alice",)),
        "a name of another script given": ({"user": "李博"}, "李博", ("李博",)),
        "a token that does not say when it expires": ({"expireTime": None}, "", ("alice",)),
        "a token that does not say where it belongs": ({"clusterId": None}, "", ("alice",)),
        "a token that expires in a millisecond": (
            {"expireTime": milliseconds(NOW + timedelta(milliseconds=1))},
            "",
            ("alice",),
        ),
        "a frozen account: the cluster says so": ({"accountStatus": "Disable"}, "", ("alice",)),
    },
)
def test_the_names_to_ask_for_are(said: dict[str, Any], username: str, names: tuple[str, ...]) -> None:
    assert tried(username, **said) == names


def test_a_cluster_without_an_id_takes_a_token_of_any() -> None:
    assert tried(cluster=ANY, clusterId="4711") == ("alice",)


@table(
    "said username error field",
    {
        "the platform's token": ({"clusterId": "0"}, "", TokenOfPlatform, "token"),
        "the platform's token, its id a number": ({"clusterId": 0}, "", TokenOfPlatform, "token"),
        "an expired token": ({"expireTime": "1685600225615"}, "", TokenExpired, "token"),
        "a token that expires now": ({"expireTime": milliseconds(NOW)}, "", TokenExpired, "token"),
        "seconds where milliseconds belong": (
            {"expireTime": str(int(NOW.timestamp()))},
            "",
            TokenExpired,
            "token",
        ),
        "a token of another cluster": ({"clusterId": "11276"}, "", TokenOfOtherCluster, "token"),
        "a name that is not the token's": ({}, "bob", TokenOfOtherUsername, "username"),
        "a name in other case": ({}, "Alice", TokenOfOtherUsername, "username"),
        "a name given, none in the token": ({"user": None}, "alice", TokenOfOtherUsername, "username"),
        "no name at all": ({"user": None}, "", TokenMalformed, "token"),
        "a dot": ({"user": "."}, ".", UsernameMalformed, "username"),
        "two dots": ({"user": ".."}, "..", UsernameMalformed, "username"),
        "many dots": ({}, "....", UsernameMalformed, "username"),
        "a space within": ({}, "ali ce", UsernameMalformed, "username"),
        "a control character": ({}, "alice\x00", UsernameMalformed, "username"),
        "an invisible character": ({}, "ali\u200bce", UsernameMalformed, "username"),
        "a name too long": ({}, "a" * 65, UsernameMalformed, "username"),
    },
)
def test_what_cannot_work_is_said_at_the_field_to_change(
    said: dict[str, Any], username: str, error: type[FieldWrong], field: str
) -> None:
    with pytest.raises(FieldWrong) as caught:
        tried(username, **said)
    assert type(caught.value) is error
    assert caught.value.field == field


@table(
    "said belongs_to",
    {
        "the owner is named when it is configured": ("11276", "West"),
        "another one is only another one": ("4711", None),
    },
)
def test_a_token_of_another_cluster_says_whose_it_is(said: str, belongs_to: str | None) -> None:
    with pytest.raises(TokenOfOtherCluster) as caught:
        tried(clusterId=said)
    assert (caught.value.chosen, caught.value.belongs_to) == ("East", belongs_to)


def test_an_expired_token_says_since_when() -> None:
    with pytest.raises(TokenExpired) as caught:
        tried(expireTime=milliseconds(NOW - timedelta(hours=2)))
    assert caught.value.expired_at == NOW - timedelta(hours=2)


def test_a_name_of_somebody_else_is_refused_with_the_names_allowed() -> None:
    with pytest.raises(TokenOfOtherUsername) as caught:
        tried("bob", computeUser="al01")
    assert (caught.value.given, caught.value.allowed) == ("bob", ("alice", "al01"))
