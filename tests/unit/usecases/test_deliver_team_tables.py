"""Delivery of a team's table that somebody posts: once, as the channel may be told, with its pages."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.people import LEFT
from bot.domain.standups import LATE_AFTER
from bot.domain.team_usage import MOST_ROWS, OwedTable, TeamUsage, team_table
from bot.ports.alerting import Notice, NoticeKind
from tests.unit.digest_kit import MORNING, PRIVATE, digest, mates
from tests.unit.domain.kit import INTERVAL, NOON
from tests.unit.kit import east
from tests.unit.usecases.delivery_kit import BOSS, GENERAL, TEAM, World
from tests.unit.usecases.delivery_ports import Killed


def team_of(people: int) -> TeamUsage:
    """A team whose table is as long as that."""
    made = team_table(mates(1), (), east(), poll_interval=INTERVAL, now=MORNING)
    rows = tuple(replace(made.rows[0], user=f"U{number:03d}") for number in range(people))
    return TeamUsage(
        channel="C1",
        audience=PRIVATE,
        people=people,
        lapsed=0,
        tables=(replace(made, rows=rows),),
        unlinked=(),
        names={},
    )


class Posting(World):
    """A channel to which somebody posts the team's table."""

    def __init__(self, people: int = 2) -> None:
        super().__init__()
        self.team = team_of(people)
        self.digest = digest(mates(2))

    def owe_table(self, asked_by: str = BOSS.slack_id) -> str:
        return self.put(
            Notice(
                workspace=TEAM,
                notice_id="table",
                place=GENERAL,
                kind=NoticeKind.TEAM_TABLE,
                created_at=self.now,
                text=OwedTable(cluster="east", asked_by=asked_by).write(),
            )
        )

    @property
    def users(self) -> list[str]:
        """Everybody who stands in a table, in the order they were told."""
        told: list[str] = []
        for message in self.said():
            assert isinstance(message, tuple)
            told += message[2][0] if message[0] == "table" else message[1]
        return told


@pytest.mark.parametrize("people", [1, MOST_ROWS, MOST_ROWS + 1, 500])
async def test_a_long_table_goes_on_in_its_thread_in_order(people: int) -> None:
    posting = Posting(people)
    posting.owe_table()
    await posting.seconds(15)
    first, *pages = posting.slack
    assert {each.thread for each in pages} <= {first.ts}
    assert len(pages) == -(-people // MOST_ROWS) - 1
    assert posting.users == [f"U{number:03d}" for number in range(people)]
    assert posting.open == []


async def test_asked_for_twice_it_is_posted_once() -> None:
    posting = Posting()
    posting.owe_table()
    await posting.seconds(2)
    posting.owe_table()
    await posting.seconds(2)
    assert posting.said() == [("table", BOSS.slack_id, [("U000", "U001")])]


@pytest.mark.parametrize(
    "end", ["lost after", "killed after", "lost before", "killed before", "failed", "paused"]
)
async def test_whatever_ends_an_attempt_everybody_stands_there_once(end: str) -> None:
    for place in range(3):
        posting = Posting(150)
        posting.owe_table()
        posting.ends = ["ok"] * place + [end]
        for _ in range(3):
            try:
                await posting.seconds(100)
            except Killed:
                posting.start()
        assert posting.users == [f"U{number:03d}" for number in range(150)], (end, place)
        assert len({each.thread for each in posting.slack[1:]}) == 1
        assert posting.open == []


async def test_it_is_drawn_as_the_channel_may_be_told_when_it_is_told() -> None:
    posting = Posting()
    posting.out[GENERAL] = "not_in_channel"
    posting.owe_table()
    await posting.seconds(30)
    posting.team = team_of(0)  # others read along by now: only the sum is left
    del posting.out[GENERAL]
    del posting.troubles[GENERAL]
    await posting.seconds(15)
    assert posting.said() == [("table", BOSS.slack_id, [()])]


async def test_where_nothing_can_be_posted_who_clicked_hears_of_it() -> None:
    posting = Posting()
    posting.out[GENERAL] = "restricted_action"
    name = posting.owe_table()
    await posting.seconds(5)
    assert posting.said(BOSS) == [("text", "C1: restricted_action")]
    posting.now = NOON + LATE_AFTER + timedelta(seconds=1)
    posting.out.clear()
    await posting.seconds(310)
    assert (posting.said(), posting.why(name)) == ([], "too late")


async def test_when_nobody_is_linked_any_more_there_is_nothing_to_post() -> None:
    posting = Posting()
    posting.team = replace(team_of(2), tables=())
    name = posting.owe_table()
    await posting.seconds(2)
    assert (posting.said(), posting.why(name)) == ([], "nobody of the team is linked any more")


async def test_of_somebody_who_left_nothing_is_posted() -> None:
    posting = Posting()
    name = posting.owe_table(asked_by=LEFT)
    await posting.seconds(2)
    assert (posting.said(), posting.why(name)) == ([], "who posts it has left")


async def test_pages_are_dropped_when_their_people_are_not_to_be_named_any_more() -> None:
    posting = Posting(100)
    posting.owe_table()
    await posting.turn()
    posting.digest = digest(mates(2), lapsed=1)
    await posting.seconds(10)
    assert len(posting.said()) == 1
    assert posting.open == []
