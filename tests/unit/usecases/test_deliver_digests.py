"""Delivery of digests: one message, its pages in its thread, in time or not at all."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot.domain.digests import FIRST_ROWS, MOST_ROWS, OwedDigest
from bot.domain.errors import AudienceUnknown, ChannelClosed
from bot.domain.standups import LATE_AFTER, Schedule
from bot.ports.alerting import Notice, NoticeKind
from tests.unit.digest_kit import MONDAY, digest, mates, standup
from tests.unit.domain.kit import NOON
from tests.unit.kit import table
from tests.unit.usecases.delivery_kit import BOSS, GENERAL, TEAM, World
from tests.unit.usecases.delivery_ports import Killed


class Morning(World):
    """A channel whose digest is owed."""

    def __init__(self, people: int = 2) -> None:
        super().__init__()
        self.standup = standup()
        self.digest = digest(mates(people))

    def owe_digest(self, *, due_at: datetime = NOON, asked_by: str = "") -> str:
        owed = OwedDigest(day=MONDAY, due_at=due_at, asked_by=asked_by)
        return self.put(
            Notice(
                workspace=TEAM,
                notice_id=f"d{len(self.rows)}",
                place=GENERAL,
                kind=NoticeKind.STANDUP,
                created_at=self.now,
                text=owed.write(),
            )
        )

    @property
    def users(self) -> list[str]:
        """Everybody who stands in a table, in the order they were told."""
        told: list[str] = []
        for message in self.said():
            assert isinstance(message, tuple)
            told += [user for page in message[2] for user in page] if message[0] == "digest" else message[1]
        return told


@pytest.fixture
def morning() -> Morning:
    return Morning()


async def test_a_small_team_is_one_message(morning: Morning) -> None:
    morning.owe_digest()
    await morning.seconds(5)
    assert morning.said() == [("digest", MONDAY, [("U000", "U001")])]
    assert morning.open == []


@pytest.mark.parametrize("people", [FIRST_ROWS, FIRST_ROWS + 1, 60, 500])
async def test_a_long_team_goes_on_in_the_thread_in_order(people: int) -> None:
    morning = Morning(people)
    morning.owe_digest()
    await morning.seconds(15)
    first, *pages = morning.slack
    assert {each.thread for each in pages} <= {first.ts}
    assert first.thread is None
    assert len(pages) == -(-(people - FIRST_ROWS) // MOST_ROWS)
    assert morning.users == [f"U{number:03d}" for number in range(people)]
    assert morning.open == []


@pytest.mark.parametrize(
    "end", ["lost after", "killed after", "lost before", "killed before", "failed", "paused"]
)
async def test_whatever_ends_an_attempt_everybody_is_told_once(end: str) -> None:
    for place in range(3):
        morning = Morning(120)
        morning.owe_digest()
        morning.ends = ["ok"] * place + [end]
        for _ in range(3):
            try:
                await morning.seconds(100)
            except Killed:
                morning.start()
        assert morning.users == [f"U{number:03d}" for number in range(120)], (end, place)
        assert len({each.thread for each in morning.slack[1:]}) == 1
        assert morning.open == []


async def test_too_late_it_is_dropped_and_said_in_the_next(morning: Morning) -> None:
    name = morning.owe_digest(due_at=NOON - LATE_AFTER)
    await morning.seconds(2)
    assert morning.said() == []
    assert morning.why(name) == "too late"
    assert morning.standup is not None
    assert morning.standup.skipped == (MONDAY,)


async def test_just_in_time_it_is_told(morning: Morning) -> None:
    morning.owe_digest(due_at=NOON - LATE_AFTER + timedelta(seconds=1))
    await morning.seconds(1)
    assert len(morning.said()) == 1


async def test_one_that_was_asked_for_is_no_scheduled_one_when_it_is_late(morning: Morning) -> None:
    name = morning.owe_digest(due_at=NOON - LATE_AFTER, asked_by="U1")
    await morning.seconds(2)
    assert morning.why(name) == "too late"
    assert morning.standup is not None
    assert morning.standup.skipped == ()


@table(
    "off idle skip asked_by why",
    {
        "on": (False, False, True, "", None),
        "off": (True, False, False, "", "the standup is off"),
        "idle": (False, True, True, "", "nothing was used"),
        "idle days wanted": (False, True, False, "", None),
        "asked for": (True, True, True, "U1", None),
    },
)
async def test_when_a_digest_is_wanted(
    morning: Morning, *, off: bool, idle: bool, skip: bool, asked_by: str, why: str | None
) -> None:
    assert morning.standup is not None
    plan: Schedule = replace(morning.standup.schedule, skip_idle=skip)
    morning.standup = replace(morning.standup, is_on=not off, schedule=plan)
    morning.digest = digest(mates(2), standup=morning.standup, is_idle=idle)
    name = morning.owe_digest(asked_by=asked_by)
    await morning.seconds(2)
    assert morning.why(name) == why
    assert len(morning.said()) == (why is None)


async def test_while_slack_does_not_say_who_reads_the_channel_it_waits_and_holds_nothing_up(
    morning: Morning,
) -> None:
    made, morning.digest = morning.digest, AudienceUnknown()
    morning.owe_digest()
    morning.owe_text()
    await morning.seconds(30)
    assert morning.said() == [("text", "hello")]
    morning.digest = made
    await morning.seconds(30)
    assert len(morning.said()) == 2


async def test_a_closed_channel_is_trouble_that_whoever_set_the_standup_up_hears_of_once(
    morning: Morning,
) -> None:
    morning.digest = ChannelClosed("not_in_channel")
    name = morning.owe_digest()
    await morning.seconds(700)
    assert morning.said(BOSS) == [("text", "C1: not_in_channel")]
    assert morning.why(name) is None
    morning.digest = digest(mates(2))
    await morning.seconds(400)
    assert len(morning.said()) == 1
    assert morning.troubles == {}


async def test_a_closed_channel_for_hours_skips_the_digest(morning: Morning) -> None:
    morning.digest = ChannelClosed("is_archived")
    name = morning.owe_digest()
    await morning.seconds(60)
    morning.now += LATE_AFTER
    await morning.seconds(400)
    assert morning.why(name) == "too late"
    assert morning.standup is not None
    assert morning.standup.skipped == (MONDAY,)


async def test_pages_are_dropped_when_their_people_are_not_to_be_named_any_more() -> None:
    morning = Morning(60)
    morning.owe_digest()
    await morning.turn()
    morning.digest = digest(mates(60), lapsed=1)
    await morning.seconds(10)
    assert len(morning.said()) == 1
    assert [row.dropped for row in morning.rows.values()].count(
        "these people are not to be named any more"
    ) == 1


async def test_pages_whose_message_was_deleted_are_dropped() -> None:
    morning = Morning(60)
    morning.owe_digest()
    await morning.turn()
    morning.ends = ["thread gone"]
    await morning.seconds(10)
    assert len(morning.said()) == 1
    assert morning.open == []
