"""When each link is asked next, and how its polling goes."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, func, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.people import Link
from bot.ports.alerting import Notice, Polled
from bot.store.engine import Database
from bot.store.links import COLUMNS, link_of
from bot.store.notices import owe
from bot.store.tables import links, polls

_JOINED = and_(polls.c.workspace == links.c.workspace, polls.c.link_id == links.c.link_id)
_POLL = (
    polls.c.planned_gap_s,
    polls.c.failing_since,
    polls.c.failures,
    polls.c.token_failures,
    polls.c.owner_told,
)

_AT_ONCE = 500  # SQLite takes 32,766 values in one statement


class SqlPolls:
    """`Polls` in SQL."""

    def __init__(self, database: Database, *, clusters: Collection[str] = ()) -> None:
        """Take the clusters that are set up."""
        self._database = database
        self._clusters = tuple(clusters)

    async def count_due(self, cluster: str | None, *, now: datetime, furthest: timedelta, most: int) -> int:
        """Count what `claim` would take."""
        counted = 0
        async with self._database.reads() as connection:
            for is_due in _due(now, furthest):
                some = select(polls.c.link_id).where(self._on(cluster), is_due).limit(most - counted)
                counted += (
                    await connection.execute(select(func.count()).select_from(some.subquery()))
                ).scalar_one()
        return counted

    async def claim(
        self, cluster: str | None, *, now: datetime, lease: timedelta, furthest: timedelta, most: int
    ) -> tuple[Polled, ...]:
        """Take links that are due; they are due again when the lease ends."""
        found: list[Polled] = []
        async with self._database.writes() as connection:
            for is_due in _due(now, furthest):
                due = (
                    select(*COLUMNS, *_POLL)
                    .join_from(polls, links, _JOINED)
                    .where(self._on(cluster), is_due)
                    .order_by(polls.c.next_at)
                    .limit(most - len(found))
                    .with_for_update(of=polls, skip_locked=True)
                )
                found += [_polled(row) for row in await connection.execute(due)]
            await connection.execute(update(polls).where(_are(found)).values(next_at=now + lease))
        return tuple(found)

    async def give_back(self, claimed: Sequence[Polled], *, now: datetime) -> None:
        """Make links due again."""
        async with self._database.writes() as connection:
            await connection.execute(update(polls).where(_are(claimed)).values(next_at=now))

    def _on(self, cluster: str | None) -> ColumnElement[bool]:
        here = polls.c.cluster.not_in(self._clusters) if cluster is None else polls.c.cluster == cluster
        return and_(here, polls.c.stopped.is_(False))

    async def series(self, workspace: str, users: Sequence[str], cluster: str) -> tuple[Polled, ...]:
        """Return these people's links on a cluster."""
        query = (
            select(*COLUMNS, *_POLL)
            .join_from(polls, links, _JOINED)
            .where(links.c.workspace == workspace, links.c.cluster == cluster, links.c.person.in_(users))
            .order_by(links.c.person)
        )
        async with self._database.reads() as connection:
            return tuple(_polled(row) for row in await connection.execute(query))

    async def plan(self, polled: Polled, *, next_at: datetime, notice: Notice | None) -> None:
        """Store how the poll went and when the next one is due, with the notice that it owes."""
        link = polled.link
        async with self._database.writes() as connection:
            planned = await connection.execute(
                update(polls)
                .where(polls.c.workspace == link.person.workspace, polls.c.link_id == link.link_id)
                .values(
                    next_at=next_at,
                    planned_gap_s=polled.planned_gap.total_seconds(),
                    failing_since=polled.failing_since,
                    failures=polled.failures,
                    token_failures=polled.token_failures,
                    owner_told=polled.owner_told,
                )
            )
            # Of a link that is gone meanwhile nobody wants to hear.
            if notice is not None and planned.rowcount:
                await owe(connection, notice)

    async def next_due(self, link: Link) -> datetime | None:
        """Return when a link is asked next; None when it is stopped."""
        query = select(polls.c.next_at).where(
            polls.c.workspace == link.person.workspace,
            polls.c.link_id == link.link_id,
            polls.c.stopped.is_(False),
        )
        async with self._database.reads() as connection:
            return (await connection.execute(query)).scalar_one_or_none()


async def ask_at_once(connection: AsyncConnection, whose: ColumnElement[bool], *, now: datetime) -> None:
    """Make these links due, inside the caller's transaction.

    Their next polls were planned without the limit that counts them from now on.
    """
    concerned = (
        select(polls.c.workspace, polls.c.link_id)
        .join_from(polls, links, _JOINED)
        .where(whose, polls.c.next_at > now)
        # In one order everywhere, so that two who want the same links do not wait for each other.
        .order_by(polls.c.workspace, polls.c.link_id)
        .with_for_update(of=polls)
    )
    keys = [(row.workspace, row.link_id) for row in await connection.execute(concerned)]
    for start in range(0, len(keys), _AT_ONCE):
        some = tuple_(polls.c.workspace, polls.c.link_id).in_(keys[start : start + _AT_ONCE])
        await connection.execute(update(polls).where(some).values(next_at=now))


def _due(now: datetime, furthest: timedelta) -> tuple[ColumnElement[bool], ...]:
    """Return what is due, the usual first: each by itself follows the index, however many links there are."""
    return polls.c.next_at <= now, polls.c.next_at > now + furthest


def _are(some: Sequence[Polled]) -> ColumnElement[bool]:
    keys = [(polled.link.person.workspace, polled.link.link_id) for polled in some]
    return tuple_(polls.c.workspace, polls.c.link_id).in_(keys)


def _polled(row: Any) -> Polled:
    return Polled(
        link=link_of(row),
        planned_gap=timedelta(seconds=row.planned_gap_s),
        failing_since=row.failing_since,
        failures=row.failures,
        token_failures=row.token_failures,
        owner_told=row.owner_told,
    )
