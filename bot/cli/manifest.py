"""`walltime-bot manifest`."""

import yaml

from bot.slack.manifest import manifest
from bot.wiring.settings import Settings

HEAD = "# Made by `walltime-bot manifest`; a test keeps the file in the repository equal to its output.\n"


def manifest_text(settings: Settings) -> str:
    """Return the manifest as YAML. Without Slack's secrets set it is for Socket Mode, the simpler start."""
    socket_mode = settings.socket_mode or settings.slack_signing_secret is None
    wanted = manifest(command=settings.command, public_url=settings.public_url, socket_mode=socket_mode)
    return HEAD + yaml.safe_dump(wanted, sort_keys=False, allow_unicode=True, width=100)
