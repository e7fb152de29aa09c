"""Limits, alerts and transitions."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Label,
    Select,
    and_,
    delete,
    insert,
    literal,
    or_,
    select,
    union_all,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.alerts import Decision, Transition
from bot.domain.errors import LimitRangesOverlap
from bot.domain.limits import Limit, ScopeKind, replaced_by
from bot.domain.people import Person
from bot.ports import AuditEntry
from bot.ports.alerting import Alert, Judged, Notice, Receipt
from bot.store.audit import append
from bot.store.bodies import LIMIT, STATE, TRANSITION
from bot.store.engine import Database, hold_name, insert_into
from bot.store.notices import owe
from bot.store.polls import ask_at_once
from bot.store.tables import alerts, limits, links, notices, team_members, transitions

_LIMITS: Final = select(limits.c.body, limits.c.set_at, limits.c.limit_id)


class SqlLimits:
    """`Limits` in SQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, workspace: str, *, user: str, channel: str | None) -> tuple[Limit, ...]:
        """Return a person's own limits and, with a channel, that channel's; oldest first."""
        return await self._found(_LIMITS.where(_concerning(workspace, user, channel)))

    async def counting(self, person: Person, cluster: str) -> tuple[Limit, ...]:
        """Return the limits that count a person: their own, and those of channels that they joined."""
        here = _LIMITS.where(limits.c.workspace == person.workspace, limits.c.cluster == cluster)
        joined = select(team_members.c.channel).where(
            team_members.c.workspace == person.workspace, team_members.c.person == person.user
        )
        # Two look-ups by key: with an "or" all limits of a large workspace are read at each poll.
        own = here.where(limits.c.person == person.user)
        of_teams = here.where(limits.c.channel.in_(joined), limits.c.person.is_(None))
        return await self._found(union_all(own, of_teams))

    async def one(self, workspace: str, limit_id: str) -> Limit | None:
        """Return a limit."""
        key = and_(limits.c.workspace == workspace, limits.c.limit_id == limit_id)
        found = await self._found(_LIMITS.where(key))
        return found[0] if found else None

    async def put(
        self,
        fresh: Limit,
        *,
        replaces: Limit | None,
        supersedes: Limit | None,
        judged: Sequence[Judged],
        notices: Sequence[Notice],
    ) -> bool:
        """Store a limit and all that follows from it, or nothing."""
        by, at = fresh.set_by.user, fresh.set_at
        async with self._database.writes() as connection:
            is_whole = await _put(connection, fresh, replaces, supersedes)
            for one in judged:
                is_whole = is_whole and await _write(
                    connection, fresh, one.subject, one.decision, expected=one.revision
                )
            if supersedes is not None:
                is_whole = is_whole and await _forget(connection, supersedes, by, at)
            for notice in notices:
                await owe(connection, notice)
            await ask_at_once(connection, _counted(fresh), now=at)
            if not is_whole:
                await connection.rollback()
        return is_whole

    async def remove(self, limit: Limit, *, actor: str, notices: Sequence[Notice], now: datetime) -> bool:
        """Forget a limit with its alerts and what it owed."""
        async with self._database.writes() as connection:
            if not await _forget(connection, limit, actor, now):
                return False
            for notice in notices:
                await owe(connection, notice)
        return True

    async def _found(self, query: Select[Any] | CompoundSelect[Any]) -> tuple[Limit, ...]:
        """Return the limits that a query of `_LIMITS` finds, oldest first."""
        async with self._database.reads() as connection:
            rows = await connection.execute(query.order_by("set_at", "limit_id"))
            return tuple(LIMIT.validate_json(row.body) for row in rows)


class SqlAlerts:
    """`Alerts` in SQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def one(self, limit: Limit, subject: str) -> Alert | None:
        """Return the alert of a limit and subject."""
        here = and_(_is(alerts, limit), alerts.c.subject == subject)
        query = select(alerts, _username(literal(limit.cluster))).where(here)
        async with self._database.reads() as connection:
            row = (await connection.execute(query)).one_or_none()
        return None if row is None else _alert(limit, row)

    async def open_for(self, workspace: str, *, user: str, channel: str | None) -> tuple[Alert, ...]:
        """Return the open alerts of a person's own limits and, with a channel, that channel's."""
        query = (
            select(limits.c.body, alerts, _username(limits.c.cluster))
            .join_from(
                alerts,
                limits,
                and_(alerts.c.workspace == limits.c.workspace, alerts.c.limit_id == limits.c.limit_id),
            )
            .where(_concerning(workspace, user, channel), alerts.c.is_open)
            .order_by(limits.c.set_at, alerts.c.subject)
        )
        async with self._database.reads() as connection:
            rows = (await connection.execute(query)).all()
        return tuple(_alert(LIMIT.validate_json(row.body), row) for row in rows)

    async def record(
        self,
        alert: Alert,
        decisions: Sequence[Decision],
        *,
        notices: Sequence[Notice],
        entry: AuditEntry | None = None,
    ) -> bool:
        """Write state, transitions and notices together, over the limit and the revision that were read."""
        # The limit before its alerts, as whoever removes it does: so nobody waits in a circle.
        as_read = and_(_is(limits, alert.limit), limits.c.set_at == alert.limit.set_at)
        there = select(limits.c.limit_id).where(as_read)
        async with self._database.writes() as connection:
            held = await connection.execute(there.with_for_update(read=True, key_share=True))
            if held.one_or_none() is None:
                return False
            expected = alert.state.revision
            for decision in decisions:
                if not await _write(connection, alert.limit, alert.subject, decision, expected=expected):
                    return False
                expected = decision.state.revision
            for notice in notices:
                await owe(connection, notice)
            if entry is not None:
                await append(connection, entry)
        return True

    async def transitions(self, alert: Alert, *, most: int) -> tuple[Transition, ...]:
        """Return the newest transitions, newest first."""
        query = (
            select(transitions.c.body)
            .where(_is(transitions, alert.limit), transitions.c.subject == alert.subject)
            .order_by(transitions.c.entry_id.desc())
            .limit(most)
        )
        async with self._database.reads() as connection:
            return tuple(TRANSITION.validate_json(body) for (body,) in await connection.execute(query))


async def _put(
    connection: AsyncConnection, fresh: Limit, replaces: Limit | None, supersedes: Limit | None
) -> bool:
    """Write the limit itself, over the very one that was read; False if that one is another now."""
    values = {
        "cluster": fresh.cluster,
        "channel": fresh.scope.channel,
        "person": fresh.scope.user,
        "set_at": fresh.set_at,
        "body": LIMIT.dump_json(fresh).decode(),
    }
    if replaces is None:
        if await _has_rival(connection, fresh, supersedes):
            return False
        key = {"workspace": fresh.workspace, "limit_id": fresh.limit_id}
        await connection.execute(insert(limits).values(**key, **values))
    else:
        as_read = and_(_is(limits, fresh), limits.c.set_at == replaces.set_at)
        changed = await connection.execute(update(limits).where(as_read).values(**values))
        if changed.rowcount == 0:
            return False
    action = "limit_set" if replaces is None else "limit_changed"
    await append(connection, _entry(fresh, action, fresh.set_by.user, fresh.set_at))
    return True


async def _has_rival(connection: AsyncConnection, fresh: Limit, supersedes: Limit | None) -> bool:
    """Tell whether somebody set a limit meanwhile whose place this one would have to take."""
    scope = fresh.scope
    await hold_name(connection, "limit", fresh.workspace, fresh.cluster, scope.channel, scope.user)
    same = and_(
        limits.c.workspace == fresh.workspace,
        limits.c.cluster == fresh.cluster,
        limits.c.channel == scope.channel,  # IS NULL where there is none
        limits.c.person == scope.user,
    )
    standing = [
        LIMIT.validate_json(body)
        for body in (await connection.execute(select(limits.c.body).where(same))).scalars()
    ]
    gone = None if supersedes is None else supersedes.limit_id
    try:
        return replaced_by(fresh, [one for one in standing if one.limit_id != gone]) is not None
    except LimitRangesOverlap:
        return True


async def _forget(connection: AsyncConnection, limit: Limit, actor: str, now: datetime) -> bool:
    """Remove a limit with its alerts, and close what it owed; False if it is gone."""
    gone = await connection.execute(delete(limits).where(_is(limits, limit)))
    if gone.rowcount == 0:
        return False
    await connection.execute(
        update(notices)
        .where(_is(notices, limit), notices.c.ended_at.is_(None))
        .values(ended_at=now, due_at=None, dropped="the limit was removed")
    )
    await append(connection, _entry(limit, "limit_removed", actor, now))
    return True


async def _write(
    connection: AsyncConnection, limit: Limit, subject: str, decision: Decision, *, expected: int
) -> bool:
    """Write a decision over the expected revision (0: over none); False if it moved on."""
    state = decision.state
    here = and_(_is(alerts, limit), alerts.c.subject == subject)
    before = (await connection.execute(select(alerts).where(here).with_for_update())).one_or_none()
    if (before.revision if before is not None else 0) != expected:
        return False
    if before is None and not await _is_counted(connection, limit, subject):
        return False
    values: dict[str, Any] = {
        "revision": state.revision,
        "is_open": state.is_open,
        "state": STATE.dump_json(state).decode(),
        "window_start": state.window.start,
    }
    if before is None:
        key = {"workspace": limit.workspace, "limit_id": limit.limit_id, "subject": subject}
        first = insert_into(connection, alerts).values(**key, **values, shared_message=False)
        written = await connection.execute(first.on_conflict_do_nothing().returning(alerts.c.revision))
        if written.one_or_none() is None:
            return False
    else:
        if before.window_start != state.window.start:
            # A new period has a message of its own.
            values |= {"channel": None, "ts": None, "shared_message": False}
        await connection.execute(update(alerts).where(here).values(**values))
    if decision.transition is not None:
        await connection.execute(
            insert(transitions).values(
                workspace=limit.workspace,
                limit_id=limit.limit_id,
                subject=subject,
                at=decision.transition.at,
                body=TRANSITION.dump_json(decision.transition).decode(),
            )
        )
    return True


async def _is_counted(connection: AsyncConnection, limit: Limit, subject: str) -> bool:
    """Tell whether the limit is there, and this one in its team: either may be gone meanwhile."""
    query = select(limits.c.limit_id).where(_is(limits, limit))
    if limit.scope.kind is ScopeKind.EACH:
        joined = and_(
            team_members.c.workspace == limits.c.workspace,
            team_members.c.channel == limits.c.channel,
            team_members.c.person == subject,
        )
        query = query.join(team_members, joined)
    return (await connection.execute(query.with_for_update(read=True))).one_or_none() is not None


def _is(table: Any, limit: Limit) -> ColumnElement[bool]:
    return and_(table.c.workspace == limit.workspace, table.c.limit_id == limit.limit_id)


def _counted(limit: Limit) -> ColumnElement[bool]:
    """Choose the links that a limit counts."""
    users = select(team_members.c.person).where(
        team_members.c.workspace == limit.workspace, team_members.c.channel == limit.scope.channel
    )
    return and_(
        links.c.workspace == limit.workspace,
        links.c.cluster == limit.cluster,
        links.c.person.in_(users) if limit.scope.user is None else links.c.person == limit.scope.user,
    )


def _concerning(workspace: str, user: str, channel: str | None) -> ColumnElement[bool]:
    """A person's own limits, and those of a channel."""
    own = and_(limits.c.channel.is_(None), limits.c.person == user)
    return and_(limits.c.workspace == workspace, or_(own, limits.c.channel == channel) if channel else own)


def _username(cluster: ColumnElement[str]) -> Label[str | None]:
    """The username of the alert's subject on this cluster."""
    own = and_(
        links.c.workspace == alerts.c.workspace,
        links.c.person == alerts.c.subject,
        links.c.cluster == cluster,
    )
    return select(links.c.username).where(own).scalar_subquery().label("username")


def _alert(limit: Limit, row: Any) -> Alert:
    return Alert(
        limit=limit,
        subject=row.subject,
        state=STATE.validate_json(row.state),
        username=row.username or "",
        receipt=Receipt(channel=row.channel, ts=row.ts) if row.ts is not None else None,
        shared_message=row.shared_message,
    )


def _entry(limit: Limit, action: str, actor: str, now: datetime) -> AuditEntry:
    whose = limit.scope.channel or limit.scope.user
    kind = (
        f"{limit.scope.kind} {whose}" if limit.scope.kind is not ScopeKind.PERSON else f"{limit.scope.user}"
    )
    return AuditEntry(
        workspace=limit.workspace,
        actor=actor,
        action=action,
        subject=f"{limit.limit_id} {kind}/{limit.cluster}",
        detail=f"{limit.core_hours} core-hours per {limit.period.kind}",
        at=now,
    )
