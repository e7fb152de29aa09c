"""Limits: set with all that follows from it, or not at all."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from pytest_mock import MockerFixture
from sqlalchemy import event

from bot.domain.alerts import AlertState, Decision, Form, Owed, Reason, Telling, Transition
from bot.domain.limits import Limit, Scope, ScopeKind
from bot.ports.alerting import Alert, Judged, Notice, NoticeKind
from bot.store.engine import Database, insert_into
from bot.store.limits import SqlAlerts, SqlLimits
from bot.store.tables import team_members
from tests.unit.domain.kit import NOON, limit, quiet
from tests.unit.kit import ALICE
from tests.unit.store.kit import ON_SQLITE, Store

EACH = limit(scope=Scope(kind=ScopeKind.EACH, channel="C1"))
LATER = replace(EACH, core_hours=5000.0, set_at=NOON + timedelta(hours=1))
OTHER = limit(limit_id="L2")


def decision(told: int, revision: int) -> Decision:
    """A decision as of a limit that was set."""
    step = Transition(
        at=NOON,
        reason=Reason.UNCHANGED,
        told_before=0,
        told_after=told,
        core_hours=0.0,
        limit_core_hours=1000.0,
        as_of=None,
    )
    return Decision(
        reason=Reason.UNCHANGED, state=replace(quiet(), told=told, revision=revision), transition=step
    )


def judged(told: int = 50, *, over: int = 0, subjects: Sequence[str] = ("U1", "U2")) -> list[Judged]:
    return [Judged(subject=subject, revision=over, decision=decision(told, over + 1)) for subject in subjects]


def notice(name: str, about: Limit = EACH) -> Notice:
    return Notice(
        workspace="T1",
        notice_id=name,
        place=about.tells,
        kind=NoticeKind.ALERT,
        created_at=NOON,
        limit_id=about.limit_id,
        subject="U1",
        owed=Owed(telling=Telling.CHANGED, form=Form.EDIT, threshold=50, window=quiet().window),
    )


async def in_team(database: Database, users: Sequence[str]) -> None:
    rows = [{"workspace": "T1", "channel": "C1", "person": user, "joined_at": NOON} for user in users]
    async with database.writes() as connection:
        for row in rows:
            await connection.execute(
                insert_into(connection, team_members).values(row).on_conflict_do_nothing()
            )


async def put(
    database: Database,
    fresh: Limit = EACH,
    *,
    replaces: Limit | None = None,
    supersedes: Limit | None = None,
    first: Sequence[Judged] = (),
    owes: Sequence[str] = (),
) -> bool:
    await in_team(database, [one.subject for one in first])
    return await SqlLimits(database).put(
        fresh,
        replaces=replaces,
        supersedes=supersedes,
        judged=first,
        notices=[notice(name) for name in owes],
    )


async def all_rows(store: Store) -> list[object]:
    """Everything that setting a limit writes."""
    tables = ("limits", "alerts", "transitions", "notices", "audit")
    return [tuple(row) for table in tables for row in await store.rows(table)]


async def state_of(store: Store, subject: str) -> AlertState:
    found = await SqlAlerts(store.database).one(EACH, subject)
    assert found is not None
    return found.state


async def somebody_writes(store: Store, subject: str) -> None:
    """A poll's decision."""
    state = await state_of(store, subject)
    alert = Alert(limit=EACH, subject=subject, state=state)
    fresh = decision(90, state.revision + 1)
    assert await SqlAlerts(store.database).record(alert, [fresh], notices=())


async def test_a_limit_stands_with_what_counts_as_told_its_notices_and_its_audit_entry(
    store: Store,
) -> None:
    assert await put(store.database, first=judged(), owes=("posted", "told"))
    assert await SqlLimits(store.database).one("T1", "L1") == EACH
    assert [(await state_of(store, subject)).told for subject in ("U1", "U2")] == [50, 50]
    assert [row.notice_id for row in await store.rows("notices")] == ["posted", "told"]
    assert [row.action for row in await store.rows("audit")] == ["limit_set"]


async def test_a_limit_takes_the_place_of_one_and_removes_another_at_once(store: Store) -> None:
    await put(store.database, first=judged())
    await put(store.database, OTHER)
    await SqlLimits(store.database).put(
        LATER, replaces=EACH, supersedes=OTHER, judged=judged(over=1), notices=[notice("edit")]
    )
    assert await SqlLimits(store.database).of("T1", user="", channel=str(LATER.scope.channel)) == (LATER,)
    actions = ["limit_set", "limit_set", "limit_changed", "limit_removed"]
    assert [row.action for row in await store.rows("audit")] == actions


async def test_a_limit_that_is_removed_takes_along_what_it_owed_and_owes_its_last_word(store: Store) -> None:
    await put(store.database, first=judged(), owes=("posted",))
    last = replace(notice("removed"), kind=NoticeKind.LIMIT_SET, limit_id=None, owed=None)
    limits = SqlLimits(store.database)
    assert await limits.remove(EACH, actor="U9", notices=[last], now=NOON)
    assert not await limits.remove(EACH, actor="U9", notices=[replace(last, notice_id="again")], now=NOON)
    assert await store.rows("alerts") == []
    assert [(row.notice_id, row.dropped) for row in await store.rows("notices")] == [
        ("posted", "the limit was removed"),
        ("removed", None),
    ]


async def test_nothing_is_written_when_an_alert_moved_on_meanwhile(store: Store) -> None:
    await put(store.database, first=judged())
    await put(store.database, OTHER)
    await somebody_writes(store, "U2")
    before = await all_rows(store)
    # The first subject's state is as it was read: it is taken back with the rest.
    assert not await put(
        store.database, LATER, replaces=EACH, supersedes=OTHER, first=judged(over=1), owes=("edit",)
    )
    assert await all_rows(store) == before
    again = [*judged(over=1, subjects=["U1"]), *judged(over=2, subjects=["U2"])]
    assert await put(store.database, LATER, replaces=EACH, supersedes=OTHER, first=again, owes=("edit",))
    assert (await state_of(store, "U2")).revision == 3


async def test_nothing_is_written_over_an_alert_that_came_to_be_meanwhile(store: Store) -> None:
    await put(store.database, first=judged(subjects=["U1"]))
    before = await all_rows(store)
    late = [*judged(over=1, subjects=["U1"]), *judged(over=0, subjects=["U2"])]
    await in_team(store.database, ["U2"])
    await SqlAlerts(store.database).record(
        Alert(limit=EACH, subject="U2", state=quiet()), [decision(90, 1)], notices=()
    )
    assert not await put(store.database, LATER, replaces=EACH, first=late)
    assert (await state_of(store, "U2")).told == 90
    assert len(await all_rows(store)) == len(before) + 2


@pytest.mark.parametrize("gone", ["changed", "removed", "superseded"])
async def test_nothing_is_written_when_a_limit_is_not_what_was_read(store: Store, gone: str) -> None:
    await put(store.database, first=judged())
    await put(store.database, OTHER)
    if gone == "changed":
        between = replace(EACH, core_hours=7.0, set_at=NOON + timedelta(minutes=1))
        await put(store.database, between, replaces=EACH)
    else:
        removed = EACH if gone == "removed" else OTHER
        await SqlLimits(store.database).remove(removed, actor="U1", notices=(), now=NOON)
    before = await all_rows(store)
    assert not await put(store.database, LATER, replaces=EACH, supersedes=OTHER, owes=("edit",))
    assert await all_rows(store) == before


async def test_what_was_decided_by_a_limit_that_is_another_now_is_not_written(store: Store) -> None:
    await put(store.database, first=judged(subjects=["U1"]))
    lowered = replace(EACH, core_hours=7.0, set_at=NOON + timedelta(minutes=1))
    await put(store.database, lowered, replaces=EACH, first=judged(100, over=1, subjects=["U1"]))
    # A poll that read the limit before and the alert after the change.
    stale = Alert(limit=EACH, subject="U1", state=await state_of(store, "U1"))
    assert not await SqlAlerts(store.database).record(stale, [decision(0, 3)], notices=())
    assert (await state_of(store, "U1")).told == 100
    fresh = replace(stale, limit=lowered)
    assert await SqlAlerts(store.database).record(fresh, [decision(0, 3)], notices=())


async def test_a_crash_on_the_way_leaves_all_as_it_was(store: Store, mocker: MockerFixture) -> None:
    await put(store.database, first=judged())
    await put(store.database, OTHER)
    before = await all_rows(store)
    for step in ("_write", "owe", "_forget"):
        mocker.patch(f"bot.store.limits.{step}", side_effect=OSError("disk full"))
        with pytest.raises(OSError, match="disk full"):
            await put(
                store.database, LATER, replaces=EACH, supersedes=OTHER, first=judged(over=1), owes=("edit",)
            )
        mocker.stopall()
        assert await all_rows(store) == before


async def test_whom_limits_count_by_themselves_and_by_the_teams_that_they_joined(database: Database) -> None:
    def of(name: str, kind: ScopeKind, *, channel: str | None = None, user: str | None = None) -> Limit:
        return limit(limit_id=name, scope=Scope(kind=kind, channel=channel, user=user))

    counts = [
        of("own", ScopeKind.ME, user="U1"),
        of("by a channel", ScopeKind.PERSON, channel="C9", user="U1"),
        of("each", ScopeKind.EACH, channel="C1"),
        of("team", ScopeKind.TEAM, channel="C1"),
    ]
    others = [
        of("another's", ScopeKind.ME, user="U2"),
        of("another's of the channel", ScopeKind.PERSON, channel="C1", user="U2"),
        of("each elsewhere", ScopeKind.EACH, channel="C2"),
        replace(of("on another cluster", ScopeKind.ME, user="U1"), cluster="west"),
        replace(of("in another workspace", ScopeKind.ME, user="U1"), workspace="T2"),
    ]
    await in_team(database, ["U1"])
    for number, one in enumerate((*counts, *others)):
        await put(database, replace(one, set_at=NOON + timedelta(minutes=number)))
    found = await SqlLimits(database).counting(ALICE, "east")
    assert [one.limit_id for one in found] == [one.limit_id for one in counts]


@ON_SQLITE
async def test_the_limits_that_count_somebody_are_looked_up_however_many_there_are(
    database: Database,
) -> None:
    asked: list[tuple[str, tuple[object, ...]]] = []
    event.listen(
        database.engine.sync_engine,
        "before_cursor_execute",
        lambda _connection, _cursor, statement, values, _context, _many: asked.append((statement, values)),
    )
    await SqlLimits(database).counting(ALICE, "east")
    (statement, values) = next(one for one in asked if "FROM limits" in one[0])
    async with database.reads() as connection:
        plan = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
        steps = [row.detail for row in plan]
    assert any("ix_limits_workspace_person (workspace=? AND person=?)" in step for step in steps)
    assert any(
        "ix_limits_workspace_channel_person (workspace=? AND channel=? AND person=?)" in step
        for step in steps
    )
    assert not any("SCAN limits" in step for step in steps)
