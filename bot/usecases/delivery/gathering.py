"""Gathering: what is drawn with the numbers of the moment it is told, for those who read the channel then."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, TypeVar

from bot.domain.digests import Digest
from bot.domain.errors import AudienceUnknown, ChannelClosed, TellingRefused
from bot.domain.standups import is_late
from bot.domain.table_pages import OwedPage, TablePage
from bot.domain.team_usage import TeamUsage
from bot.ports.alerting import Notice
from bot.usecases.delivery.in_hand import InHand
from bot.usecases.delivery.pages import thread_of
from bot.usecases.delivery.posting import Post
from bot.usecases.delivery.turn import Drawings, Turn

ASK_AGAIN: Final = timedelta(seconds=20)

T = TypeVar("T")
Tables = TypeVar("Tables", Digest, TeamUsage)


@dataclass(frozen=True, kw_only=True, slots=True)
class Gathering:
    """Asks for a channel's numbers, and draws the pages that follow a message with tables."""

    turn: Turn
    hand: InHand

    async def gathered(self, notice: Notice, asking: Awaitable[Tables]) -> Tables | None:
        """Gather tables and remember them; None, and the notice waits, while the readers are not known."""
        tables = await self._asked(notice, asking)
        turn = self.turn
        turn.last_tables.keep(turn.workspace, turn.place, tables, now=turn.now)
        return tables

    async def page_of(
        self,
        notice: Notice,
        kind: type[Tables],
        *,
        gather: Callable[[], Awaitable[Tables]],
        draw: Callable[[Drawings, Tables, TablePage], object],
    ) -> Post | None:
        """Return a further page, or None if it was dropped or has to wait."""
        turn, page = self.turn, OwedPage.read(notice.text).page
        if is_late(notice.created_at, now=turn.now):
            await self.hand.drop([notice], "too late")
            return None
        held = turn.last_tables.of(turn.workspace, turn.place, now=turn.now)
        tables = held if isinstance(held, kind) else await self.gathered(notice, gather())
        if tables is None:
            return None
        asking = turn.ports.digests.may_name(turn.workspace, turn.place.slack_id, page.users, now=turn.now)
        may_name = await self._asked(notice, asking)
        if may_name is None:
            return None
        if not may_name or not tables.rows_of(page):
            await self.hand.drop([notice], "these people are not to be named any more")
            return None
        shown = tables
        message = turn.drawn(lambda drawings: draw(drawings, shown, page))
        return Post(notices=(notice,), message=message, thread=thread_of(notice))

    async def _asked(self, notice: Notice, asking: Awaitable[T]) -> T | None:
        """Ask who reads the channel; a closed one is trouble, and one that Slack does not speak of waits."""
        try:
            return await asking
        except ChannelClosed as closed:
            raise TellingRefused(closed.reason, place_is_out=True) from closed
        except AudienceUnknown as unknown:
            await self.hand.wait([notice], self.turn.now + (unknown.wait or ASK_AGAIN))
            return None
