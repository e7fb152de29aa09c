"""`walltime-bot manifest`."""

import yaml

from bot.slack.manifest import manifest
from bot.wiring.settings import Settings

HEAD = "# Made by `walltime-bot manifest`; a test keeps the file in the repository equal to its output.\n"


def manifest_text(settings: Settings) -> str:
    """Return the manifest as YAML. Without Slack's secrets set it is for Socket Mode, the simpler start."""
    wanted = manifest(
        command=settings.command,
        public_url=settings.public_url,
        socket_mode=settings.socket_mode or not (settings.oauth or settings.slack_signing_secret),
        oauth=settings.oauth,
        # A token in the settings could not be renewed: with one, none may end.
        token_rotation=settings.oauth and settings.slack_bot_token is None,
    )
    return HEAD + yaml.safe_dump(wanted, sort_keys=False, allow_unicode=True, width=100)
