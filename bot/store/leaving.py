"""People who leave, and workspaces."""

from datetime import datetime
from typing import Final

from sqlalchemy import and_, delete, select, update

from bot.domain.limits import PlaceKind
from bot.domain.people import Person
from bot.ports import AuditEntry
from bot.store.audit import BOT, append
from bot.store.engine import Database
from bot.store.erasing import erase_workspace, mark_left
from bot.store.links import COLUMNS, hold, link_of, unlinked
from bot.store.tables import installations, link_pages, links, notices, sign_ins, team_members, workspaces

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
        under_way = and_(sign_ins.c.workspace == workspace, sign_ins.c.person == user)
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
            await connection.execute(delete(sign_ins).where(under_way))
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

    async def workspace(self, workspace: str, *, now: datetime) -> int:
        """Turn the workspace's late writers away, then erase its rows."""
        async with self._database.writes() as connection:
            await mark_left(connection, workspace, now=now)
        return await erase_workspace(self._database, workspace)

    async def under(self, organisation: str) -> tuple[str, ...]:
        """Return the workspaces of an organisation that have no installation of their own."""
        own = select(installations.c.workspace).where(installations.c.workspace == workspaces.c.workspace)
        query = select(workspaces.c.workspace).where(workspaces.c.enterprise == organisation, ~own.exists())
        async with self._database.reads() as connection:
            return tuple((await connection.execute(query.order_by(workspaces.c.workspace))).scalars())


def _left(person: Person, channel: str, now: datetime) -> AuditEntry:
    return AuditEntry(
        workspace=person.workspace,
        actor=BOT,
        action="left",
        subject=channel,
        detail=f"{person.user} is deactivated",
        at=now,
    )
