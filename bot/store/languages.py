"""Which language people and channels chose, and what Slack said of people's."""

from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, and_, delete, select, update

from bot.domain.limits import Place, PlaceKind
from bot.domain.people import Person
from bot.ports import AuditEntry, Spoken
from bot.store.audit import append
from bot.store.engine import Database, insert_into
from bot.store.tables import languages, people

LONGEST_LOCALE: Final = 16


class SqlLanguages:
    """`Languages` in SQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def chosen(self, workspace: str, place: Place) -> str | None:
        """Return the code of the language chosen for a DM or channel."""
        query = select(languages.c.code).where(_at(workspace, place))
        async with self._database.reads() as connection:
            return (await connection.execute(query)).scalar_one_or_none()

    async def spoken(self, person: Person) -> Spoken:
        """Return what is known of a person's language."""
        chosen = select(languages.c.code).where(
            _at(person.workspace, Place(kind=PlaceKind.DM, slack_id=person.user))
        )
        query = select(people.c.locale, people.c.locale_at).where(_is(person))
        async with self._database.reads() as connection:
            code = (await connection.execute(chosen)).scalar_one_or_none()
            row = None if code else (await connection.execute(query)).one_or_none()
        return Spoken(chosen=code) if row is None else Spoken(chosen=code, locale=row[0], locale_at=row[1])

    async def heard(self, person: Person, locale: str, *, at: datetime) -> None:
        """Remember what Slack says of the language of somebody who is or was linked; of others nothing."""
        query = update(people).where(_is(person)).values(locale=locale[:LONGEST_LOCALE], locale_at=at)
        async with self._database.writes() as connection:
            await connection.execute(query)

    async def choose(self, workspace: str, place: Place, code: str | None, *, entry: AuditEntry) -> None:
        """Store a choice, or forget it, with its audit entry."""
        async with self._database.writes() as connection:
            if code is None:
                await connection.execute(delete(languages).where(_at(workspace, place)))
            else:
                await connection.execute(
                    insert_into(connection, languages)
                    .values(workspace=workspace, kind=place.kind.value, place_id=place.slack_id, code=code)
                    .on_conflict_do_update(index_elements=list(languages.primary_key), set_={"code": code})
                )
            await append(connection, entry)


def _is(person: Person) -> ColumnElement[bool]:
    return and_(people.c.workspace == person.workspace, people.c.person == person.user)


def _at(workspace: str, place: Place) -> ColumnElement[bool]:
    return and_(
        languages.c.workspace == workspace,
        languages.c.kind == place.kind.value,
        languages.c.place_id == place.slack_id,
    )
