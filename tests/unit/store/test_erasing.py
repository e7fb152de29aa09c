"""A workspace that leaves takes everything along, and nothing comes back."""

import re
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.domain.alerts import Decision, Reason
from bot.domain.audience import Consent
from bot.domain.errors import NotLinked, WorkspaceLeft
from bot.domain.limits import Place, PlaceKind
from bot.domain.secret import Secret
from bot.ports import AuditEntry
from bot.ports.alerting import ChannelTrouble, Notice, NoticeKind, Polled
from bot.store.audit import SqlAuditLog
from bot.store.erasing import MARKED_FOR, OF_NOBODY, SWEPT_FOR, sweep_departures, tenant_tables
from bot.store.languages import SqlLanguages
from bot.store.leaving import SqlLeaving
from bot.store.limits import SqlAlerts, SqlLimits
from bot.store.link_pages import SqlLinkPages
from bot.store.notices import SqlPlaces
from bot.store.standups import SqlStandups
from bot.store.tables import metadata
from bot.store.workspaces import SqlWorkspaces
from tests.furnished import ANN, BEN, CHANNEL, NOW, Furnished, furnish
from tests.unit.kit import reading
from tests.unit.store.kit import ON_SQLITE, RING, Store, files_with

LATER = NOW + timedelta(hours=1)


async def everything(store: Store) -> dict[str, Sequence[Any]]:
    return {name: await store.rows(name) for name in metadata.tables}


def of(workspace: str, rows: dict[str, Sequence[Any]]) -> dict[str, list[Any]]:
    """What names a workspace, by its column or in a word."""
    found = {
        name: [row for row in there if re.search(rf"\b{workspace}\b", repr(row))]
        for name, there in rows.items()
    }
    return {name: there for name, there in found.items() if there}


def test_every_table_is_erased_or_belongs_to_no_workspace() -> None:
    """Whoever adds a table that belongs to nobody says so in `OF_NOBODY`."""
    without = {name for name, table in metadata.tables.items() if "workspace" not in table.c}
    assert without == OF_NOBODY
    erased = [table.name for table in tenant_tables()]
    assert {*erased, *OF_NOBODY, "departures"} == metadata.tables.keys()
    for table in tenant_tables():
        for key in table.foreign_keys:
            assert erased.index(table.name) < erased.index(key.column.table.name), table.name


@ON_SQLITE
async def test_nothing_of_a_workspace_is_left_in_any_table_or_file(store: Store, tmp_path: Path) -> None:
    await furnish(store.database, RING, "T1")
    await furnish(store.database, RING, "T12")
    before = await everything(store)
    sealed = [row.token for row in before["links"] if row.workspace == "T1"]
    assert of("T1", before).keys() == metadata.tables.keys() - {*OF_NOBODY, "departures"}
    gone = await SqlLeaving(store.database).workspace("T1", now=LATER)
    after = await everything(store)
    assert of("T1", after).keys() == {"departures"}
    assert of("T12", after) == of("T12", before)
    assert gone == sum(len(rows) for rows in of("T1", before).values())
    for needle in (*sealed, b"Lab T1\x00"):
        assert files_with(tmp_path / "data", needle) == []
    assert await SqlLeaving(store.database).workspace("T1", now=LATER) == 0


@ON_SQLITE
async def test_many_rows_go_in_small_steps(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    lab = await furnish(store.database, RING, "T1")
    for number in range(1, 8):
        await store.readings.record(lab.links[ANN], reading(10 + number, NOW + timedelta(minutes=number)))
    monkeypatch.setattr("bot.store.steps.AT_ONCE", 3)
    await SqlLeaving(store.database).workspace("T1", now=LATER)
    assert of("T1", await everything(store)).keys() == {"departures"}


async def test_what_is_under_way_when_a_workspace_leaves_writes_nothing_back(store: Store) -> None:
    lab = await furnish(store.database, RING, "T1")
    late = await late_writers(store, lab)
    await SqlLeaving(store.database).workspace("T1", now=LATER)
    for name, write in late.items():
        with suppress(WorkspaceLeft, NotLinked):
            await write()
        assert of("T1", await everything(store)).keys() == {"departures"}, name


async def late_writers(store: Store, lab: Furnished) -> dict[str, Callable[[], Awaitable[object]]]:
    """Everything that can make a row, with what it had read before."""
    database, link, ann = store.database, lab.links[ANN], lab.person(ANN)
    channel, dm = (
        Place(kind=kind, slack_id=to) for kind, to in ((PlaceKind.CHANNEL, CHANNEL), (PlaceKind.DM, ANN))
    )
    alerts, limits, standups = SqlAlerts(database), SqlLimits(database), SqlStandups(database)
    held, alert = await store.tokens.look(link), await alerts.one(lab.each, BEN)
    standup = await standups.of("T1", CHANNEL)
    assert held is not None
    assert alert is not None
    assert standup is not None
    decision = Decision(reason=Reason.CROSSED, state=replace(alert.state, revision=alert.state.revision + 1))
    notice = Notice(workspace="T1", notice_id="late", place=channel, kind=NoticeKind.TEST, created_at=LATER)
    trouble = ChannelTrouble(reason="token_revoked", since=LATER, owner_told=False)
    entry = AuditEntry(workspace="T1", actor=ANN, action="late", subject="", detail="", at=LATER)
    agreed = Consent(is_public=True, with_guests=True, organisations=frozenset())
    page = await SqlLinkPages(database, RING).one("T1", "page")
    assert page is not None
    return {
        "a reading": lambda: store.readings.record(link, reading(7, LATER)),
        "a link": lambda: store.record(replace(link, link_id="new")),
        "a next token": lambda: store.tokens.renew(
            held, Secret("next"), expires_at=None, now=LATER, decide=lambda _: pytest.fail("decided")
        ),
        "a plan": lambda: store.polls.plan(
            Polled(link=link, planned_gap=timedelta()), next_at=LATER, notice=replace(notice, place=dm)
        ),
        "a limit": lambda: limits.put(
            replace(lab.each, limit_id="new"), replaces=None, supersedes=None, judged=(), notices=[notice]
        ),
        "an alert": lambda: alerts.record(alert, [decision], notices=[notice]),
        "a notice": lambda: store.notices.owe(notice),
        "trouble": lambda: SqlPlaces(database).set_trouble("T1", channel, trouble),
        "a team": lambda: store.teams.join(ann, CHANNEL, consent=agreed, now=LATER),
        "a language": lambda: SqlLanguages(database).choose("T1", dm, "en", entry=entry),
        "a standup": lambda: standups.put(replace(standup, revision=standup.revision + 1), audit=entry),
        "a first standup": lambda: standups.put(replace(standup, channel="C2", revision=1), audit=entry),
        "a line": lambda: SqlAuditLog(database).record(entry),
        "a page": lambda: SqlLinkPages(database, RING).add(replace(page, page_id="new"), digest="new"),
    }


@ON_SQLITE
async def test_what_slipped_through_is_swept_away_and_the_mark_ends_after_a_day(store: Store) -> None:
    """As it can on PostgreSQL, where two transactions do not see each other."""
    leaving = SqlLeaving(store.database)
    await leaving.workspace("T1", now=LATER)
    async with store.database.writes() as connection:
        await connection.exec_driver_sql(
            "INSERT INTO languages (workspace, kind, place_id, code) VALUES ('T1', 'dm', 'U1', 'zh')"
        )
    await sweep_departures(store.database, now=LATER + SWEPT_FOR / 2)
    assert await store.rows("languages") == []
    await sweep_departures(store.database, now=LATER + MARKED_FOR)
    assert await store.rows("departures") == []


@ON_SQLITE
async def test_a_workspace_that_comes_back_begins_anew(store: Store) -> None:
    await furnish(store.database, RING, "T1")
    await SqlLeaving(store.database).workspace("T1", now=LATER)
    await SqlWorkspaces(store.database).meet("T1", "Lab", now=LATER)
    await furnish(store.database, RING, "T1")
    await sweep_departures(store.database, now=LATER)
    assert len(await store.rows("links")) == 2
