"""Digests of teams of any size, as the gathering makes them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

from bot.domain.audience import Guard
from bot.domain.clusters import Cluster
from bot.domain.digests import Digest, DigestTable, days_of
from bot.domain.measuring import Series
from bot.domain.people import Person
from bot.domain.standing import Audience
from bot.domain.standups import WORKDAYS, Schedule, Standup, next_due
from bot.domain.team_usage import Teammate, only_sums, team_table
from bot.domain.usage import Reading
from tests.unit.domain.kit import INTERVAL, SHANGHAI
from tests.unit.kit import east

DAY = timedelta(days=1)
MORNING = datetime(2026, 11, 23, 1, 30, tzinfo=UTC)  # Monday, 09:30 in Shanghai
MONDAY = date(2026, 11, 23)
BOSS = Person(workspace="T1", user="U9")
PRIVATE = Audience(is_private=True, is_shared_outside=False, members=9)


def standup(**more: object) -> Standup:
    schedule = Schedule(at=time(9, 30), days=WORKDAYS, zone=SHANGHAI)
    made = Standup(
        workspace="T1",
        channel="C1",
        schedule=schedule,
        set_by=BOSS,
        set_at=MORNING - 10 * DAY,
        last_day=MONDAY,
        next_at=MORNING + DAY,
        told_at=MORNING - 3 * DAY,
    )
    changed = replace(made, **more)  # type: ignore[arg-type]
    return replace(changed, next_at=next_due(changed.schedule, after=changed.last_day).at)


def mates(count: int, *, used_a_day: float = 100.0) -> list[Teammate]:
    """People who used so much each day for twenty days, the first one the most."""
    return [
        Teammate(
            user=f"U{number:03d}",
            username=f"person{number:03d}",
            series=Series(
                readings=[
                    Reading(
                        core_hours=used_a_day * (1 + 1 / (1 + number)) * (20 - ago),
                        at=MORNING - ago * DAY,
                        confirmed_at=MORNING - ago * DAY,
                    )
                    for ago in range(20, -1, -1)
                ],
                planned_gap=INTERVAL,
            ),
        )
        for number in range(count)
    ]


def digest(
    team: Sequence[Teammate] = (),
    *,
    lapsed: int = 0,
    names: dict[str, str] | None = None,
    clusters: Sequence[Cluster] = (),
    **more: object,
) -> Digest:
    """A digest of this team on each of the clusters; the first few have not agreed to be named."""
    users = [mate.user for mate in team]
    guard = Guard(audience=PRIVATE, agreed=frozenset(users[lapsed:]), lapsed=frozenset(users[:lapsed]))
    tables = []
    for cluster in clusters or [east()] if team else []:
        table = team_table(team, (), cluster, poll_interval=INTERVAL, now=MORNING)
        tables.append(
            DigestTable(
                table=only_sums(table, guard) if lapsed else table,
                days=days_of(team, cluster, guard, since=MORNING - 3 * DAY, now=MORNING),
            )
        )
    made = Digest(
        channel="C1",
        day=MONDAY,
        zone=SHANGHAI,
        standup=standup(),
        asked_by="",
        audience=PRIVATE,
        people=len(team),
        lapsed=lapsed,
        tables=tuple(tables),
        unlinked=(),
        names={} if lapsed else {"U9": "Boss", **{user: f"Person {user}" for user in users}, **(names or {})},
        near=(),
        crossed=(),
        limits_set=(),
        care=(),
        care_unnamed=0,
        is_idle=False,
    )
    return replace(made, **more)  # type: ignore[arg-type]
