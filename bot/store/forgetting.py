"""Everything of one person erased; what they set up for others goes on as that of someone who left."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from pydantic import TypeAdapter
from sqlalchemy import Column, and_, bindparam, delete, func, select, update

from bot.domain.people import LEFT, Person
from bot.ports import AuditEntry
from bot.store.audit import OPERATOR, append
from bot.store.bodies import STANDUP, STATE
from bot.store.engine import Database
from bot.store.links import hold
from bot.store.personal import NAMED_IN, lines_about, own_rows, renamed, rows_naming
from bot.store.tables import alerts, audit, links, standups

_ACTION: Final = "person_forgotten"
_WHOLE: Final[Mapping[Column[Any], TypeAdapter[Any]]] = {alerts.c.state: STATE, standups.c.body: STANDUP}


async def stored(database: Database, person: Person) -> tuple[Mapping[str, int], int]:
    """Count a person's own rows by table, and the rows of others that name them."""
    own: Counter[str] = Counter()
    named = 0
    async with database.reads() as connection:
        for table, where in own_rows(person).items():
            counting = select(func.count()).select_from(table).where(where)
            own[table.name] = (await connection.execute(counting)).scalar_one()
        own[audit.name] = len([line async for line in lines_about(connection, person)])
        for column in NAMED_IN:
            named += len([row async for row in rows_naming(connection, person, column)])
    return +own, named


async def forget(database: Database, person: Person, *, now: datetime) -> None:
    """Erase everything of a person in one transaction, from the database's files too.

    Limits and standups that they set for a channel stay, with nobody's name on them. The audit log keeps that
    somebody was forgotten, and when.
    """
    async with database.writes() as connection:
        await hold(connection, person)
        await connection.execute(select(links.c.link_id).where(own_rows(person)[links]).with_for_update())
        lines = [{"line": line.entry_id} async for line in lines_about(connection, person)]
        if lines:
            await connection.execute(delete(audit).where(audit.c.entry_id == bindparam("line")), lines)
        # Before their own rows are gone, by which others are told from them.
        for column in NAMED_IN:
            async for row in rows_naming(connection, person, column, to_write=True):
                mine = column.table.c.workspace == person.workspace
                here = and_(mine, *(part == row[part] for part in column.table.primary_key))
                text = renamed(row[column], person.user, LEFT)
                values = {column.name: text, **_anew(column, text)}
                await connection.execute(update(column.table).where(here).values(values))
        # Backwards: what is found by way of a link or a limit goes before it.
        for table, where in reversed(own_rows(person).items()):
            await connection.execute(delete(table).where(where))
        entry = AuditEntry(
            workspace=person.workspace, actor=OPERATOR, action=_ACTION, subject="", detail="", at=now
        )
        await append(connection, entry)
    await database.erase_traces()


def _anew(column: Column[Any], text: str) -> Mapping[str, Any]:
    """Count it where changes are counted: who read it before cannot write the name back."""
    if column not in _WHOLE:
        return {}
    kind = _WHOLE[column]
    whole = kind.validate_json(text)
    after = replace(whole, revision=whole.revision + 1)
    return {column.name: kind.dump_json(after).decode(), "revision": after.revision}
