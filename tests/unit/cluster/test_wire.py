"""The walltime endpoint's answers, from bytes to a number or the one right error."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.cluster.wire import core_hours_from
from bot.domain.errors import (
    AccessDenied,
    ClusterMisconfigured,
    ClusterSilent,
    NoData,
    TokenRefused,
    UsernameFrozen,
    UsernameUnknown,
    WalltimeError,
)
from tests.unit.kit import JWT, shown, table, wide


def answer(code: object = "0", data: object = 1.5, msg: str = "success", **more: object) -> bytes:
    return json.dumps({"code": code, "msg": msg, "data": data, **more}).encode()


def refused(status: int, body: bytes) -> tuple[type[WalltimeError], str]:
    """The error's class, and what it says to the log."""
    with pytest.raises(WalltimeError) as caught:
        core_hours_from(status, body)
    return type(caught.value), getattr(caught.value, "cause", "") or getattr(caught.value, "code", "")


def raw(data: str) -> bytes:
    return f'{{"code":"0","msg":"success","data":{data}}}'.encode()


@table(
    "body core_hours",
    {
        "the page's sample": (raw("0.4219444444444444"), 0.4219444444444444),
        "zero": (raw("0"), 0.0),
        "a whole number": (raw("20"), 20.0),
        "a code that is a number": (answer(0, 20.25), 20.25),
        "a large number": (raw("1e12"), 1e12),
        "a byte order mark": (b"\xef\xbb\xbf" + answer(), 1.5),
        "UTF-16": (answer().decode().encode("utf-16"), 1.5),
        "more keys than we know": (answer(more=[1]), 1.5),
        "no message": (b'{"code":"0","data":1.5}', 1.5),
    },
)
def test_a_good_answer_is_its_number(body: bytes, core_hours: float) -> None:
    assert core_hours_from(200, body) == core_hours


def test_minus_zero_is_zero() -> None:
    assert str(core_hours_from(200, raw("-0.0"))) == "0.0"


@table(
    "code error said",
    {
        "10001 internal error": ("10001", ClusterSilent, "code 10001"),
        "10003 parameters missing": ("10003", ClusterMisconfigured, "code 10003"),
        "10004 parameter invalid": ("10004", UsernameUnknown, "10004"),
        "10007 frozen": ("10007", UsernameFrozen, "10007"),
        "10008 token": ("10008", TokenRefused, "10008"),
        "10009 access": ("10009", AccessDenied, "10009"),
        "10010 file check": ("10010", ClusterMisconfigured, "code 10010"),
        "10011 file size": ("10011", ClusterMisconfigured, "code 10011"),
        "10012 connection": ("10012", ClusterSilent, "code 10012"),
        "10013 time-out": ("10013", ClusterSilent, "code 10013"),
        "815005 job": ("815005", ClusterMisconfigured, "code 815005"),
        "815007 job": ("815007", ClusterMisconfigured, "code 815007"),
        "1001 gateway": ("1001", ClusterSilent, "code 1001"),
    },
)
def test_the_code_decides_whatever_the_status_and_the_data_say(
    code: str, error: type[WalltimeError], said: str
) -> None:
    for status in (200, 401, 404, 500):
        for written in (code, int(code)):
            assert refused(status, answer(written, data="token is invalid", msg="error")) == (error, said)


@table(
    "status code error said",
    {
        "a code of no table": (200, "424242", ClusterMisconfigured, "code 424242"),
        "200 is no success": (200, "200", ClusterMisconfigured, "code 200"),
        "no such path": (404, "404", ClusterMisconfigured, "http 404"),
        "a gateway that is too busy": (429, "429", ClusterSilent, "http 429"),
        "a gateway without a server": (503, "503", ClusterSilent, "http 503"),
        "a busy gateway that says so with 200": (200, "503", ClusterSilent, "http 503"),
        "a gateway that wants a token": (401, "401", TokenRefused, "http 401"),
    },
)
def test_a_code_of_no_table_is_judged_by_the_http_status(
    status: int, code: str, error: type[WalltimeError], said: str
) -> None:
    assert refused(status, answer(code, data=None)) == (error, said)


@pytest.mark.parametrize("key", ["msg", "message"])
@pytest.mark.parametrize("text", ["jwt token is invalid", "JWT expired", "Token 无效"])
def test_a_gateway_that_speaks_of_the_token_refuses_it(key: str, text: str) -> None:
    with pytest.raises(TokenRefused):
        core_hours_from(200, json.dumps({"code": "1001", key: text}).encode())


@table(
    "body",
    {
        "null": (raw("null"),),
        "absent": (b'{"code":"0","msg":"success"}',),
        "true": (raw("true"),),
        "false": (raw("false"),),
        "empty text": (raw('""'),),
        "text": (raw('"token is invalid"'),),
        "a number as text": (raw('"20.5"'),),
        "NaN": (raw("NaN"),),
        "infinity": (raw("Infinity"),),
        "less than infinity": (raw("-Infinity"),),
        "beyond all floats": (raw("1e400"),),
        "an integer beyond all floats": (raw("9" * 400),),
        "negative": (raw("-0.001"),),
        "a list": (raw("[20.5]"),),
        "an object": (raw('{"usedCoreHours": 20.5}'),),
    },
)
def test_what_is_no_finite_number_from_zero_up_is_no_data(body: bytes) -> None:
    with pytest.raises(NoData):
        core_hours_from(200, body)


@table(
    "code",
    {
        "true": (True,),
        "null": (None,),
        "a float": (10008.0,),
        "a list": (["0"],),
        "an object": ({"code": "0"},),
        "empty": ("",),
        "spaces around": (" 0 ",),
        "minus zero as text": ("-0",),
        "full-width": (wide("0"),),
        "a token": (JWT,),
        "long": ("9" * 4000,),
    },
)
def test_a_code_of_no_known_form_is_no_success_and_is_not_quoted(code: object) -> None:
    with pytest.raises(ClusterMisconfigured) as caught:
        core_hours_from(200, answer(code))
    assert len(caught.value.cause) < 24
    assert JWT not in shown(caught.value)


NO_ENVELOPES = {
    "empty": b"",
    "HTML": b"<html><body>503 Service Unavailable</body></html>",
    "a word": b"success",
    "a list": b"[]",
    "a text": b'"0"',
    "null": b"null",
    "a number": b"20.5",
    "cut off": b"{",
    "no code": b'{"msg":"success","data":1.5}',
    "no text": b"\xff\xfe\xfd",
    "deep": b"[" * 60_000,
    "more digits than int reads": b'{"code":"0","data":' + b"9" * 5000 + b"}",
}


@table(
    "status error said",
    {
        "200": (200, ClusterMisconfigured, "the answer is not the API's JSON"),
        "204": (204, ClusterMisconfigured, "http 204"),
        "400": (400, ClusterMisconfigured, "http 400"),
        "401": (401, TokenRefused, "http 401"),
        "403": (403, TokenRefused, "http 403"),
        "404": (404, ClusterMisconfigured, "http 404"),
        "405": (405, ClusterMisconfigured, "http 405"),
        "429": (429, ClusterSilent, "http 429"),
        "500": (500, ClusterSilent, "http 500"),
        "502": (502, ClusterSilent, "http 502"),
        "503": (503, ClusterSilent, "http 503"),
        "504": (504, ClusterSilent, "http 504"),
        "599": (599, ClusterSilent, "http 599"),
    },
)
def test_without_the_api_s_envelope_the_status_decides(
    status: int, error: type[WalltimeError], said: str
) -> None:
    for name, body in NO_ENVELOPES.items():
        assert refused(status, body) == (error, said), name


@table(
    "status error",
    {
        "an error of the server's": (500, ClusterSilent),
        "a refusal": (401, TokenRefused),
        "another path": (404, ClusterMisconfigured),
    },
)
def test_success_in_the_body_of_a_failure_is_a_failure(status: int, error: type[WalltimeError]) -> None:
    with pytest.raises(error):
        core_hours_from(status, answer())


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
ENVELOPES = st.fixed_dictionaries(
    {}, optional={"code": JSON | st.sampled_from(["0", 0, "10008", "1001"]), "data": JSON, "msg": JSON}
)


@given(
    status=st.integers(100, 599),
    body=st.binary(max_size=80) | ENVELOPES.map(lambda e: json.dumps(e).encode()),
)
def test_any_answer_is_a_number_from_zero_up_or_one_of_ours(status: int, body: bytes) -> None:
    try:
        core_hours = core_hours_from(status, body)
    except WalltimeError:
        return
    assert 0 <= core_hours < float("inf")
    assert status == 200
