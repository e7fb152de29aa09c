"""Who serves which place: one hand at a time, whichever process it belongs to."""

import uuid
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, func, or_, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.limits import Place, PlaceKind
from bot.ports.alerting import Notice
from bot.ports.place_turns import Memory, PlaceTaken, PlaceTurn
from bot.store.bodies import MEMORY
from bot.store.engine import Database, insert_into
from bot.store.erasing import left_among
from bot.store.notices import are_open, notice_of
from bot.store.tables import notices, place_turns

_NEW: Final = MEMORY.dump_json(Memory()).decode()
_OWED_AT: Final = (notices.c.workspace, notices.c.place_kind, notices.c.place_id)
_KEY: Final = (place_turns.c.workspace, place_turns.c.kind, place_turns.c.place_id)

_Key = tuple[str, str, str]


class SqlPlaceTurns:
    """`PlaceTurns` in SQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def claim(self, *, now: datetime, lease: timedelta, most: int) -> tuple[PlaceTurn, ...]:
        """Take places that are owed something and that nobody serves."""
        served = select(place_turns.c.holder).where(
            *(mine == theirs for mine, theirs in zip(_KEY, _OWED_AT, strict=True)),
            ~_is_free(now, lease),
        )
        owed = (
            select(*_OWED_AT)
            .where(notices.c.due_at <= now, ~served.exists())
            .group_by(*_OWED_AT)
            .order_by(func.min(notices.c.created_at))
            .limit(most)
        )
        async with self._database.reads() as connection:
            # Nothing owed is the usual case, and needs no write lock.
            keys = [tuple(row) for row in await connection.execute(owed)]
        if not keys:
            return ()
        holder = uuid.uuid4().hex
        async with self._database.writes() as connection:
            gone = await left_among(connection, (key[0] for key in keys))
            here = [key for key in keys if key[0] not in gone]
            if not here:
                return ()
            memories = await _take(connection, here, holder, now=now, lease=lease)
            by_place = await _due(connection, list(memories), now=now, most=most)
            await _leave(connection, memories.keys() - by_place.keys(), holder)
        return tuple(
            PlaceTurn(
                workspace=key[0],
                place=Place(kind=PlaceKind(key[1]), slack_id=key[2]),
                holder=holder,
                notices=tuple(owed_here),
                memory=memories[key],
            )
            for key, owed_here in by_place.items()
        )

    async def attempting(
        self, turn: PlaceTurn, claimed: Sequence[Notice], *, now: datetime, until: datetime
    ) -> None:
        """Write down that a post is about to go out; raises PlaceTaken."""
        async with self._database.writes() as connection:
            await connection.execute(update(notices).where(are_open(claimed)).values(attempted_at=now))
            ours = update(place_turns).where(_is_ours(turn)).values(lease_until=until)
            if (await connection.execute(ours)).rowcount != 1:
                raise PlaceTaken

    async def leave(self, turn: PlaceTurn) -> None:
        """Let the next one serve the place."""
        memory = MEMORY.dump_json(turn.memory).decode()
        async with self._database.writes() as connection:
            await connection.execute(
                update(place_turns).where(_is_ours(turn)).values(holder=None, lease_until=None, memory=memory)
            )


async def _take(
    connection: AsyncConnection, keys: Sequence[Any], holder: str, *, now: datetime, lease: timedelta
) -> dict[_Key, Memory]:
    """Take those that are free still, and return what is remembered of them."""
    # In one order everywhere, so that two who take the same places do not wait for each other.
    fresh = insert_into(connection, place_turns).values(
        [
            {
                "workspace": workspace,
                "kind": kind,
                "place_id": place_id,
                "holder": holder,
                "lease_until": now + lease,
                "memory": _NEW,
            }
            for workspace, kind, place_id in sorted(keys)
        ]
    )
    take = fresh.on_conflict_do_update(
        index_elements=_KEY,
        set_={"holder": fresh.excluded.holder, "lease_until": fresh.excluded.lease_until},
        where=_is_free(now, lease),
    ).returning(*_KEY, place_turns.c.memory)
    return {(row[0], row[1], row[2]): MEMORY.validate_json(row[3]) for row in await connection.execute(take)}


async def _due(
    connection: AsyncConnection, keys: Sequence[_Key], *, now: datetime, most: int
) -> dict[_Key, list[Notice]]:
    """Return what is owed at these places now; only who holds a place ends what is due there."""
    due = (
        select(notices)
        .where(notices.c.due_at <= now, tuple_(*_OWED_AT).in_(keys))
        .order_by(notices.c.created_at, notices.c.notice_id)
        .limit(most)
    )
    by_place: dict[_Key, list[Notice]] = defaultdict(list)
    for row in await connection.execute(due):
        by_place[row.workspace, row.place_kind, row.place_id].append(notice_of(row))
    return by_place


async def _leave(connection: AsyncConnection, keys: set[_Key], holder: str) -> None:
    """Leave places that another has just served."""
    if keys:
        await connection.execute(
            update(place_turns)
            .where(tuple_(*_KEY).in_(sorted(keys)), place_turns.c.holder == holder)
            .values(holder=None, lease_until=None)
        )


def _is_free(now: datetime, lease: timedelta) -> ColumnElement[bool]:
    """Match places that nobody serves; a lease that is too long is of a clock that was ahead."""
    until = place_turns.c.lease_until
    return or_(until.is_(None), until <= now, until > now + 2 * lease)


def _is_ours(turn: PlaceTurn) -> ColumnElement[bool]:
    key = zip(_KEY, (turn.workspace, turn.place.kind.value, turn.place.slack_id), strict=True)
    return and_(*(column == value for column, value in key), place_turns.c.holder == turn.holder)
