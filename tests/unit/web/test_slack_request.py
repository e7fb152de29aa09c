"""Slack's requests: proved, fresh, and of a known shape."""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from slack_sdk.signature import SignatureVerifier

from bot.domain.secret import Secret
from bot.web.slack_request import WINDOW, is_from_slack, read_payload
from tests.unit.kit import NOW, table, wide

SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
BODY = b"command=%2Fwalltime&text=hi"
SECOND = timedelta(seconds=1)
FORM, JSON = "application/x-www-form-urlencoded", "application/json"


def headers(body: bytes = BODY, *, timestamp: str | None = None, secret: str = SECRET) -> dict[str, str]:
    """Sign as Slack's own SDK does."""
    timestamp = timestamp or str(int(NOW.timestamp()))
    signature = SignatureVerifier(secret).generate_signature(timestamp=timestamp, body=body)
    return {"X-Slack-Request-Timestamp": timestamp, "X-Slack-Signature": signature or ""}


def passes(given: Mapping[str, str], body: bytes = BODY, *, after: timedelta = timedelta()) -> bool:
    return is_from_slack(given, body, secret=Secret(SECRET), now=NOW + after)


@table(
    "after",
    {
        "at once": (timedelta(),),
        "five minutes later": (WINDOW,),
        "five minutes ahead of our clock": (-WINDOW,),
    },
)
def test_what_slack_signed_passes(after: timedelta) -> None:
    assert passes(headers(), after=after)


def test_a_body_of_any_language_passes() -> None:
    body = "text=机时 ✓".encode()
    assert passes(headers(body), body)
    assert passes(headers(b""), b"")


def test_slack_s_own_example_passes() -> None:
    body = (
        b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V"
        b"&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text="
        b"&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F"
        b"96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
    )
    given = {
        "X-Slack-Request-Timestamp": "1531420618",
        "X-Slack-Signature": "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503",
    }
    now = NOW.fromtimestamp(1531420618, tz=NOW.tzinfo)
    assert is_from_slack(given, body, secret=Secret(SECRET), now=now)


@table(
    "given body",
    {
        "no headers": ({}, BODY),
        "no signature": ({"X-Slack-Request-Timestamp": str(int(NOW.timestamp()))}, BODY),
        "no timestamp": ({"X-Slack-Signature": headers()["X-Slack-Signature"]}, BODY),
        "another secret": (headers(secret="another"), BODY),
        "another body": (headers(), BODY + b"!"),
        "an empty body": (headers(), b""),
        "the timestamp of another request": (
            {**headers(), "X-Slack-Request-Timestamp": str(int(NOW.timestamp()) + 1)},
            BODY,
        ),
        "a signature in capitals": (
            {**headers(), "X-Slack-Signature": headers()["X-Slack-Signature"].upper()},
            BODY,
        ),
        "a signature without its version": (
            {**headers(), "X-Slack-Signature": headers()["X-Slack-Signature"][3:]},
            BODY,
        ),
        "a signature cut short": (
            {**headers(), "X-Slack-Signature": headers()["X-Slack-Signature"][:-1]},
            BODY,
        ),
        "an empty signature": ({**headers(), "X-Slack-Signature": ""}, BODY),
        "a signature that is not ASCII": ({**headers(), "X-Slack-Signature": "v0=ä\udcff"}, BODY),
        "a body that is not UTF-8": (headers(), b"\xff\xfe"),
    },
)
def test_what_slack_did_not_sign_does_not_pass(given: dict[str, str], body: bytes) -> None:
    assert not passes(given, body)


@pytest.mark.parametrize("after", [WINDOW + SECOND, -WINDOW - SECOND, timedelta(days=400)], ids=str)
def test_what_is_stale_does_not_pass(after: timedelta) -> None:
    assert not passes(headers(), after=after)


@pytest.mark.parametrize(
    "timestamp",
    [
        "", " ", "now", "1.5", "-1", "+1", "0x10", "1e9", "NaN", "٣", wide("1763812800"), "²",
        "9" * 12, "9" * 13, "9" * 5000, " 1763812800", "1763812800\n", "1_763_812_800", "\udcff",
    ],
)  # fmt: skip
def test_a_timestamp_that_is_none_does_not_pass(timestamp: str) -> None:
    assert not passes({**headers(), "X-Slack-Request-Timestamp": timestamp})


HEADER = st.text(max_size=40) | st.text("0123456789-v=", max_size=20)


@given(
    given=st.fixed_dictionaries(
        {}, optional={"X-Slack-Request-Timestamp": HEADER, "X-Slack-Signature": HEADER}
    ),
    body=st.binary(max_size=60),
)
def test_nothing_unsigned_passes_and_nothing_raises(given: dict[str, str], body: bytes) -> None:
    assert not passes(given, body)
    assert not passes({**headers(), **given}, b"\xff" + body)


COMMAND = {
    "command": "/walltime",
    "text": "",
    "team_id": "T1",
    "user_id": "U1",
    "channel_id": "C1",
    "trigger_id": "1.2",
    "response_url": "https://hooks.slack.com/x",
}
CLICK: dict[str, Any] = {
    "type": "block_actions",
    "team": {"id": "T1"},
    "user": {"id": "U1"},
    "actions": [{"action_id": "link.open"}],
}
SUBMISSION: dict[str, Any] = {
    "type": "view_submission",
    "team": {"id": "T1"},
    "user": {"id": "U1"},
    "view": {"callback_id": "link", "state": {"values": {"token": {"token": {"value": None}}}}},
}
EVENT: dict[str, Any] = {
    "type": "event_callback",
    "team_id": "T1",
    "event_id": "Ev1",
    "event": {"type": "app_home_opened", "user": "U1", "tab": "home"},
}
SHORTCUT = {"type": "shortcut", "team": {"id": "T1"}, "user": {"id": "U1"}, "callback_id": "x"}


def without(payload: dict[str, Any], *path: str, put: object = ...) -> dict[str, Any]:
    """The payload with one thing gone, or something else in its place."""
    changed: dict[str, Any] = json.loads(json.dumps(payload))
    at = changed
    for key in path[:-1]:
        at = at[key]
    if put is ...:
        del at[path[-1]]
    else:
        at[path[-1]] = put
    return changed


@table(
    "content_type body payload",
    {
        "a command": (FORM, urlencode(COMMAND), COMMAND),
        "a command with no text": (FORM, "command=/w&team_id=T&user_id=U&channel_id=C", ...),
        "a click": (FORM, urlencode({"payload": json.dumps(CLICK)}), CLICK),
        "a click in an organisation": (
            FORM,
            urlencode({"payload": json.dumps({**CLICK, "team": None, "user": {"id": "U", "team_id": "T"}})}),
            ...,
        ),
        "a form": (FORM, urlencode({"payload": json.dumps(SUBMISSION)}), SUBMISSION),
        "a shortcut": (FORM, urlencode({"payload": json.dumps(SHORTCUT)}), SHORTCUT),
        "an event": (JSON, json.dumps(EVENT), EVENT),
        "a challenge": (
            JSON,
            '{"type":"url_verification","challenge":"x"}',
            {"type": "url_verification", "challenge": "x"},
        ),
        "a check of our certificate": (FORM, "ssl_check=1&token=x", {"ssl_check": "1", "token": "x"}),
    },
)
def test_what_slack_sends_is_read(content_type: str, body: str, payload: object) -> None:
    found = read_payload(content_type, body.encode())
    assert found is not None
    assert payload in (..., found)


@table(
    "payload",
    {
        "no object": ([],),
        "null": (None,),
        "no type": (without(CLICK, "type"),),
        "a type that is no text": (without(CLICK, "type", put=["block_actions"]),),
        "a type that we do not know": (without(CLICK, "type", put="dialog_submission"),),
        "a click by nobody": (without(CLICK, "user"),),
        "a click by a text": (without(CLICK, "user", put="U1"),),
        "a click by a number": (without(CLICK, "user", "id", put=1),),
        "a click on nothing": (without(CLICK, "actions", put=[]),),
        "a click on no list": (without(CLICK, "actions", put={"action_id": "x"}),),
        "a click on a text": (without(CLICK, "actions", put=["x"]),),
        "a click without an action": (without(CLICK, "actions", put=[{}]),),
        "a click nowhere": (without(CLICK, "team"),),
        "a team that is a text": (without(CLICK, "team", put="T1"),),
        "a channel that is a list": ({**CLICK, "channel": ["C1"]},),
        "a view that is a text": ({**CLICK, "view": "V1"},),
        "a form without a view": (without(SUBMISSION, "view"),),
        "a form without a name": (without(SUBMISSION, "view", "callback_id"),),
        "a form without a state": (without(SUBMISSION, "view", "state"),),
        "a form without values": (without(SUBMISSION, "view", "state", "values"),),
        "values in a list": (without(SUBMISSION, "view", "state", "values", put=[]),),
        "a field that is a text": (without(SUBMISSION, "view", "state", "values", "token", put="x"),),
        "a value that is a text": (
            without(SUBMISSION, "view", "state", "values", "token", "token", put="x"),
        ),
        "an event without an id": (without(EVENT, "event_id"),),
        "an event nowhere": (without(EVENT, "team_id"),),
        "an event that is a text": (without(EVENT, "event", put="app_home_opened"),),
        "an event without a type": (without(EVENT, "event", "type"),),
        "an event of somebody without a user": (without(EVENT, "event", "user"),),
        "a join to no channel": (without(EVENT, "event", "type", put="member_joined_channel"),),
        "nothing is unarchived": (without(EVENT, "event", "type", put="channel_unarchive"),),
        "a challenge of nothing": ({"type": "url_verification"},),
    },
)
def test_another_shape_is_not_read(payload: object) -> None:
    text = json.dumps(payload)
    assert read_payload(JSON, text.encode()) is None
    assert read_payload(FORM, urlencode({"payload": text}).encode()) is None


@table(
    "content_type body",
    {
        "nothing": (FORM, b""),
        "no command": (FORM, urlencode({**COMMAND, "command": ""}).replace("command=", "cmd=").encode()),
        "a command by nobody": (FORM, b"command=/w&team_id=T&channel_id=C"),
        "no UTF-8": (FORM, b"command=\xff"),
        "no JSON": (JSON, b"{"),
        "no JSON in a form": (FORM, b"payload={"),
        "an empty payload": (FORM, b"payload="),
        "JSON of no end": (JSON, b"[" * 200_000),
        "JSON of no end in a form": (FORM, b"payload=" + b"[" * 200_000),
        "an integer of no end": (JSON, b'{"type":' + b"9" * 5000 + b"}"),
        "too many fields": (FORM, urlencode(COMMAND).encode() + b"&a=b" * 200),
        "another kind": ("text/plain", urlencode(COMMAND).encode()),
        "several parts": ("multipart/form-data", urlencode(COMMAND).encode()),
        "no kind": ("", json.dumps(EVENT).encode()),
    },
)
def test_a_body_that_is_none_of_slack_s_is_not_read(content_type: str, body: bytes) -> None:
    assert read_payload(content_type, body) is None


KEYS = st.sampled_from(
    ["type", "team", "team_id", "user", "id", "event", "event_id", "actions", "action_id", "view",
     "callback_id", "state", "values", "channel", "challenge", "payload", "ssl_check"]
)  # fmt: skip
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=4)
    | st.sampled_from(["block_actions", "view_submission", "event_callback", "shortcut", "url_verification"])
)
PAYLOADS = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=6),
    max_leaves=25,
)


@given(
    content_type=st.sampled_from([FORM, JSON, "", "x"]),
    body=st.binary(max_size=60)
    | PAYLOADS.map(lambda value: json.dumps(value).encode())
    | PAYLOADS.map(lambda value: urlencode({"payload": json.dumps(value)}).encode()),
)
def test_no_body_raises(content_type: str, body: bytes) -> None:
    found = read_payload(content_type, body)
    assert found is None or isinstance(found, dict)
