"""What whoever installed the app hears when only they can help."""

from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from bot.domain.installations import InstallNews
from bot.views.format import clock
from bot.views.kit import Message, say
from bot.views.language import paragraph, tr
from bot.views.losses import losses

_UTC: Final = ZoneInfo("UTC")


def installation_message(news: InstallNews, *, install_url: str | None) -> Message:
    """Draw what is missing or about to end, with the way to install again."""
    said = _missing(news.missing) if news.ends_at is None else _ends(news.ends_at)
    return say(f"{said}\n{_again(install_url)}")


def lacking_sentence(scope: str, *, install_url: str | None) -> str:
    """Say to whoever asked for something that Slack did not let the bot do it."""
    lacking = tr(
        "Slack does not let me do this: in this workspace the app lacks the permission `{scope}`.",
        scope=scope,
    )
    return paragraph([lacking, _again(install_url)])


def unserved_sentence(*, install_url: str | None) -> str:
    """Say that Slack takes no token of the bot's here, to whoever wanted something of it."""
    if install_url is None:
        return tr(
            "Slack no longer accepts my token. A workspace admin has to install the app again, or whoever "
            "runs this bot has to give it a new token."
        )
    return tr(
        "I have no token that Slack accepts for this workspace. Whoever may install apps here can install me "
        "again: <{url}>",
        url=install_url,
    )


def not_yet_served_sentence(*, install_url: str | None) -> str:
    """Say why a request cannot be served: the bot has just started or, with many workspaces, has no token."""
    if install_url is None:
        return tr("I am still starting. Please try again in a minute.")
    return unserved_sentence(install_url=install_url)


def _missing(scopes: tuple[str, ...]) -> str:
    lost = "\n".join(f"• {loss} (`{scope}`)" for scope, loss in losses(scopes))
    told = tr(
        "I lack permissions in this workspace that I need by now. Until they are granted, these do not "
        "work; everything else does:"
    )
    return f"{told}\n{lost}"


def _ends(at: datetime) -> str:
    return tr(
        "Slack does not renew my token for this workspace any more. Until {when} (UTC) everything works; after "
        "that I can neither answer nor warn anybody here. Links, limits and readings are kept.",
        when=clock(at, _UTC),
    )


def _again(install_url: str | None) -> str:
    if install_url is None:
        return tr(
            "Whoever runs this bot can put it right: update the app from `walltime-bot manifest`, and install "
            "it again on its page at api.slack.com."
        )
    return tr("To put it right, install me again: <{url}>", url=install_url)
