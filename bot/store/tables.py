"""The tables. The tenant comes first in every key."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Dialect,
    Double,
    ForeignKeyConstraint,
    Index,
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
    # The organisation that it belongs to, where Slack named one.
    Column("enterprise", String(32), index=True),
)

# Of the app in a workspace or, under the organisation's id, in all of an organisation's that it is added to.
installations = Table(
    "installations",
    metadata,
    Column("workspace", String(32), primary_key=True),
    Column("enterprise", String(32)),
    Column("org_wide", Boolean, nullable=False),
    Column("name", Text, nullable=False),
    Column("app_id", String(32), nullable=False),
    Column("bot_user", String(32), nullable=False),
    Column("bot_id", String(32)),
    Column("scopes", Text, nullable=False),
    Column("installer", String(32), nullable=False),
    Column("installed_at", Moment, nullable=False),
    Column("token", LargeBinary, nullable=False),
    Column("refresh_token", LargeBinary),
    Column("expires_at", Moment),
    # Counts the tokens that stood in this row, whichever way they came.
    Column("generation", Integer, nullable=False),
    Column("state", String(16), nullable=False),
    Column("code", String(64), nullable=False),
    Column("failures", Integer, nullable=False),
    Column("renew_at", Moment, index=True),
    Column("lease_until", Moment),
    # The missing scopes that the installer has heard of.
    Column("told_missing", Text, nullable=False),
)

# Before Slack's answer there is no tenant: OAuth's `state` and its browser, both as digests, for minutes.
install_states = Table(
    "install_states",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("browser", String(64), nullable=False),
    Column("expires_at", Moment, nullable=False, index=True),
)

people = Table(
    "people",
    metadata,
    Column("workspace", String(32), primary_key=True),
    Column("person", String(32), primary_key=True),
    Column("first_seen_at", Moment, nullable=False),
    # What Slack said last of their language, and when.
    Column("locale", String(16)),
    Column("locale_at", Moment),
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

access_keys = Table(
    "access_keys",
    metadata,
    Column("workspace", String(32), primary_key=True),
    Column("person", String(32), primary_key=True),
    Column("cluster", String(64), primary_key=True),
    Column("login", String(64), nullable=False),
    Column("access_key", Text, nullable=False),
    Column("secret_key", LargeBinary, nullable=False),
    ForeignKeyConstraint(
        ["workspace", "person", "cluster"],
        ["links.workspace", "links.person", "links.cluster"],
        ondelete="CASCADE",
    ),
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

polls = Table(
    "polls",
    metadata,
    Column("workspace", String(32), primary_key=True),
    Column("link_id", String(32), primary_key=True),
    Column("cluster", String(64), nullable=False),
    Column("next_at", Moment, nullable=False, index=True),
    Column("planned_gap_s", Double, nullable=False),
    Column("failing_since", Moment),
    Column("failures", Integer, nullable=False),
    Column("token_failures", Integer, nullable=False),
    Column("owner_told", Boolean, nullable=False),
    Column("stopped", Boolean, nullable=False),
    # Readings were thinned as of this moment; null before the first time.
    Column("thinned_at", Moment),
    ForeignKeyConstraint(["workspace", "link_id"], ["links.workspace", "links.link_id"], ondelete="CASCADE"),
    Index("ix_polls_cluster_next_at", "cluster", "next_at"),
)

health = Table(
    "health",
    metadata,
    Column("workspace", String(32), primary_key=True),
    Column("link_id", String(32), primary_key=True),
    # Counts the tokens that stood in the link's row, whichever way they came.
    Column("generation", Integer, nullable=False),
    Column("stored_at", Moment, nullable=False),
    Column("renew_at", Moment, index=True),
    Column("lease_until", Moment),
    Column("state", String(16), nullable=False, index=True),
    Column("since", Moment, nullable=False),
    Column("code", String(16), nullable=False),
    Column("turned_down", Boolean, nullable=False),
    Column("works", Boolean, nullable=False),
    Column("refusals", Integer, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("platform_failures", Integer, nullable=False, server_default="0"),
    Column("told", String(16)),
    ForeignKeyConstraint(["workspace", "link_id"], ["links.workspace", "links.link_id"], ondelete="CASCADE"),
)

# Limits, states and transitions are read and written whole: they stand as JSON beside what is looked up.
limits = Table(
    "limits",
    metadata,
    Column("workspace", String(32), primary_key=True),
    Column("limit_id", String(32), primary_key=True),
    Column("cluster", String(64), nullable=False),
    Column("channel", String(32)),
    Column("person", String(32)),
    Column("set_at", Moment, nullable=False),
    Column("body", Text, nullable=False),
    Index("ix_limits_workspace_person", "workspace", "person"),
    Index("ix_limits_workspace_channel_person", "workspace", "channel", "person"),
)

alerts = Table(
    "alerts",
    metadata,
    Column("workspace", String(32), primary_key=True),
    Column("limit_id", String(32), primary_key=True),
    Column("subject", String(32), primary_key=True),
    Column("revision", Integer, nullable=False),
    Column("is_open", Boolean, nullable=False),
    Column("state", Text, nullable=False),
    Column("window_start", Moment, nullable=False),
    Column("channel", String(32)),
    Column("ts", String(32)),
    Column("shared_message", Boolean, nullable=False),
    ForeignKeyConstraint(
        ["workspace", "limit_id"], ["limits.workspace", "limits.limit_id"], ondelete="CASCADE"
    ),
)

transitions = Table(
    "transitions",
    metadata,
    Column("entry_id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("workspace", String(32), nullable=False),
    Column("limit_id", String(32), nullable=False),
    Column("subject", String(32), nullable=False),
    Column("at", Moment, nullable=False),
    Column("body", Text, nullable=False),
    ForeignKeyConstraint(
        ["workspace", "limit_id"], ["limits.workspace", "limits.limit_id"], ondelete="CASCADE"
    ),
    Index("ix_transitions_alert", "workspace", "limit_id", "subject", "entry_id"),
)

notices = Table(
    "notices",
    metadata,
    Column("workspace", String(32), primary_key=True),
    Column("notice_id", String(32), primary_key=True),
    Column("place_kind", String(8), nullable=False),
    Column("place_id", String(32), nullable=False),
    Column("kind", String(32), nullable=False),
    Column("limit_id", String(32)),
    Column("subject", String(32), nullable=False),
    Column("owed", Text),
    Column("text", Text, nullable=False),
    Column("news", Text),
    Column("created_at", Moment, nullable=False),
    # Due and free at this moment; null once it is told or dropped.
    Column("due_at", Moment, index=True),
    Column("attempts", Integer, nullable=False),
    Column("attempted_at", Moment),
    Column("ended_at", Moment),
    Column("channel", String(32)),
    Column("ts", String(32)),
    Column("dropped", String(64)),
)

# What a person or a channel chose; without a row, Slack's own for a person, English for a channel.
languages = Table(
    "languages",
    metadata,
    Column("workspace", String(32), primary_key=True),
    Column("kind", String(8), primary_key=True),
    Column("place_id", String(32), primary_key=True),
    Column("code", String(8), nullable=False),
)

places = Table(
    "places",
    metadata,
    Column("workspace", String(32), primary_key=True),
    Column("kind", String(8), primary_key=True),
    Column("place_id", String(32), primary_key=True),
    Column("reason", String(64), nullable=False),
    Column("since", Moment, nullable=False),
    Column("owner_told", Boolean, nullable=False),
)

# Who serves a place, until when at the latest, and what is remembered of it for the next one, as JSON.
place_turns = Table(
    "place_turns",
    metadata,
    Column("workspace", String(32), primary_key=True),
    Column("kind", String(8), primary_key=True),
    Column("place_id", String(32), primary_key=True),
    Column("holder", String(32)),
    Column("lease_until", Moment),
    Column("memory", Text, nullable=False),
)

team_members = Table(
    "team_members",
    metadata,
    Column("workspace", String(32), primary_key=True),
    Column("channel", String(32), primary_key=True),
    Column("person", String(32), primary_key=True),
    Column("joined_at", Moment, nullable=False),
    # The audience agreed to, as JSON; null for who joined before it was kept.
    Column("consent", Text),
    Index("ix_team_members_workspace_person", "workspace", "person"),
)

# Short-lived: a page for minutes, its end for a day. Token and code stand here while the person is asked.
link_pages = Table(
    "link_pages",
    metadata,
    Column("workspace", String(32), primary_key=True),
    Column("page_id", String(32), primary_key=True),
    Column("digest", String(64), nullable=False, unique=True),
    Column("person", String(32), nullable=False),
    Column("person_name", Text, nullable=False),
    Column("cluster", String(64)),
    Column("expires_at", Moment, nullable=False, index=True),
    Column("state", String(16), nullable=False),
    Column("askings", Integer, nullable=False),
    Column("code_tries", Integer, nullable=False),
    Column("browser", String(64)),
    Column("username", String(64), nullable=False),
    Column("token", LargeBinary),
    Column("code", LargeBinary),
)

standups = Table(
    "standups",
    metadata,
    Column("workspace", String(32), primary_key=True),
    Column("channel", String(32), primary_key=True),
    # When the next digest is due; null while it is off.
    Column("next_at", Moment, index=True),
    Column("revision", Integer, nullable=False),
    Column("body", Text, nullable=False),
)

# Workspaces that the app was removed from, for a day: nothing is written for them.
departures = Table(
    "departures",
    metadata,
    Column("workspace", String(32), primary_key=True),
    Column("left_at", Moment, nullable=False),
)

# The platform's regions, the same for every workspace.
found_clusters = Table(
    "found_clusters",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("cluster_id", String(32), nullable=False),
    Column("label", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("platform_url", Text, nullable=False),
    Column("sign_in_url", Text, nullable=False),
    Column("found_at", Moment, nullable=False),
)

# Short-lived: what a sign-in opened stands here while its person chooses a region.
sign_ins = Table(
    "sign_ins",
    metadata,
    Column("workspace", String(32), primary_key=True),
    Column("sign_in_id", String(32), primary_key=True),
    Column("person", String(32), nullable=False),
    Column("expires_at", Moment, nullable=False, index=True),
    Column("body", LargeBinary, nullable=False),
)
