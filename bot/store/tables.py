"""The tables. The tenant comes first in every key."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Dialect,
    Double,
    ForeignKeyConstraint,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)

_MILLISECOND = 1000


class Moment(TypeDecorator[datetime]):
    """An aware datetime, kept as epoch milliseconds: the same order and value in every database."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        """Refuse naive datetimes."""
        del dialect
        return None if value is None else _kept(value)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:
        """Return UTC."""
        del dialect
        return None if value is None else _given_back(value)


def as_kept(moment: datetime) -> datetime:
    """Return the moment as the database gives it back: to the millisecond."""
    return _given_back(_kept(moment))


def _kept(moment: datetime) -> int:
    if moment.tzinfo is None:
        raise ValueError("naive datetime")  # it would mean another moment on another machine
    return round(moment.timestamp() * _MILLISECOND)


def _given_back(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / _MILLISECOND, tz=UTC)


metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(referred_table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)

workspaces = Table(
    "workspaces",
    metadata,
    Column("workspace", String(32), primary_key=True),
    Column("name", Text, nullable=False),
    Column("installed_at", Moment, nullable=False),
)

people = Table(
    "people",
    metadata,
    Column("workspace", String(32), primary_key=True),
    Column("person", String(32), primary_key=True),
    Column("first_seen_at", Moment, nullable=False),
)

links = Table(
    "links",
    metadata,
    Column("workspace", String(32), primary_key=True),
    Column("person", String(32), primary_key=True),
    Column("cluster", String(64), primary_key=True),
    Column("link_id", String(32), nullable=False),
    Column("username", String(64), nullable=False),
    Column("linked_at", Moment, nullable=False),
    Column("token", LargeBinary, nullable=False),
    Column("token_expires_at", Moment),
    UniqueConstraint("workspace", "link_id"),
    ForeignKeyConstraint(["workspace", "person"], ["people.workspace", "people.person"], ondelete="CASCADE"),
)

readings = Table(
    "readings",
    metadata,
    Column("workspace", String(32), primary_key=True),
    Column("link_id", String(32), primary_key=True),
    Column("at", Moment, primary_key=True),
    Column("confirmed_at", Moment, nullable=False),
    Column("core_hours", Double, nullable=False),
    ForeignKeyConstraint(["workspace", "link_id"], ["links.workspace", "links.link_id"], ondelete="CASCADE"),
    # The key is all that is ever looked up: on SQLite the table is its own index.
    sqlite_with_rowid=False,
)

audit = Table(
    "audit",
    metadata,
    Column("entry_id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("workspace", String(32), nullable=False, index=True),
    Column("at", Moment, nullable=False),
    Column("actor", String(32), nullable=False),
    Column("action", String(32), nullable=False),
    Column("subject", Text, nullable=False),
    Column("detail", Text, nullable=False),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("delivery", String(128), primary_key=True),
    Column("at", Moment, nullable=False, index=True),
)
