"""Requests of Slack's, none taken twice; workspaces and the audit log."""

import asyncio
from datetime import timedelta

from bot.ports import AuditEntry
from bot.store.audit import SqlAuditLog
from bot.store.deliveries import SqlDeliveries
from bot.store.engine import Database
from bot.store.workspaces import SqlWorkspaces
from tests.unit.kit import NOW
from tests.unit.store.kit import Store

SECOND = timedelta(seconds=1)


async def test_the_first_time_is_once(database: Database) -> None:
    deliveries = SqlDeliveries(database)
    assert await deliveries.first_time("a", now=NOW)
    assert not await deliveries.first_time("a", now=NOW)
    assert await deliveries.first_time("b", now=NOW)


async def test_the_first_time_is_once_for_many_at_once_in_two_processes(
    database: Database, database_url: str
) -> None:
    other = Database(database_url)
    ways = (SqlDeliveries(database), SqlDeliveries(other))
    try:
        answers = await asyncio.gather(
            *(ways[n % 2].first_time(f"delivery{n % 5}", now=NOW) for n in range(60))
        )
    finally:
        await other.close()
    assert sum(answers) == 5


async def test_a_restart_forgets_nothing(database: Database) -> None:
    await SqlDeliveries(database).first_time("a", now=NOW)
    assert not await SqlDeliveries(database).first_time("a", now=NOW + 10 * SECOND)


async def test_a_workspace_keeps_its_first_day_and_takes_its_newest_name(store: Store) -> None:
    workspaces = SqlWorkspaces(store.database)
    await workspaces.meet("T1", "Lab", now=NOW)
    await workspaces.meet("T2", "Other", now=NOW)
    await workspaces.meet("T1", "Tidal Lab", now=NOW + SECOND)
    assert [tuple(row) for row in await store.rows("workspaces")] == [
        ("T1", "Tidal Lab", NOW, None),
        ("T2", "Other", NOW, None),
    ]


async def test_audit_entries_stay_in_order(store: Store) -> None:
    log = SqlAuditLog(store.database)
    for action in ("link_refused", "linked"):
        await log.record(
            AuditEntry(workspace="T1", actor="U1", action=action, subject="U1/east", detail="", at=NOW)
        )
    assert [row.action for row in await store.rows("audit")] == ["link_refused", "linked"]
