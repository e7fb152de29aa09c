"""What waits in the tables."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import func, select

from bot.ports.backlog import Waiting
from bot.store.engine import Database
from bot.store.tables import notices, places, polls


class SqlBacklog:
    """`Backlog` in SQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def notices(self) -> Waiting:
        """Count what is owed, without what waits for somebody to put a place right."""
        in_trouble = select(places.c.reason).where(
            places.c.workspace == notices.c.workspace,
            places.c.kind == notices.c.place_kind,
            places.c.place_id == notices.c.place_id,
        )
        query = select(func.count(), func.min(notices.c.created_at)).where(
            notices.c.due_at.is_not(None), ~in_trouble.exists()
        )
        async with self._database.reads() as connection:
            count, since = (await connection.execute(query)).one()
        return Waiting(count=count, since=since)

    async def polls(self, *, now: datetime) -> Mapping[str, Waiting]:
        """Count what is due, by cluster."""
        query = (
            select(polls.c.cluster, func.count(), func.min(polls.c.next_at))
            .where(polls.c.next_at <= now, polls.c.stopped.is_(False))
            .group_by(polls.c.cluster)
        )
        async with self._database.reads() as connection:
            rows = (await connection.execute(query)).all()
        return {cluster: Waiting(count=count, since=since) for cluster, count, since in rows}
