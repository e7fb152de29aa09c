"""Which workspace a request is about: said where Bolt and our listeners look, whatever Slack left out.

An app that is installed for a whole organisation is told the workspace of an event beside its authorisation,
and of what happens in a form or on Home only by the view and the person.
"""

from collections.abc import Mapping
from typing import Any


def placed(payload: Mapping[str, Any]) -> dict[str, Any]:
    """Return the payload with its workspace put in; unchanged where it is there, or where there is none."""
    if payload.get("type") == "event_callback":
        return _event(payload)
    if "command" in payload or payload.get("team"):
        return dict(payload)
    view, user, enterprise = (payload.get(name) or {} for name in ("view", "user", "enterprise"))
    named = (view.get("app_installed_team_id"), view.get("team_id"), user.get("team_id"))
    team = next((each for each in named if each and each != enterprise.get("id")), None)
    return {**payload, "team": {"id": team}} if team else dict(payload)


def _event(payload: Mapping[str, Any]) -> dict[str, Any]:
    """Put the event's workspace into an authorisation that names only the organisation."""
    team, authorisations = payload.get("team_id"), payload.get("authorizations")
    if not team or not isinstance(authorisations, list):
        return dict(payload)
    named = [
        {**each, "team_id": each.get("team_id") or team} if isinstance(each, dict) else each
        for each in authorisations
    ]
    return {**payload, "authorizations": named}
