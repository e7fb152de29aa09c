"""Is this request Slack's, fresh, and of a shape that can be handed on? Nothing of it reaches a log."""

import hmac
import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import parse_qsl

from bot.domain.secret import Secret

WINDOW: Final = timedelta(minutes=5)
_LONGEST_TIMESTAMP: Final = 12
_MOST_FIELDS: Final = 100

# What Bolt and our listeners rely on, per kind of request: a path and the type found there.
_Path = tuple[str, ...]
_PERSON: Final[tuple[_Path, ...]] = (("user", "id"),)
_SHAPES: Final[Mapping[str, tuple[_Path, ...]]] = {
    "url_verification": (("challenge",),),
    "event_callback": (("event_id",), ("event", "type")),
    "block_actions": _PERSON,
    "view_submission": (*_PERSON, ("view", "callback_id")),
    "view_closed": _PERSON,
    "shortcut": (*_PERSON, ("callback_id",)),
    "message_action": (*_PERSON, ("callback_id",)),
    "block_suggestion": _PERSON,
}
_BY_A_PERSON: Final = frozenset(_SHAPES) - {"url_verification", "event_callback"}
_EVENTS: Final[dict[str, tuple[_Path, ...]]] = {
    "app_home_opened": (("event", "user"),),
    "channel_unarchive": (("event", "channel"),),
    "group_unarchive": (("event", "channel"),),
    "member_joined_channel": (("event", "user"), ("event", "channel")),
}
# These may be about a whole organisation: then no workspace is named.
_OF_ORGANISATIONS: Final = frozenset({"app_uninstalled", "team_access_revoked", "tokens_revoked"})
_COMMAND: Final[tuple[_Path, ...]] = (("command",), ("team_id",), ("user_id",), ("channel_id",))


def is_from_slack(headers: Mapping[str, str], body: bytes, *, secret: Secret, now: datetime) -> bool:
    """Check the signature over the raw body, and that it was made within five minutes of now."""
    timestamp = headers.get("X-Slack-Request-Timestamp", "")
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= _LONGEST_TIMESTAMP):
        return False
    if abs(now.timestamp() - int(timestamp)) > WINDOW.total_seconds():
        return False
    # The SDK's own check reads the wall clock, and fails on a body that is not UTF-8.
    digest = hmac.digest(secret.reveal().encode(), b"v0:%s:%s" % (timestamp.encode(), body), "sha256")
    given = headers.get("X-Slack-Signature", "")
    return hmac.compare_digest(b"v0=" + digest.hex().encode(), given.encode(errors="replace"))


def read_payload(content_type: str, body: bytes) -> dict[str, Any] | None:
    """Return what a verified request says, or None if it is not of a shape that Slack sends."""
    try:
        text = body.decode()
        if content_type == "application/json":
            return _shaped(_parsed(text))
        if content_type != "application/x-www-form-urlencoded":
            return None
        form = dict(parse_qsl(text, keep_blank_values=True, max_num_fields=_MOST_FIELDS))
        if "payload" in form:
            return _shaped(_parsed(form["payload"]))
    except (ValueError, RecursionError):
        return None
    if "ssl_check" in form:
        return form
    return form if _has(form, _COMMAND) else None


def _shaped(payload: object) -> dict[str, Any] | None:
    """Pass a JSON payload of a known kind with the fields that its listeners read."""
    if not isinstance(payload, dict) or not isinstance(kind := payload.get("type"), str):
        return None
    shape = _SHAPES.get(kind)
    if shape is None or not _has(payload, shape):
        return None
    if not all(isinstance(payload.get(key, {}), dict | None) for key in ("team", "channel", "view", "event")):
        return None
    if kind in _BY_A_PERSON and not _in_workspace(payload):
        return None
    if kind == "event_callback":
        where = "team_id"
        if payload["event"]["type"] in _OF_ORGANISATIONS and not payload.get("team_id"):
            where = "enterprise_id"
        return payload if _has(payload, ((where,), *_EVENTS.get(payload["event"]["type"], ()))) else None
    if kind == "block_actions":
        return payload if _clicked(payload) else None
    if kind == "view_submission":
        return payload if _filled(payload["view"]) else None
    return payload


def _parsed(text: str) -> object:
    """Parse JSON; raises ValueError, for half a surrogate pair too, which no database takes."""
    found = json.loads(text)
    json.dumps(found, ensure_ascii=False).encode()
    return found


def _clicked(payload: dict[str, Any]) -> bool:
    actions = payload.get("actions")
    return (
        isinstance(actions, list)
        and len(actions) > 0
        and all(isinstance(action, dict) and isinstance(action.get("action_id"), str) for action in actions)
    )


def _filled(view: dict[str, Any]) -> bool:
    """Tell whether a submitted view carries its inputs as objects of objects."""
    state = view.get("state")
    values = state.get("values") if isinstance(state, dict) else None
    return isinstance(values, dict) and all(
        isinstance(block, dict) and all(_is_field(field) for field in block.values())
        for block in values.values()
    )


def _is_field(field: object) -> bool:
    if not isinstance(field, dict) or not isinstance(field.get("value"), str | None):
        return False
    option = field.get("selected_option")
    return option is None or (isinstance(option, dict) and isinstance(option.get("value"), str))


def _in_workspace(payload: dict[str, Any]) -> bool:
    return _has(payload, (("team", "id"),)) or _has(payload, (("user", "team_id"),))


def _has(payload: Mapping[str, Any], paths: tuple[_Path, ...]) -> bool:
    return all(isinstance(_at(payload, path), str) for path in paths)


def _at(found: Any, path: _Path) -> Any:
    for key in path:
        found = found.get(key) if isinstance(found, Mapping) else None
    return found
