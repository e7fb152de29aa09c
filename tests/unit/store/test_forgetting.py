"""One person shown whole, and forgotten."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.domain.alerts import Decision, Form, Owed, Reason, Telling
from bot.domain.health import LinkNews
from bot.domain.limits import Place, PlaceKind
from bot.domain.people import LEFT, Link, Person
from bot.domain.secret import Secret
from bot.ports.alerting import Alert, Notice, NoticeKind, Polled
from bot.store.export import export
from bot.store.forgetting import forget, stored
from bot.store.limits import SqlAlerts, SqlLimits
from bot.store.personal import NAMED_IN, own_rows
from bot.store.standups import SqlStandups
from bot.store.tables import metadata
from tests.furnished import ANN, BEN, CHANNEL, NOW, Furnished, furnish
from tests.unit.kit import reading
from tests.unit.store.kit import ON_SQLITE, RING, Store, files_with

HERS = {ANN, "hpc_ann", "00ffhpc_ann", "Ann"}
LATER = NOW + timedelta(hours=1)
# They hold nobody's: what a workspace is called; for minutes what was begun, and which requests were taken;
# for a day which workspaces left.
BRIEF = {"deliveries", "install_states", "departures"}
OF_NOBODY = {"workspaces", "found_clusters", *BRIEF}


@pytest.fixture
async def lab(store: Store) -> Furnished:
    return await furnish(store.database, RING, "T1")


async def everything(store: Store) -> dict[str, Sequence[Any]]:
    return {name: await store.rows(name) for name in metadata.tables}


def of_workspace(workspace: str, rows: Mapping[str, Sequence[Any]]) -> dict[str, list[Any]]:
    return {name: [row for row in there if workspace in words({name: [row]})] for name, there in rows.items()}


def words(rows: Mapping[str, Sequence[Any]]) -> set[str]:
    """All ids and words that stand in these rows."""
    return set(re.findall(r"\w+", repr(rows)))


async def test_every_table_that_may_hold_something_of_a_person_is_known(store: Store, lab: Furnished) -> None:
    own = {table.name for table in own_rows(lab.person(ANN))}
    named = {column.table.name for column in NAMED_IN}
    assert own | named | OF_NOBODY == metadata.tables.keys()
    filled = {name for name, rows in (await everything(store)).items() if rows}
    assert filled == metadata.tables.keys() - BRIEF


@ON_SQLITE
async def test_nothing_of_a_person_is_left_in_any_table_or_file(
    store: Store, lab: Furnished, tmp_path: Path
) -> None:
    sealed = [row.token for row in await store.rows("links") if row.person == ANN]
    before = await everything(store)
    assert words(before) >= HERS
    await forget(store.database, lab.person(ANN), now=LATER)
    after = await everything(store)
    assert words(after) & HERS == set()
    for needle in (*sealed, b"hpc_ann", b"Ann Ng"):
        assert files_with(tmp_path / "data", needle) == []


async def test_what_is_of_others_stays_as_it_was_with_another_name_for_who_left(
    store: Store, lab: Furnished
) -> None:
    before = await everything(store)
    await forget(store.database, lab.person(ANN), now=LATER)
    after = await everything(store)
    for name in before.keys() - {
        "limits",
        "alerts",
        "transitions",
        "notices",
        "standups",
        "audit",
        "installations",
    }:
        assert after[name] == [row for row in before[name] if not words({name: [row]}) & HERS], name
    limits = await SqlLimits(store.database).of("T1", user=BEN, channel=CHANNEL)
    assert {(limit.limit_id, limit.set_by.user) for limit in limits} == {("each", LEFT), ("ben", LEFT)}
    alert = await SqlAlerts(store.database).one(lab.each, BEN)
    assert alert is not None
    assert (alert.state.told, alert.state.acknowledged_by) == (50, LEFT)
    standup = await SqlStandups(store.database).of("T1", CHANNEL)
    assert standup is not None
    assert (standup.is_on, standup.set_by.user) == (True, LEFT)
    texts = {row.notice_id: row.text for row in after["notices"]}
    assert texts["set-each"] == f"<@{LEFT}> set a limit for <@{BEN}|ben>."
    assert texts["digest"].endswith(f" {LEFT}")
    assert texts.keys() == {"set-each", "set-ben", "each-U12", "ben-U12", "news-U12", "digest", "page"}


async def test_the_audit_log_keeps_that_somebody_was_forgotten_and_what_channels_were_given(
    store: Store, lab: Furnished
) -> None:
    await forget(store.database, lab.person(ANN), now=LATER)
    lines = [(row.actor, row.action, row.subject) for row in await store.rows("audit")]
    assert lines[-1] == ("operator", "person_forgotten", "")
    assert (LEFT, "limit_set", f"each each {CHANNEL}/east") in lines
    assert (BEN, "linked", "U12/east") in lines
    assert not [line for line in lines if line[1] == "linked" and line[0] != BEN]


async def test_the_same_ids_in_another_workspace_are_somebody_else(store: Store, lab: Furnished) -> None:
    await furnish(store.database, RING, "T2")
    before = of_workspace("T2", await everything(store))
    await forget(store.database, lab.person(ANN), now=LATER)
    assert of_workspace("T2", await everything(store)) == before


async def test_forgetting_twice_and_somebody_who_was_never_met(store: Store, lab: Furnished) -> None:
    await forget(store.database, lab.person(ANN), now=LATER)
    assert await stored(store.database, lab.person(ANN)) == ({}, 0)
    assert await stored(store.database, Person(workspace="T1", user="U")) == ({}, 0)
    assert await export(store.database, Person(workspace="T9", user=ANN), now=NOW) is None
    own, named = await stored(store.database, lab.person(BEN))
    assert (own["links"], own["team_members"], named) == (1, 1, 5)


async def test_who_read_before_a_person_was_forgotten_writes_nothing_of_them_back(
    store: Store, lab: Furnished
) -> None:
    """Polls, clicks and deliveries that are under way end after it."""
    alerts, standups = SqlAlerts(store.database), SqlStandups(store.database)
    link = lab.links[ANN]
    polled = Polled(link=link, planned_gap=timedelta(minutes=10), owner_told=True)
    held = await store.tokens.look(link)
    alert, bens = await alerts.one(lab.each, ANN), await alerts.one(lab.each, BEN)
    standup = await standups.of("T1", CHANNEL)
    assert alert is not None
    assert bens is not None
    assert standup is not None
    assert held is not None
    await forget(store.database, lab.person(ANN), now=LATER)
    after = await everything(store)

    await store.polls.plan(polled, next_at=LATER, notice=news(link))
    await store.readings.record(link, reading(6, LATER))
    never = Alert(limit=lab.each, subject=ANN, state=replace(alert.state, revision=0))
    decided = Decision(reason=Reason.CROSSED, state=replace(alert.state, revision=1))
    for late in (alert, never, bens):
        assert not await alerts.record(late, [decided], notices=[edit(alert)])
    await store.notices.owe(edit(alert))
    nobody = Place(kind=PlaceKind.DM, slack_id=LEFT)
    await store.notices.owe(replace(news(link), notice_id="to nobody", place=nobody))
    assert not await standups.put(replace(standup, revision=standup.revision + 1))
    assert not await store.tokens.renew(
        held, Secret("next"), expires_at=None, now=LATER, decide=lambda _: pytest.fail("decided")
    )
    assert await everything(store) == after


def edit(alert: Alert) -> Notice:
    """What delivery owes an alert's message after a reply."""
    owed = Owed(telling=Telling.CHANGED, form=Form.EDIT, threshold=50, window=alert.state.window)
    return Notice(
        workspace="T1",
        notice_id="late edit",
        place=alert.limit.tells,
        kind=NoticeKind.ALERT,
        created_at=LATER,
        limit_id=alert.limit.limit_id,
        subject=alert.subject,
        owed=owed,
    )


def news(link: Link) -> Notice:
    return Notice(
        workspace="T1",
        notice_id="late news",
        place=Place(kind=PlaceKind.DM, slack_id=link.person.user),
        kind=NoticeKind.NO_DATA,
        created_at=LATER,
        subject=link.link_id,
        news=LinkNews(cluster=link.cluster, username=link.username),
    )
