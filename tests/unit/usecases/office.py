"""The use cases around limits on ports that only remember."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from bot.domain.access_keys import AccessKey
from bot.domain.alerts import AlertState, Decision, Transition
from bot.domain.audience import UNRECORDED, Consent
from bot.domain.clusters import Cluster
from bot.domain.limits import Limit
from bot.domain.people import Link, Person
from bot.domain.secret import Secret
from bot.domain.standing import Audience
from bot.domain.usage import Reading
from bot.ports import AuditEntry
from bot.ports.alerting import Alert, Judged, Notice, Polled, Receipt
from bot.usecases.act_on_alert import ActOnAlert
from bot.usecases.counting import Counting
from bot.usecases.guard_audience import GuardAudience
from bot.usecases.join_team import JoinTeam
from bot.usecases.set_limit import SetLimit
from bot.usecases.show_history import ShowHistory
from tests.unit.kit import east, link

INTERVAL = timedelta(minutes=10)


@dataclass
class Memory:
    """Limits, alerts, notices, teams, polls, readings, links and audit, all in one drawer."""

    limits: dict[str, Limit] = field(default_factory=dict)
    states: dict[tuple[str, str], AlertState] = field(default_factory=dict)
    steps: list[Transition] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    teams: dict[str, set[str]] = field(default_factory=dict)
    consents: dict[str, Consent] = field(default_factory=dict)
    links: list[Link] = field(default_factory=list)
    readings: dict[str, list[Reading]] = field(default_factory=dict)
    audit: list[AuditEntry] = field(default_factory=list)
    collisions: int = 0  # how many of the next writes meet somebody else's
    changed_next: Limit | None = None  # what somebody makes of a limit before the next write about it


class FakeLimits:
    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    async def of(self, workspace: str, *, user: str, channel: str | None) -> tuple[Limit, ...]:
        found = [
            limit
            for limit in self._memory.limits.values()
            if limit.workspace == workspace
            and (limit.scope.channel == channel if limit.scope.channel else limit.scope.user == user)
        ]
        return tuple(sorted(found, key=lambda limit: (limit.set_at, limit.limit_id)))

    async def counting(self, person: Person, cluster: str) -> tuple[Limit, ...]:
        found = self._memory.limits.values()
        return tuple(one for one in found if (one.workspace, one.cluster) == (person.workspace, cluster))

    async def one(self, workspace: str, limit_id: str) -> Limit | None:
        found = self._memory.limits.get(limit_id)
        return found if found is not None and found.workspace == workspace else None

    async def put(
        self,
        fresh: Limit,
        *,
        replaces: Limit | None,
        supersedes: Limit | None,
        judged: Sequence[Judged],
        notices: Sequence[Notice],
    ) -> bool:
        memory = self._memory
        assert (replaces is not None) == (fresh.limit_id in memory.limits)
        if memory.collisions:
            memory.collisions -= 1
            for key, state in memory.states.items():
                memory.states[key] = replace(state, revision=state.revision + 1)
        standing = [memory.states.get((fresh.limit_id, one.subject)) for one in judged]
        revisions = [0 if state is None else state.revision for state in standing]
        if revisions != [one.revision for one in judged]:
            return False
        memory.limits[fresh.limit_id] = fresh
        for one in judged:
            memory.states[fresh.limit_id, one.subject] = one.decision.state
        if supersedes is not None:
            del memory.limits[supersedes.limit_id]
        memory.notices += notices
        return True

    async def remove(self, limit: Limit, *, actor: str, notices: Sequence[Notice], now: datetime) -> bool:
        del actor, now
        if self._memory.limits.pop(limit.limit_id, None) is None:
            return False
        self._memory.notices += notices
        return True


class FakeAlerts:
    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    async def one(self, limit: Limit, subject: str) -> Alert | None:
        state = self._memory.states.get((limit.limit_id, subject))
        return None if state is None else Alert(limit=limit, subject=subject, state=state)

    async def open_for(self, workspace: str, *, user: str, channel: str | None) -> tuple[Alert, ...]:
        mine = {
            one.limit_id: one
            for one in await FakeLimits(self._memory).of(workspace, user=user, channel=channel)
        }
        return tuple(
            Alert(limit=mine[limit_id], subject=subject, state=state)
            for (limit_id, subject), state in self._memory.states.items()
            if limit_id in mine and state.is_open
        )

    async def record(
        self,
        alert: Alert,
        decisions: Sequence[Decision],
        *,
        notices: Sequence[Notice],
        entry: AuditEntry | None = None,
    ) -> bool:
        key = (alert.limit.limit_id, alert.subject)
        if self._memory.collisions:
            self._memory.collisions -= 1
            held = self._memory.states[key]
            self._memory.states[key] = replace(held, revision=held.revision + 1)
        if (changed := self._memory.changed_next) is not None:
            self._memory.limits[changed.limit_id], self._memory.changed_next = changed, None
        limit = self._memory.limits.get(alert.limit.limit_id)
        if limit is not None and limit.set_at != alert.limit.set_at:
            return False
        standing = self._memory.states.get(key)
        if standing is not None and standing.revision != alert.state.revision:
            return False
        for decision in decisions:
            self._memory.states[key] = decision.state
            self._memory.steps += [decision.transition] if decision.transition else []
        self._memory.notices += notices
        self._memory.audit += [entry] if entry else []
        return True

    async def transitions(self, alert: Alert, *, most: int) -> tuple[Transition, ...]:
        del alert
        return tuple(self._memory.steps[::-1][:most])


class FakeNotices:
    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    async def owe(self, notice: Notice) -> None:
        if notice.notice_id not in {one.notice_id for one in self._memory.notices}:
            self._memory.notices.append(notice)

    async def told(self, notices: Sequence[Notice], receipt: Receipt, *, now: datetime, shared: bool) -> None:
        raise NotImplementedError

    async def wait(self, notices: Sequence[Notice], *, until: datetime, attempted: bool) -> None:
        raise NotImplementedError

    async def drop(self, notices: Sequence[Notice], *, why: str, now: datetime) -> None:
        raise NotImplementedError


class FakeTeams:
    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    async def members(self, workspace: str, channel: str) -> tuple[str, ...]:
        del workspace
        return tuple(sorted(self._memory.teams.get(channel, ())))

    async def channels_of(self, person: Person) -> tuple[str, ...]:
        return tuple(channel for channel, users in self._memory.teams.items() if person.user in users)

    async def consents(self, workspace: str, channel: str) -> Mapping[str, Consent]:
        del workspace
        kept = self._memory.consents
        return {user: kept.get(user, UNRECORDED) for user in self._memory.teams.get(channel, ())}

    async def join(self, person: Person, channel: str, *, consent: Consent, now: datetime) -> bool:
        del now
        self._memory.consents[person.user] = consent
        team = self._memory.teams.setdefault(channel, set())
        was_in = person.user in team
        team.add(person.user)
        return not was_in

    async def leave(
        self, person: Person, channel: str, *, now: datetime, notice: Notice | None = None
    ) -> bool:
        del now
        team = self._memory.teams.setdefault(channel, set())
        was_in = person.user in team
        team.discard(person.user)
        self._memory.notices += [notice] if was_in and notice else []
        return was_in


class FakePolls:
    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    async def series(self, workspace: str, users: Sequence[str], cluster: str) -> tuple[Polled, ...]:
        return tuple(
            Polled(link=one, planned_gap=INTERVAL)
            for one in self._memory.links
            if one.person.workspace == workspace and one.person.user in users and one.cluster == cluster
        )

    async def count_due(self, cluster: str | None, *, now: datetime, furthest: timedelta, most: int) -> int:
        raise NotImplementedError

    async def claim(
        self, cluster: str | None, *, now: datetime, lease: timedelta, furthest: timedelta, most: int
    ) -> tuple[Polled, ...]:
        raise NotImplementedError

    async def give_back(self, claimed: Sequence[Polled], *, now: datetime) -> None:
        raise NotImplementedError

    async def plan(self, polled: Polled, *, next_at: datetime, notice: Notice | None) -> None:
        raise NotImplementedError

    async def next_due(self, link: Link) -> datetime | None:
        raise NotImplementedError


class FakeLinks:
    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    async def of(self, person: Person) -> tuple[Link, ...]:
        return tuple(one for one in self._memory.links if one.person == person)

    async def token(self, link: Link) -> Secret:
        raise NotImplementedError

    async def record(
        self, link: Link, *, token: Secret, reading: Reading, access_key: AccessKey | None = None
    ) -> Link:
        raise NotImplementedError

    async def forget(
        self, person: Person, cluster: str, *, actor: str, now: datetime, told: str | None = None
    ) -> bool:
        raise NotImplementedError


class FakeReadings:
    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    async def last(self, link: Link) -> Reading | None:
        found = self._memory.readings.get(link.link_id)
        return found[-1] if found else None

    async def covering(self, of: Sequence[Link], start: datetime) -> Mapping[str, tuple[Reading, ...]]:
        return {link.link_id: self._covering(link, start) for link in of}

    def _covering(self, link: Link, start: datetime) -> tuple[Reading, ...]:
        found = self._memory.readings.get(link.link_id, [])
        before = [one for one in found if one.at < start]
        return tuple(before[-1:] + [one for one in found if one.at >= start])

    async def record(self, link: Link, reading: Reading) -> Reading:
        raise NotImplementedError


class FakeAudit:
    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    async def record(self, entry: AuditEntry) -> None:
        self._memory.audit.append(entry)


class FakeAudiences:
    """Every channel is private, with members of the workspace alone."""

    def lately(self, workspace: str, channel: str, *, within: timedelta) -> Audience | None:
        del workspace, channel, within
        return None

    async def of(self, workspace: str, channel: str) -> Audience:
        del workspace, channel
        return Audience(is_private=True, is_shared_outside=False, guests=0)

    async def names(self, workspace: str, users: Collection[str]) -> Mapping[str, str]:
        del workspace
        return {user: user for user in users}


class Office:
    """The use cases, and the drawer behind them."""

    def __init__(self, *clusters: Cluster) -> None:
        self.memory = Memory()
        memory = self.memory
        limits, alerts, notices = FakeLimits(memory), FakeAlerts(memory), FakeNotices(memory)
        audit, teams = FakeAudit(memory), FakeTeams(memory)
        self.counting = Counting(
            clusters=clusters or (east(),),
            poll_interval=INTERVAL,
            readings=FakeReadings(memory),
            teams=teams,
            polls=FakePolls(memory),
        )
        self.set_limit = SetLimit(
            counting=self.counting,
            links=FakeLinks(memory),
            limits=limits,
            alerts=alerts,
            audit=audit,
        )
        self.act_on_alert = ActOnAlert(
            counting=self.counting, limits=limits, alerts=alerts, notices=notices, audit=audit
        )
        self.show_history = ShowHistory(
            clusters=self.counting.clusters,
            readings=self.counting.readings,
            polls=self.counting.polls,
            limits=limits,
            teams=teams,
            guard=GuardAudience(
                teams=teams, audiences=FakeAudiences(), notices=notices, ask_again=lambda *_: ""
            ),
        )
        self.join_team = JoinTeam(teams=teams, limits=limits, alerts=alerts, counting=self.counting)

    def link(
        self, person: Person, *points: tuple[float, datetime], cluster: str = "east", username: str = "alice"
    ) -> Link:
        """Link somebody, with readings."""
        made = link(person, cluster=cluster, username=username)
        self.memory.links.append(made)
        self.memory.readings[made.link_id] = [
            Reading(core_hours=core_hours, at=at, confirmed_at=at) for core_hours, at in points
        ]
        return made
