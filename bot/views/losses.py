"""What does not work without a scope, in the words of people who do not know what a scope is."""

from collections.abc import Iterable

from bot.views.language import tr


def loss(scope: str) -> str:
    """Say what is lost without a scope."""
    known = {
        "commands": tr("the command and the shortcut"),
        "chat:write": tr("alerts, digests and other messages"),
        "app_mentions:read": tr("answers to mentions"),
        "users:read": tr("limits, standups and teams, for which I must know who is a guest or an admin"),
        "channels:read": tr("limits, standups and teams in public channels"),
        "groups:read": tr("limits, standups and teams in private channels"),
        "mpim:read": tr("limits, standups and teams in group messages"),
        "team:read": tr("the names of other organisations that read a channel"),
        "channels:history": tr("the check that keeps an alert from coming twice in public channels"),
        "groups:history": tr("the check that keeps an alert from coming twice in private channels"),
        "im:history": tr("answers to direct messages"),
        "im:write": tr("files in direct messages"),
        "files:write": tr("core-hours as a file or a picture"),
    }
    return known.get(scope) or tr("something that was added lately")


def losses(missing: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """Pair missing scopes with what is lost."""
    return tuple((scope, loss(scope)) for scope in missing)
