"""Who joined which channel."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import ColumnElement, and_, delete, select, update

from bot.domain.audience import UNRECORDED, Consent
from bot.domain.people import Person
from bot.ports import AuditEntry
from bot.ports.alerting import Notice
from bot.store.audit import append
from bot.store.bodies import CONSENT
from bot.store.engine import Database, insert_into
from bot.store.notices import owe
from bot.store.polls import ask_at_once
from bot.store.tables import links, team_members


class SqlTeams:
    """`Teams` in SQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def members(self, workspace: str, channel: str) -> tuple[str, ...]:
        """Return the users who joined, sorted."""
        query = (
            select(team_members.c.person)
            .where(team_members.c.workspace == workspace, team_members.c.channel == channel)
            .order_by(team_members.c.person)
        )
        async with self._database.reads() as connection:
            return tuple((await connection.execute(query)).scalars())

    async def consents(self, workspace: str, channel: str) -> Mapping[str, Consent]:
        """Return what audience each member agreed to."""
        query = select(team_members.c.person, team_members.c.consent).where(
            team_members.c.workspace == workspace, team_members.c.channel == channel
        )
        async with self._database.reads() as connection:
            return {
                person: CONSENT.validate_json(consent) if consent else UNRECORDED
                for person, consent in await connection.execute(query)
            }

    async def channels_of(self, person: Person) -> tuple[str, ...]:
        """Return the channels that a person joined."""
        query = (
            select(team_members.c.channel)
            .where(team_members.c.workspace == person.workspace, team_members.c.person == person.user)
            .order_by(team_members.c.channel)
        )
        async with self._database.reads() as connection:
            return tuple((await connection.execute(query)).scalars())

    async def join(self, person: Person, channel: str, *, consent: Consent, now: datetime) -> bool:
        """Add a person; False if they were there, and have now agreed to this audience."""
        agreed = CONSENT.dump_json(consent).decode()
        async with self._database.writes() as connection:
            added = await connection.execute(
                insert_into(connection, team_members)
                .values(
                    workspace=person.workspace,
                    channel=channel,
                    person=person.user,
                    joined_at=now,
                    consent=agreed,
                )
                .on_conflict_do_nothing()
                .returning(team_members.c.person)
            )
            if added.one_or_none() is None:
                await connection.execute(
                    update(team_members).where(_is(person, channel)).values(consent=agreed)
                )
                await append(connection, _entry(person, channel, "agreed", now))
                return False
            await append(connection, _entry(person, channel, "joined", now))
            mine = and_(links.c.workspace == person.workspace, links.c.person == person.user)
            await ask_at_once(connection, mine, now=now)
        return True

    async def leave(
        self, person: Person, channel: str, *, now: datetime, notice: Notice | None = None
    ) -> bool:
        """Take a person out, and owe the notice with it; False, and nothing owed, if they were not there."""
        async with self._database.writes() as connection:
            gone = await connection.execute(delete(team_members).where(_is(person, channel)))
            if gone.rowcount == 0:
                return False
            await append(connection, _entry(person, channel, "left", now))
            if notice is not None:
                await owe(connection, notice)
        return True


def _is(person: Person, channel: str) -> ColumnElement[bool]:
    return and_(
        team_members.c.workspace == person.workspace,
        team_members.c.channel == channel,
        team_members.c.person == person.user,
    )


def _entry(person: Person, channel: str, action: str, now: datetime) -> AuditEntry:
    return AuditEntry(
        workspace=person.workspace, actor=person.user, action=action, subject=channel, detail="", at=now
    )
