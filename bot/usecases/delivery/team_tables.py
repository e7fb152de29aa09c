"""A team's table that somebody posts: drawn as it is told, its further pages in its thread."""

from dataclasses import dataclass

from bot.domain.people import LEFT
from bot.domain.standups import is_late
from bot.domain.table_pages import TablePage
from bot.domain.team_usage import OwedTable, TeamUsage
from bot.ports.alerting import Notice, NoticeKind
from bot.usecases.delivery.gathering import Gathering
from bot.usecases.delivery.posting import Post


@dataclass(frozen=True, kw_only=True, slots=True)
class Tabling:
    """Turns what is owed into the table's message, and into the pages of its thread."""

    gathering: Gathering

    async def post_of(self, notice: Notice) -> Post | None:
        """Return the message, or None if the notice was dropped or has to wait."""
        turn, hand = self.gathering.turn, self.gathering.hand
        if notice.kind is NoticeKind.TEAM_PART:
            return await self._page(notice)
        if is_late(notice.created_at, now=turn.now):
            await hand.drop([notice], "too late")
            return None
        owed = OwedTable.read(notice.text)
        if owed.asked_by == LEFT:
            await hand.drop([notice], "who posts it has left")
            return None
        team = await self._gathered(notice, owed)
        if team is None:
            return None
        if not team.tables:
            await hand.drop([notice], "nobody of the team is linked any more")
            return None
        message = turn.drawn(lambda draw: draw.team_table(team, owed))
        return Post(notices=(notice,), message=message, pages=team.table_on(owed.cluster).pages[1:])

    async def pages_of(self, notice: Notice) -> tuple[TablePage, ...]:
        """Return what follows a table whose message was found."""
        owed = OwedTable.read(notice.text)
        team = await self._gathered(notice, owed)
        return team.table_on(owed.cluster).pages[1:] if team is not None and team.tables else ()

    async def _gathered(self, notice: Notice, owed: OwedTable) -> TeamUsage | None:
        turn = self.gathering.turn
        asking = turn.ports.teams(turn.workspace, turn.place.slack_id, asked_by=owed.asked_by, now=turn.now)
        return await self.gathering.gathered(notice, asking)

    async def _page(self, notice: Notice) -> Post | None:
        turn = self.gathering.turn
        return await self.gathering.page_of(
            notice,
            TeamUsage,
            gather=lambda: turn.ports.teams(turn.workspace, turn.place.slack_id, now=turn.now),
            draw=lambda draw, team, page: draw.team_page(team, page),
        )
