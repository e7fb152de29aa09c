"""One poll of one link: take a reading, judge every limit it counts for, plan the next poll."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from bot.domain.alerts import AlertState, Decision
from bot.domain.clusters import Cluster
from bot.domain.errors import NotLinked, SealBroken, TokenRefused, WalltimeError
from bot.domain.judging import judge
from bot.domain.limits import Limit, Place, PlaceKind, ScopeKind
from bot.domain.measuring import Series
from bot.domain.people import Link
from bot.domain.periods import PeriodKind, window
from bot.domain.polling import Watched, next_gap
from bot.ports import LiveReadings, Readings
from bot.ports.alerting import Alert, Alerts, Limits, Notice, NoticeKind, Polled, Polls, Teams

OWNER_HEARS_AFTER: Final = timedelta(hours=6)
TOKEN_TRIES: Final = 3
# Weekday patterns and the pace need this much, whatever the period.
LOOK_BACK: Final = timedelta(days=35)
_CAS_TRIES: Final = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class PollLink:
    """Poll one link that is due."""

    clusters: tuple[Cluster, ...]
    poll_interval: timedelta
    live: LiveReadings
    readings: Readings
    limits: Limits
    alerts: Alerts
    teams: Teams
    polls: Polls

    async def __call__(self, polled: Polled, *, now: datetime) -> WalltimeError | None:
        """Poll; return what went wrong, if anything did. Nothing is counted from a failed poll."""
        link = polled.link
        cluster = next((cluster for cluster in self.clusters if cluster.name == link.cluster), None)
        if cluster is None:
            await self.polls.plan(polled, next_at=now + self.poll_interval * 6, notice=None)
            return None
        try:
            reading = await self.live.one(link)
        except NotLinked:
            return None
        except WalltimeError as error:
            await self._failed(polled, error, cluster, now)
            return error
        await self._judge_all(polled, cluster, reading.confirmed_at)
        return None

    async def _judge_all(self, polled: Polled, cluster: Cluster, now: datetime) -> None:
        """Judge every limit that this link counts for; the riskiest of them sets the next poll."""
        link = polled.link
        watched = []
        for limit in await self.limits.all_on(link.person.workspace, cluster.name):
            members = await self._members(limit)
            if link.person.user in members:
                subject = "" if limit.scope.kind is ScopeKind.TEAM else link.person.user
                users = members if limit.scope.kind is ScopeKind.TEAM else (link.person.user,)
                watched.append(await self._judge(limit, subject, users, cluster, now))
        own = await self.readings.covering(link, now - LOOK_BACK)
        gap = next_gap(own, watched, poll_interval=self.poll_interval, now=now)
        well = Polled(link=link, planned_gap=gap)
        await self.polls.plan(well, next_at=now + _spread(gap, link), notice=None)

    async def _members(self, limit: Limit) -> Sequence[str]:
        """Return the users whose links a limit counts."""
        if limit.scope.channel is None:
            return (limit.scope.user,) if limit.scope.user is not None else ()
        members = await self.teams.members(limit.workspace, limit.scope.channel)
        return [user for user in members if limit.scope.user in (None, user)]

    async def _judge(
        self, limit: Limit, subject: str, users: Sequence[str], cluster: Cluster, now: datetime
    ) -> Watched:
        """Decide, and write state and notices together; whoever wrote meanwhile is read again."""
        around = window(limit.period, now, cluster.timezone)
        series = await self._series(limit, users, now)
        for _ in range(_CAS_TRIES):
            found = await self.alerts.one(limit, subject)
            alert = found or Alert(limit=limit, subject=subject, state=AlertState(window=around))
            decisions = judge(
                limit,
                alert.state,
                series,
                zone=cluster.timezone,
                poll_interval=self.poll_interval,
                now=now,
            )
            newest = decisions[-1].state
            if found is not None and newest == alert.state:
                break
            notices = _notices(alert, decisions, now)
            if await self.alerts.record(alert, decisions, notices=notices, now=now):
                break
        return Watched(limit=limit, state=newest, window=around)

    async def _series(self, limit: Limit, users: Sequence[str], now: datetime) -> list[Series]:
        polls = await self.polls.series(limit.workspace, users, limit.cluster)
        return [
            Series(
                readings=await self.readings.covering(one.link, _since(limit, now)),
                planned_gap=one.planned_gap,
            )
            for one in polls
        ]

    async def _failed(self, polled: Polled, error: WalltimeError, cluster: Cluster, now: datetime) -> None:
        """Note the failure; the owner hears once, of a dead token sooner than of a silent cluster."""
        since = polled.failing_since or now
        refused = isinstance(error, TokenRefused | SealBroken)
        after = replace(
            polled,
            failing_since=since,
            failures=polled.failures + 1,
            token_failures=polled.token_failures + 1 if refused else 0,
        )
        notice = None
        if after.token_failures >= TOKEN_TRIES:
            text = (
                f"{cluster.label} does not accept your token any more: I cannot read your core-hours there. "
                "Link again; your readings and limits are kept."
            )
            notice = _to_owner(polled.link, NoticeKind.TOKEN_REFUSED, text, since, now)
            after = replace(after, stopped=True, owner_told=True)
        elif not polled.owner_told and now - since >= OWNER_HEARS_AFTER:
            text = (
                f"{cluster.label} has given me no data on {polled.link.username} for 6 hours. "
                "I keep trying; until then your alerts there stay silent."
            )
            notice = _to_owner(polled.link, NoticeKind.NO_DATA, text, since, now)
            after = replace(after, owner_told=True)
        await self.polls.plan(after, next_at=now + _spread(self.poll_interval, polled.link), notice=notice)


def _since(limit: Limit, now: datetime) -> datetime:
    """Return how far back readings matter: the last two periods at most, a month at least."""
    spans = {PeriodKind.QUARTER: 190, PeriodKind.YEAR: 740}
    if limit.period.kind is PeriodKind.RANGE and limit.period.first is not None:
        start = datetime.combine(limit.period.first, datetime.min.time(), tzinfo=now.tzinfo)
        return min(start - timedelta(days=2), now - LOOK_BACK)
    return now - timedelta(days=spans.get(limit.period.kind, 70))


def _notices(alert: Alert, decisions: Sequence[Decision], now: datetime) -> list[Notice]:
    """Turn what is owed into notices whose ids are the same however often this is computed."""
    limit = alert.limit
    return [
        Notice(
            workspace=limit.workspace,
            notice_id=_digest(limit.limit_id, alert.subject, str(decision.state.revision), str(place)),
            place=limit.tells,
            kind=NoticeKind.ALERT,
            created_at=now,
            limit_id=limit.limit_id,
            subject=alert.subject,
            owed=owed,
        )
        for decision in decisions
        for place, owed in enumerate(decision.owed)
    ]


def _to_owner(link: Link, kind: NoticeKind, text: str, since: datetime, now: datetime) -> Notice:
    return Notice(
        workspace=link.person.workspace,
        notice_id=_digest(link.link_id, kind, since.isoformat()),
        place=Place(kind=PlaceKind.DM, slack_id=link.person.user),
        kind=kind,
        created_at=now,
        text=text,
    )


def _digest(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:32]


def _spread(gap: timedelta, link: Link) -> timedelta:
    """Take up to a tenth off the gap, the same for a link each time: links do not stay in step."""
    share = int(link.link_id[:4], 16) / 0xFFFF if link.link_id[:4].isalnum() else 0.0
    return gap * (1 - 0.1 * share)
