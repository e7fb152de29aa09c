"""One poll of one link: take a reading, judge every limit it counts for, plan the next poll."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from bot.domain.alerts import AlertState
from bot.domain.clusters import Cluster
from bot.domain.errors import NotLinked, SealBroken, WalltimeError
from bot.domain.health import Event, Happened, LinkNews
from bot.domain.judging import judge
from bot.domain.limits import Limit, Place, PlaceKind
from bot.domain.people import Link
from bot.domain.periods import window
from bot.domain.polling import LONGEST_GAP, SHORTEST_GAP, Watch, next_gap, spread, watch
from bot.ports import LiveReadings
from bot.ports.alerting import Alert, Alerts, Limits, Notice, NoticeKind, Polled, Polls
from bot.ports.regions import FoundClusters
from bot.usecases.counting import LOOK_BACK, Counting, alert_notices, derived_id
from bot.usecases.keep_health import KeepHealth

OWNER_HEARS_AFTER: Final = timedelta(hours=6)
TOKEN_TRIES: Final = 3
_CAS_TRIES: Final = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class PollLink:
    """Poll one link that is due."""

    counting: Counting
    live: LiveReadings
    limits: Limits
    alerts: Alerts
    polls: Polls
    health: KeepHealth
    found: FoundClusters | None = None  # None: the settings allow no clusters but their own

    async def __call__(self, polled: Polled, *, now: datetime) -> WalltimeError | None:
        """Poll; return what went wrong, if anything did. Nothing is counted from a failed poll."""
        link = polled.link
        cluster = self.counting.cluster(link.cluster)
        if cluster is None and self.found is not None:
            await self.found.look()
            cluster = self.counting.cluster(link.cluster)
        if cluster is None:
            await self.health(link, Event(what=Happened.CLUSTER_MISSING), now=now)
            await self._plan(polled, self.counting.poll_interval * LONGEST_GAP, now, notice=None)
            return None
        try:
            reading = await self.live.one(link)
        except NotLinked:
            return None
        except WalltimeError as error:
            await self._failed(polled, error, now)
            return error
        await self._judge_all(polled, cluster, max(now, reading.confirmed_at))
        return None

    async def _judge_all(self, polled: Polled, cluster: Cluster, now: datetime) -> None:
        """Judge every limit that this link counts for; the riskiest of them sets the next poll."""
        link = polled.link
        watched = []
        for limit in await self.limits.counting(link.person, cluster.name):
            for subject, users in (await self.counting.subjects(limit)).items():
                if link.person.user in users:
                    watched.append(await self._judge(limit, subject, cluster, now))
        own = (await self.counting.readings.covering([link], now - LOOK_BACK))[link.link_id]
        gap = next_gap(own, watched, poll_interval=self.counting.poll_interval, now=now)
        await self._plan(Polled(link=link, planned_gap=gap), gap, now, notice=None)

    async def _judge(self, limit: Limit, subject: str, cluster: Cluster, now: datetime) -> Watch:
        """Decide, and write state and notices together; if somebody wrote meanwhile, decide again."""
        counted = await self.counting.one(limit, subject, now=now)
        for _ in range(_CAS_TRIES):
            # It may have been changed since: what was told belongs to the limit as it stands.
            limit = await self.limits.one(limit.workspace, limit.limit_id) or limit
            around = window(limit.period, now, cluster.timezone)
            found = await self.alerts.one(limit, subject)
            alert = found or Alert(limit=limit, subject=subject, state=AlertState(window=around))
            decisions = judge(
                limit,
                alert.state,
                counted.series,
                zone=cluster.timezone,
                poll_interval=self.counting.poll_interval,
                now=now,
            )
            if decisions[-1].state == alert.state:
                break
            notices = [
                notice
                for decision in decisions
                for notice in alert_notices(limit, subject, decision, now=now)
            ]
            if await self.alerts.record(alert, decisions, notices=notices):
                break
        return watch(limit, self.counting.measure(limit, counted, cluster, now=now))

    async def _failed(self, polled: Polled, error: WalltimeError, now: datetime) -> None:
        """Note the failure; the owner hears once of a long silence, and of a token that does not open."""
        since = polled.failing_since or now
        closed = isinstance(error, SealBroken)
        failed = replace(
            polled,
            failing_since=since,
            failures=polled.failures + 1,
            token_failures=polled.token_failures + 1 if closed else 0,
        )
        notice = None
        if failed.token_failures >= TOKEN_TRIES:
            await self.health(polled.link, Event(what=Happened.TOKEN_UNREADABLE), now=now)
        elif not polled.owner_told and now - since >= OWNER_HEARS_AFTER:
            notice = _no_data(polled.link, since, now)
            failed = replace(failed, owner_told=True)
        # A first failure may pass quickly; who keeps failing is not hammered.
        gap = self.counting.poll_interval * min(failed.failures * SHORTEST_GAP, 1.0)
        await self._plan(failed, gap, now, notice=notice)

    async def _plan(self, polled: Polled, gap: timedelta, now: datetime, *, notice: Notice | None) -> None:
        await self.polls.plan(polled, next_at=now + spread(gap, polled.link.link_id), notice=notice)


def _no_data(link: Link, since: datetime, now: datetime) -> Notice:
    return Notice(
        workspace=link.person.workspace,
        notice_id=derived_id(link.link_id, NoticeKind.NO_DATA, since.isoformat()),
        place=Place(kind=PlaceKind.DM, slack_id=link.person.user),
        kind=NoticeKind.NO_DATA,
        created_at=now,
        subject=link.link_id,
        news=LinkNews(cluster=link.cluster, username=link.username),
    )
