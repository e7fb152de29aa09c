"""What Slack says of people on the way, for whoever wants to know that somebody left."""

from collections.abc import Callable, Mapping
from typing import Any

# Hears a workspace and what Slack says of somebody there.
Saw = Callable[[str, Mapping[str, Any]], None]


def unheard(_workspace: str, _user: Mapping[str, Any]) -> None:
    """Let it pass."""
