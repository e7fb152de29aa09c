"""Links and their sealed tokens."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.access_keys import AccessKey
from bot.domain.errors import NotLinked, SealBroken
from bot.domain.health import State
from bot.domain.limits import Place, PlaceKind
from bot.domain.people import Link, Person
from bot.domain.renewal import renew_at
from bot.domain.secret import Secret
from bot.domain.usage import Reading, follow
from bot.ports import AuditEntry
from bot.ports.alerting import Notice, NoticeKind
from bot.store.access_keys import keep_access_key
from bot.store.audit import append, note_broken_seal
from bot.store.engine import Database, insert_into
from bot.store.notices import owe, withdraw_news
from bot.store.sealed import LINK_TOKEN
from bot.store.tables import as_kept, health, links, people, polls, readings
from bot.store.vault import KeyRing

COLUMNS: Final = (
    links.c.workspace,
    links.c.person,
    links.c.cluster,
    links.c.link_id,
    links.c.username,
    links.c.linked_at,
    links.c.token_expires_at,
)
# Clocks are set right by steps up to this without any loss.
CLOCK_MAY_STEP: Final = timedelta(hours=1)


class SqlLinks:
    """`Links` in SQL."""

    def __init__(
        self, database: Database, ring: KeyRing, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._database = database
        self._ring = ring
        self._clock = clock

    async def of(self, person: Person) -> tuple[Link, ...]:
        """Return a person's links, by cluster name."""
        query = select(*COLUMNS).where(_of(person)).order_by(links.c.cluster)
        async with self._database.reads() as connection:
            return tuple(link_of(row) for row in await connection.execute(query))

    async def token(self, link: Link) -> Secret:
        """Open the link's token."""
        query = select(links.c.token).where(_of(link.person, link.cluster), links.c.link_id == link.link_id)
        async with self._database.reads() as connection:
            sealed = (await connection.execute(query)).scalar_one_or_none()
        if sealed is None:
            raise NotLinked(link.cluster)
        try:
            return LINK_TOKEN.unseal(self._ring, sealed, *row_of(link.person, link.cluster))
        except SealBroken:
            await note_broken_seal(self._database, link, now=self._clock())
            raise

    async def record(
        self, link: Link, *, token: Secret, reading: Reading, access_key: AccessKey | None = None
    ) -> Link:
        """Store link, token, key, first reading and audit entry in one transaction."""
        person = link.person
        sealed = LINK_TOKEN.seal(self._ring, token, *row_of(person, link.cluster))
        async with self._database.writes() as connection:
            await _meet(connection, person, link.linked_at)
            await hold(connection, person)
            earlier = (
                await connection.execute(select(*COLUMNS).where(_of(person, link.cluster)))
            ).one_or_none()
            if earlier is not None:
                await withdraw_news(connection, link_of(earlier), now=link.linked_at)
            if earlier is not None and earlier.username == link.username:
                stored = link_of(earlier, linked_at=link.linked_at, expires=link.token_expires_at)
                await connection.execute(
                    update(links)
                    .where(_of(person, link.cluster))
                    .values(token=sealed, linked_at=link.linked_at, token_expires_at=link.token_expires_at)
                )
            else:
                # Another username is another counter: the old readings would be a false past.
                await connection.execute(delete(links).where(_of(person, link.cluster)))
                await connection.execute(
                    insert(links).values(
                        workspace=person.workspace,
                        person=person.user,
                        cluster=link.cluster,
                        link_id=link.link_id,
                        username=link.username,
                        linked_at=link.linked_at,
                        token=sealed,
                        token_expires_at=link.token_expires_at,
                    )
                )
                stored = link
            await keep_access_key(connection, self._ring, stored, access_key)
            await _due_at_once(connection, stored)
            await _in_good_health(connection, stored)
            await add_reading(connection, stored, reading)
            await append(connection, _entry(stored, "linked", person.user, link.linked_at))
        if earlier is not None:
            await self._database.erase_traces()
        return stored

    async def forget(
        self, person: Person, cluster: str, *, actor: str, now: datetime, told: str | None = None
    ) -> bool:
        """Erase the link with all that hangs on it."""
        async with self._database.writes() as connection:
            await hold(connection, person)
            gone = (
                await connection.execute(delete(links).where(_of(person, cluster)).returning(*COLUMNS))
            ).one_or_none()
            if gone is None:
                return False
            await withdraw_news(connection, link_of(gone), now=now)
            await append(connection, unlinked(link_of(gone), actor, now))
            if told is not None:
                await owe(connection, _word(link_of(gone), told, now))
        await self._database.erase_traces()
        return True


async def hold(connection: AsyncConnection, person: Person) -> None:
    """Keep others from linking and unlinking this person until the caller's transaction ends.

    The person is locked before the link, and the link before what hangs on it: so nobody waits in a circle.
    """
    row = select(people.c.person).where(
        people.c.workspace == person.workspace, people.c.person == person.user
    )
    await connection.execute(row.with_for_update())


async def add_reading(connection: AsyncConnection, link: Link, reading: Reading) -> Reading:
    """Store a reading whose value is new, else confirm the last one; the caller holds the link's row."""
    # To the millisecond, as it is kept: two of one millisecond would be the same row.
    reading = replace(reading, at=as_kept(reading.at), confirmed_at=as_kept(reading.confirmed_at))
    here = and_(readings.c.workspace == link.person.workspace, readings.c.link_id == link.link_id)
    # The clock was ahead once, and is right again: what was read "tomorrow" must not hide what is read now.
    await connection.execute(delete(readings).where(here, readings.c.at > reading.at + CLOCK_MAY_STEP))
    await connection.execute(
        update(readings)
        .where(here, readings.c.confirmed_at > reading.at + CLOCK_MAY_STEP)
        .values(confirmed_at=readings.c.at)
    )
    last = (
        await connection.execute(select(readings).where(here).order_by(readings.c.at.desc()).limit(1))
    ).one_or_none()
    before = None
    if last is not None:
        before = Reading(core_hours=last.core_hours, at=last.at, confirmed_at=last.confirmed_at)
    standing, is_new = follow(before, reading)
    if is_new:
        await connection.execute(
            insert(readings).values(
                workspace=link.person.workspace,
                link_id=link.link_id,
                at=standing.at,
                confirmed_at=standing.confirmed_at,
                core_hours=standing.core_hours,
            )
        )
    else:
        await connection.execute(
            update(readings)
            .where(here, readings.c.at == standing.at)
            .values(confirmed_at=standing.confirmed_at)
        )
    return standing


async def _due_at_once(connection: AsyncConnection, link: Link) -> None:
    """Let polling begin, or begin again with the new token."""
    values = {
        "cluster": link.cluster,
        "next_at": link.linked_at,
        "planned_gap_s": 0.0,
        "failing_since": None,
        "failures": 0,
        "token_failures": 0,
        "owner_told": False,
        "stopped": False,
    }
    await connection.execute(
        insert_into(connection, polls)
        .values(workspace=link.person.workspace, link_id=link.link_id, **values)
        .on_conflict_do_update(index_elements=[polls.c.workspace, polls.c.link_id], set_=values)
    )


async def _in_good_health(connection: AsyncConnection, link: Link) -> None:
    """Let the renewal of the new token begin; whoever still renews the one before comes too late."""
    values = {
        "stored_at": link.linked_at,
        "renew_at": renew_at(link.link_id, stored_at=link.linked_at, expires_at=link.token_expires_at),
        "lease_until": None,
        "state": State.HEALTHY.value,
        "since": link.linked_at,
        "code": "",
        "turned_down": False,
        "works": False,
        "refusals": 0,
        "failures": 0,
        "platform_failures": 0,
        "told": None,
    }
    await connection.execute(
        insert_into(connection, health)
        .values(workspace=link.person.workspace, link_id=link.link_id, generation=1, **values)
        .on_conflict_do_update(
            index_elements=[health.c.workspace, health.c.link_id],
            set_={**values, "generation": health.c.generation + 1},
        )
    )


async def _meet(connection: AsyncConnection, person: Person, now: datetime) -> None:
    """Remember that this person exists, and hold the row: the sweep ends those without a link."""
    await connection.execute(
        insert_into(connection, people)
        .values(workspace=person.workspace, person=person.user, first_seen_at=now)
        .on_conflict_do_update(
            index_elements=[people.c.workspace, people.c.person],
            set_={"first_seen_at": people.c.first_seen_at},
        )
    )


def _of(person: Person, cluster: str | None = None) -> ColumnElement[bool]:
    mine = and_(links.c.workspace == person.workspace, links.c.person == person.user)
    return mine if cluster is None else and_(mine, links.c.cluster == cluster)


def row_of(person: Person, cluster: str) -> tuple[str, ...]:
    """Return whose row it is: what a token's seal is bound to."""
    return (person.workspace, person.user, cluster)


def link_of(row: Any, *, linked_at: datetime | None = None, expires: datetime | None = None) -> Link:
    """Read a link from a row that has the columns of COLUMNS."""
    return Link(
        person=Person(workspace=row.workspace, user=row.person),
        cluster=row.cluster,
        username=row.username,
        link_id=row.link_id,
        linked_at=linked_at or row.linked_at,
        token_expires_at=expires if linked_at else row.token_expires_at,
    )


def unlinked(link: Link, actor: str, now: datetime) -> AuditEntry:
    """Return the audit log's line of a link that is erased."""
    return _entry(link, "unlinked", actor, now)


def _word(link: Link, text: str, now: datetime) -> Notice:
    return Notice(
        workspace=link.person.workspace,
        notice_id=link.link_id,
        place=Place(kind=PlaceKind.DM, slack_id=link.person.user),
        kind=NoticeKind.UNLINKED,
        created_at=now,
        text=text,
    )


def _entry(link: Link, action: str, actor: str, now: datetime) -> AuditEntry:
    return AuditEntry(
        workspace=link.person.workspace,
        actor=actor,
        action=action,
        subject=f"{link.person.user}/{link.cluster}",
        detail=f"username {link.username}",
        at=now,
    )
