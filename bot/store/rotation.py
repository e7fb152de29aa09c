"""Every sealed secret looked at, and sealed again with the ring's first key.

Safe beside a running bot, and after a kill: rows are read in pages and written in small transactions, each
only where the ciphertext that was read still stands. What does not open is told, and left as it is.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from sqlalchemy import RowMapping, select, tuple_, update

from bot.domain.errors import SealBroken
from bot.domain.secret import Secret
from bot.store.engine import Database
from bot.store.sealed import SEALED_COLUMNS, SealedColumn
from bot.store.vault import KEY_ID, KeyRing, key_id_of

PAGE: Final = 200
# One does the work, a second finds what was stored behind its back. More than a few: it never ends.
MOST_TURNS: Final = 5


class Condition(StrEnum):
    """How a sealed secret stands to a key ring."""

    NEWEST = "sealed with the first key"
    OLDER = "sealed with a later key of the ring"
    KEYLESS = "its key is not in the ring"
    BROKEN = "moved, changed, or of another key with the same id"


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """One sealed secret: in which column and row (the values of its identity), by which key, how."""

    column: SealedColumn
    row: tuple[str, ...]
    key_id: str
    condition: Condition


@dataclass(frozen=True, kw_only=True, slots=True)
class Rotation:
    """What a rotation did. `newest` are sealed with the first key now; `unopened` had to be left.

    `settled` is false when secrets came faster with an older key than they were sealed again.
    """

    resealed: int
    newest: int
    unopened: tuple[Found, ...]
    settled: bool


async def census(database: Database, ring: KeyRing) -> AsyncIterator[Found]:
    """Tell of every sealed secret; changes nothing."""
    for column in SEALED_COLUMNS:
        async for page in _pages(database, column, PAGE):
            for row in page:
                yield _open(column, ring, row)[0]


async def rotate(database: Database, ring: KeyRing, *, page_size: int = PAGE) -> Rotation:
    """Seal every secret with the ring's first key. What was done stays done if this is cut off."""
    resealed, newest, settled = 0, 0, True
    unopened: list[Found] = []
    for column in SEALED_COLUMNS:
        # Again until nothing is left to do: a bot may store a secret behind our back, with the old key first.
        turn, turns = await _turn(database, ring, column, page_size), 1
        while turn.older and turns < MOST_TURNS:
            resealed += turn.resealed
            turn, turns = await _turn(database, ring, column, page_size), turns + 1
        resealed += turn.resealed
        settled = settled and not turn.older
        newest += turn.newest + turn.resealed
        unopened += turn.unopened
    # What the old key opens goes from the write-ahead log's old pages, too.
    await database.erase_traces()
    return Rotation(resealed=resealed, newest=newest, unopened=tuple(unopened), settled=settled)


@dataclass(slots=True)
class _Turn:
    """One way through a column: what was found, and how many of the older were sealed again."""

    newest: int = 0
    older: int = 0
    resealed: int = 0
    unopened: list[Found] = field(default_factory=list)


async def _turn(database: Database, ring: KeyRing, column: SealedColumn, page_size: int) -> _Turn:
    turn = _Turn()
    async for page in _pages(database, column, page_size):
        older: list[tuple[RowMapping, bytes]] = []
        for row in page:
            found, secret = _open(column, ring, row)
            if secret is None:
                turn.unopened.append(found)
            elif found.condition is Condition.NEWEST:
                turn.newest += 1
            else:
                older.append((row, column.seal(ring, secret, *found.row)))
        turn.older += len(older)
        turn.resealed += await _write(database, column, older)
    return turn


def _open(column: SealedColumn, ring: KeyRing, row: RowMapping) -> tuple[Found, Secret | None]:
    identity = tuple(row[part] or "" for part in column.identity)
    sealed = row[column.column]
    key_id, secret = key_id_of(sealed), None
    if not KEY_ID.fullmatch(key_id):
        condition = Condition.BROKEN
    elif key_id not in ring.keys:
        condition = Condition.KEYLESS
    else:
        condition = Condition.NEWEST if key_id == ring.sealing_id else Condition.OLDER
        try:
            secret = column.unseal(ring, sealed, *identity)
        except SealBroken:
            condition = Condition.BROKEN
    return Found(column=column, row=identity, key_id=key_id, condition=condition), secret


async def _pages(database: Database, column: SealedColumn, size: int) -> AsyncIterator[Sequence[RowMapping]]:
    """Give the rows that hold a secret by the order of the key, each page in a transaction of its own."""
    key = tuple(column.column.table.primary_key)
    wanted = tuple(dict.fromkeys((*key, *column.identity, column.column)))
    query = select(*wanted).where(column.column.is_not(None)).order_by(*key).limit(size)
    page_query = query
    while True:
        async with database.reads() as connection:
            page = (await connection.execute(page_query)).mappings().all()
        if page:
            yield page
        if len(page) < size:
            return
        page_query = query.where(tuple_(*key) > tuple_(*(page[-1][part] for part in key)))


async def _write(
    database: Database, column: SealedColumn, resealed: Sequence[tuple[RowMapping, bytes]]
) -> int:
    """Put each new seal in the place of the one that was read, where that still stands; return how many."""
    if not resealed:
        return 0
    table, written = column.column.table, 0
    async with database.writes() as connection:
        for read, sealed in resealed:
            outcome = await connection.execute(
                update(table)
                .where(*(part == read[part] for part in table.primary_key))
                .where(column.column == read[column.column])
                .values({column.column: sealed})
            )
            written += outcome.rowcount
    return written
