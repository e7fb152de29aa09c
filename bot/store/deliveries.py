"""Requests of Slack's that were taken, so that none runs twice."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete

from bot.store.engine import Database, insert_into
from bot.store.tables import deliveries

# Slack repeats an event for up to 6 minutes, and a signature is good for 5 either way.
KEPT_FOR: Final = timedelta(minutes=20)


class SqlDeliveries:
    """Remembers deliveries for twenty minutes, across restarts."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._pruned_at: datetime | None = None

    async def first_time(self, delivery: str, *, now: datetime) -> bool:
        """Remember a delivery's key; False if it was here before."""
        async with self._database.writes() as connection:
            if self._pruned_at is None or now - self._pruned_at > KEPT_FOR:
                await connection.execute(delete(deliveries).where(deliveries.c.at < now - KEPT_FOR))
                self._pruned_at = now
            take = (
                insert_into(connection, deliveries)
                .values(delivery=delivery, at=now)
                .on_conflict_do_nothing()
                .returning(deliveries.c.delivery)
            )
            return (await connection.execute(take)).one_or_none() is not None
