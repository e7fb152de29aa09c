"""Looking for interrupted notices: what may have been told is told again only if it is nowhere."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from bot.domain.errors import TellingRefused
from bot.domain.table_pages import TablePage
from bot.ports.alerting import Alert, Notice, NoticeKind, Receipt
from bot.usecases.delivery.digests import Digesting
from bot.usecases.delivery.in_hand import InHand
from bot.usecases.delivery.pages import thread_of
from bot.usecases.delivery.posting import Posting
from bot.usecases.delivery.team_tables import Tabling
from bot.usecases.delivery.truth import Truth
from bot.usecases.delivery.turn import Turn
from bot.usecases.delivery.units import Unit, has_first, id_in_table


@dataclass(frozen=True, kw_only=True, slots=True)
class Looking:
    """Looks where an interrupted post could stand."""

    turn: Turn
    hand: InHand
    truth: Truth
    posting: Posting
    digesting: Digesting
    tabling: Tabling

    async def look(self) -> None:
        """Look for interrupted notices; what went out in one message was marked at one time."""
        interrupted: dict[datetime, list[Notice]] = defaultdict(list)
        for notice in self.hand.left:
            if notice.attempted_at is not None:
                interrupted[notice.attempted_at].append(notice)
        for attempted_at, group in interrupted.items():
            if not await self._found(tuple(group), attempted_at):
                self.hand.are_not_told(group)

    async def _found(self, group: Unit, since: datetime) -> bool:
        """Look where these could stand; told if they do."""
        is_told = (not has_first(group) and await self._found_reply(group, since)) or await self._found_own(
            group, since
        )
        if is_told:
            self.turn.outcome.found += 1
        return is_told

    async def _found_reply(self, group: Unit, since: datetime) -> bool:
        """Look in the thread of the alert that these are about."""
        first = group[0]
        alert = await self.truth.alert(first) if first.kind is NoticeKind.ALERT else None
        if not isinstance(alert, Alert) or alert.receipt is None:
            return False
        receipt = await self._find(first.notice_id, since, alert.receipt)
        if receipt is None:
            return False
        await self.hand.told_reply(group, alert, receipt)
        return True

    async def _found_own(self, group: Unit, since: datetime) -> bool:
        """Look for a message of their own, and for a storm's table."""
        own, table = group[0].notice_id, id_in_table(group[0])
        for notice_id in [own, table] if has_first(group) else [own]:
            receipt = await self._find(notice_id, since, thread_of(group[0]))
            if receipt is not None:
                shared = notice_id == table
                if shared:
                    self.turn.memory.storm = (receipt, since)
                pages = await self._pages_of(group[0])
                if not self.hand.holds(group):
                    return True  # what follows it cannot be known just now: it is looked for again
                await self.posting.owe_pages(group[0], pages, receipt)
                await self.hand.told_first(group, receipt, shared=shared)
                return True
        return False

    async def _pages_of(self, notice: Notice) -> tuple[TablePage, ...]:
        """Return what follows a message that was found."""
        match notice.kind:
            case NoticeKind.STANDUP:
                return await self.digesting.pages_of(notice)
            case NoticeKind.TEAM_TABLE:
                return await self.tabling.pages_of(notice)
            case _:
                return ()

    async def _find(self, notice_id: str, since: datetime, thread: Receipt | None) -> Receipt | None:
        turn = self.turn
        try:
            return await turn.ports.notifier.find(
                turn.workspace, turn.place, notice_id=notice_id, since=since, thread=thread
            )
        except TellingRefused as refused:
            if refused.place_is_out:
                raise
            return None  # it cannot be looked for: told twice beats never told
