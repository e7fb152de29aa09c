"""Which language people and channels chose."""

from sqlalchemy import ColumnElement, and_, delete, select

from bot.domain.limits import Place
from bot.ports import AuditEntry
from bot.store.audit import append
from bot.store.engine import Database, insert_into
from bot.store.tables import languages


class SqlLanguages:
    """`Languages` in SQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def chosen(self, workspace: str, place: Place) -> str | None:
        """Return the code of the language chosen for a DM or channel."""
        query = select(languages.c.code).where(_at(workspace, place))
        async with self._database.reads() as connection:
            return (await connection.execute(query)).scalar_one_or_none()

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


def _at(workspace: str, place: Place) -> ColumnElement[bool]:
    return and_(
        languages.c.workspace == workspace,
        languages.c.kind == place.kind.value,
        languages.c.place_id == place.slack_id,
    )
