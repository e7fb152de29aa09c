"""Slack tells that somebody's account changed: they may have left, or speak another language."""

from typing import Any

from slack_bolt.async_app import AsyncApp

from bot.slack.desk import Desk
from bot.slack.leaving import Leavers


class PeopleListeners:
    """Hears of people, and tells whom it concerns."""

    def __init__(self, desk: Desk, leavers: Leavers) -> None:
        self._desk = desk
        self._leavers = leavers

    def register(self, app: AsyncApp) -> None:
        """Tell Bolt who listens to what."""
        app.event("user_change")(self.on_user_change)

    async def on_user_change(self, body: dict[str, Any]) -> None:
        """Somebody's account changed."""
        workspace, user = body["team_id"], body["event"]["user"]
        self._leavers.saw(workspace, user)
        self._desk.aside("language", self._desk.tongues.heard(workspace, user))
