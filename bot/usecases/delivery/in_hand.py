"""The notices that a turn has in hand, and how each leaves it: told, dropped, or given back."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from bot.domain.alerts import Form, Owed, Telling
from bot.ports.alerting import Alert, Notice, NoticeKind, Receipt
from bot.ports.place_turns import PACE
from bot.usecases.counting import derived_id
from bot.usecases.delivery.turn import Turn
from bot.usecases.delivery.units import Unit

MOST_ROWS: Final = 100
_IN_SIGHT: Final = 100
_IN_SIGHT_OF_STORM: Final = 500
_ASKED_FOR: Final = frozenset(
    {NoticeKind.TEST, NoticeKind.LIMIT_SET, NoticeKind.STANDUP_SET, NoticeKind.TEAM_TABLE}
)


class InHand:
    """What one place is owed, oldest first, until it is told, dropped or given back."""

    def __init__(self, turn: Turn, owed: Sequence[Notice]) -> None:
        self._turn = turn
        ordered = sorted(owed, key=lambda notice: (notice.created_at, notice.notice_id))
        self._left = {notice.notice_id: notice for notice in ordered}
        # These may have been told already.
        self._unsure = {notice.notice_id for notice in ordered if notice.attempted_at is not None}

    @property
    def left(self) -> tuple[Notice, ...]:
        """What is still in hand."""
        return tuple(self._left.values())

    def holds(self, notices: Iterable[Notice]) -> bool:
        """Tell whether all of these are still in hand."""
        return all(notice.notice_id in self._left for notice in notices)

    @property
    def is_asked_for(self) -> bool:
        """Tell whether somebody just asked for a message here: worth a try in a place in trouble."""
        return any(n.kind in _ASKED_FOR and n.attempts == 0 for n in self._left.values())

    def may_be_told(self, notices: Iterable[Notice]) -> None:
        """Keep the mark of these: they may have been told."""
        self._unsure |= {notice.notice_id for notice in notices}

    def are_not_told(self, notices: Iterable[Notice]) -> None:
        """Take the mark from these: they were looked for."""
        self._unsure -= {notice.notice_id for notice in notices}

    async def told_first(self, notices: Unit, receipt: Receipt, *, shared: bool) -> None:
        """Store the receipt of a message of its own, also where a reply became one."""
        first = tuple(
            n if n.owed is None else replace(n, owed=replace(n.owed, form=Form.MESSAGE)) for n in notices
        )
        await self._close(first, receipt, shared=shared)
        await self._works(len(notices))

    async def told_reply(self, notices: Unit, alert: Alert, receipt: Receipt) -> None:
        """Store the receipt of a reply; what it says is owed to the alert's message too, before that."""
        if not alert.shared_message:
            await self._turn.ports.notices.owe(_edit_after(notices[-1], alert, self._turn.now))
        await self._close(notices, receipt, shared=alert.shared_message)
        await self._works(len(notices))

    async def edited(self, notices: Unit, receipt: Receipt) -> None:
        """Store that an alert's message says these."""
        self._turn.outcome.edited += 1
        await self._close(notices, receipt, shared=False)

    async def drop(self, notices: Sequence[Notice], why: str) -> None:
        """Close notices untold."""
        await self._turn.ports.notices.drop(notices, why=why, now=self._turn.now)
        self._turn.outcome.dropped += [(notice.notice_id, why) for notice in notices]
        self._forget(notices)

    async def wait(self, notices: Sequence[Notice], until: datetime) -> None:
        """Give notices back; those that may have been told keep their mark."""
        for attempted in (False, True):
            chosen = [notice for notice in notices if (notice.notice_id in self._unsure) is attempted]
            if chosen:
                await self._turn.ports.notices.wait(chosen, until=until, attempted=attempted)
        self._turn.outcome.waiting += len(notices)
        self._forget(notices)

    async def give_back(self, until: datetime | None = None) -> None:
        """Give back what is left; in line for their second if no time is named."""
        waiting = self.left
        if until is not None:
            await self.wait(waiting, until)
            return
        memory, now = self._turn.memory, self._turn.now
        slot = memory.next_slot(now)
        # The next ones come back together, so that a storm is seen and its tables are in order; those behind
        # come when it is their turn, and crowd out no other place.
        in_sight, at_once = (
            (_IN_SIGHT, 1) if memory.open_storm(now) is None else (_IN_SIGHT_OF_STORM, MOST_ROWS)
        )
        await self.wait(waiting[:in_sight], slot)
        behind = waiting[in_sight:]
        for turn, start in enumerate(range(0, len(behind), at_once), start=1):
            await self.wait(behind[start : start + at_once], slot + turn * PACE)

    async def _works(self, told: int) -> None:
        """Note that the place takes messages."""
        turn = self._turn
        turn.outcome.told += told
        turn.memory.failures = 0
        turn.memory.tried_at = None
        if turn.is_in_trouble:
            turn.is_in_trouble = False
            await turn.ports.places.set_trouble(turn.workspace, turn.place, None)

    async def _close(self, notices: Unit, receipt: Receipt, *, shared: bool) -> None:
        await self._turn.ports.notices.told(notices, receipt, now=self._turn.now, shared=shared)
        self._turn.loaded.clear()  # receipts have changed
        self._forget(notices)

    def _forget(self, notices: Iterable[Notice]) -> None:
        for notice in notices:
            self._left.pop(notice.notice_id, None)


def _edit_after(newest: Notice, alert: Alert, now: datetime) -> Notice:
    """Bring an alert's message to what its thread says now."""
    return Notice(
        workspace=newest.workspace,
        notice_id=derived_id("edit", newest.notice_id),
        place=newest.place,
        kind=NoticeKind.ALERT,
        created_at=now,
        limit_id=newest.limit_id,
        subject=newest.subject,
        owed=Owed(
            telling=Telling.CHANGED,
            form=Form.EDIT,
            threshold=alert.state.told,
            window=alert.state.window,
        ),
    )
