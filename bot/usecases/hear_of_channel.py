"""Slack tells that a channel takes messages again: what waits there need not wait for the next try."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bot.domain.limits import Place, PlaceKind
from bot.ports.alerting import Places


class ChannelNews(StrEnum):
    """What happened to a channel."""

    INVITED = "invited"
    UNARCHIVED = "unarchived"


# Only these: of any other trouble the owner has heard, and would hear once more at the next refusal.
_CURES: Final = {
    ChannelNews.INVITED: frozenset({"not_in_channel", "channel_not_found", "is_archived"}),
    ChannelNews.UNARCHIVED: frozenset({"is_archived"}),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class HearOfChannel:
    """Forget the trouble that news have ended; delivery sees it at its next look."""

    places: Places

    async def __call__(self, workspace: str, channel: str, news: ChannelNews) -> None:
        """Hear the news."""
        place = Place(kind=PlaceKind.CHANNEL, slack_id=channel)
        trouble = await self.places.trouble(workspace, place)
        if trouble is not None and trouble.reason in _CURES[news]:
            await self.places.set_trouble(workspace, place, None)
