"""`standup`: set a channel's standup, switch it off, and have its digest now."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bot.domain.digests import Digest, OwedDigest
from bot.domain.errors import (
    NotFullMember,
    NotInChannel,
    StandupMissing,
    TeamEmpty,
    TryAgainLater,
    WalltimeError,
)
from bot.domain.limits import Place, PlaceKind
from bot.domain.people import Person
from bot.domain.standing import Standing
from bot.domain.standups import Schedule, Standup
from bot.ports import AuditEntry, AuditLog
from bot.ports.alerting import Notice, NoticeKind, Notices, Teams
from bot.ports.standups import Calendars, Standups
from bot.usecases.gather_digest import GatherDigest

_TRIES: Final = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class StandupOrder:
    """Who wants something about which channel's standup; `standing` is what Slack says of them there."""

    person: Person
    channel: str
    standing: Standing


@dataclass(frozen=True, kw_only=True, slots=True)
class StandupSentences:
    """How it is said in the channel that a standup was set, or switched off by somebody."""

    posted: Callable[[Standup], str]
    stopped: Callable[[Standup, str], str]


@dataclass(frozen=True, kw_only=True, slots=True)
class SetStandup:
    """Set, switch off, show, preview and send."""

    standups: Standups
    calendars: Calendars
    teams: Teams
    notices: Notices
    audit: AuditLog
    gather: GatherDigest

    async def shown(self, workspace: str, channel: str) -> Standup | None:
        """Return what is set in a channel; None if it is off."""
        found = await self.standups.of(workspace, channel)
        return found if found is not None and found.is_on else None

    async def __call__(
        self, order: StandupOrder, schedule: Schedule, *, say: StandupSentences, notice_id: str, now: datetime
    ) -> tuple[Standup, int]:
        """Set it, in the place of the one there was; return it, and how many have joined.

        Raises NotFullMember or TeamEmpty. `notice_id` is a fresh random name of 32 characters at most.
        """
        try:
            people = await self._check(order)
        except WalltimeError as error:
            await self._refused(order, "standup_refused", error, now)
            raise
        holidays = self.calendars.of(schedule.holidays, range(now.year - 1, now.year + 2))
        fresh = Standup.start(
            workspace=order.person.workspace,
            channel=order.channel,
            schedule=schedule,
            set_by=order.person,
            holidays=holidays,
            now=now,
        )
        for _ in range(_TRIES):
            before = await self.standups.of(fresh.workspace, fresh.channel)
            standup = fresh if before is None else fresh.follow(before, holidays=holidays)
            told = _told(order, say.posted(standup), notice_id, now)
            entry = _entry(order, "standup_set", describe(schedule), now)
            if await self.standups.put(standup, notices=[told], audit=entry):
                return standup, people
        raise TryAgainLater("the standup changed under the order")

    async def stop(
        self, order: StandupOrder, *, say: StandupSentences, notice_id: str, now: datetime
    ) -> Standup:
        """Switch it off, as admins may, too, and say so there; raises StandupMissing or NotFullMember."""
        for _ in range(_TRIES):
            standup = await self.shown(order.person.workspace, order.channel)
            if standup is None:
                raise StandupMissing
            if not (order.standing.is_full_member or order.standing.is_admin):
                await self._refused(order, "standup_off_refused", NotFullMember(), now)
                raise NotFullMember
            told = _told(order, say.stopped(standup, order.person.user), notice_id, now)
            entry = _entry(order, "standup_off", describe(standup.schedule), now)
            if await self.standups.put(standup.stop(), notices=[told], audit=entry):
                return standup
        raise TryAgainLater("the standup changed under the order")

    async def preview(self, order: StandupOrder, *, now: datetime) -> Digest:
        """Return the digest as it would be told now; raises NotInChannel or TeamEmpty."""
        if not order.standing.is_member:
            raise NotInChannel
        await self._joined(order)
        return await self.gather(
            order.person.workspace, order.channel, await self._owed_now(order, now), now=now
        )

    async def send(self, order: StandupOrder, *, notice_id: str, now: datetime) -> None:
        """Owe a digest at once, besides the scheduled one; raises NotFullMember or TeamEmpty."""
        try:
            await self._check(order)
        except WalltimeError as error:
            await self._refused(order, "standup_now_refused", error, now)
            raise
        owed = await self._owed_now(order, now)
        await self.notices.owe(
            Notice(
                workspace=order.person.workspace,
                notice_id=notice_id,
                place=Place(kind=PlaceKind.CHANNEL, slack_id=order.channel),
                kind=NoticeKind.STANDUP,
                created_at=now,
                text=owed.write(),
            )
        )
        await self.audit.record(_entry(order, "standup_now", "", now))

    async def _owed_now(self, order: StandupOrder, now: datetime) -> OwedDigest:
        standup = await self.standups.of(order.person.workspace, order.channel)
        zone = self.gather.zone_of(standup)
        return OwedDigest(day=now.astimezone(zone).date(), due_at=now, asked_by=order.person.user)

    async def _check(self, order: StandupOrder) -> int:
        if not order.standing.is_full_member:
            raise NotFullMember
        return await self._joined(order)

    async def _joined(self, order: StandupOrder) -> int:
        """Return how many have joined; raises TeamEmpty if nobody has."""
        people = len(await self.teams.members(order.person.workspace, order.channel))
        if not people:
            raise TeamEmpty
        return people

    async def _refused(self, order: StandupOrder, action: str, error: WalltimeError, now: datetime) -> None:
        """Keep a failed check in the audit log."""
        await self.audit.record(_entry(order, action, type(error).__name__, now))


def describe(schedule: Schedule) -> str:
    """Write a schedule down for the audit log."""
    days = ",".join(str(day) for day in schedule.days)
    words = f"{schedule.at:%H:%M} days {days} {schedule.zone.key}"
    return words if schedule.holidays is None else f"{words} except {schedule.holidays}"


def _told(order: StandupOrder, text: str, notice_id: str, now: datetime) -> Notice:
    return Notice(
        workspace=order.person.workspace,
        notice_id=notice_id,
        place=Place(kind=PlaceKind.CHANNEL, slack_id=order.channel),
        kind=NoticeKind.STANDUP_SET,
        created_at=now,
        text=text,
    )


def _entry(order: StandupOrder, action: str, detail: str, now: datetime) -> AuditEntry:
    return AuditEntry(
        workspace=order.person.workspace,
        actor=order.person.user,
        action=action,
        subject=order.channel,
        detail=detail,
        at=now,
    )
