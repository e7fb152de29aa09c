"""Access keys, beside the links that live on them."""

from collections.abc import Callable
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, and_, delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.access_keys import AccessKey
from bot.domain.errors import SealBroken
from bot.domain.people import Link
from bot.store.audit import note_broken_seal
from bot.store.engine import Database
from bot.store.sealed import SECRET_KEY
from bot.store.tables import access_keys
from bot.store.vault import KeyRing


class SqlAccessKeys:
    """`AccessKeys` in SQL."""

    def __init__(
        self, database: Database, ring: KeyRing, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._database = database
        self._ring = ring
        self._clock = clock

    async def of(self, link: Link) -> AccessKey | None:
        """Open the link's key."""
        async with self._database.reads() as connection:
            row = (await connection.execute(select(access_keys).where(_of(link)))).one_or_none()
        if row is None:
            return None
        try:
            secret_key = SECRET_KEY.unseal(self._ring, row.secret_key, *_row(link))
        except SealBroken:
            await note_broken_seal(self._database, link, now=self._clock())
            raise
        return AccessKey(login=row.login, access_key=row.access_key, secret_key=secret_key)


async def keep_access_key(
    connection: AsyncConnection, ring: KeyRing, link: Link, key: AccessKey | None
) -> None:
    """Store the key that a link was made with, in the place of any other; the caller holds the link's row."""
    await connection.execute(delete(access_keys).where(_of(link)))
    if key is None:
        return
    await connection.execute(
        insert(access_keys).values(
            workspace=link.person.workspace,
            person=link.person.user,
            cluster=link.cluster,
            login=key.login,
            access_key=key.access_key,
            secret_key=SECRET_KEY.seal(ring, key.secret_key, *_row(link)),
        )
    )


def _of(link: Link) -> ColumnElement[bool]:
    return and_(
        access_keys.c.workspace == link.person.workspace,
        access_keys.c.person == link.person.user,
        access_keys.c.cluster == link.cluster,
    )


def _row(link: Link) -> tuple[str, ...]:
    return (link.person.workspace, link.person.user, link.cluster)
