"""auth.*: whose token this is, and its end."""

from typing import Any

from bot.playground.slack.asking import Ask, Refused
from bot.playground.slack.state import State
from bot.playground.slack.workspace import Workspace


def authorised(state: State, token: str | None) -> Workspace:
    """Return the workspace whose bot calls, or refuse as Slack refuses bad tokens."""
    if not token:
        raise Refused("not_authed")
    if token == state.app_token:
        raise Refused("not_allowed_token_type")
    workspace = state.by_token.get(token)
    if workspace is None:
        raise Refused("invalid_auth")
    if workspace.token_revoked:
        raise Refused("token_revoked")
    if not workspace.is_installed:
        raise Refused("account_inactive")
    return workspace


def test(ask: Ask) -> dict[str, Any]:
    """Tell who the bot is."""
    workspace = ask.workspace
    return {
        "url": f"https://{workspace.domain}.slack.com/",
        "team": workspace.name,
        "user": workspace.people[workspace.bot_user_id].name,
        "team_id": workspace.id,
        "user_id": workspace.bot_user_id,
        "bot_id": workspace.bot_id,
        "is_enterprise_install": False,
    }


def revoke(ask: Ask) -> dict[str, Any]:
    """End the bot's token."""
    if not ask.flag("test"):
        ask.workspace.emit({"type": "tokens_revoked", "tokens": {"bot": [ask.workspace.bot_user_id]}})
        ask.workspace.token_revoked = True
    return {"revoked": not ask.flag("test")}


METHODS = {"auth.test": test, "auth.revoke": revoke}
