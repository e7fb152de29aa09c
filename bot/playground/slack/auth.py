"""auth.*: whose token this is, and its end."""

from typing import Any

from bot.playground.slack.asking import Ask, Refused
from bot.playground.slack.grants import Grant
from bot.playground.slack.organisation import Organisation
from bot.playground.slack.state import State
from bot.playground.slack.workspace import Workspace


def authorised(state: State, token: str, method: str, args: dict[str, Any]) -> tuple[Grant, Workspace]:
    """Return what a token opens, and the workspace that the call is about; refuse as Slack does."""
    if not token:
        raise Refused("not_authed")
    if token == state.app_token:
        raise Refused("not_allowed_token_type")
    grant = state.grants.by_token.get(token)
    if grant is None:
        raise Refused("invalid_auth")
    if not grant.where.is_installed:
        raise Refused("account_inactive")
    if grant.is_revoked:
        raise Refused("token_revoked")
    if grant.ends is not None and grant.ends <= state.now():
        raise Refused("token_expired")
    workspace = grant.workspace(args)
    if workspace is None and method in METHODS and isinstance(grant.where, Organisation):
        workspace = next(iter(grant.where.workspaces.values()), None)
    if workspace is None:
        raise Refused("team_access_not_granted" if args.get("team_id") else "missing_argument")
    return grant, workspace


def test(ask: Ask) -> dict[str, Any]:
    """Tell who the bot is."""
    workspace = ask.workspace
    if isinstance(ask.grant.where, Organisation):
        return _of_organisation(ask.grant.where)
    enterprise = {} if workspace.enterprise is None else {"enterprise_id": workspace.enterprise.id}
    return {
        "url": f"https://{workspace.domain}.slack.com/",
        "team": workspace.name,
        "user": workspace.people[workspace.bot_user_id].name,
        "team_id": workspace.id,
        "user_id": workspace.bot_user_id,
        "bot_id": workspace.bot_id,
        "is_enterprise_install": False,
        **enterprise,
    }


def _of_organisation(organisation: Organisation) -> dict[str, Any]:
    return {
        "url": f"https://{organisation.id.lower()}.enterprise.slack.com/",
        "team": organisation.name,
        "user": "bot",
        "team_id": organisation.id,
        "enterprise_id": organisation.id,
        "user_id": organisation.bot_user_id,
        "bot_id": organisation.bot_id,
        "is_enterprise_install": True,
    }


def revoke(ask: Ask) -> dict[str, Any]:
    """End this token; one that would have ended anyway may have others beside it."""
    if not ask.flag("test"):
        if ask.grant.ends is None:
            ask.workspace.emit({"type": "tokens_revoked", "tokens": {"bot": [ask.workspace.bot_user_id]}})
        ask.grant.is_revoked = True
    return {"revoked": not ask.flag("test")}


METHODS = {"auth.test": test, "auth.revoke": revoke}
