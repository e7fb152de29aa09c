"""What has no further use is swept away; what has stays."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from pytest_mock import MockerFixture
from sqlalchemy import update

from bot.domain.people import Person
from bot.ports import AuditEntry
from bot.store.audit import SqlAuditLog
from bot.store.deliveries import SqlDeliveries
from bot.store.install_states import SqlInstallStates
from bot.store.retention import (
    AUDIT_KEPT,
    CONSENTS_KEPT,
    DELIVERIES_KEPT,
    NOTICES_KEPT,
    PEOPLE_KEPT,
    SELDOM,
    SqlRetention,
)
from bot.store.tables import metadata, notices
from tests.furnished import ANN, NOW, furnish
from tests.unit.kit import link
from tests.unit.store.kit import ON_SQLITE, RING, Store, files_with

SECOND, DAY = timedelta(seconds=1), timedelta(days=1)


async def sweep(store: Store, now: datetime) -> None:
    await SqlRetention(store.database).sweep(now=now)


@ON_SQLITE
async def test_a_young_workspace_loses_nothing(store: Store) -> None:
    await furnish(store.database, RING, "T1")
    before = [await store.rows(name) for name in metadata.tables]
    await sweep(store, NOW + SECOND)
    assert [await store.rows(name) for name in metadata.tables] == before


@ON_SQLITE
async def test_a_link_page_loses_its_secrets_at_its_end_and_goes_a_day_later(
    store: Store, tmp_path: Path
) -> None:
    await furnish(store.database, RING, "T1")
    (page,) = await store.rows("link_pages")
    await sweep(store, page.expires_at - SECOND)
    assert await store.rows("link_pages") == [page]
    await sweep(store, page.expires_at)
    (blank,) = await store.rows("link_pages")
    assert (blank.token, blank.code, blank.state) == (None, None, page.state)
    assert files_with(tmp_path / "data", page.token) == []
    await sweep(store, page.expires_at + DAY)
    assert await store.rows("link_pages") == []


@ON_SQLITE
async def test_requests_and_installations_begun_are_remembered_as_long_as_they_may_come_again(
    store: Store,
) -> None:
    await SqlDeliveries(store.database).first_time("a", now=NOW)
    await SqlInstallStates(store.database).add("s", browser="b", expires_at=NOW + DELIVERIES_KEPT + SECOND)
    await sweep(store, NOW + DELIVERIES_KEPT)
    assert len(await store.rows("deliveries")) == len(await store.rows("install_states")) == 1
    await sweep(store, NOW + DELIVERIES_KEPT + SECOND)
    assert await store.rows("deliveries") == await store.rows("install_states") == []


@ON_SQLITE
async def test_what_was_told_is_kept_for_months_and_what_is_owed_for_ever(store: Store) -> None:
    await furnish(store.database, RING, "T1")
    async with store.database.writes() as connection:
        told = update(notices).where(notices.c.notice_id.in_(["set-own", "set-each"])).values(ended_at=NOW)
        await connection.execute(told)
        await connection.execute(
            update(notices).where(notices.c.notice_id == "set-each").values(kind="consent")
        )
    owed = {row.notice_id for row in await store.rows("notices")} - {"set-own"}
    await sweep(store, NOW + NOTICES_KEPT + SECOND)
    assert {row.notice_id for row in await store.rows("notices")} == owed
    await sweep(store, NOW + CONSENTS_KEPT + SECOND)
    assert {row.notice_id for row in await store.rows("notices")} == owed - {"set-each"}


async def test_logs_end_after_a_year_and_a_month_in_small_steps(store: Store, mocker: MockerFixture) -> None:
    mocker.patch("bot.store.retention.AT_ONCE", 3)
    await furnish(store.database, RING, "T1")
    young = AuditEntry(workspace="T1", actor=ANN, action="young", subject="", detail="", at=NOW + DAY)
    await SqlAuditLog(store.database).record(young)
    await sweep(store, NOW + AUDIT_KEPT)
    assert len(await store.rows("audit")) > 4
    await sweep(store, NOW + AUDIT_KEPT + SECOND)
    assert [row.action for row in await store.rows("audit")] == ["young"]
    assert await store.rows("transitions") == []
    assert [row.limit_id for row in await store.rows("alerts")] == ["ben", "each", "each", "own"]


async def test_who_has_no_link_is_not_known_any_more(store: Store, mocker: MockerFixture) -> None:
    mocker.patch("bot.store.retention.AT_ONCE", 2)
    people = [Person(workspace="T1", user=f"U{number}") for number in range(5)]
    for person in people:
        await store.record(link(person, link_id=person.user))
    for person in people[:3]:
        await store.links.forget(person, "east", actor=person.user, now=NOW)
    await sweep(store, NOW + PEOPLE_KEPT)
    assert len(await store.rows("people")) == 5
    await sweep(store, NOW + PEOPLE_KEPT + SECOND)
    assert [row.person for row in await store.rows("people")] == ["U3", "U4"]
    assert len(await store.rows("links")) == 2
    await store.record(replace(link(people[0]), link_id="again"))
    assert len(await store.rows("people")) == 3


@ON_SQLITE
async def test_what_lives_for_months_is_looked_at_once_an_hour_and_again_when_the_clock_goes_back(
    store: Store, mocker: MockerFixture
) -> None:
    retention = SqlRetention(store.database)
    seldom = mocker.patch.object(retention, "_end_oldest")
    for moment in (NOW, NOW + SECOND, NOW + SELDOM, NOW):
        await retention.sweep(now=moment)
    assert seldom.call_count == 2 * 3
