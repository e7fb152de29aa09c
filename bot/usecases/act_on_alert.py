"""`alerts` and the buttons of an alert: acknowledge, snooze, why, raise the limit, test."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from bot.domain.alert_keys import AlertKey
from bot.domain.alerts import AlertState, Decision, SnoozeLength, acknowledge, check_open, snooze
from bot.domain.audience import Guard
from bot.domain.errors import (
    AlertOver,
    LimitGone,
    NotAgreed,
    NotFullMember,
    SomebodyElses,
    TryAgainLater,
    WalltimeError,
)
from bot.domain.judging import judge
from bot.domain.limit_answers import AlertActed, AlertWhy, CountedLink, OpenAlert, OpenAlerts
from bot.domain.limits import Limit, Place, PlaceKind, ScopeKind
from bot.domain.measuring import measure
from bot.domain.people import Person
from bot.domain.periods import window
from bot.domain.standing import Standing
from bot.ports import AuditEntry, AuditLog
from bot.ports.alerting import Alert, Alerts, Limits, Notice, NoticeKind, Notices
from bot.usecases.counting import Counting, alert_notices

MOST_READINGS: Final = 5
MOST_TRANSITIONS: Final = 10
_TRIES: Final = 2


@dataclass(frozen=True, kw_only=True, slots=True)
class ActOnAlert:
    """What people do about alerts; each click is judged for the clicker at the click."""

    counting: Counting
    limits: Limits
    alerts: Alerts
    notices: Notices
    audit: AuditLog

    async def limit_of(self, person: Person, key: AlertKey) -> Limit:
        """Return the limit of a button; its channel is where the clicker's standing counts.

        Raises LimitGone, or SomebodyElses for another person's own limit.
        """
        limit = await self.limits.one(person.workspace, key.limit_id)
        if limit is None:
            raise LimitGone
        if limit.scope.kind is ScopeKind.ME and limit.scope.user != person.user:
            raise SomebodyElses
        return limit

    async def acknowledge(
        self, person: Person, key: AlertKey, *, standing: Standing, now: datetime
    ) -> AlertActed:
        """Stop the reminders; raises AlertOver, LimitGone or a NotAllowed."""

        def decide(limit: Limit, state: AlertState) -> Decision:
            return acknowledge(limit, state, by=person.user, now=now)

        return await self._act("alert_ack", person, key, standing=standing, decide=decide, now=now)

    async def snooze(
        self, person: Person, key: AlertKey, length: SnoozeLength, *, standing: Standing, now: datetime
    ) -> AlertActed:
        """Hold the next thresholds back; raises AlertOver, LimitGone or a NotAllowed."""

        def decide(limit: Limit, state: AlertState) -> Decision:
            return snooze(limit, state, length=length, by=person.user, now=now)

        return await self._act("alert_snooze", person, key, standing=standing, decide=decide, now=now)

    async def may_raise(self, person: Person, key: AlertKey, *, standing: Standing, now: datetime) -> Limit:
        """Return the limit to open the form with; raises LimitGone or a NotAllowed."""
        return await self._allowed("alert_raise", person, key, standing, now)

    async def why(
        self, person: Person, key: AlertKey, *, standing: Standing, guard: Guard | None, now: datetime
    ) -> AlertWhy:
        """Return everything behind an alert, also of one that is over; raises LimitGone or a NotAllowed.

        The `guard` of the limit's channel, None for a personal limit, holds back single people's readings;
        raises NotAgreed if the alert is of one person who has not agreed to those who read the channel.
        """
        limit = await self._allowed("alert_why", person, key, standing, now)
        alert = await self.alerts.one(limit, key.subject)
        cluster = self.counting.cluster(limit.cluster)
        if alert is None or cluster is None:
            raise AlertOver(resolved_at=None)
        counted = await self.counting.one(limit, key.subject, now=now)
        may_name = guard is None or guard.may_name({link.person.user for link in counted.links})
        if not may_name and key.subject not in {"", person.user}:
            raise NotAgreed(counted.links[0].username)
        decision = judge(
            limit,
            alert.state,
            counted.series,
            zone=cluster.timezone,
            poll_interval=self.counting.poll_interval,
            now=now,
        )[-1]
        inside = window(limit.period, now, cluster.timezone)
        measured = measure(
            limit.period, inside, counted.series, poll_interval=self.counting.poll_interval, now=now
        )
        return AlertWhy(
            alert=await self._open(alert, now=now),
            reason=decision.reason,
            core_hours=measured.core_hours,
            as_of=measured.as_of,
            missing=measured.missing,
            links=tuple(
                CountedLink(username=link.username, readings=tuple(series.readings[-MOST_READINGS:]))
                for link, series in zip(counted.links, counted.series, strict=True)
                if may_name or link.person == person
            ),
            transitions=await self.alerts.transitions(alert, most=MOST_TRANSITIONS),
        )

    async def open_alerts(
        self, person: Person, channel: str | None, *, guard: Guard | None, now: datetime
    ) -> OpenAlerts:
        """Return the open alerts of a person's own limits and of the channel's, as its `guard` lets them."""
        found = await self.alerts.open_for(person.workspace, user=person.user, channel=channel)
        shown = [
            alert
            for alert in found
            if guard is None
            or alert.limit.scope.channel is None
            or alert.subject in {"", person.user}
            or guard.may_name({alert.subject})
        ]
        return OpenAlerts(
            alerts=tuple([await self._open(alert, now=now) for alert in shown]),
            hidden=len(found) - len(shown),
        )

    async def test(
        self,
        person: Person,
        channel: str | None,
        *,
        standing: Standing,
        text: str,
        notice_id: str,
        now: datetime,
    ) -> Place:
        """Owe a test alert to the channel, or without one to the person's DM; return where it comes."""
        if channel is not None and not standing.is_full_member:
            await self._refused("alert_test", person, channel, NotFullMember(), now)
            raise NotFullMember
        place = (
            Place(kind=PlaceKind.DM, slack_id=person.user)
            if channel is None
            else Place(kind=PlaceKind.CHANNEL, slack_id=channel)
        )
        await self.notices.owe(
            Notice(
                workspace=person.workspace,
                notice_id=notice_id,
                place=place,
                kind=NoticeKind.TEST,
                created_at=now,
                text=text,
            )
        )
        return place

    async def _act(
        self,
        action: str,
        person: Person,
        key: AlertKey,
        *,
        standing: Standing,
        decide: Callable[[Limit, AlertState], Decision],
        now: datetime,
    ) -> AlertActed:
        """Decide on the newest state and write it; whoever wrote meanwhile is read once again."""
        for _ in range(_TRIES):
            limit = await self._allowed(action, person, key, standing, now)
            alert = await self.alerts.one(limit, key.subject)
            if alert is None:
                raise AlertOver(resolved_at=None)
            check_open(alert.state, window_start=key.window_start)
            decision = decide(limit, alert.state)
            if decision.transition is None:
                return AlertActed(alert=await self._open(alert, now=now), fresh=False)
            notices = alert_notices(limit, key.subject, decision, now=now)
            subject = f"{limit.limit_id}/{key.subject}"
            entry = _entry(action, person, subject, decision.transition.note, now)
            if await self.alerts.record(alert, [decision], notices=notices, entry=entry):
                acted = replace(alert, state=decision.state)
                return AlertActed(alert=await self._open(acted, now=now), fresh=True)
        raise TryAgainLater("the alert changed under the click")

    async def _allowed(
        self, action: str, person: Person, key: AlertKey, standing: Standing, now: datetime
    ) -> Limit:
        """Return the limit if the clicker may act on it; what they may not is in the audit log."""
        try:
            limit = await self.limit_of(person, key)
            if limit.scope.kind is not ScopeKind.ME and not standing.is_full_member:
                raise NotFullMember
        except WalltimeError as error:
            await self._refused(action, person, key.limit_id, error, now)
            raise
        return limit

    async def _open(self, alert: Alert, *, now: datetime) -> OpenAlert:
        counted = await self.counting.one(alert.limit, alert.subject, now=now) if alert.subject else None
        return OpenAlert(
            limit=alert.limit,
            cluster=self.counting.cluster(alert.limit.cluster),
            subject=alert.subject,
            username=counted.links[0].username if counted and counted.links else "",
            state=alert.state,
        )

    async def _refused(
        self, action: str, person: Person, subject: str, error: WalltimeError, now: datetime
    ) -> None:
        await self.audit.record(_entry(f"{action}_refused", person, subject, type(error).__name__, now))


def _entry(action: str, person: Person, subject: str, detail: str, now: datetime) -> AuditEntry:
    return AuditEntry(
        workspace=person.workspace, actor=person.user, action=action, subject=subject, detail=detail, at=now
    )
