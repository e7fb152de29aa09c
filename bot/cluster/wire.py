"""An answer's bytes into its data, a number, a token, or the one right error.

Source: the platform's page of `/hpc/openapi/v2/view/walltime/users/{username}`. Business errors usually come
with HTTP 200 and `data` may then hold a text, so the JSON `code` is read first, whatever the HTTP status.
`/ac/openapi/v2/tokens/next` answers in the same envelope: by its page with a list of objects in `data`, by
what clients of it report with one object, or with the token alone.
"""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from bot.domain.errors import (
    AccessDenied,
    ClusterMisconfigured,
    ClusterRefused,
    ClusterSilent,
    NoData,
    TokenRefused,
    UsernameFrozen,
    UsernameUnknown,
    WalltimeError,
)
from bot.domain.secret import Secret

_REFUSALS: Final[dict[str, type[ClusterRefused]]] = {
    "10004": UsernameUnknown,  # a parameter is invalid, and the username is the only one
    "10007": UsernameFrozen,
    "10008": TokenRefused,
    "10009": AccessDenied,
}
# 10001 internal error, 10012 connection broken, 10013 operation timed out.
_PASSING: Final = frozenset({"10001", "10012", "10013"})
# All else of the page's table (10003 parameters missing, 10010 and 10011 files, 815005 and 815007 job
# submission) cannot follow from a well-made request for the counter: the address or the API is not ours.
_OTHER_DOCUMENTED: Final = frozenset({"10003", "10010", "10011", "815005", "815007"})
_LONGEST_CODE: Final = 12
# Gateways in front repeat the HTTP status as the code, with HTTP 200.
_HTTP_LIKE: Final = frozenset({"401", "403", "429", "500", "502", "503", "504"})
# A million cores for a century: beyond it stands no use, and no arithmetic of ours.
_MOST_CORE_HOURS: Final = 1e12


def core_hours_from(status: int, body: bytes) -> float:
    """Return the core-hours; raises ClusterRefused, ClusterSilent, NoData or ClusterMisconfigured."""
    return _number(data_from(status, body))


def next_token_from(status: int, body: bytes) -> Secret:
    """Return the renewed token; raises ClusterRefused, ClusterSilent or ClusterMisconfigured."""
    data = data_from(status, body)
    if isinstance(data, list) and len(data) == 1:
        data = data[0]
    if isinstance(data, dict):
        data = data.get("token")
    if not isinstance(data, str) or not data:
        raise ClusterMisconfigured("a renewal without a token")
    return Secret(data)


def data_from(
    status: int, body: bytes, *, refusals: Mapping[str, type[ClusterRefused]] = _REFUSALS
) -> object:
    """Return what stands under `data`; `refusals` says what this endpoint's codes mean.

    Raises ClusterRefused, ClusterSilent or ClusterMisconfigured.
    """
    envelope = _envelope(body)
    if envelope is None or "code" not in envelope:
        raise _without_envelope(status)
    code = str(envelope["code"])
    if code != "0":
        raise _refusal(code, envelope, status, refusals)
    if status != HTTPStatus.OK:
        raise _without_envelope(status)
    return envelope.get("data")


def check_speaks(status: int, body: bytes) -> None:
    """Make sure that somebody answers as this API does, whatever it says.

    Raises ClusterSilent or ClusterMisconfigured.
    """
    envelope = _envelope(body)
    code = "" if envelope is None else str(envelope.get("code", ""))
    if not code or code in _HTTP_LIKE or code == str(HTTPStatus.NOT_FOUND.value):
        error = _without_envelope(int(code) if code else status)
        if not isinstance(error, TokenRefused):  # without a token that is what it should say
            raise error


def _envelope(body: bytes) -> dict[str, object] | None:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _without_envelope(status: int) -> WalltimeError:
    """Judge an answer by its HTTP status alone."""
    if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        return TokenRefused(f"http {status}")
    if status == HTTPStatus.TOO_MANY_REQUESTS or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return ClusterSilent(f"http {status}")
    if status == HTTPStatus.OK:
        return ClusterMisconfigured("the answer is not the API's JSON")
    return ClusterMisconfigured(f"http {status}")


def _refusal(
    code: str, envelope: dict[str, object], status: int, refusals: Mapping[str, type[ClusterRefused]]
) -> WalltimeError:
    if code in refusals:
        return refusals[code](code)
    if code in _PASSING:
        return ClusterSilent(f"code {code}")
    if code == "1001":
        # Sibling gateways say a dead token this way, with the text under `msg` or `message`.
        text = f"{envelope.get('msg')} {envelope.get('message')}".lower()
        return TokenRefused(code) if "token" in text or "jwt" in text else ClusterSilent(f"code {code}")
    if status != HTTPStatus.OK and code not in _OTHER_DOCUMENTED:
        return _without_envelope(status)
    if code in _HTTP_LIKE:
        return _without_envelope(int(code))
    known_form = code.isascii() and code.isalnum() and len(code) <= _LONGEST_CODE
    return ClusterMisconfigured(f"code {code}" if known_form else "an unknown code")


def _number(data: object) -> float:
    """Read `data`: a number from 0 to a trillion, else NoData. Null means "nothing there", never zero."""
    if isinstance(data, bool) or not isinstance(data, int | float):
        raise NoData
    try:
        value = float(data)
    except OverflowError:
        raise NoData from None
    if not 0 <= value <= _MOST_CORE_HOURS:  # NaN is neither
        raise NoData
    return value or 0.0  # not -0.0
