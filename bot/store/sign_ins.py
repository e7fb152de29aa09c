"""Sign-ins that wait for a choice: keys and tokens together in one seal, for minutes."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, and_, delete, insert, select

from bot.domain.access_keys import AccessKey
from bot.domain.people import Person
from bot.domain.regions import Offer
from bot.domain.secret import Secret
from bot.ports.regions import SignedIn
from bot.store.engine import Database
from bot.store.erasing import check_here
from bot.store.sealed import SIGN_IN
from bot.store.tables import sign_ins
from bot.store.vault import KeyRing


@dataclass(frozen=True, kw_only=True, slots=True)
class _Body:
    """What is sealed, with secrets in the clear: it lives between the seal and its use only."""

    via: str
    login: str
    access_key: str
    secret_key: str
    tokens: dict[str, str]
    offers: tuple[Offer, ...]


_BODY: Final = TypeAdapter(_Body)


class SqlSignIns:
    """`SignIns` in SQL."""

    def __init__(self, database: Database, ring: KeyRing) -> None:
        self._database = database
        self._ring = ring

    async def add(self, signed_in: SignedIn) -> None:
        """Seal it in the place of all others of the person."""
        person, key = signed_in.person, signed_in.key
        body = _Body(
            via=signed_in.via,
            login=key.login,
            access_key=key.access_key,
            secret_key=key.secret_key.reveal(),
            tokens={region: token.reveal() for region, token in signed_in.tokens.items()},
            offers=signed_in.offers,
        )
        text = Secret(_BODY.dump_json(body).decode())
        row = {
            "workspace": person.workspace,
            "sign_in_id": signed_in.sign_in_id,
            "person": person.user,
            "expires_at": signed_in.expires_at,
            "body": SIGN_IN.seal(self._ring, text, *_identity(person, signed_in.sign_in_id)),
        }
        async with self._database.writes() as connection:
            await check_here(connection, person.workspace)
            gone = await connection.execute(delete(sign_ins).where(_of(person)))
            await connection.execute(insert(sign_ins).values(row))
        if gone.rowcount:
            await self._database.erase_traces()

    async def one(self, person: Person, sign_in_id: str, *, now: datetime) -> SignedIn | None:
        """Open it."""
        query = select(sign_ins).where(
            _of(person), sign_ins.c.sign_in_id == sign_in_id, sign_ins.c.expires_at > now
        )
        async with self._database.reads() as connection:
            row = (await connection.execute(query)).one_or_none()
        if row is None:
            return None
        text = SIGN_IN.unseal(self._ring, row.body, *_identity(person, sign_in_id))
        body = _BODY.validate_json(text.reveal())
        return SignedIn(
            sign_in_id=sign_in_id,
            person=person,
            via=body.via,
            key=AccessKey(login=body.login, access_key=body.access_key, secret_key=Secret(body.secret_key)),
            offers=body.offers,
            expires_at=row.expires_at,
            tokens={region: Secret(token) for region, token in body.tokens.items()},
        )

    async def end(self, person: Person) -> None:
        """Delete the rows."""
        async with self._database.writes() as connection:
            await connection.execute(delete(sign_ins).where(_of(person)))
        await self._database.erase_traces()


def _of(person: Person) -> ColumnElement[bool]:
    return and_(sign_ins.c.workspace == person.workspace, sign_ins.c.person == person.user)


def _identity(person: Person, sign_in_id: str) -> tuple[str, ...]:
    """The row that the seal is bound to."""
    return (person.workspace, person.user, sign_in_id)
