"""Requests of Slack's that were taken, so that none runs twice."""

from datetime import datetime

from bot.store.engine import Database, insert_into
from bot.store.tables import deliveries


class SqlDeliveries:
    """Remembers deliveries until the sweep forgets them, across restarts."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def first_time(self, delivery: str, *, now: datetime) -> bool:
        """Remember a delivery's key; False if it was here before."""
        async with self._database.writes() as connection:
            take = (
                insert_into(connection, deliveries)
                .values(delivery=delivery, at=now)
                .on_conflict_do_nothing()
                .returning(deliveries.c.delivery)
            )
            return (await connection.execute(take)).one_or_none() is not None
