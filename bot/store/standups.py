"""Standups of channels."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update

from bot.domain.standups import Standup
from bot.ports import AuditEntry
from bot.ports.alerting import Notice
from bot.store.audit import append
from bot.store.bodies import STANDUP
from bot.store.engine import Database, insert_into
from bot.store.notices import owe
from bot.store.tables import standups


class SqlStandups:
    """`Standups` in SQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, workspace: str, channel: str) -> Standup | None:
        """Return a channel's standup, on or off."""
        query = select(standups.c.body).where(
            standups.c.workspace == workspace, standups.c.channel == channel
        )
        async with self._database.reads() as connection:
            body = (await connection.execute(query)).scalar_one_or_none()
        return None if body is None else STANDUP.validate_json(body)

    async def due(self, *, now: datetime, most: int) -> tuple[Standup, ...]:
        """Return standups whose time has come."""
        query = (
            select(standups.c.body)
            .where(standups.c.next_at <= now)
            .order_by(standups.c.next_at, standups.c.workspace, standups.c.channel)
            .limit(most)
        )
        async with self._database.reads() as connection:
            return tuple(STANDUP.validate_json(body) for body in (await connection.execute(query)).scalars())

    async def put(
        self, standup: Standup, *, notices: Sequence[Notice] = (), audit: AuditEntry | None = None
    ) -> bool:
        """Store a standup with what it owes, or nothing."""
        row = {
            "next_at": standup.next_at if standup.is_on else None,
            "revision": standup.revision,
            "body": STANDUP.dump_json(standup).decode(),
        }
        async with self._database.writes() as connection:
            if standup.revision == 1:
                written = await connection.execute(
                    insert_into(connection, standups)
                    .values(workspace=standup.workspace, channel=standup.channel, **row)
                    .on_conflict_do_nothing()
                    .returning(standups.c.revision)
                )
            else:
                written = await connection.execute(
                    update(standups)
                    .where(
                        standups.c.workspace == standup.workspace,
                        standups.c.channel == standup.channel,
                        standups.c.revision == standup.revision - 1,
                    )
                    .values(**row)
                    .returning(standups.c.revision)
                )
            if written.one_or_none() is None:
                return False
            for notice in notices:
                await owe(connection, notice)
            if audit is not None:
                await append(connection, audit)
        return True
