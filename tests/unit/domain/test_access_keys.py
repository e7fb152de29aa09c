"""What an access key must look like, and which token of a sign-in is a cluster's."""

import pytest

from bot.domain.access_keys import RegionToken, check_access_key, check_owner, token_for
from bot.domain.clusters import Cluster
from bot.domain.errors import (
    AccessKeyMalformed,
    AccessKeysNotAllowed,
    FieldWrong,
    LoginMalformed,
    RegionMissing,
    RegionStopped,
    SecretKeyMalformed,
    TokenMalformed,
    TokenOfOtherUsername,
)
from bot.domain.secret import Secret
from tests.unit.kit import ACCESS_KEY, SECRET_KEY, east, table, token

EAST = east(cluster_id="1", allow_access_keys=True)
WEST = east(name="west", label="West", cluster_id="2", allow_access_keys=True)
TOKENS_ONLY = east(name="north", label="North", cluster_id="3")
ELSEWHERE = east(
    name="far", label="Far", cluster_id="2", allow_access_keys=True, sign_in_url="https://other.example.edu"
)
CLUSTERS = (EAST, WEST, TOKENS_ONLY, ELSEWHERE)


@table(
    "cluster given error",
    {
        "keys are not allowed": (TOKENS_ONLY, {}, AccessKeysNotAllowed),
        "no login": (EAST, {"login": ""}, LoginMalformed),
        "a login of two words": (EAST, {"login": "li bo"}, LoginMalformed),
        "a login of two lines": (EAST, {"login": "li\nbo"}, LoginMalformed),
        "no access key": (EAST, {"access_key": ""}, AccessKeyMalformed),
        "an access key with a line break": (EAST, {"access_key": "0123456789\r\nx: y"}, AccessKeyMalformed),
        "an access key in Chinese": (EAST, {"access_key": "密钥密钥密钥密钥密钥"}, AccessKeyMalformed),
        "an access key too long": (EAST, {"access_key": "k" * 257}, AccessKeyMalformed),
        "no secret key": (EAST, {"secret_key": Secret("")}, SecretKeyMalformed),
        "a secret key with a space": (EAST, {"secret_key": Secret("0123 4567 89ab")}, SecretKeyMalformed),
    },
)
def test_what_is_no_key_is_refused_at_its_field(
    cluster: Cluster, given: dict[str, str], error: type[FieldWrong]
) -> None:
    whole = {"login": "alice", "access_key": ACCESS_KEY, "secret_key": Secret(SECRET_KEY), **given}
    with pytest.raises(error) as caught:
        check_access_key(cluster, **whole)  # type: ignore[arg-type]  # a table of fields
    assert caught.value.args == ()


@pytest.mark.parametrize("login", ["alice", "李博", "a.b@example.edu"])
def test_a_whole_key_is_taken_and_does_not_show_itself(login: str) -> None:
    key = check_access_key(EAST, login=login, access_key=ACCESS_KEY, secret_key=Secret(SECRET_KEY))
    assert (key.login, key.access_key, key.secret_key.reveal()) == (login, ACCESS_KEY, SECRET_KEY)
    assert ACCESS_KEY not in repr(key)
    assert SECRET_KEY not in repr(key)


def regions(**tokens: str | None) -> list[RegionToken]:
    return [
        RegionToken(cluster_id=region.removeprefix("r"), token=Secret(text) if text else None)
        for region, text in tokens.items()
    ]


def test_the_cluster_s_own_token_is_taken() -> None:
    assert token_for(EAST, regions(r9="x", r2="west's", r1="east's"), CLUSTERS).reveal() == "east's"


def test_a_stopped_region_is_told_from_one_that_is_missing_and_the_open_ones_are_named() -> None:
    with pytest.raises(RegionStopped) as stopped:
        token_for(EAST, regions(r1=None, r2="t", r3="t", r9="t"), CLUSTERS)
    assert (stopped.value.chosen, stopped.value.others) == ("East", ("West",))
    with pytest.raises(RegionMissing) as missing:
        token_for(EAST, regions(r2=None, r3="t"), CLUSTERS)
    assert missing.value.others == ()


def test_a_cluster_without_an_id_takes_no_token_whatever_there_is() -> None:
    with pytest.raises(RegionMissing):
        token_for(east(allow_access_keys=True), regions(r1="t"), CLUSTERS)


def test_a_fresh_token_must_be_of_the_same_username() -> None:
    for claims in ({"user": "alice"}, {"user": "alice2", "computeUser": "alice"}, {}):
        check_owner(Secret(token(**claims)), "alice")
    with pytest.raises(TokenOfOtherUsername) as caught:
        check_owner(Secret(token(user="bob", computeUser="b01")), "alice")
    assert caught.value.allowed == ("bob", "b01")
    with pytest.raises(TokenMalformed):
        check_owner(Secret("junk"), "alice")
