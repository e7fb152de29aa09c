"""Where something of one person is stored: rows of their own, and rows that others go on with but name them.

A test compares what is listed here with the tables.
"""

import re
from collections.abc import AsyncIterator
from typing import Any, Final

from sqlalchemy import Column, ColumnElement, RowMapping, Table, and_, false, func, not_, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.limits import PlaceKind
from bot.domain.people import Person
from bot.store.tables import (
    access_keys,
    alerts,
    audit,
    health,
    installations,
    languages,
    limits,
    link_pages,
    links,
    notices,
    people,
    place_turns,
    places,
    polls,
    readings,
    sign_ins,
    standups,
    team_members,
    transitions,
)

# What others go on with may name a person in these.
NAMED_IN: Final[tuple[Column[Any], ...]] = (
    limits.c.body,
    alerts.c.state,
    transitions.c.body,
    standups.c.body,
    notices.c.text,
    audit.c.actor,
    installations.c.installer,
)


def own_rows(person: Person) -> dict[Table, ColumnElement[bool]]:
    """Return which rows of which table are a person's own; what is found by way of a row comes after it.

    The audit log's are found by their words: `lines_about`.
    """
    workspace, user = person.workspace, person.user
    link_ids = select(links.c.link_id).where(links.c.workspace == workspace, links.c.person == user)
    limit_ids = select(limits.c.limit_id).where(limits.c.workspace == workspace, limits.c.person == user)
    own = {
        people: people.c.person == user,
        links: links.c.person == user,
        access_keys: access_keys.c.person == user,
        readings: readings.c.link_id.in_(link_ids),
        polls: polls.c.link_id.in_(link_ids),
        health: health.c.link_id.in_(link_ids),
        # Those that they set for themselves, and those that a channel set for them.
        limits: limits.c.person == user,
        alerts: or_(alerts.c.subject == user, alerts.c.limit_id.in_(limit_ids)),
        transitions: or_(transitions.c.subject == user, transitions.c.limit_id.in_(limit_ids)),
        notices: or_(
            _is_dm(notices.c.place_kind, notices.c.place_id, user),
            notices.c.subject == user,
            notices.c.subject.in_(link_ids),
            notices.c.limit_id.in_(limit_ids),
        ),
        languages: _is_dm(languages.c.kind, languages.c.place_id, user),
        places: _is_dm(places.c.kind, places.c.place_id, user),
        place_turns: _is_dm(place_turns.c.kind, place_turns.c.place_id, user),
        team_members: team_members.c.person == user,
        link_pages: link_pages.c.person == user,
        sign_ins: sign_ins.c.person == user,
    }
    return {table: and_(table.c.workspace == workspace, where) for table, where in own.items()}


async def rows_naming(
    connection: AsyncConnection, person: Person, column: Column[Any], *, to_write: bool = False
) -> AsyncIterator[RowMapping]:
    """Give the rows that name a person in this column, without their own ones; hold them `to_write` them."""
    table = column.table
    own = own_rows(person).get(table, false())
    query = select(table).where(
        table.c.workspace == person.workspace,
        # What is compared with null is neither; such a row is not theirs.
        not_(func.coalesce(own, false())),
        column.contains(person.user, autoescape=True),
    )
    query = query.order_by(*table.primary_key)
    if to_write:
        query = query.with_for_update()
    for row in (await connection.execute(query)).mappings():
        # The database found what has these letters: U1 in U12, too.
        if _word(person.user).search(row[column]):
            yield row


async def lines_about(connection: AsyncConnection, person: Person) -> AsyncIterator[RowMapping]:
    """Give the lines of the audit log in which something is done to a person, by whomever."""
    user = person.user
    query = select(audit).where(
        audit.c.workspace == person.workspace,
        or_(audit.c.subject.contains(user, autoescape=True), audit.c.detail.contains(user, autoescape=True)),
    )
    for line in (await connection.execute(query.order_by(audit.c.entry_id))).mappings():
        if _word(user).search(f"{line.subject} {line.detail}"):
            yield line


def renamed(text: str, user: str, name: str) -> str:
    """Put another name in the place of a user's id, and of a mention's label."""
    return _word(user).sub(name, re.sub(rf"<@{re.escape(user)}\|[^>]*>", f"<@{user}>", text))


def _is_dm(kind: Column[Any], place_id: Column[Any], user: str) -> ColumnElement[bool]:
    return and_(kind == PlaceKind.DM.value, place_id == user)


def _word(user: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![0-9A-Za-z]){re.escape(user)}(?![0-9A-Za-z])")
