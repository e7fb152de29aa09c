"""The sealed tokens as they are renewed, and how their links fare."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Column, ColumnElement, Select, and_, func, or_, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.errors import NotLinked, SealBroken
from bot.domain.health import Health, Need, State
from bot.domain.people import Link
from bot.domain.secret import Secret
from bot.ports.renewal import Change, Decide, Held
from bot.store.audit import note_broken_seal
from bot.store.engine import Database
from bot.store.links import COLUMNS, link_of, row_of
from bot.store.notices import owe, withdraw_news
from bot.store.sealed import LINK_TOKEN
from bot.store.tables import as_kept, health, links, polls
from bot.store.vault import KeyRing

_STORE_TRIES: Final = 5  # each waits for SQLite's busy time-out
_HEALTH: Final = tuple(column for column in health.c if column.name not in {"workspace", "link_id"})
_JOINED: Final = and_(health.c.workspace == links.c.workspace, health.c.link_id == links.c.link_id)


class SqlTokens:
    """`Tokens` in SQL."""

    def __init__(self, database: Database, ring: KeyRing, *, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._ring = ring
        self._clock = clock

    async def opened(self, link: Link) -> tuple[Held, Secret]:
        """Return the newest token, opened."""
        query = _rows(links.c.token).where(_of(link))
        async with self._database.reads() as connection:
            row = (await connection.execute(query)).one_or_none()
        if row is None:
            raise NotLinked(link.cluster)
        try:
            return _seen(row), LINK_TOKEN.unseal(self._ring, row.token, *row_of(link.person, link.cluster))
        except SealBroken:
            await note_broken_seal(self._database, link, now=self._clock())
            raise

    async def look(self, link: Link) -> Held | None:
        """Return how a link fares, without opening its token."""
        async with self._database.reads() as connection:
            row = (await connection.execute(_rows().where(_of(link)))).one_or_none()
        return None if row is None else _seen(row)

    async def due_on(self, *, now: datetime) -> tuple[str, ...]:
        """Return the clusters on which tokens are due."""
        query = select(links.c.cluster).join_from(health, links, _JOINED).where(_due(now)).distinct()
        async with self._database.reads() as connection:
            return tuple((await connection.execute(query)).scalars())

    async def claim(self, cluster: str, *, now: datetime, lease: timedelta, most: int) -> tuple[Held, ...]:
        """Take due tokens; they are due again when the lease ends."""
        due = (
            _rows()
            .where(links.c.cluster == cluster, _due(now))
            .order_by(health.c.renew_at)
            .limit(most)
            .with_for_update(of=health, skip_locked=True)
        )
        async with self._database.writes() as connection:
            found = [_held(row) for row in await connection.execute(due)]
            return tuple([await _lend(connection, held, now + lease) for held in found])

    async def lease(self, held: Held, *, now: datetime, lease: timedelta) -> Held | None:
        """Take this very token, unless somebody renews it."""
        free = _rows().where(_of(held.link), health.c.generation == held.generation, _is_free(now))
        async with self._database.writes() as connection:
            row = (await connection.execute(free.with_for_update(of=health))).one_or_none()
            return None if row is None else await _lend(connection, _held(row), now + lease)

    async def change(self, held: Held, decide: Decide, *, now: datetime) -> Held | None:
        """Write what is decided, unless the token is another by now."""
        async with self._database.writes() as connection:
            standing = await _standing(connection, held)
            if standing is None:
                return None
            is_mine = held.lease_until is not None and held.lease_until == standing.lease_until
            after = replace(standing, lease_until=None if is_mine else standing.lease_until)
            return await _write(connection, standing, after, decide(after), now=now)

    async def renew(
        self, held: Held, token: Secret, *, expires_at: datetime | None, now: datetime, decide: Decide
    ) -> bool:
        """Put the next token in this one's place, unless another one stands there."""
        for _ in range(_STORE_TRIES - 1):
            # The platform may know only this one by now: a database that is locked or busy must not cost it.
            with suppress(SQLAlchemyError):
                return await self._renew(held, token, expires_at=expires_at, now=now, decide=decide)
        return await self._renew(held, token, expires_at=expires_at, now=now, decide=decide)

    async def _renew(
        self, held: Held, token: Secret, *, expires_at: datetime | None, now: datetime, decide: Decide
    ) -> bool:
        link = held.link
        sealed = LINK_TOKEN.seal(self._ring, token, *row_of(link.person, link.cluster))
        async with self._database.writes() as connection:
            standing = await _standing(connection, held)
            if standing is None:
                return False
            fresh = replace(
                standing,
                link=replace(standing.link, token_expires_at=expires_at),
                generation=standing.generation + 1,
                stored_at=now,
                lease_until=None,
            )
            await connection.execute(
                update(links).where(_of(link)).values(token=sealed, token_expires_at=expires_at)
            )
            await _write(connection, standing, fresh, decide(fresh), now=now)
        return True

    async def count(self) -> Mapping[State, int]:
        """Count the links by state."""
        query = select(health.c.state, func.count()).group_by(health.c.state)
        async with self._database.reads() as connection:
            return {State(state): count for state, count in await connection.execute(query)}


async def _standing(connection: AsyncConnection, held: Held) -> Held | None:
    """Hold the row, if the token in it is still this one."""
    query = _rows().where(_of(held.link), health.c.generation == held.generation)
    row = (await connection.execute(query.with_for_update(of=(links, health)))).one_or_none()
    return None if row is None else _held(row)


async def _lend(connection: AsyncConnection, held: Held, until: datetime) -> Held:
    lent = replace(held, lease_until=as_kept(until))
    await connection.execute(update(health).where(_health_of(held.link)).values(lease_until=until))
    return lent


async def _write(
    connection: AsyncConnection, before: Held, after: Held, change: Change, *, now: datetime
) -> Held:
    """Write token's age, health, polling and notice of a row that the caller holds."""
    link, well = after.link, change.health
    await connection.execute(
        update(health)
        .where(_health_of(link))
        .values(
            generation=after.generation,
            stored_at=after.stored_at,
            renew_at=change.renew_at,
            lease_until=after.lease_until,
            state=well.state.value,
            since=well.since,
            code=well.code[:16],
            turned_down=well.turned_down,
            works=well.works,
            refusals=well.refusals,
            failures=well.failures,
            platform_failures=well.platform_failures,
            told=None if well.told is None else well.told.value,
        )
    )
    await _poll(connection, before, change)
    if well.state is State.HEALTHY and before.health.state is not State.HEALTHY:
        await withdraw_news(connection, link, now=now)
    if change.notice is not None:
        await owe(connection, change.notice)
    return replace(after, health=well, renew_at=change.renew_at)


async def _poll(connection: AsyncConnection, before: Held, change: Change) -> None:
    """Stop the polling of a link that cannot answer, let it begin again, or bring it forward."""
    values: dict[str, Any] = {} if change.poll_at is None else {"next_at": change.poll_at}
    if change.health.is_polled != before.health.is_polled:
        values["stopped"] = not change.health.is_polled
        if change.health.is_polled:
            values |= {"failing_since": None, "failures": 0, "token_failures": 0, "owner_told": False}
    if values:
        link = before.link
        await connection.execute(
            update(polls)
            .where(polls.c.workspace == link.person.workspace, polls.c.link_id == link.link_id)
            .values(**values)
        )


def _rows(*more: Column[Any]) -> Select[Any]:
    return select(*COLUMNS, *_HEALTH, *more).join_from(health, links, _JOINED)


def _seen(row: Any) -> Held:
    """Read a row for somebody who does not hold its lease."""
    return replace(_held(row), lease_until=None)


def _held(row: Any) -> Held:
    return Held(
        link=link_of(row),
        generation=row.generation,
        stored_at=row.stored_at,
        health=Health(
            since=row.since,
            state=State(row.state),
            code=row.code,
            turned_down=row.turned_down,
            works=row.works,
            refusals=row.refusals,
            failures=row.failures,
            platform_failures=row.platform_failures,
            told=None if row.told is None else Need(row.told),
        ),
        renew_at=row.renew_at,
        lease_until=row.lease_until,
    )


def _due(now: datetime) -> ColumnElement[bool]:
    return and_(health.c.renew_at <= now, _is_free(now))


def _is_free(now: datetime) -> ColumnElement[bool]:
    return or_(health.c.lease_until.is_(None), health.c.lease_until <= now)


def _of(link: Link) -> ColumnElement[bool]:
    person = link.person
    return and_(
        links.c.workspace == person.workspace,
        links.c.person == person.user,
        links.c.cluster == link.cluster,
        links.c.link_id == link.link_id,
    )


def _health_of(link: Link) -> ColumnElement[bool]:
    return and_(health.c.workspace == link.person.workspace, health.c.link_id == link.link_id)
