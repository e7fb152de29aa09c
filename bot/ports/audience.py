"""The promise behind the audience guard."""

from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Final, Protocol

from bot.domain.standing import Audience

NOW: Final = timedelta(0)


class Audiences(Protocol):
    """Who reads a channel, as Slack says it."""

    async def of(self, workspace: str, channel: str, *, within: timedelta = NOW) -> Audience:
        """Return who reads a channel; where Slack says that too seldom, who read it so long ago at most.

        Raises ChannelClosed unless the bot is in it and it is alive, AudienceUnknown if Slack does not say.
        """
        ...

    async def names(self, workspace: str, users: Collection[str]) -> Mapping[str, str]:
        """Return what people are called, by user; the id itself where Slack does not say."""
        ...
