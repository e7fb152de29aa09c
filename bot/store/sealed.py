"""The sealed columns: which there are, and which row a seal is bound to.

Whoever adds a column of bytes adds it here; a test compares the list with the tables.
"""

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Column

from bot.domain.secret import Secret
from bot.store.tables import access_keys, installations, link_pages, links, sign_ins
from bot.store.vault import KeyRing, seal, unseal


@dataclass(frozen=True, kw_only=True, slots=True)
class SealedColumn:
    """A column of sealed secrets; `identity` are the text columns that say whose the row is (null as "")."""

    column: Column[Any]
    identity: tuple[Column[Any], ...]

    @property
    def name(self) -> str:
        """Return `table.column`."""
        return f"{self.column.table.name}.{self.column.name}"

    def seal(self, ring: KeyRing, secret: Secret, *row: str) -> bytes:
        """Seal a secret for the row with these values of `identity`."""
        return seal(ring, secret, *self._place(row))

    def unseal(self, ring: KeyRing, sealed: bytes, *row: str) -> Secret:
        """Open what was sealed for this column and row; raises SealBroken."""
        return unseal(ring, sealed, *self._place(row))

    def _place(self, row: tuple[str, ...]) -> tuple[str, ...]:
        if len(row) != len(self.identity):
            raise ValueError(f"{self.name} is bound to {len(self.identity)} values")
        return (self.column.table.name, self.column.name, *row)


LINK_TOKEN: Final = SealedColumn(
    column=links.c.token, identity=(links.c.workspace, links.c.person, links.c.cluster)
)
SECRET_KEY: Final = SealedColumn(
    column=access_keys.c.secret_key,
    identity=(access_keys.c.workspace, access_keys.c.person, access_keys.c.cluster),
)
_PAGE: Final = (link_pages.c.workspace, link_pages.c.person, link_pages.c.cluster, link_pages.c.page_id)
PAGE_TOKEN: Final = SealedColumn(column=link_pages.c.token, identity=_PAGE)
PAGE_CODE: Final = SealedColumn(column=link_pages.c.code, identity=_PAGE)
BOT_TOKEN: Final = SealedColumn(column=installations.c.token, identity=(installations.c.workspace,))
REFRESH_TOKEN: Final = SealedColumn(
    column=installations.c.refresh_token, identity=(installations.c.workspace,)
)
SIGN_IN: Final = SealedColumn(
    column=sign_ins.c.body, identity=(sign_ins.c.workspace, sign_ins.c.person, sign_ins.c.sign_in_id)
)
SEALED_COLUMNS: Final = (
    LINK_TOKEN,
    SECRET_KEY,
    PAGE_TOKEN,
    PAGE_CODE,
    BOT_TOKEN,
    REFRESH_TOKEN,
    SIGN_IN,
)
