"""The Slack app manifest: what the app may do, and why."""

from typing import Any, Final

from bot.domain.commands import WORDS
from bot.views.shortcut import SHORTCUT

# Every scope with its reason; `doctor` compares them with what the token was granted.
SCOPES: Final = {
    "commands": "answers the slash command",
    "chat:write": "tells alerts, how a slow link ended, and answers where Slack's own way back has expired",
    "app_mentions:read": "answers where somebody mentions it, with the words of the command",
    "users:read": "sees at each click who is a guest, an admin or of another organisation, names teams, "
    "names whom a link page is for, speaks each person's language (users.info), unlinks who is deactivated",
    "channels:read": "sees if it is in a channel that a limit is set for, who reads it, who belongs to it, "
    "and hears when it is invited, somebody leaves or the channel comes back from the archive",
    "groups:read": "the same in private channels that it was invited to",
    "mpim:read": "the same in group messages that it is part of",
    "team:read": "names the outside organisations that read a shared channel, before somebody joins its team",
    "channels:history": "looks for its own alert after Slack's answer was lost, instead of posting it twice",
    "groups:history": "the same in private channels that it was invited to",
    "im:history": "the same in its direct messages, and reads the words that people write to it there",
    "im:write": "opens the direct message in which it looks for an alert of its own, and sends files",
    "files:write": "sends your core-hours as a CSV file, and as a picture where Slack draws no charts itself",
}
# What `bot/slack` listens to: the Home tab, what people say to it, that a channel takes messages again, and
# who leaves.
EVENTS: Final = (
    "app_home_opened",
    "app_mention",
    "app_uninstalled",
    "channel_unarchive",
    "group_unarchive",
    "member_joined_channel",
    "member_left_channel",
    "message.im",
    "team_access_revoked",
    "tokens_revoked",
    "user_change",
)


def manifest(
    *,
    command: str,
    public_url: str | None,
    socket_mode: bool,
    oauth: bool = False,
    token_rotation: bool = False,
) -> dict[str, Any]:
    """Return the manifest for this configuration, in the form that Slack's app settings take.

    With `oauth` many workspaces, and whole organisations, install the app; `token_rotation`, which cannot be
    switched off again, lets their tokens end after twelve hours.
    """
    request_url = f"{public_url or 'https://example.invalid'}/slack/events"
    address = {} if socket_mode else {"request_url": request_url}
    return {
        "_metadata": {"major_version": 1, "minor_version": 1},
        "display_information": {
            "name": "Walltime",
            "description": "Tells you how many core-hours you have used, and warns you in time.",
            "long_description": (
                "Walltime links your Slack account to your username on an HPC cluster and tells you how many "
                "core-hours you have used there. You prove that the username is yours with its API token, "
                "which is kept encrypted and shown to nobody. Type the command to see your usage, what "
                "you used this month, your pace and each day's use; only you see the answer. Set limits for "
                "yourself or for a channel's team, and Walltime warns in time when a threshold is crossed."
            ),
            "background_color": "#1d4e5f",
        },
        "features": {
            "app_home": {
                "home_tab_enabled": True,
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": False,
            },
            "bot_user": {"display_name": "Walltime", "always_online": True},
            "shortcuts": [
                {
                    "name": "My core-hours",
                    "type": "global",
                    "callback_id": SHORTCUT,
                    "description": "Core-hours used, this month and against your limits",
                }
            ],
            "slash_commands": [
                {
                    "command": command,
                    **({} if socket_mode else {"url": request_url}),
                    "description": "Core-hours used, and everything around them",
                    "usage_hint": f"[{' | '.join(word.name for word in WORDS)}]",
                    "should_escape": True,
                }
            ],
        },
        "oauth_config": {
            **({"redirect_urls": [f"{public_url}/slack/oauth_redirect"]} if oauth else {}),
            "scopes": {"bot": list(SCOPES)},
        },
        "settings": {
            "event_subscriptions": {**address, "bot_events": list(EVENTS)},
            "interactivity": {"is_enabled": True, **address},
            "org_deploy_enabled": oauth,
            "socket_mode_enabled": socket_mode,
            "token_rotation_enabled": token_rotation,
        },
    }
