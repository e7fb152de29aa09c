"""Standups as they are stored: decided once, together with what they owe."""

import asyncio
import json
from dataclasses import replace
from datetime import date, timedelta

import alembic.command
from sqlalchemy import Connection, select, update

from bot.domain.digests import OwedDigest
from bot.domain.limits import Place, PlaceKind
from bot.domain.standups import Standup
from bot.jobs.calendars import HolidayCalendars
from bot.ports import AuditEntry
from bot.ports.alerting import Notice, NoticeKind, Receipt
from bot.store.engine import Database, _config
from bot.store.notices import SqlNotices
from bot.store.standups import SqlStandups
from bot.store.tables import audit, notices, standups
from bot.usecases.turn_standups import TurnStandups
from tests.unit.digest_kit import DAY, MONDAY, MORNING, standup

GENERAL = Place(kind=PlaceKind.CHANNEL, slack_id="C1")
RECEIPT = Receipt(channel="C1", ts="1.0")


def owed(name: str = "n1", kind: NoticeKind = NoticeKind.STANDUP) -> Notice:
    return Notice(
        workspace="T1",
        notice_id=name,
        place=GENERAL,
        kind=kind,
        created_at=MORNING,
        text=OwedDigest(day=MONDAY, due_at=MORNING).write(),
    )


def due_standup() -> Standup:
    return standup(last_day=date(2026, 11, 20))


async def owed_rows(database: Database) -> list[str]:
    async with database.reads() as connection:
        return list((await connection.execute(select(notices.c.notice_id))).scalars())


async def test_a_standup_comes_back_as_it_was_stored(database: Database) -> None:
    store = SqlStandups(database)
    made = standup(skipped=(date(2026, 11, 20),), owed_at=MORNING)
    assert await store.put(made)
    assert await store.of("T1", "C1") == made
    assert await store.of("T2", "C1") is None
    assert await store.of("T1", "C2") is None


async def test_one_from_before_holidays_were_known_is_brought_forward(database: Database) -> None:
    store = SqlStandups(database)
    on, off = standup(), standup(channel="C2").stop()

    def through_the_past(connection: Connection) -> None:
        with _config(connection) as config:
            alembic.command.downgrade(config, "0012")
            for row in connection.execute(select(standups)).all():
                body = json.loads(row.body)
                del body["next_at"], body["schedule"]["holidays"]
                here = standups.c.channel == row.channel
                connection.execute(update(standups).where(here).values(body=json.dumps(body)))
            alembic.command.upgrade(config, "head")

    await store.put(on)
    await store.put(replace(off, revision=1))
    async with database.writes() as connection:
        await connection.run_sync(through_the_past)
    assert await store.of("T1", "C1") == on
    found = await store.of("T1", "C2")
    assert found is not None
    assert not found.is_on


async def test_due_are_those_that_are_on_the_longest_due_first(database: Database) -> None:
    store = SqlStandups(database)
    for channel, last_day in (("C1", MONDAY), ("C2", date(2026, 11, 19)), ("C3", date(2026, 11, 18))):
        await store.put(standup(channel=channel, last_day=last_day))
    off = standup(channel="C4", last_day=date(2026, 11, 1))
    await store.put(off)
    await store.put(off.stop())
    found = await store.due(now=MORNING, most=9)
    assert [one.channel for one in found] == ["C3", "C2"]
    assert len(await store.due(now=MORNING, most=1)) == 1


async def test_of_two_that_write_one_revision_one_does_with_all_that_it_owes(database: Database) -> None:
    store = SqlStandups(database)
    entry = AuditEntry(workspace="T1", actor="U1", action="a", subject="C1", detail="", at=MORNING)
    assert await store.put(standup(), notices=[owed("n1")], audit=entry)
    assert not await store.put(standup(), notices=[owed("n2")], audit=entry)
    after = standup().skip(MONDAY)
    assert await store.put(after, notices=[owed("n3")])
    assert not await store.put(after, notices=[owed("n4")])
    assert await owed_rows(database) == ["n1", "n3"]
    async with database.reads() as connection:
        assert len((await connection.execute(select(audit))).all()) == 1


async def test_many_processes_that_turn_at_once_owe_one_digest(database_url: str) -> None:
    databases = [Database(database_url) for _ in range(4)]
    try:
        await SqlStandups(databases[0]).put(due_standup())
        turns = [TurnStandups(standups=SqlStandups(each), calendars=HolidayCalendars()) for each in databases]
        await asyncio.gather(*(turn(now=MORNING) for turn in turns for _ in range(3)))
        assert len(await owed_rows(databases[0])) == 1
        after = await SqlStandups(databases[0]).of("T1", "C1")
        assert after is not None
        assert after.last_day == MONDAY
        assert after.owed_at == MORNING
    finally:
        for each in databases:
            await each.close()


async def test_switched_off_and_on_within_a_day_it_owes_no_second_digest(database: Database) -> None:
    store = SqlStandups(database)
    turn = TurnStandups(standups=store, calendars=HolidayCalendars())
    await store.put(due_standup())
    await turn(now=MORNING)
    decided = await store.of("T1", "C1")
    assert decided is not None
    forgetful = replace(due_standup(), revision=decided.revision + 1)  # as if nothing had been decided
    await store.put(forgetful)
    await turn(now=MORNING + timedelta(minutes=1))
    assert len(await owed_rows(database)) == 1


async def test_a_late_digest_is_noted_and_nothing_is_owed(database: Database) -> None:
    store = SqlStandups(database)
    await store.put(due_standup())
    await TurnStandups(standups=store, calendars=HolidayCalendars())(now=MORNING + timedelta(hours=5))
    after = await store.of("T1", "C1")
    assert after is not None
    assert after.skipped == (MONDAY,)
    assert await owed_rows(database) == []


async def test_a_digest_that_was_told_is_noted_with_its_receipt(database: Database) -> None:
    standups, store = SqlStandups(database), SqlNotices(database)
    made = standup(told_at=None, skipped=(date(2026, 11, 20),))
    await standups.put(made, notices=[owed()])
    await store.told([owed()], RECEIPT, now=MORNING + DAY, shared=False)
    after = await standups.of("T1", "C1")
    assert after == made.told(MORNING + DAY)
    assert not await standups.put(made.skip(MONDAY))  # decided over what was read before


async def test_a_digest_where_no_standup_is_set_and_a_page_change_nothing(database: Database) -> None:
    standups, store = SqlStandups(database), SqlNotices(database)
    await store.owe(owed())
    await store.told([owed()], RECEIPT, now=MORNING, shared=False)
    await standups.put(standup())
    page = owed("n2", NoticeKind.STANDUP_PART)
    await store.owe(page)
    await store.told([page], RECEIPT, now=MORNING + DAY, shared=False)
    assert await standups.of("T1", "C1") == standup()
