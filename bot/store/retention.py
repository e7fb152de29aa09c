"""How long what has no further use is kept, and the sweep that ends it.

Readings are thinned by a use case of their own, because which of them count is a rule (`bot.domain.usage`).
Everything else ends here, in small transactions, each after a look that needs no write lock.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, Select, Table, and_, delete, or_, select, tuple_, update

from bot.domain.link_pages import REMEMBERED
from bot.ports.alerting import NoticeKind
from bot.store.engine import Database
from bot.store.erasing import sweep_departures
from bot.store.steps import AT_ONCE, delete_in_steps
from bot.store.tables import (
    audit,
    deliveries,
    install_states,
    link_pages,
    links,
    notices,
    people,
    sign_ins,
    transitions,
)

# Slack repeats an event for up to 6 minutes, and a signature is good for 5 either way.
DELIVERIES_KEPT: Final = timedelta(minutes=20)
# A message that was told is edited by its alert's row; its notice only says that it is not owed again.
NOTICES_KEPT: Final = timedelta(days=90)
# Who has not agreed to a channel's readers is asked once for each audience, and after this once more.
CONSENTS_KEPT: Final = timedelta(days=400)
# Why an alert spoke, and who did what: as long as readings by the hour, a year and a month.
TRANSITIONS_KEPT: Final = timedelta(days=400)
AUDIT_KEPT: Final = timedelta(days=400)
# Somebody without a link: they may be about to link again.
PEOPLE_KEPT: Final = timedelta(days=30)
SELDOM: Final = timedelta(hours=1)


class SqlRetention:
    """Sweeps. What lives for minutes is looked at each time, what lives for months once an hour."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._seldom_at: datetime | None = None

    async def sweep(self, *, now: datetime) -> None:
        """End what has no further use."""
        await self._blank(
            link_pages,
            and_(link_pages.c.expires_at <= now, link_pages.c.token.is_not(None)),
            ("token", "code"),
        )
        await delete_in_steps(self._database, link_pages, link_pages.c.expires_at <= now - REMEMBERED)
        if await delete_in_steps(self._database, sign_ins, sign_ins.c.expires_at <= now):
            await self._database.erase_traces()
        await delete_in_steps(self._database, deliveries, deliveries.c.at < now - DELIVERIES_KEPT)
        await delete_in_steps(self._database, install_states, install_states.c.expires_at <= now)
        await sweep_departures(self._database, now=now)
        if self._seldom_at is None or not timedelta() <= now - self._seldom_at < SELDOM:
            self._seldom_at = now
            await delete_in_steps(self._database, notices, _ended_before(now))
            await self._end_oldest(transitions, before=now - TRANSITIONS_KEPT)
            await self._end_oldest(audit, before=now - AUDIT_KEPT)
            await self._end_strangers(now)

    async def _end_oldest(self, table: Table, *, before: datetime) -> None:
        """Delete the beginning of a log: its entries are numbered in the order of time."""
        oldest = select(table.c.entry_id, table.c.at).order_by(table.c.entry_id).limit(AT_ONCE)
        while True:
            rows = await self._look(oldest)
            old = [row.entry_id for row in rows if row.at < before]
            if old:
                async with self._database.writes() as connection:
                    await connection.execute(delete(table).where(table.c.entry_id.in_(old)))
            if len(old) < AT_ONCE:
                return

    async def _end_strangers(self, now: datetime) -> None:
        """Delete people without a link: the row holds nothing but that they once had one."""
        linked = select(links.c.link_id).where(
            links.c.workspace == people.c.workspace, links.c.person == people.c.person
        )
        useless = and_(people.c.first_seen_at < now - PEOPLE_KEPT, ~linked.exists())
        some = select(people.c.workspace, people.c.person).where(useless).limit(AT_ONCE)
        while await self._look(some.limit(1)):
            async with self._database.writes() as connection:
                # Who links at this moment holds their row; what is held here is looked at once more.
                held = some.with_for_update(of=people, skip_locked=True)
                keys = [tuple(row) for row in await connection.execute(held)]
                if not keys:
                    return
                here = tuple_(people.c.workspace, people.c.person).in_(keys)
                await connection.execute(delete(people).where(here, useless))

    async def _blank(self, table: Table, where: ColumnElement[bool], columns: Sequence[str]) -> None:
        """Take out what is not kept as long as its row."""
        if await self._look(select(*table.primary_key).where(where).limit(1)):
            async with self._database.writes() as connection:
                await connection.execute(update(table).where(where).values(dict.fromkeys(columns)))
            await self._database.erase_traces()

    async def _look(self, query: Select[Any]) -> Sequence[Row[Any]]:
        async with self._database.reads() as connection:
            rows: Sequence[Row[Any]] = (await connection.execute(query)).all()
            return rows


def _ended_before(now: datetime) -> ColumnElement[bool]:
    """Match notices of which nobody needs to know any more that they were told, or why not."""
    is_consent = notices.c.kind == NoticeKind.CONSENT.value
    return or_(
        and_(notices.c.ended_at < now - NOTICES_KEPT, ~is_consent),
        and_(notices.c.ended_at < now - CONSENTS_KEPT, is_consent),
    )
