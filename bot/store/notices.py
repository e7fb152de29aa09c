"""Messages owed, and the places that do not take them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, select, true, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.alerts import Form
from bot.domain.limits import Place, PlaceKind
from bot.domain.people import LEFT, Link
from bot.ports.alerting import ChannelTrouble, Notice, NoticeKind, Receipt
from bot.store.bodies import NEWS, OWED, STANDUP
from bot.store.engine import Database, insert_into
from bot.store.erasing import has_left
from bot.store.tables import alerts, notices, places, standups


class SqlNotices:
    """`Notices` in SQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def owe(self, notice: Notice) -> None:
        """Remember a notice."""
        async with self._database.writes() as connection:
            await owe(connection, notice)

    async def told(self, claimed: Sequence[Notice], receipt: Receipt, *, now: datetime, shared: bool) -> None:
        """Store the receipt, for an alert's first message at the alert, for a digest at its standup too."""
        async with self._database.writes() as connection:
            # In one order everywhere, so that two who note the same do not wait for each other.
            for notice in sorted(claimed, key=lambda one: (one.workspace, one.notice_id)):
                await connection.execute(
                    update(notices)
                    .where(_is(notice))
                    .values(
                        ended_at=now, due_at=None, attempted_at=None, channel=receipt.channel, ts=receipt.ts
                    )
                )
                if notice.kind is NoticeKind.STANDUP:
                    await _digest_told(connection, notice, now)
                if notice.limit_id is not None and notice.owed is not None:
                    await connection.execute(
                        update(alerts)
                        .where(
                            alerts.c.workspace == notice.workspace,
                            alerts.c.limit_id == notice.limit_id,
                            alerts.c.subject == notice.subject,
                            alerts.c.window_start == notice.owed.window.start,
                            # Replies do not take the place of the alert's own message.
                            true() if notice.owed.form is Form.MESSAGE else alerts.c.ts.is_(None),
                        )
                        .values(channel=receipt.channel, ts=receipt.ts, shared_message=shared)
                    )

    async def wait(self, claimed: Sequence[Notice], *, until: datetime, attempted: bool) -> None:
        """Give notices back until then; one that ended after a lease that was too short stays ended."""
        values: dict[str, Any] = {"due_at": until, "attempts": notices.c.attempts + 1}
        if not attempted:
            values["attempted_at"] = None
        async with self._database.writes() as connection:
            await connection.execute(update(notices).where(are_open(claimed)).values(**values))

    async def drop(self, claimed: Sequence[Notice], *, why: str, now: datetime) -> None:
        """Close notices untold."""
        async with self._database.writes() as connection:
            await connection.execute(
                update(notices)
                .where(are_open(claimed))
                .values(ended_at=now, due_at=None, attempted_at=None, dropped=why[:64])
            )


class SqlPlaces:
    """`Places` in SQL: a row is trouble, no row is none."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def trouble(self, workspace: str, place: Place) -> ChannelTrouble | None:
        """Return why a place does not take messages."""
        async with self._database.reads() as connection:
            row = (await connection.execute(select(places).where(_at(workspace, place)))).one_or_none()
        if row is None:
            return None
        return ChannelTrouble(reason=row.reason, since=row.since, owner_told=row.owner_told)

    async def set_trouble(self, workspace: str, place: Place, trouble: ChannelTrouble | None) -> None:
        """Remember trouble, or that the place works again."""
        async with self._database.writes() as connection:
            if trouble is None:
                await connection.execute(delete(places).where(_at(workspace, place)))
            elif not await has_left(connection, workspace):
                values = {
                    "reason": trouble.reason[:64],
                    "since": trouble.since,
                    "owner_told": trouble.owner_told,
                }
                await connection.execute(
                    insert_into(connection, places)
                    .values(workspace=workspace, kind=place.kind.value, place_id=place.slack_id, **values)
                    .on_conflict_do_update(index_elements=list(places.primary_key), set_=values)
                )


async def owe(connection: AsyncConnection, notice: Notice) -> None:
    """Remember a notice inside the caller's transaction; the same id again is nothing new.

    What is owed about an alert that is gone meanwhile is not, nor what is for somebody who was forgotten, or
    in a workspace that left.
    """
    if notice.place.slack_id == LEFT or await has_left(connection, notice.workspace):
        return
    if notice.owed is not None and not await _has_alert(connection, notice):
        return
    await connection.execute(
        insert_into(connection, notices)
        .values(
            workspace=notice.workspace,
            notice_id=notice.notice_id,
            place_kind=notice.place.kind.value,
            place_id=notice.place.slack_id,
            kind=notice.kind.value,
            limit_id=notice.limit_id,
            subject=notice.subject,
            owed=None if notice.owed is None else OWED.dump_json(notice.owed).decode(),
            text=notice.text,
            news=None if notice.news is None else NEWS.dump_json(notice.news).decode(),
            created_at=notice.created_at,
            due_at=notice.created_at,
            attempts=0,
        )
        .on_conflict_do_nothing()
    )


async def _has_alert(connection: AsyncConnection, notice: Notice) -> bool:
    query = select(alerts.c.revision).where(
        alerts.c.workspace == notice.workspace,
        alerts.c.limit_id == notice.limit_id,
        alerts.c.subject == notice.subject,
    )
    return (await connection.execute(query.with_for_update(read=True))).one_or_none() is not None


async def withdraw_news(connection: AsyncConnection, link: Link, *, now: datetime) -> None:
    """Close what was owed about a link and is not true any more, unless it may have been told already."""
    await connection.execute(
        update(notices)
        .where(
            notices.c.workspace == link.person.workspace,
            notices.c.subject == link.link_id,
            notices.c.news.is_not(None),
            notices.c.ended_at.is_(None),
            notices.c.attempted_at.is_(None),
        )
        .values(ended_at=now, due_at=None, dropped="the link is well again, or gone")
    )


async def withdraw(connection: AsyncConnection, workspace: str, kind: NoticeKind, *, now: datetime) -> None:
    """Close what is no longer true of a whole workspace, unless it may have been told already."""
    await connection.execute(
        update(notices)
        .where(
            notices.c.workspace == workspace,
            notices.c.kind == kind.value,
            notices.c.ended_at.is_(None),
            notices.c.attempted_at.is_(None),
        )
        .values(ended_at=now, due_at=None, dropped="no longer true")
    )


async def _digest_told(connection: AsyncConnection, notice: Notice, now: datetime) -> None:
    """Note at the channel's standup, if there is one, that a digest was told."""
    here = and_(standups.c.workspace == notice.workspace, standups.c.channel == notice.place.slack_id)
    body = (
        await connection.execute(select(standups.c.body).where(here).with_for_update())
    ).scalar_one_or_none()
    if body is not None:
        after = STANDUP.validate_json(body).told(now)
        await connection.execute(
            update(standups)
            .where(here)
            .values(revision=after.revision, body=STANDUP.dump_json(after).decode())
        )


def notice_of(row: Any) -> Notice:
    """Read a row."""
    return Notice(
        workspace=row.workspace,
        notice_id=row.notice_id,
        place=Place(kind=PlaceKind(row.place_kind), slack_id=row.place_id),
        kind=NoticeKind(row.kind),
        created_at=row.created_at,
        limit_id=row.limit_id,
        subject=row.subject,
        owed=None if row.owed is None else OWED.validate_json(row.owed),
        text=row.text,
        news=None if row.news is None else NEWS.validate_json(row.news),
        attempts=row.attempts,
        attempted_at=row.attempted_at,
    )


def _is(notice: Notice) -> ColumnElement[bool]:
    return and_(notices.c.workspace == notice.workspace, notices.c.notice_id == notice.notice_id)


def are_open(some: Sequence[Notice]) -> ColumnElement[bool]:
    """Match those that are still owed: who holds one too long may come after another has told it."""
    keys = [(notice.workspace, notice.notice_id) for notice in some]
    return and_(tuple_(notices.c.workspace, notices.c.notice_id).in_(keys), notices.c.ended_at.is_(None))


def _at(workspace: str, place: Place) -> ColumnElement[bool]:
    return and_(
        places.c.workspace == workspace,
        places.c.kind == place.kind.value,
        places.c.place_id == place.slack_id,
    )
