"""Editing: alerts' messages brought to their newest state."""

from dataclasses import dataclass
from typing import Final

from bot.domain.errors import TellingRefused
from bot.ports.alerting import Alert, Receipt
from bot.ports.place_turns import PACE
from bot.usecases.delivery.in_hand import InHand
from bot.usecases.delivery.truth import Truth
from bot.usecases.delivery.turn import FIRST_MESSAGE_WITHIN, Turn
from bot.usecases.delivery.units import Unit, is_edit, units_of

MOST_EDITS: Final = 10


@dataclass(frozen=True, kw_only=True, slots=True)
class Editing:
    """Edits what stands; an edit may be repeated, so nothing is ambiguous here."""

    turn: Turn
    hand: InHand
    truth: Truth

    async def edit(self) -> None:
        """Bring messages to their newest state."""
        units = units_of(notice for notice in self.hand.left if is_edit(notice))
        for unit in units[:MOST_EDITS]:
            true = await self.truth.of(unit)
            if true is None:
                continue
            alert, notices = true
            if alert.shared_message:
                await self.hand.drop(notices, "its message is a table of many")
            elif alert.receipt is not None:
                await self._edit_one(alert, alert.receipt, notices)
            elif self.turn.now - notices[-1].created_at < FIRST_MESSAGE_WITHIN:
                await self.hand.wait(notices, self.turn.now + 5 * PACE)
            else:
                await self.hand.drop(notices, "there is no message to edit")

    async def _edit_one(self, alert: Alert, receipt: Receipt, notices: Unit) -> None:
        turn = self.turn
        message = turn.drawn(lambda draw: draw.alert(alert, now=turn.now))
        if message is None:
            await self.hand.drop(notices, "it cannot be drawn")
            return
        try:
            await turn.ports.notifier.edit(turn.workspace, receipt, message)
        except TellingRefused as refused:
            if refused.place_is_out:
                raise
            turn.outcome.refused.append((turn.place, refused.code))
            await self.hand.drop(notices, refused.code)
            return
        await self.hand.edited(notices, receipt)
