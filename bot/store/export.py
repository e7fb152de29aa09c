"""Everything that is stored of one person, as JSON in the shape of docs/data.md, without secrets."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, RowMapping, Table, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.people import Person
from bot.store.engine import Database
from bot.store.personal import NAMED_IN, lines_about, own_rows, rows_naming
from bot.store.tables import (
    access_keys,
    alerts,
    audit,
    health,
    languages,
    limits,
    link_pages,
    links,
    notices,
    people,
    places,
    polls,
    readings,
    sign_ins,
    standups,
    team_members,
    transitions,
)

VERSION: Final = 1
# Of a table, or of a stored value.
Row = Mapping[Any, Any]


async def export(database: Database, person: Person, *, now: datetime) -> dict[str, Any] | None:
    """Return all that is stored of a person at one moment; None if that is nothing."""
    async with database.reads() as connection:
        own = {table: await _rows(connection, table, where) for table, where in own_rows(person).items()}
        named = {
            column: [row async for row in rows_naming(connection, person, column)] for column in NAMED_IN
        }
        about = [line async for line in lines_about(connection, person)]
    if not any((*own.values(), *named.values(), about)):
        return None
    about_ids = {line["entry_id"] for line in about}
    did = [line for line in named[audit.c.actor] if line["entry_id"] not in about_ids]
    return {
        "format": "walltime.person",
        "version": VERSION,
        "exported_at": now.isoformat(),
        "workspace": person.workspace,
        "person": person.user,
        "first_seen_at": _only(own[people], "first_seen_at"),
        "language": _only(own[languages], "code"),
        "locale": _only(own[people], "locale"),
        "links": [_link(row, own) for row in own[links]],
        "limits": [_body(row["body"]) for row in (*own[limits], *named[limits.c.body])],
        "alerts": [_alert(row, own[transitions]) for row in own[alerts]],
        "acts": [_act(row) for row in named[transitions.c.body]],
        "teams": [_team(row) for row in own[team_members]],
        "standups": [_body(row["body"]) for row in named[standups.c.body]],
        "link_pages": [
            _some(row, "page_id", "cluster", "username", "person_name", "state", "expires_at")
            for row in own[link_pages]
        ],
        "sign_ins": [_some(row, "sign_in_id", "expires_at") for row in own[sign_ins]],
        "messages": [_message(row) for row in (*own[notices], *named[notices.c.text])],
        "direct_messages_refused": [_some(row, "reason", "since") for row in own[places]],
        "audit": [
            _line(line, is_theirs=line["entry_id"] in about_ids)
            for line in sorted((*about, *did), key=lambda line: line["entry_id"])
        ],
    }


async def _rows(connection: AsyncConnection, table: Table, where: ColumnElement[bool]) -> list[RowMapping]:
    query = select(table).where(where).order_by(*table.primary_key)
    return list((await connection.execute(query)).mappings())


def _link(link: RowMapping, own: Mapping[Table, list[RowMapping]]) -> Row:
    """A link with all that hangs on it; of token and key only that they are there."""
    there = {
        table: [row for row in own[table] if row["link_id"] == link["link_id"]]
        for table in (readings, polls, health)
    }
    keys = [row for row in own[access_keys] if row["cluster"] == link["cluster"]]
    return {
        **_some(link, "link_id", "cluster", "username", "linked_at", "token_expires_at"),
        "access_key_of": _only(keys, "login"),
        "token": [
            _some(row, "state", "since", "code", "stored_at", "renew_at", "refusals", "failures", "told")
            for row in there[health]
        ],
        "polling": [
            _some(row, "next_at", "failing_since", "failures", "stopped", "owner_told")
            for row in there[polls]
        ],
        "readings": [_some(row, "at", "confirmed_at", "core_hours") for row in there[readings]],
    }


def _alert(alert: RowMapping, steps: list[RowMapping]) -> Row:
    mine = (alert["limit_id"], alert["subject"])
    return {
        **_some(alert, "limit_id", "subject", "is_open", "channel", "ts"),
        "state": _body(alert["state"]),
        "steps": [_body(row["body"]) for row in steps if (row["limit_id"], row["subject"]) == mine],
    }


def _act(step: RowMapping) -> Row:
    """What they did to somebody else's alert: whose it is, and how much that one used, is not theirs."""
    return {"limit_id": step["limit_id"], **_some(_body(step["body"]), "at", "note")}


def _team(row: RowMapping) -> Row:
    return {**_some(row, "channel", "joined_at"), "agreed_to": _body(row["consent"])}


def _message(row: RowMapping) -> Row:
    return {
        **_some(row, "notice_id", "place_kind", "place_id", "kind", "limit_id", "text"),
        "says": _body(row["owed"]),
        "news": _body(row["news"]),
        **_some(row, "created_at", "ended_at", "channel", "ts", "dropped"),
    }


def _line(line: RowMapping, *, is_theirs: bool) -> Row:
    said = _some(line, "at", "actor", "action", "subject", "detail")
    # What an admin did to somebody's link has that one's username.
    return said if is_theirs or not said["detail"].startswith("username ") else {**said, "detail": ""}


def _some(row: Row, *names: str) -> dict[str, Any]:
    """Choose these, with moments as text."""
    values = {name: row[name] for name in names}
    return {
        name: value.isoformat() if isinstance(value, datetime) else value for name, value in values.items()
    }


def _body(text: str | None) -> Any:
    return None if text is None else json.loads(text)


def _only(rows: list[RowMapping], name: str) -> Any:
    return _some(rows[0], name)[name] if rows else None
