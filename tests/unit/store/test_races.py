"""Two replicas on one database write at once: one clear end each time, and no error."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.limits import Place, PlaceKind, Scope, ScopeKind
from bot.ports import AuditEntry
from bot.ports.alerting import Alert, ChannelTrouble
from bot.store.engine import Database
from bot.store.languages import SqlLanguages
from bot.store.limits import SqlAlerts, SqlLimits
from bot.store.notices import SqlPlaces
from tests.unit.domain.kit import NOON, limit, quiet
from tests.unit.kit import ALICE, NOW, link
from tests.unit.store.kit import Store
from tests.unit.store.test_limits import decision, in_team

TURNS = 6
CHANNEL = Place(kind=PlaceKind.CHANNEL, slack_id="C1")
EACH = limit(scope=Scope(kind=ScopeKind.EACH, channel="C1"))


@pytest.fixture
async def both(database: Database, database_url: str) -> AsyncIterator[tuple[Store, Store]]:
    """Two replicas' stores."""
    other = Database(database_url)
    yield Store(database), Store(other)
    await other.close()


async def test_of_two_limits_of_one_scope_and_period_one_stands(both: tuple[Store, Store]) -> None:
    for turn in range(TURNS):
        whose = Scope(kind=ScopeKind.ME, user=f"U{turn}")
        set_at_once = [
            store.limits.put(
                limit(limit_id=f"L{turn}-{n}", scope=whose),
                replaces=None,
                supersedes=None,
                judged=(),
                notices=(),
            )
            for n, store in enumerate(both)
        ]
        assert sorted(await asyncio.gather(*set_at_once)) == [False, True]
    assert len(await both[0].rows("limits")) == TURNS


async def test_a_link_that_is_made_while_it_is_forgotten_is_there_whole_or_gone(
    both: tuple[Store, Store],
) -> None:
    one, other = both
    for turn in range(TURNS):
        await asyncio.gather(
            one.record(link(link_id=f"a{turn}")),
            other.record(link(link_id=f"b{turn}", username="bob")),
            other.links.forget(ALICE, "east", actor="U1", now=NOW),
        )
        there = len(await one.rows("links"))
        hanging = [len(await one.rows(table)) for table in ("polls", "health", "readings")]
        assert hanging == [there] * 3
        actions = [row.action for row in await one.rows("audit")]
        # Each forgetting that found a link left none; what was made later stands.
        assert actions.count("linked") == 2 * (turn + 1)


async def test_of_two_first_words_about_an_alert_one_is_recorded(both: tuple[Store, Store]) -> None:
    one, _ = both
    await in_team(one.database, [f"U{turn}" for turn in range(TURNS)])
    assert await one.limits.put(EACH, replaces=None, supersedes=None, judged=(), notices=())
    for turn in range(TURNS):
        alert = Alert(limit=EACH, subject=f"U{turn}", state=quiet())
        words = [
            SqlAlerts(store.database).record(alert, [decision(50, alert.state.revision + 1)], notices=())
            for store in both
        ]
        assert sorted(await asyncio.gather(*words)) == [False, True]
    assert len(await one.rows("transitions")) == TURNS


async def test_a_limit_is_removed_while_its_alert_is_written(both: tuple[Store, Store]) -> None:
    one, other = both
    await in_team(one.database, ["U1"])
    for turn in range(TURNS):
        about = replace(EACH, limit_id=f"L{turn}")
        assert await one.limits.put(about, replaces=None, supersedes=None, judged=(), notices=())
        alert = Alert(limit=about, subject="U1", state=quiet())
        first = decision(50, alert.state.revision + 1)
        assert await SqlAlerts(one.database).record(alert, [first], notices=())
        told = replace(alert, state=first.state)
        _, removed = await asyncio.gather(
            SqlAlerts(one.database).record(told, [decision(80, first.state.revision + 1)], notices=()),
            SqlLimits(other.database).remove(about, actor="U9", notices=(), now=NOON),
        )
        assert removed
    assert await one.rows("alerts") == []


async def test_choices_and_troubles_at_once_leave_one_row(both: tuple[Store, Store]) -> None:
    entry = AuditEntry(workspace="T1", actor="U1", action="language", subject="C1", detail="", at=NOW)
    trouble = ChannelTrouble(reason="is_archived", since=NOW, owner_told=False)
    for _ in range(TURNS):
        await asyncio.gather(
            *(SqlLanguages(s.database).choose("T1", CHANNEL, "zh", entry=entry) for s in both),
            *(SqlPlaces(s.database).set_trouble("T1", CHANNEL, trouble) for s in both),
        )
        assert [len(await both[0].rows(table)) for table in ("languages", "places")] == [1, 1]
        await SqlLanguages(both[0].database).choose("T1", CHANNEL, None, entry=entry)
        await SqlPlaces(both[0].database).set_trouble("T1", CHANNEL, None)


async def test_two_claims_at_once_take_nothing_twice(both: tuple[Store, Store]) -> None:
    people = [link(replace(ALICE, user=f"U{n}")) for n in range(8)]
    for each in people:
        await both[0].record(each)
    furthest = timedelta(hours=1)
    claims = [
        store.polls.claim("east", now=NOW, lease=furthest, furthest=furthest, most=5)
        for store in (*both, *both)
    ]
    taken = [polled.link.link_id for some in await asyncio.gather(*claims) for polled in some]
    assert len(taken) == len(set(taken))
    rest = await both[1].polls.claim("east", now=NOW, lease=furthest, furthest=furthest, most=9)
    assert sorted([*taken, *(polled.link.link_id for polled in rest)]) == sorted(p.link_id for p in people)
