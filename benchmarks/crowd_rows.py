"""A crowd put straight into the tables, as links, limits and standups stand there, in bulk.

By commands it would take hours. The tokens are really sealed.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final

from sqlalchemy import Table, insert, text

from benchmarks.crowd import CLUSTER, Crowd, Somebody
from benchmarks.replay_stage import Recorded
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
TokenOf = Callable[[str], str]


async def put(database: Database, crowd: Crowd, *, ring: KeyRing, token_of: TokenOf) -> None:
    """Write everybody down, as of now; nobody is polled yet, and no digest is due."""
    await _insert(database, Rows(crowd, ring=ring, token_of=token_of).all())


async def put_due(database: Database, crowd: Crowd, *, poll_interval: timedelta) -> None:
    """Let the polls and the digests begin at the crowd's start.

    The database looks at its new tables then, as at any that live.
    """
    idle = frozenset(one.user for one in crowd.without_limit)
    dice = Random(len(crowd.people))  # noqa: S311 (repeatable is the point)
    due = [
        _poll(one, crowd, poll_interval * (LONGEST_GAP if one.user in idle else 1), dice.random())
        for one in crowd.people
    ]
    await _insert(database, [(tables.polls, due), (tables.standups, _standups(crowd))])
    async with database.writes() as connection:
        await connection.execute(text("ANALYZE"))


async def _insert(database: Database, rows: Iterable[tuple[Table, Sequence[Row]]]) -> None:
    for table, of_table in rows:
        for first in range(0, len(of_table), _ROWS_AT_ONCE):
            async with database.writes() as connection:
                await connection.execute(insert(table), of_table[first : first + _ROWS_AT_ONCE])


def _poll(one: Somebody, crowd: Crowd, gap: timedelta, share: float) -> Row:
    """Return when somebody is due: spread as after a while, evenly."""
    return {
        "workspace": crowd.workspace,
        "link_id": one.link_id,
        "cluster": CLUSTER,
        "next_at": crowd.trace.start + share * gap,
        "planned_gap_s": gap.total_seconds(),
        "failing_since": None,
        "failures": 0,
        "token_failures": 0,
        "owner_told": False,
        "stopped": False,
        "thinned_at": None,
    }


def _standups(crowd: Crowd) -> list[Row]:
    return [
        {
            "workspace": standup.workspace,
            "channel": standup.channel,
            "next_at": standup.next_at,
            "revision": standup.revision,
            "body": STANDUP.dump_json(standup).decode(),
        }
        for standup in crowd.standups
    ]


class Rows:
    """The rows of a crowd."""

    def __init__(self, crowd: Crowd, *, ring: KeyRing, token_of: TokenOf) -> None:
        self._crowd = crowd
        self._ring = ring
        self._token_of = token_of
        self._now = crowd.trace.start

    def all(self) -> Iterator[tuple[Table, Sequence[Row]]]:
        """Return each table with its rows, in the order in which they refer to each other."""
        crowd, now, each = self._crowd, self._now, self._of_each
        yield (
            tables.workspaces,
            [{"workspace": crowd.workspace, "name": crowd.workspace, "installed_at": now}],
        )
        yield (
            tables.people,
            each(lambda one: {"person": one.user, "first_seen_at": now, "locale": "en-US", "locale_at": now}),
        )
        yield tables.links, each(self._link)
        yield tables.health, each(self._health)
        yield tables.readings, each(self._reading)
        yield tables.limits, self._limits()
        yield tables.team_members, self._team_members()

    def _of_each(self, row: Callable[[Somebody], Row]) -> list[Row]:
        return [{"workspace": self._crowd.workspace, **row(one)} for one in self._crowd.people]

    def _link(self, one: Somebody) -> Row:
        token = Secret(self._token_of(one.username))
        return {
            "person": one.user,
            "cluster": CLUSTER,
            "link_id": one.link_id,
            "username": one.username,
            "linked_at": self._now,
            "token": LINK_TOKEN.seal(self._ring, token, self._crowd.workspace, one.user, CLUSTER),
            "token_expires_at": self._expires_at,
        }

    def _health(self, one: Somebody) -> Row:
        return {
            "link_id": one.link_id,
            "generation": 1,
            "stored_at": self._now,
            "renew_at": renew_at(one.link_id, stored_at=self._now, expires_at=self._expires_at),
            "lease_until": None,
            "state": State.HEALTHY.value,
            "since": self._now,
            "code": "",
            "turned_down": False,
            "works": False,
            "refusals": 0,
            "failures": 0,
            "told": None,
        }

    def _reading(self, one: Somebody) -> Row:
        shown = Recorded(counter=one.counter, start=self._now).core_seconds(self._now) / 3600
        return {"link_id": one.link_id, "at": self._now, "confirmed_at": self._now, "core_hours": shown}

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
                "joined_at": self._now,
                "consent": CONSENT.dump_json(UNRECORDED).decode(),
            }
            for channel, team in self._crowd.teams.items()
            for one in team
        ]

    @property
    def _expires_at(self) -> datetime:
        return self._now + TOKEN_LIVES
