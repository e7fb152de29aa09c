"""`limit`: list limits, set one by words or form, remove one."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from bot.domain import limit_words
from bot.domain.audience import Guard
from bot.domain.clusters import Cluster
from bot.domain.errors import (
    ChannelClosed,
    ChannelNeeded,
    LimitClusterMissing,
    LimitGone,
    LimitNumberUnknown,
    LimitPersonGuest,
    LimitPersonNotJoined,
    LimitPersonWrong,
    NotFullMember,
    NotLinked,
    SomebodyElses,
    TryAgainLater,
    UnknownCluster,
    WalltimeError,
)
from bot.domain.limit_answers import LimitRemoved, LimitSet, ListedLimit, Rehearsal, UseNow
from bot.domain.limit_words import OFF_EXAMPLE, PERSON_EXAMPLE
from bot.domain.limits import (
    Limit,
    Place,
    PlaceKind,
    Scope,
    ScopeKind,
    changes,
    check_not_over,
    place_of,
    replaced_by,
)
from bot.domain.people import Person
from bot.domain.replay import REPLAYED, Replay, replay
from bot.domain.standing import OUTSIDER, Standing, Target
from bot.ports import AuditEntry, AuditLog, Links
from bot.ports.alerting import Alerts, Judged, Limits, Notice, NoticeKind
from bot.usecases.counting import Counting, alert_notices, derived_id, previous_state

_TRIES: Final = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class LimitOrder:
    """Who wants which limit, from where; `changes` is the id of the limit that the form was opened for.

    `standing`, `target` and `guard` are what Slack says of the person, of `limit @person`, of the channel.
    """

    person: Person
    wish: limit_words.SetLimit
    channel: str | None
    standing: Standing = OUTSIDER
    target: Target | None = None
    guard: Guard | None = None
    changes: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class LimitSentences:
    """How notices about limits are worded: to the channel, and to the one person a limit is for."""

    posted: Callable[[LimitSet], str]
    told: Callable[[LimitSet], str]
    removed: Callable[[LimitRemoved], str]


@dataclass(frozen=True, kw_only=True, slots=True)
class SetLimit:
    """Set, list and remove limits."""

    counting: Counting
    links: Links
    limits: Limits
    alerts: Alerts
    audit: AuditLog

    async def listed(self, person: Person, channel: str | None) -> tuple[ListedLimit, ...]:
        """Return a person's own limits and the channel's, numbered from 1."""
        found = await self.limits.of(person.workspace, user=person.user, channel=channel)
        return tuple(
            ListedLimit(number=number, limit=limit, label=self._label(limit))
            for number, limit in enumerate(found, start=1)
        )

    async def numbered(self, person: Person, channel: str | None, number: int) -> ListedLimit:
        """Return the limit of this number in the list; raises LimitNumberUnknown."""
        found = await self.listed(person, channel)
        if number > len(found):
            raise LimitNumberUnknown(str(number), example=OFF_EXAMPLE)
        return found[number - 1]

    async def one(self, person: Person, limit_id: str) -> ListedLimit:
        """Return the limit that a button names; raises LimitGone, or SomebodyElses for a personal one."""
        limit = await self.limits.one(person.workspace, limit_id)
        if limit is None:
            raise LimitGone
        if limit.scope.kind is ScopeKind.ME and limit.scope.user != person.user:
            raise SomebodyElses
        return ListedLimit(number=0, limit=limit, label=self._label(limit))

    def examine(self, wish: limit_words.SetLimit, *, channel: str | None, now: datetime) -> None:
        """Check all that needs neither Slack nor the store; raises what is wrong."""
        if wish.scope is not ScopeKind.ME and channel is None:
            raise ChannelNeeded
        names = tuple(cluster.name for cluster in self.counting.clusters)
        if wish.cluster is not None and wish.cluster not in names:
            raise UnknownCluster(wish.cluster, known=names)
        name = wish.cluster or (names[0] if len(names) == 1 else None)
        cluster = None if name is None else self.counting.cluster(name)
        if cluster is not None:
            check_not_over(wish.period, now=now, zone=cluster.timezone)

    async def __call__(
        self, order: LimitOrder, *, say: LimitSentences, limit_id: str, notice_id: str, now: datetime
    ) -> LimitSet:
        """Check, judge what counts as told, store; nothing is stored when anything is wrong.

        `limit_id` and `notice_id` are fresh random names of 32 characters at most.
        """
        try:
            return await self._set(order, say, limit_id, notice_id, now)
        except WalltimeError as error:
            await self._refused(order.person, order.channel, "limit_refused", error, now)
            raise

    async def rehearse(self, order: LimitOrder, *, now: datetime) -> tuple[Limit, Cluster, Rehearsal | None]:
        """Return what a limit would have told over the readings so far; stores nothing."""
        limit, cluster = await self._drafted(order, "rehearsed", now)
        return limit, cluster, await self._rehearsed(limit, cluster, now)

    async def remove(
        self,
        person: Person,
        limit_id: str,
        *,
        standing: Standing,
        say: LimitSentences,
        notice_id: str,
        now: datetime,
    ) -> LimitRemoved:
        """Remove a limit and say so where it told; raises LimitGone, SomebodyElses or NotFullMember."""
        try:
            limit = await self._removable(person, limit_id, standing)
        except WalltimeError as error:
            await self._refused(person, None, "limit_off_refused", error, now)
            raise
        removed = LimitRemoved(limit=limit, label=self._label(limit), by=person.user)
        notices = [
            Notice(
                workspace=limit.workspace,
                notice_id=derived_id(notice_id, place.slack_id),
                place=place,
                kind=NoticeKind.LIMIT_SET,
                created_at=now,
                text=say.removed(removed),
            )
            for place in _places(limit)
        ]
        if not await self.limits.remove(limit, actor=person.user, notices=notices, now=now):
            raise LimitGone
        return removed

    async def _set(
        self, order: LimitOrder, say: LimitSentences, limit_id: str, notice_id: str, now: datetime
    ) -> LimitSet:
        fresh, cluster = await self._drafted(order, limit_id, now)
        for _ in range(_TRIES):
            replaced, superseded = await self._replaced(order, fresh)
            limit = fresh if replaced is None else replace(fresh, limit_id=replaced.limit_id)
            answer, judged = await self._judged(order, limit, replaced, cluster, now)
            if await self.limits.put(
                limit,
                replaces=replaced,
                supersedes=superseded,
                judged=judged,
                notices=_owed(answer, judged, say, notice_id, now),
            ):
                return answer
        raise TryAgainLater("the limit or its alerts changed under the order")

    async def _drafted(self, order: LimitOrder, limit_id: str, now: datetime) -> tuple[Limit, Cluster]:
        """Check all that can be wrong with an order, and return the limit that it asks for."""
        self.examine(order.wish, channel=order.channel, now=now)
        scope = _scope(order)
        if scope.kind is not ScopeKind.ME and not order.standing.is_full_member:
            raise NotFullMember
        if order.guard is not None and _lapsed(scope, order.guard):
            raise ChannelClosed("not_agreed")
        await self._check_target(order, scope)
        cluster = await self._cluster(order)
        check_not_over(order.wish.period, now=now, zone=cluster.timezone)
        fresh = Limit(
            limit_id=limit_id,
            workspace=order.person.workspace,
            cluster=cluster.name,
            scope=scope,
            core_hours=order.wish.core_hours,
            period=order.wish.period,
            thresholds=order.wish.thresholds,
            set_by=order.person,
            set_at=now,
            tells=place_of(scope),
        )
        return fresh, cluster

    async def _judged(
        self, order: LimitOrder, fresh: Limit, replaced: Limit | None, cluster: Cluster, now: datetime
    ) -> tuple[LimitSet, list[Judged]]:
        """Say for each subject what counts as told and where it stands, the fullest first."""
        judged: list[Judged] = []
        uses: list[UseNow] = []
        for counted in await self.counting.all_of(fresh, now=now):
            previous = await previous_state(self.alerts, replaced, counted.subject)
            decision, use = self.counting.when_set(
                fresh, previous, counted, cluster, by=order.person.user, now=now
            )
            revision = 0 if previous is None else previous.revision
            judged.append(Judged(subject=counted.subject, revision=revision, decision=decision))
            uses.append(use)
        answer = LimitSet(
            limit=fresh,
            cluster=cluster,
            replaced=replaced,
            changed=() if replaced is None else changes(replaced, fresh),
            now=tuple(sorted(uses, key=lambda use: -use.percent)),
            audience=None if order.guard is None else order.guard.audience,
            rehearsal=await self._rehearsed(fresh, cluster, now),
        )
        return answer, judged

    async def _rehearsed(self, limit: Limit, cluster: Cluster, now: datetime) -> Rehearsal | None:
        """Replay a limit for everybody it counts, all together; None without readings."""
        found: list[Replay] = []
        for subject in await self.counting.subjects(limit):
            counted = await self.counting.one(limit, subject, now=now, since=now - REPLAYED)
            told = replay(limit, [one.readings for one in counted.series], zone=cluster.timezone, now=now)
            found += [told] if told else []
        if not found:
            return None
        return Rehearsal(
            since=min(one.since for one in found),
            alerts=sum(one.alerts for one in found),
            last_at=max((one.last_at for one in found if one.last_at), default=None),
        )

    async def _replaced(self, order: LimitOrder, fresh: Limit) -> tuple[Limit | None, Limit | None]:
        """Return the limit whose place the fresh one takes, and one more that it makes superfluous.

        Changed by the form, a limit gives way even if its period or scope becomes another one.
        """
        standing = await self.limits.of(fresh.workspace, user=order.person.user, channel=fresh.scope.channel)
        if order.changes is None:
            return replaced_by(fresh, standing), None
        changed = (await self.one(order.person, order.changes)).limit
        if changed.scope.kind is not ScopeKind.ME and changed.scope.channel != order.channel:
            raise LimitGone  # the form was opened elsewhere
        others = [limit for limit in standing if limit.limit_id != changed.limit_id]
        rival = replaced_by(fresh, others)
        if rival is None and (changed.scope, changed.cluster) == (fresh.scope, fresh.cluster):
            return changed, None
        _check_may_remove(changed, order.person, order.standing)
        return rival, changed

    async def _removable(self, person: Person, limit_id: str, standing: Standing) -> Limit:
        limit = await self.limits.one(person.workspace, limit_id)
        if limit is None:
            raise LimitGone
        _check_may_remove(limit, person, standing)
        return limit

    async def _check_target(self, order: LimitOrder, scope: Scope) -> None:
        """Let a limit for one person name only a full member who joined this channel."""
        if scope.kind is not ScopeKind.PERSON:
            return
        target = order.target
        if target is None:
            raise LimitPersonWrong(f"@{scope.user}", example=PERSON_EXAMPLE)
        if not target.is_full_member:
            raise LimitPersonGuest(f"@{target.name}", example=PERSON_EXAMPLE)
        if target.user not in await self.counting.teams.members(order.person.workspace, str(scope.channel)):
            raise LimitPersonNotJoined(f"@{target.name}", example=PERSON_EXAMPLE)

    async def _cluster(self, order: LimitOrder) -> Cluster:
        """Return the cluster named, or the only one that comes into question.

        My own limit needs my link there; a channel's may come before anybody's.
        """
        wish = order.wish
        known = {cluster.name: cluster for cluster in self.counting.clusters}
        if wish.scope is ScopeKind.ME:
            linked = {link.cluster for link in await self.links.of(order.person)}
            if not linked & known.keys():
                raise NotLinked(wish.cluster)
            known = {name: cluster for name, cluster in known.items() if name in linked}
        if wish.cluster is not None:
            if wish.cluster not in known:
                raise NotLinked(wish.cluster)
            return known[wish.cluster]
        if len(known) > 1:
            names = tuple(known)
            raise LimitClusterMissing("limit", known=names, example=f"limit 2000 per month on {names[0]}")
        return next(iter(known.values()))

    def _label(self, limit: Limit) -> str:
        cluster = self.counting.cluster(limit.cluster)
        return cluster.label if cluster else limit.cluster

    async def _refused(
        self, person: Person, channel: str | None, action: str, error: WalltimeError, now: datetime
    ) -> None:
        """Keep a failed check in the audit log."""
        entry = AuditEntry(
            workspace=person.workspace,
            actor=person.user,
            action=action,
            subject=channel or person.user,
            detail=type(error).__name__,
            at=now,
        )
        await self.audit.record(entry)


def _scope(order: LimitOrder) -> Scope:
    wish = order.wish
    match wish.scope:
        case ScopeKind.ME:
            return Scope(kind=wish.scope, user=order.person.user)
        case ScopeKind.PERSON:
            if wish.user is None:
                raise LimitPersonWrong("@", example=PERSON_EXAMPLE)
            return Scope(kind=wish.scope, user=wish.user, channel=order.channel)
        case _:
            return Scope(kind=wish.scope, channel=order.channel)


def _lapsed(scope: Scope, guard: Guard) -> bool:
    """Tell whether somebody counted singly has not agreed to those who read the channel now."""
    if scope.kind is ScopeKind.PERSON:
        return scope.user in guard.lapsed
    return scope.kind is ScopeKind.EACH and bool(guard.lapsed)


def _check_may_remove(limit: Limit, person: Person, standing: Standing) -> None:
    """Let go on who set it, full members of a channel for its limits, and admins."""
    if person == limit.set_by or standing.is_admin:
        return
    if limit.scope.channel is None:
        raise SomebodyElses
    if not standing.is_full_member:
        raise NotFullMember


def _owed(
    answer: LimitSet, judged: list[Judged], say: LimitSentences, notice_id: str, now: datetime
) -> list[Notice]:
    """Return what is owed: the word to the channel, edits of alerts, the word to whom the limit is for.

    My own needs no more than the answer and the edits.
    """
    limit = answer.limit

    def word(name: str, place: Place, text: str) -> Notice:
        return Notice(
            workspace=limit.workspace,
            notice_id=name,
            place=place,
            kind=NoticeKind.LIMIT_SET,
            created_at=now,
            limit_id=limit.limit_id,
            text=text,
        )

    notices: list[Notice] = []
    if limit.scope.kind is not ScopeKind.ME:
        notices.append(word(notice_id, limit.tells, say.posted(answer)))
    for one in judged:
        notices += alert_notices(limit, one.subject, one.decision, now=now)
    if limit.scope.kind is ScopeKind.PERSON:
        dm = Place(kind=PlaceKind.DM, slack_id=str(limit.scope.user))
        notices.append(word(derived_id(notice_id, "told"), dm, say.told(answer)))
    return notices


def _places(limit: Limit) -> tuple[Place, ...]:
    """Return who hears that a limit is gone: its channel, and the person that it was for."""
    if limit.scope.kind is ScopeKind.ME:
        return ()
    if limit.scope.user is None:
        return (limit.tells,)
    return (limit.tells, Place(kind=PlaceKind.DM, slack_id=limit.scope.user))
