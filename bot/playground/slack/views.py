"""views.*: modals and the Home tab."""

import json
from typing import Any

from bot.playground.slack.asking import Ask, Refused, with_messages
from bot.playground.slack.check import faults_of_view
from bot.playground.slack.model import ViewState
from bot.playground.slack.payloads import view_object
from bot.playground.slack.windows import MOST_VIEWS, Windows

BIGGEST_VIEW = 250_000


def open_view(ask: Ask) -> dict[str, Any]:
    """Open a modal for the person whose trigger it is."""
    view = _view(ask, "modal")
    trigger = _trigger(ask)
    return _shown(ask, ask.workspace.windows.open(ask.state.use_trigger(trigger), view))


def push(ask: Ask) -> dict[str, Any]:
    """Put a modal on top of the open ones, three at most."""
    view = _view(ask, "modal")
    trigger = _trigger(ask)
    user = ask.state.trigger_user(trigger)
    if len(ask.workspace.windows.stack(user)) >= MOST_VIEWS:
        raise Refused("push_limit_reached")
    return _shown(ask, ask.workspace.windows.push(ask.state.use_trigger(trigger), view))


def update(ask: Ask) -> dict[str, Any]:
    """Change an open view."""
    windows = ask.workspace.windows
    found = windows.find(ask.text("view_id")) or windows.find_external(ask.text("external_id"))
    view = _view(ask, "modal" if found is None else str(found.view["type"]), replaces=found)
    if found is None:
        raise Refused("not_found")
    _same_hash(ask, found)
    return _shown(ask, windows.update(found, view))


def publish(ask: Ask) -> dict[str, Any]:
    """Set somebody's Home tab."""
    if not ask.workspace.home_enabled:
        raise Refused("not_enabled")
    user = ask.text("user_id")
    if user not in ask.workspace.people:
        raise Refused("user_not_found")
    old = ask.workspace.windows.homes.get(user)
    view = _view(ask, "home", replaces=old)
    if old is not None:
        _same_hash(ask, old)
    return _shown(ask, ask.workspace.windows.publish(user, view))


def checked_view(
    view: Any, kind: str, windows: Windows, *, replaces: ViewState | None = None
) -> dict[str, Any]:
    """Return a view that Slack would take, or refuse it; `replaces` may keep its external_id."""
    if not isinstance(view, dict):
        raise Refused("invalid_arguments", response_metadata={"messages": ["[ERROR] must be an object"]})
    if len(json.dumps(view)) > BIGGEST_VIEW:
        raise Refused("view_too_large")
    refusals = faults_of_view(view, surface=kind)
    if refusals:
        raise with_messages("invalid_arguments", refusals)
    twin = windows.find_external(str(view.get("external_id") or ""))
    if view.get("external_id") and twin is not None and (replaces is None or twin.id != replaces.id):
        raise Refused("duplicate_external_id")
    return view


def _view(ask: Ask, kind: str, *, replaces: ViewState | None = None) -> dict[str, Any]:
    view = ask.json("view", refused="invalid_arguments")
    return checked_view(view, kind, ask.workspace.windows, replaces=replaces)


def _trigger(ask: Ask) -> str:
    trigger = ask.text("trigger_id")
    error = ask.state.trigger_error(trigger, team=ask.workspace.id)
    if error is not None:
        raise Refused(error)
    return trigger


def _same_hash(ask: Ask, view: ViewState) -> None:
    wanted = ask.text("hash")
    if wanted and wanted != view.hash:
        raise Refused("hash_conflict")


def _shown(ask: Ask, view: ViewState) -> dict[str, Any]:
    return {"view": view_object(ask.workspace, view)}


METHODS = {"views.open": open_view, "views.publish": publish, "views.push": push, "views.update": update}
