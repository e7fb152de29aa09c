"""Events that tell that a channel takes messages again, and who left it."""

from typing import Any

from slack_bolt.async_app import AsyncApp, AsyncBoltContext

from bot.slack.desk import Desk, person_of
from bot.usecases.hear_of_channel import ChannelNews


class ChannelListeners:
    """Invitations of the bot, channels brought back from the archive, and people who leave one."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def register(self, app: AsyncApp) -> None:
        """Tell Bolt who listens to what."""
        app.event("member_joined_channel")(self.on_joined)
        app.event("member_left_channel")(self.on_left)
        app.event("channel_unarchive")(self.on_unarchived)
        app.event("group_unarchive")(self.on_unarchived)

    async def on_joined(self, body: dict[str, Any], context: AsyncBoltContext) -> None:
        """Somebody joined; it matters when that is the bot itself."""
        if body["event"]["user"] == context.bot_user_id:
            self._heard(body, ChannelNews.INVITED)

    async def on_left(self, body: dict[str, Any], context: AsyncBoltContext) -> None:
        """Somebody left, or was removed; when it was the bot, the team is looked through at its return."""
        if body["event"]["user"] != context.bot_user_id:
            person, channel = person_of(body), body["event"]["channel"]
            doing = self._desk.join_team.left_channel(person, channel, now=self._desk.clock())
            self._desk.aside("somebody left", doing)

    async def on_unarchived(self, body: dict[str, Any]) -> None:
        """A channel is back, public or private."""
        self._heard(body, ChannelNews.UNARCHIVED)

    def _heard(self, body: dict[str, Any], news: ChannelNews) -> None:
        doing = self._desk.hear_of_channel(body["team_id"], body["event"]["channel"], news)
        self._desk.aside("channel news", doing)
