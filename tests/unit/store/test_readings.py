"""What the counters showed: the port `Readings` on SQLite."""

import asyncio
from datetime import timedelta

from bot.domain.people import Person
from bot.domain.usage import Reading
from bot.store.readings import READ_TOGETHER
from tests.unit.kit import ALICE, NOW, link, reading, table
from tests.unit.store.kit import Store

MINUTE = timedelta(minutes=1)
MICROSECOND = timedelta(microseconds=1)
TICK = timedelta(milliseconds=1) / MINUTE
MINE = link()


def after(minutes: float, core_hours: float, confirmed: float | None = None) -> Reading:
    at = NOW + minutes * MINUTE
    return reading(core_hours, at, NOW + (minutes if confirmed is None else confirmed) * MINUTE)


@table(
    "taken kept",
    {
        "a new value is a new reading": ([after(5, 2)], [after(0, 1), after(5, 2)]),
        "the same value confirms the last one": ([after(5, 1)], [after(0, 1, 5)]),
        "confirmed again": ([after(5, 1), after(9, 1)], [after(0, 1, 9)]),
        "a reset is a new reading": ([after(5, 0)], [after(0, 1), after(5, 0)]),
        "a value that comes back is a new reading": (
            [after(5, 2), after(9, 1)],
            [after(0, 1), after(5, 2), after(9, 1)],
        ),
        "after the clock stepped back it follows the last one": (
            [after(9, 2), after(5, 2.5)],
            [after(0, 1), after(9, 2), after(9 + TICK, 2.5)],
        ),
        "after the clock stepped back it follows the last confirmation": (
            [after(9, 1), after(5, 1.5)],
            [after(0, 1, 9), after(9 + TICK, 1.5)],
        ),
        "one of the same moment follows": ([after(0, 7)], [after(0, 1), after(TICK, 7)]),
        "one of the moment of the confirmation follows": (
            [after(9, 1), after(9, 2)],
            [after(0, 1, 9), after(9 + TICK, 2)],
        ),
        "an older confirmation does not turn time back": ([after(9, 1), after(5, 1)], [after(0, 1, 9)]),
        "a tiny increase is a new reading": (
            [after(5, 1.0000000000000002)],
            [after(0, 1), after(5, 1.0000000000000002)],
        ),
    },
)
async def test_what_is_kept(store: Store, taken: list[Reading], kept: list[Reading]) -> None:
    await store.record(MINE, after(0, 1))
    stood = [await store.readings.record(MINE, each) for each in taken]
    assert await store.kept(MINE) == kept
    assert stood[-1] == kept[-1] == await store.readings.last(MINE)


async def test_two_of_one_millisecond_do_not_collide(store: Store) -> None:
    await store.record(MINE, after(0, 1))
    for number in range(1, 12):
        at = NOW + MINUTE + number * 150 * MICROSECOND
        stood = await store.readings.record(MINE, reading(1.0 + number, at))
        assert stood == await store.readings.last(MINE)
    kept = await store.kept(MINE)
    assert kept == sorted(kept, key=lambda each: each.at)


async def test_a_reading_after_the_link_was_forgotten_is_dropped(store: Store) -> None:
    mine = await store.record(MINE)
    await store.links.forget(ALICE, "east", actor="U1", now=NOW)
    late = after(5, 2)
    assert await store.readings.record(mine, late) == late
    assert await store.rows("readings") == []
    assert await store.readings.last(mine) is None


async def test_a_reading_after_the_link_was_replaced_is_dropped(store: Store) -> None:
    old = await store.record(link(username="alice"))
    new = await store.record(link(username="al01"))
    await store.readings.record(old, after(5, 2))
    assert (await store.kept(old), await store.kept(new)) == ([], [reading(1)])


async def test_a_reading_after_the_token_was_renewed_is_kept(store: Store) -> None:
    mine = await store.record(MINE)
    await store.record(link(link_id="again"))
    await store.readings.record(mine, after(5, 2))
    assert await store.kept(mine) == [reading(1), after(5, 2)]


@table(
    "start found",
    {
        "before all": (-5, [0, 10, 20]),
        "at the first": (0, [0, 10, 20]),
        "within: with the one before": (5, [0, 10, 20]),
        "at a reading: with the one before": (10, [0, 10, 20]),
        "right behind a reading": (10.01, [10, 20]),
        "behind all: the last": (99, [20]),
    },
)
async def test_covering_begins_with_the_one_before(store: Store, start: float, found: list[int]) -> None:
    await store.record(MINE, after(0, 1))
    for minutes in (10, 20):
        await store.readings.record(MINE, after(minutes, minutes))
    covering = (await store.readings.covering([MINE], NOW + start * MINUTE))[MINE.link_id]
    assert [(each.at - NOW) / MINUTE for each in covering] == found


async def test_nobody_else_s_readings_are_covered(store: Store) -> None:
    twin = link(Person(workspace="T2", user="U1"), link_id=MINE.link_id)
    await store.record(MINE, after(0, 1))
    await store.record(twin, after(0, 7))
    await store.readings.record(twin, after(5, 8))
    assert await store.readings.covering([MINE], NOW) == {MINE.link_id: (after(0, 1),)}
    assert await store.readings.last(MINE) == after(0, 1)
    await store.links.forget(ALICE, "east", actor="U1", now=NOW)
    assert [each.core_hours for each in await store.kept(twin)] == [7, 8]


async def test_who_has_no_readings_has_none(store: Store) -> None:
    assert await store.readings.last(MINE) is None
    assert await store.readings.covering([MINE], NOW) == {MINE.link_id: ()}


async def test_the_readings_of_many_links_are_covered_together(store: Store) -> None:
    ids = range(READ_TOGETHER + 2)
    many = [link(Person(workspace="T1", user=f"U{n:02}"), link_id=f"{n:032}") for n in ids]
    for number, one in enumerate(many):
        await store.record(one, after(0, number))
        await store.readings.record(one, after(10 + number, 100 + number))
    found = await store.readings.covering(many, NOW + 15 * MINUTE)
    assert list(found) == [one.link_id for one in many]
    for number, one in enumerate(many):
        before = () if number < 5 else (after(0, number),)
        assert found[one.link_id] == (*before, after(10 + number, 100 + number))
    assert await store.readings.covering([], NOW) == {}


async def test_many_at_once_leave_a_series_in_order(store: Store) -> None:
    await store.record(MINE, after(0, 0))
    await asyncio.gather(*(store.readings.record(MINE, after(n, n)) for n in range(20, 0, -1)))
    kept = await store.kept(MINE)
    moments = [each.at for each in kept]
    assert moments == sorted(set(moments))
    assert {each.core_hours for each in kept} == set(range(21))


async def test_moments_of_other_zones_are_the_same_moments(store: Store) -> None:
    from zoneinfo import ZoneInfo

    await store.record(MINE, reading(1, NOW.astimezone(ZoneInfo("America/New_York"))))
    assert await store.readings.last(MINE) == reading(1)
