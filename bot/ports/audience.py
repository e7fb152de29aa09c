"""The promise behind the audience guard."""

from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Protocol

from bot.domain.standing import Audience


class Audiences(Protocol):
    """Who reads a channel, as Slack says it."""

    def lately(self, workspace: str, channel: str, *, within: timedelta) -> Audience | None:
        """Return who read a channel so long ago at most, if that is known and Slack says it too seldom."""
        ...

    async def of(self, workspace: str, channel: str) -> Audience:
        """Return who reads a channel.

        Raises ChannelClosed unless the bot is in it and it is alive, AudienceUnknown if Slack does not say.
        """
        ...

    async def names(self, workspace: str, users: Collection[str]) -> Mapping[str, str]:
        """Return what people are called, by user; the id itself where Slack does not say."""
        ...
