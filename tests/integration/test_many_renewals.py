"""Many tokens at once: two processes on one database, and a short month with outages and kills."""

from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from benchmarks.token_month import Month
from bot.domain.people import Link, Person
from bot.domain.secret import Secret
from bot.domain.usage import Reading
from bot.store.engine import Database
from bot.store.links import SqlLinks
from bot.store.tables import polls
from bot.wiring.keys import key_ring
from tests.process import running
from tests.world import TEAM, World, until, world

HOUR = timedelta(hours=1)


@pytest.fixture
async def lab(data_dir: Path) -> AsyncIterator[World]:
    async with world(data_dir) as made:
        yield made


async def many_due(lab: World, many: int) -> None:
    """Write links straight into the store: their tokens are due, their polls are not."""
    settings, now = lab.settings(), datetime.now(UTC)
    database = Database(settings.database_url)
    links = SqlLinks(database, key_ring(settings.secret_keys, settings.data_dir))
    for number in range(many):
        username = f"u{number}"
        lab.east.add_user(username, core_hours=0)
        link = Link(
            person=Person(workspace=TEAM, user=f"U{number}"),
            cluster="east",
            username=username,
            link_id=f"{number:032x}",
            linked_at=now - 5 * HOUR,
            token_expires_at=now + HOUR,
        )
        token = Secret(lab.east.token(username, lives=HOUR))
        reading = Reading(core_hours=0, at=link.linked_at, confirmed_at=link.linked_at)
        await links.record(link, token=token, reading=reading)
    async with database.writes() as connection:
        await connection.execute(update(polls).values(next_at=now + 99 * HOUR))
    await database.close()


@pytest.mark.slow
async def test_two_processes_renew_many_links_each_exactly_once(lab: World, *, full_size: bool) -> None:
    many = 1000 if full_size else 80
    await many_due(lab, many)

    async def renewed() -> int:
        return sum(row.generation > 1 for row in await lab.rows("health"))

    async with running(lab, name="one") as one, running(lab, name="two") as two:
        await until(renewed, lambda count: count == many, 120)
        logs = one.log + two.log
    assert Counter(row.generation for row in await lab.rows("health")) == {2: many}
    assert Counter(row.state for row in await lab.rows("health")) == {"healthy": many}
    assert all(row.lease_until is None for row in await lab.rows("health"))
    assert sum(request.endpoint == "renew" for request in lab.east.requests) == many
    assert await lab.rows("notices") == []
    assert "Traceback" not in logs
    shares = [each.count("how=POST") + each.count('"how": "POST"') for each in logs_of(lab)]
    assert sum(shares) == many
    assert min(shares) > 0


def logs_of(lab: World) -> list[str]:
    """What each process wrote, after its end."""
    folder = lab.data_dir.parent
    return [path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.log"))]


@pytest.mark.slow
async def test_through_outages_and_kills_no_link_is_lost_that_the_rules_could_keep(tmp_path: Path) -> None:
    month = Month(tmp_path, links=12, days=4, outages=((0.5, 20), (2, 34)), kills=2)
    outcome = await month.run()
    assert outcome.kills == 2
    assert outcome.renewed > 40
    assert outcome.trails == {}, "a link that could be kept, or a word without need"
    assert sum(outcome.told.values()) == len(outcome.lost) > 0
    assert outcome.renewals_at_once == 1
    assert outcome.old_used == 0
