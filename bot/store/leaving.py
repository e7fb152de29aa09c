"""People who leave: deactivated ones are unlinked."""

from datetime import datetime
from typing import Final

from sqlalchemy import and_, delete, update

from bot.domain.limits import PlaceKind
from bot.domain.people import Person
from bot.ports import AuditEntry
from bot.store.audit import BOT, append
from bot.store.engine import Database
from bot.store.links import COLUMNS, hold, link_of, unlinked
from bot.store.tables import link_pages, links, notices, team_members

_DEACTIVATED: Final = "the person is deactivated"


class SqlLeaving:
    """`Leaving` in SQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def person(self, person: Person, *, now: datetime) -> bool:
        """Unlink a person everywhere in one transaction."""
        workspace, user = person.workspace, person.user
        at_home = and_(links.c.workspace == workspace, links.c.person == user)
        in_teams = and_(team_members.c.workspace == workspace, team_members.c.person == user)
        pages = and_(link_pages.c.workspace == workspace, link_pages.c.person == user)
        owed = and_(
            notices.c.workspace == workspace,
            notices.c.place_kind == PlaceKind.DM.value,
            notices.c.place_id == user,
            notices.c.ended_at.is_(None),
        )
        async with self._database.writes() as connection:
            await hold(connection, person)
            unlinking = await connection.execute(delete(links).where(at_home).returning(*COLUMNS))
            leaving = await connection.execute(
                delete(team_members).where(in_teams).returning(team_members.c.channel)
            )
            gone, left = [link_of(row) for row in unlinking], list(leaving.scalars())
            await connection.execute(delete(link_pages).where(pages))
            await connection.execute(
                update(notices).where(owed).values(ended_at=now, due_at=None, dropped=_DEACTIVATED)
            )
            for link in gone:
                await append(connection, unlinked(link, BOT, now))
            for channel in left:
                await append(connection, _left(person, channel, now))
        if gone:
            await self._database.erase_traces()
        return bool(gone or left)


def _left(person: Person, channel: str, now: datetime) -> AuditEntry:
    return AuditEntry(
        workspace=person.workspace,
        actor=BOT,
        action="left",
        subject=channel,
        detail=f"{person.user} is deactivated",
        at=now,
    )
