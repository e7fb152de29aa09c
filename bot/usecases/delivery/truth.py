"""What is still true of what is owed: notices are told as things stand now, or not at all."""

from dataclasses import dataclass, replace
from datetime import datetime

from bot.domain.alerts import LAST_WORD, AlertState, Form, Owed, Reason, Telling
from bot.domain.limits import FULL
from bot.ports.alerting import Alert, Notice
from bot.ports.place_turns import PACE
from bot.usecases.delivery.in_hand import InHand
from bot.usecases.delivery.turn import Turn
from bot.usecases.delivery.units import Unit, has_first


@dataclass(frozen=True, kw_only=True, slots=True)
class Truth:
    """Asks how alerts stand now, and drops what no longer holds."""

    turn: Turn
    hand: InHand

    async def of(self, unit: Unit) -> tuple[Alert, Unit] | None:
        """Return the alert as it stands now and the notices that still hold; the others are dropped."""
        alert = await self.alert(unit[0])
        if isinstance(alert, str):
            await self.hand.drop(unit, alert)
            return None
        highest = max((n.owed.threshold for n in unit if n.owed is not None), default=0)
        true = []
        for notice in unit:
            why = _why_not(notice, alert, highest=highest, now=self.turn.now)
            if why:
                await self.hand.drop([notice], why)
            else:
                true.append(notice)
        return await self._told(alert, tuple(true)) if true else None

    async def _told(self, alert: Alert, notices: Unit) -> tuple[Alert, Unit] | None:
        """Keep what the channel may be told; of an alert that it may not, only that there is one."""
        discretion = self.turn.ports.discretion
        if discretion is not None and await discretion.is_gone(self.turn, alert):
            await self.hand.drop(notices, "no longer on the channel's team")
            return None
        audience = None if discretion is None else await discretion.withholds(self.turn, alert)
        if audience is None:
            return alert, notices
        if not has_first(notices):
            await self.hand.drop(notices, "others can read the channel now")
            return None
        self.turn.withheld[alert.limit.limit_id, alert.subject] = audience
        return alert, notices

    async def alert(self, notice: Notice) -> Alert | str:
        """Return the alert a notice is about, as it is now, or why there is none."""
        if notice.limit_id is None or notice.owed is None:
            return "it belongs to no limit"
        loaded, ports = self.turn.loaded, self.turn.ports
        key = (notice.limit_id, notice.subject)
        if key not in loaded:
            limit = await ports.limits.one(self.turn.workspace, notice.limit_id)
            alert = None if limit is None else await ports.alerts.one(limit, notice.subject)
            loaded[key] = alert or ("the limit is gone" if limit is None else "the alert is gone")
        found = loaded[key]
        if isinstance(found, Alert) and found.state.window.start != notice.owed.window.start:
            return await self._last_word(found, notice, notice.owed) or "its period is over"
        return found

    async def _last_word(self, alert: Alert, notice: Notice, owed: Owed) -> Alert | None:
        """Return the alert as it stood when its period ended: a crossing known only afterwards is told."""
        if owed.telling is not Telling.CROSSED or not (
            owed.window.end <= alert.state.window.start and self.turn.now - owed.window.end <= LAST_WORD
        ):
            return None
        for step in await self.turn.ports.alerts.transitions(alert, most=20):
            is_it = step.reason is Reason.CROSSED and step.told_after == owed.threshold
            if is_it and abs(step.at - notice.created_at) <= PACE:
                state = AlertState(
                    window=owed.window,
                    told=step.told_after,
                    told_at=step.at,
                    opened_at=step.at,
                    core_hours=step.core_hours,
                    as_of=step.as_of,
                )
                limit = replace(alert.limit, core_hours=step.limit_core_hours)
                return Alert(limit=limit, subject=alert.subject, state=state, username=alert.username)
        return None


def _why_not(notice: Notice, alert: Alert, *, highest: int, now: datetime) -> str | None:  # noqa: C901, PLR0912 (one arm per telling)
    """Return why a notice is no longer true, None if it is."""
    state, owed = alert.state, notice.owed
    if owed is None:
        return "it says nothing"
    match owed.telling:
        case Telling.CROSSED:
            if state.told < owed.threshold:
                return "use fell again before it could be told"
            if owed.form is Form.MESSAGE:
                is_said = (
                    alert.receipt is not None and float(alert.receipt.ts) > notice.created_at.timestamp()
                )
                return "the alert's message says it already" if is_said else None
            if owed.threshold < state.told and highest < state.told and alert.receipt is not None:
                return "a higher threshold is told"
        case Telling.RESOLVED:
            if state.told >= owed.threshold:
                return "crossed again"
        case Telling.REMINDER | Telling.SNOOZE_OVER:
            if now >= state.window.end:
                return "its period is over"
            if state.told != owed.threshold or not state.is_open:
                return "another threshold is told"
            if state.acknowledged_at is not None or state.is_snoozed(now):
                return "acknowledged or snoozed meanwhile"
        case Telling.FORECAST:
            if now >= state.window.end or state.told >= FULL:
                return "the limit is full, or its period is over"
        case Telling.CHANGED:
            pass
    return None
