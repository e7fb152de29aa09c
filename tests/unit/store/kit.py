"""The store's adapters on one database, and what stands in its tables and files."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest
from sqlalchemy import Row, select

from bot.domain.people import Link
from bot.domain.secret import Secret
from bot.domain.usage import Reading
from bot.store.engine import Database
from bot.store.limits import SqlLimits
from bot.store.links import SqlLinks
from bot.store.notices import SqlNotices
from bot.store.old_readings import SqlOldReadings
from bot.store.place_turns import SqlPlaceTurns
from bot.store.polls import SqlPolls
from bot.store.readings import SqlReadings
from bot.store.tables import metadata
from bot.store.teams import SqlTeams
from bot.store.tokens import SqlTokens
from bot.store.vault import KeyRing
from tests.unit.kit import NOW, RING_KEY, reading

# What a test says of the files holds where the files are ours.
ON_SQLITE: Final = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
RING = KeyRing.parse(f"k1:{RING_KEY}")


@dataclass
class Store:
    """Links and readings on one database."""

    database: Database
    links: SqlLinks = field(init=False)
    readings: SqlReadings = field(init=False)
    polls: SqlPolls = field(init=False)
    limits: SqlLimits = field(init=False)
    teams: SqlTeams = field(init=False)
    old: SqlOldReadings = field(init=False)
    tokens: SqlTokens = field(init=False)
    notices: SqlNotices = field(init=False)
    place_turns: SqlPlaceTurns = field(init=False)

    def __post_init__(self) -> None:
        self.links = SqlLinks(self.database, RING)
        self.readings = SqlReadings(self.database)
        self.polls = SqlPolls(self.database)
        self.limits = SqlLimits(self.database)
        self.teams = SqlTeams(self.database)
        self.old = SqlOldReadings(self.database)
        self.tokens = SqlTokens(self.database, RING, clock=lambda: NOW)
        self.notices = SqlNotices(self.database)
        self.place_turns = SqlPlaceTurns(self.database)

    async def record(self, link: Link, first: Reading | None = None, *, token: str = "token") -> Link:
        """Link, with a first reading."""
        return await self.links.record(link, token=Secret(token), reading=first or reading(1, link.linked_at))

    async def kept(self, link: Link) -> list[Reading]:
        """All readings of a link."""
        return [
            Reading(core_hours=row.core_hours, at=row.at, confirmed_at=row.confirmed_at)
            for row in await self.rows("readings")
            if (row.workspace, row.link_id) == (link.person.workspace, link.link_id)
        ]

    async def rows(self, table: str) -> Sequence[Row[Any]]:
        """A table's rows by its key."""
        wanted = metadata.tables[table]
        async with self.database.reads() as connection:
            return (await connection.execute(select(wanted).order_by(*wanted.primary_key))).all()


def files_with(folder: Path, needle: bytes) -> list[str]:
    """The names of the files that hold these bytes."""
    return sorted(path.name for path in folder.iterdir() if needle in path.read_bytes())
