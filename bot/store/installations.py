"""Installations and their sealed bot tokens."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, delete, or_, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.installations import WORKSPACE_IS_OUT, Installation, InstallState
from bot.domain.secret import Secret
from bot.ports import AuditEntry
from bot.ports.alerting import Notice, NoticeKind
from bot.ports.installing import Change, Tokens
from bot.store.audit import append
from bot.store.engine import Database, insert_into
from bot.store.erasing import welcome
from bot.store.notices import owe, withdraw
from bot.store.sealed import BOT_TOKEN, REFRESH_TOKEN
from bot.store.tables import as_kept, installations, places, workspaces
from bot.store.vault import KeyRing
from bot.store.workspaces import meet

_STORE_TRIES: Final = 5  # each waits for SQLite's busy time-out
_SECRETS: Final = frozenset({"token", "refresh_token"})
_OPEN: Final = tuple(column for column in installations.c if column.name not in _SECRETS)


class SqlInstallations:
    """`Installations` in SQL."""

    def __init__(self, database: Database, ring: KeyRing) -> None:
        self._database = database
        self._ring = ring

    async def record(
        self,
        installation: Installation,
        tokens: Tokens,
        *,
        renew_at: datetime | None,
        told_missing: Sequence[str] = (),
    ) -> None:
        """Store it, what is known of the workspace, and the audit entry in one transaction."""
        now = installation.installed_at
        values = {
            "enterprise": installation.enterprise,
            "org_wide": installation.org_wide,
            "name": installation.name,
            "app_id": installation.app_id,
            "bot_user": installation.bot_user,
            "bot_id": installation.bot_id,
            "scopes": ",".join(sorted(installation.scopes)),
            "installer": installation.installer,
            "installed_at": now,
            "state": InstallState.SERVING.value,
            "code": "",
            "told_missing": ",".join(told_missing),
            **self._fresh(installation, tokens, renew_at),
        }
        async with self._database.writes() as connection:
            await welcome(connection, installation.workspace)
            await connection.execute(
                insert_into(connection, installations)
                .values(workspace=installation.workspace, generation=1, **values)
                .on_conflict_do_update(
                    index_elements=[installations.c.workspace],
                    # Whoever still renews the token before comes too late.
                    set_={**values, "generation": installations.c.generation + 1},
                )
            )
            if not installation.org_wide:
                await meet(
                    connection,
                    installation.workspace,
                    installation.name,
                    enterprise=installation.enterprise,
                    now=now,
                )
            await connection.execute(
                delete(places).where(_served(installation), places.c.reason.in_(WORKSPACE_IS_OUT))
            )
            await withdraw(connection, installation.workspace, NoticeKind.INSTALLATION, now=now)
            await append(
                connection,
                AuditEntry(
                    workspace=installation.workspace,
                    actor=installation.installer,
                    action="installed",
                    subject=installation.app_id,
                    detail=values["scopes"],
                    at=now,
                ),
            )
        await self._database.erase_traces()

    async def of(self, workspace: str, enterprise: str | None = None) -> tuple[Installation, Secret] | None:
        """Look for its own installation and its organisation's at once; its own goes first while it lives."""
        known = select(workspaces.c.enterprise).where(workspaces.c.workspace == workspace).scalar_subquery()
        above = installations.c.workspace == (known if enterprise is None else enterprise)
        query = (
            select(*_OPEN, installations.c.token)
            .where(or_(installations.c.workspace == workspace, and_(above, installations.c.org_wide)))
            .order_by(installations.c.state == InstallState.DEAD.value, installations.c.org_wide)
            .limit(1)
        )
        async with self._database.reads() as connection:
            row = (await connection.execute(query)).one_or_none()
        if row is None:
            return None
        return _installation(row), BOT_TOKEN.unseal(self._ring, row.token, row.workspace)

    async def all(self) -> Sequence[Installation]:
        """Return every installation."""
        query = select(*_OPEN).order_by(installations.c.workspace)
        async with self._database.reads() as connection:
            return tuple(_installation(row) for row in await connection.execute(query))

    async def claim(self, *, now: datetime, lease: timedelta, most: int) -> Sequence[Installation]:
        """Take what is due; it is due again when the lease ends."""
        due = select(*_OPEN).where(installations.c.renew_at <= now, _is_free(now)).limit(most)
        async with self._database.reads() as connection:
            # Nothing due is the usual case, and needs no write lock.
            if (await connection.execute(due.limit(1))).first() is None:
                return ()
        async with self._database.writes() as connection:
            locked = due.order_by(installations.c.renew_at).with_for_update(skip_locked=True)
            found = [_installation(row) for row in await connection.execute(locked)]
            return tuple([await _lend(connection, each, now + lease) for each in found])

    async def lease(
        self, installation: Installation, *, now: datetime, lease: timedelta
    ) -> Installation | None:
        """Take this very token, unless somebody renews it."""
        free = select(*_OPEN).where(_is(installation), _is_free(now)).with_for_update()
        async with self._database.writes() as connection:
            row = (await connection.execute(free)).one_or_none()
            return None if row is None else await _lend(connection, _installation(row), now + lease)

    async def refresh_token(self, installation: Installation) -> Secret | None:
        """Open what renews this very token."""
        query = select(installations.c.refresh_token).where(_is(installation))
        async with self._database.reads() as connection:
            sealed = (await connection.execute(query)).scalar_one_or_none()
        return None if sealed is None else REFRESH_TOKEN.unseal(self._ring, sealed, installation.workspace)

    async def renew(self, installation: Installation, tokens: Tokens, *, renew_at: datetime | None) -> bool:
        """Put the next token in this one's place, unless another one stands there."""
        for _ in range(_STORE_TRIES - 1):
            # Slack knows only these by now: a database that is locked or busy must not cost them.
            with suppress(SQLAlchemyError):
                return await self._renew(installation, tokens, renew_at)
        return await self._renew(installation, tokens, renew_at)

    async def _renew(self, installation: Installation, tokens: Tokens, renew_at: datetime | None) -> bool:
        fresh = {
            "generation": installation.generation + 1,
            "state": InstallState.SERVING.value,
            "code": "",
            **self._fresh(installation, tokens, renew_at),
        }
        is_renewed = await self._put(installation, fresh)
        if is_renewed:
            await self._database.erase_traces()
        return is_renewed

    async def change(self, installation: Installation, change: Change) -> bool:
        """Write state, next try and notice, unless another token stands there."""
        values = {
            "state": change.state.value,
            "code": change.code[:64],
            "failures": change.failures,
            "renew_at": change.renew_at,
            "lease_until": None,
        }
        return await self._put(installation, values, change.notice)

    async def mark(self, installation: Installation, state: InstallState, code: str = "") -> bool:
        """Write the state alone, unless another token stands there."""
        return await self._put(installation, {"state": state.value, "code": code[:64]})

    async def tell_missing(self, installation: Installation, missing: Sequence[str], notice: Notice) -> bool:
        """Note what the installer hears, with the notice."""
        told = ",".join(missing)
        values = {"told_missing": told}
        return await self._put(installation, values, notice, installations.c.told_missing != told)

    async def forget(self, workspace: str) -> bool:
        """Delete the row, and its traces in the database's files."""
        async with self._database.writes() as connection:
            gone = await connection.execute(
                delete(installations).where(installations.c.workspace == workspace)
            )
        await self._database.erase_traces()
        return gone.rowcount == 1

    async def served_by(self, enterprise: str) -> Sequence[str]:
        """Return the organisation's workspaces that have no installation of their own."""
        own = select(installations.c.workspace).where(installations.c.workspace == workspaces.c.workspace)
        query = select(workspaces.c.workspace).where(workspaces.c.enterprise == enterprise, ~own.exists())
        async with self._database.reads() as connection:
            return tuple((await connection.execute(query.order_by(workspaces.c.workspace))).scalars())

    def _fresh(self, installation: Installation, tokens: Tokens, renew_at: datetime | None) -> dict[str, Any]:
        """Return what a new token brings into the row."""
        row = installation.workspace
        refresh = None if tokens.refresh is None else REFRESH_TOKEN.seal(self._ring, tokens.refresh, row)
        return {
            "token": BOT_TOKEN.seal(self._ring, tokens.bot, row),
            "refresh_token": refresh,
            "expires_at": tokens.expires_at,
            "renew_at": renew_at,
            "lease_until": None,
            "failures": 0,
        }

    async def _put(
        self,
        installation: Installation,
        values: Mapping[str, Any],
        notice: Notice | None = None,
        *where: ColumnElement[bool],
    ) -> bool:
        """Write to the row that holds this very token; False, and nothing owed, if there is none."""
        async with self._database.writes() as connection:
            written = await connection.execute(
                update(installations).where(_is(installation), *where).values(**values)
            )
            if written.rowcount != 1:
                return False
            if notice is not None:
                await owe(connection, notice)
        return True


async def _lend(connection: AsyncConnection, installation: Installation, until: datetime) -> Installation:
    await connection.execute(update(installations).where(_is(installation)).values(lease_until=until))
    return replace(installation, lease_until=as_kept(until))


def _served(installation: Installation) -> ColumnElement[bool]:
    """Match the places of the workspaces that an installation serves."""
    if not installation.org_wide:
        return places.c.workspace == installation.workspace
    below = select(workspaces.c.workspace).where(workspaces.c.enterprise == installation.workspace)
    return or_(places.c.workspace == installation.workspace, places.c.workspace.in_(below))


def _is(installation: Installation) -> ColumnElement[bool]:
    """Match the row while this very token stands in it."""
    return and_(
        installations.c.workspace == installation.workspace,
        installations.c.installed_at == installation.installed_at,
        installations.c.generation == installation.generation,
    )


def _is_free(now: datetime) -> ColumnElement[bool]:
    return or_(installations.c.lease_until.is_(None), installations.c.lease_until <= now)


def _installation(row: Any) -> Installation:
    return Installation(
        workspace=row.workspace,
        enterprise=row.enterprise,
        org_wide=row.org_wide,
        name=row.name,
        app_id=row.app_id,
        bot_user=row.bot_user,
        bot_id=row.bot_id,
        scopes=frozenset(filter(None, row.scopes.split(","))),
        installer=row.installer,
        installed_at=row.installed_at,
        expires_at=row.expires_at,
        state=InstallState(row.state),
        code=row.code,
        generation=row.generation,
        failures=row.failures,
        lease_until=row.lease_until,
    )
