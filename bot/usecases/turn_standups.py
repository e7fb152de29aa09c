"""The tick of standups: whatever is due becomes a notice, once per channel and local date."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bot.domain.digests import OwedDigest
from bot.domain.limits import Place, PlaceKind
from bot.domain.standups import Due, Standup, turn
from bot.ports.alerting import Notice, NoticeKind
from bot.ports.standups import Calendars, Standups
from bot.usecases.counting import derived_id

MOST_AT_ONCE: Final = 200


@dataclass(frozen=True, kw_only=True, slots=True)
class TurnStandups:
    """Owe the digests that are due; what is too late is noted for the next one to say."""

    standups: Standups
    calendars: Calendars

    async def __call__(self, *, now: datetime) -> None:
        """Decide every standup whose time has come; one that somebody else decides meanwhile is theirs."""
        for standup in await self.standups.due(now=now, most=MOST_AT_ONCE):
            years = range(standup.last_day.year, now.year + 2)
            holidays = self.calendars.of(standup.schedule.holidays, years)
            turned = turn(standup, holidays=holidays, now=now)
            if turned is None:
                continue
            owed = [] if turned.due is None else [_notice(standup, turned.due, now=now)]
            await self.standups.put(turned.after, notices=owed)


def _notice(standup: Standup, due: Due, *, now: datetime) -> Notice:
    """Return the notice of a channel's digest for a date: the same id, whoever owes it and however often."""
    return Notice(
        workspace=standup.workspace,
        notice_id=derived_id("standup", standup.channel, due.day.isoformat()),
        place=Place(kind=PlaceKind.CHANNEL, slack_id=standup.channel),
        kind=NoticeKind.STANDUP,
        created_at=now,
        text=OwedDigest(day=due.day, due_at=due.at).write(),
    )
