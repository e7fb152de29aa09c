"""A crowd put straight into the tables, as links, limits and standups stand there, in bulk.

By commands it would take hours. The tokens are really sealed; nobody's poll is due before the run begins.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final

from sqlalchemy import Table, insert, text

from benchmarks.crowd import CLUSTER, Crowd, Somebody
from bot.domain.audience import UNRECORDED
from bot.domain.health import State
from bot.domain.polling import LONGEST_GAP
from bot.domain.renewal import renew_at
from bot.domain.secret import Secret
from bot.store import tables
from bot.store.bodies import CONSENT, LIMIT, STANDUP
from bot.store.engine import Database
from bot.store.sealed import LINK_TOKEN
from bot.store.vault import KeyRing

TOKEN_LIVES: Final = timedelta(days=200)
_ROWS_AT_ONCE: Final = 2_000

Row = dict[str, Any]
# The token of a username, and what the counter shows when the run begins.
TokenOf = Callable[[str], str]
ShownBy = Callable[[Somebody], float]


async def put(
    database: Database,
    crowd: Crowd,
    *,
    ring: KeyRing,
    poll_interval: timedelta,
    token_of: TokenOf,
    shown_by: ShownBy,
) -> None:
    """Write everybody, and let the database look at its new tables as a living one would have."""
    rows = Rows(crowd, ring=ring, poll_interval=poll_interval, token_of=token_of, shown_by=shown_by)
    for table, of_table in rows.all():
        for first in range(0, len(of_table), _ROWS_AT_ONCE):
            async with database.writes() as connection:
                await connection.execute(insert(table), of_table[first : first + _ROWS_AT_ONCE])
    async with database.writes() as connection:
        await connection.execute(text("ANALYZE"))


class Rows:
    """The rows of a crowd."""

    def __init__(
        self,
        crowd: Crowd,
        *,
        ring: KeyRing,
        poll_interval: timedelta,
        token_of: TokenOf,
        shown_by: ShownBy,
    ) -> None:
        self._crowd = crowd
        self._ring = ring
        self._poll_interval = poll_interval
        self._token_of = token_of
        self._shown_by = shown_by
        self._start = crowd.trace.start
        self._dice = Random(len(crowd.people))  # noqa: S311 (repeatable is the point)

    def all(self) -> Iterator[tuple[Table, Sequence[Row]]]:
        """Return each table with its rows, in the order in which they refer to each other."""
        crowd, start, each = self._crowd, self._start, self._of_each
        yield (
            tables.workspaces,
            [{"workspace": crowd.workspace, "name": crowd.workspace, "installed_at": start}],
        )
        yield tables.people, each(lambda one: {"person": one.user, "first_seen_at": start})
        yield tables.links, each(self._link)
        idle = frozenset(one.user for one in crowd.without_limit)
        yield tables.polls, each(lambda one: self._poll(one, is_idle=one.user in idle))
        yield tables.health, each(self._health)
        yield tables.readings, each(self._reading)
        yield tables.limits, self._limits()
        yield tables.team_members, self._team_members()
        yield tables.standups, self._standups()

    def _of_each(self, row: Callable[[Somebody], Row]) -> list[Row]:
        return [{"workspace": self._crowd.workspace, **row(one)} for one in self._crowd.people]

    def _link(self, one: Somebody) -> Row:
        token = Secret(self._token_of(one.username))
        return {
            "person": one.user,
            "cluster": CLUSTER,
            "link_id": one.link_id,
            "username": one.username,
            "linked_at": self._start,
            "token": LINK_TOKEN.seal(self._ring, token, self._crowd.workspace, one.user, CLUSTER),
            "token_expires_at": self._expires_at,
        }

    def _poll(self, one: Somebody, *, is_idle: bool) -> Row:
        """Spread the first polls as they would be after a while: evenly."""
        gap = self._poll_interval * (LONGEST_GAP if is_idle else 1)
        return {
            "link_id": one.link_id,
            "next_at": self._start + self._dice.random() * gap,
            "planned_gap_s": gap.total_seconds(),
            "failing_since": None,
            "failures": 0,
            "token_failures": 0,
            "owner_told": False,
            "stopped": False,
            "thinned_at": None,
        }

    def _health(self, one: Somebody) -> Row:
        return {
            "link_id": one.link_id,
            "generation": 1,
            "stored_at": self._start,
            "renew_at": renew_at(one.link_id, stored_at=self._start, expires_at=self._expires_at),
            "lease_until": None,
            "state": State.HEALTHY.value,
            "since": self._start,
            "code": "",
            "turned_down": False,
            "works": False,
            "refusals": 0,
            "failures": 0,
            "told": None,
        }

    def _reading(self, one: Somebody) -> Row:
        shown = self._shown_by(one)
        return {"link_id": one.link_id, "at": self._start, "confirmed_at": self._start, "core_hours": shown}

    def _limits(self) -> list[Row]:
        return [
            {
                "workspace": limit.workspace,
                "limit_id": limit.limit_id,
                "cluster": limit.cluster,
                "channel": limit.scope.channel,
                "person": limit.scope.user,
                "set_at": limit.set_at,
                "body": LIMIT.dump_json(limit).decode(),
            }
            for limit in self._crowd.limits
        ]

    def _team_members(self) -> list[Row]:
        return [
            {
                "workspace": self._crowd.workspace,
                "channel": channel,
                "person": one.user,
                "joined_at": self._start,
                "consent": CONSENT.dump_json(UNRECORDED).decode(),
            }
            for channel, team in self._crowd.teams.items()
            for one in team
        ]

    def _standups(self) -> list[Row]:
        return [
            {
                "workspace": standup.workspace,
                "channel": standup.channel,
                "next_at": standup.next_at,
                "revision": standup.revision,
                "body": STANDUP.dump_json(standup).decode(),
            }
            for standup in self._crowd.standups
        ]

    @property
    def _expires_at(self) -> datetime:
        return self._start + TOKEN_LIVES
