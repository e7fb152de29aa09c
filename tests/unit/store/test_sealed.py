"""The list of sealed columns."""

import pytest
from sqlalchemy import LargeBinary, String, Text

from bot.domain.secret import Secret
from bot.store.sealed import LINK_TOKEN, SEALED_COLUMNS, SealedColumn
from bot.store.tables import metadata
from tests.unit.store.kit import RING

COLUMNS = pytest.mark.parametrize("sealed", SEALED_COLUMNS, ids=lambda column: column.name)


def test_every_column_of_bytes_is_a_sealed_one() -> None:
    """Bytes are what secrets are kept in: one that is not on the list would never be rotated."""
    bytes_in_tables = {
        f"{table.name}.{column.name}"
        for table in metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, LargeBinary)
    }
    assert {column.name for column in SEALED_COLUMNS} == bytes_in_tables


@COLUMNS
def test_a_seal_is_bound_to_text_of_its_own_row_the_workspace_first(sealed: SealedColumn) -> None:
    assert sealed.identity[0].name == "workspace"
    for column in sealed.identity:
        assert column.table is sealed.column.table
        assert isinstance(column.type, String | Text)


@COLUMNS
def test_the_identity_says_which_row_it_is(sealed: SealedColumn) -> None:
    """Two rows with the same identity could trade their secrets."""
    assert set(sealed.column.table.primary_key) <= set(sealed.identity)


def test_a_seal_needs_the_whole_identity() -> None:
    with pytest.raises(ValueError, match=r"links\.token is bound to 3 values"):
        LINK_TOKEN.seal(RING, Secret("token"), "T1", "U1")
