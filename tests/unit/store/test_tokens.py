"""Tokens in their rows: claimed by one, put in the old one's place, and how their links fare."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import alembic.command
import pytest
from sqlalchemy import Connection, update
from sqlalchemy.exc import TimeoutError as PoolTimeout

from bot.domain.errors import NotLinked, SealBroken
from bot.domain.health import Event, Happened, Health, LinkNews, Need, State
from bot.domain.people import Person
from bot.domain.secret import Secret
from bot.ports.alerting import Polled
from bot.ports.renewal import Change, Held
from bot.store.engine import Database, _config
from bot.store.tables import links, polls
from bot.store.tokens import SqlTokens
from bot.usecases.keep_health import after
from tests.unit.kit import ALICE, NOW, link, reading
from tests.unit.store.kit import ON_SQLITE, Store, files_with

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
LEASE = timedelta(minutes=1)
BOB = Person(workspace="T1", user="U2")
EXPIRES = NOW + 12 * HOUR
DUE = NOW + 9 * HOUR


async def due(store: Store, person: Person = ALICE, **more: object) -> Held:
    """Link somebody, and claim the token when it is due."""
    mine = link(person, token_expires_at=EXPIRES)
    await store.record(mine, **more)  # type: ignore[arg-type]
    (held,) = await store.tokens.claim("east", now=DUE, lease=LEASE, most=1)
    assert held.link == mine
    return held


async def note(store: Store, held: Held, what: Happened, code: str = "") -> Held | None:
    event = Event(what=what, code=code)
    return await store.tokens.change(held, lambda row: after(row, event, now=DUE), now=DUE)


async def renew(store: Store, held: Held, token: str = "fresh") -> bool:
    return await store.tokens.renew(
        held,
        Secret(token),
        expires_at=DUE + 12 * HOUR,
        now=DUE,
        decide=lambda row: after(row, Event(what=Happened.RENEWED), now=DUE),
    )


async def test_a_new_link_is_healthy_and_due_before_its_token_ends(store: Store) -> None:
    mine = await store.record(link(token_expires_at=EXPIRES))
    held, token = await store.tokens.opened(mine)
    assert (held.generation, held.stored_at, held.lease_until) == (1, NOW, None)
    assert held.health == Health(since=NOW)
    assert held.renew_at is not None
    assert NOW < held.renew_at < EXPIRES
    assert token.reveal() == "token"
    assert await store.tokens.look(mine) == held
    assert await store.tokens.due_on(now=held.renew_at - MINUTE) == ()
    assert await store.tokens.due_on(now=held.renew_at) == ("east",)


async def test_what_is_claimed_is_nobody_else_s_until_the_lease_ends(store: Store) -> None:
    held = await due(store)
    assert await store.tokens.due_on(now=DUE) == ()
    assert await store.tokens.claim("east", now=DUE, lease=LEASE, most=9) == ()
    assert await store.tokens.lease(held, now=DUE, lease=LEASE) is None
    (again,) = await store.tokens.claim("east", now=DUE + LEASE, lease=LEASE, most=9)
    assert again == replace(held, lease_until=DUE + 2 * LEASE)


async def test_of_many_that_claim_at_once_each_token_goes_to_one(store: Store) -> None:
    for number in range(20):
        await store.record(link(Person(workspace="T1", user=f"U{number}"), token_expires_at=EXPIRES))
    claimed = await asyncio.gather(
        *(store.tokens.claim("east", now=DUE, lease=LEASE, most=3) for _ in range(10))
    )
    ids = [held.link.link_id for some in claimed for held in some]
    assert len(ids) == len(set(ids)) == 20


async def test_tokens_are_claimed_cluster_by_cluster_the_longest_due_first(store: Store) -> None:
    for number, cluster in enumerate(["west", "east", "west"]):
        person = Person(workspace="T1", user=f"U{number}")
        await store.record(link(person, cluster=cluster, token_expires_at=EXPIRES - number * HOUR))
    assert sorted(await store.tokens.due_on(now=DUE)) == ["east", "west"]
    (first,) = await store.tokens.claim("west", now=DUE, lease=LEASE, most=1)
    assert first.link.person.user == "U2"


async def test_the_next_token_takes_the_old_one_s_place_and_the_lease_ends(store: Store) -> None:
    held = await due(store)
    assert await renew(store, held)
    now, token = await store.tokens.opened(held.link)
    assert token.reveal() == "fresh"
    assert (now.generation, now.stored_at, now.lease_until) == (2, DUE, None)
    assert now.link == replace(held.link, token_expires_at=DUE + 12 * HOUR)
    assert now.renew_at is not None
    assert now.renew_at > DUE
    assert (await store.links.of(ALICE))[0].link_id == held.link.link_id


async def test_a_token_that_comes_too_late_is_dropped(store: Store) -> None:
    held = await due(store)
    assert await renew(store, held, "first")
    assert not await renew(store, held, "second")
    assert (await store.tokens.opened(held.link))[1].reveal() == "first"
    await store.record(replace(held.link, linked_at=DUE), token="pasted")
    (newer, _) = await store.tokens.opened(held.link)
    assert newer.generation == 3
    assert not await renew(store, replace(held, generation=2), "third")
    assert (await store.tokens.opened(held.link))[1].reveal() == "pasted"


async def test_whose_lease_ran_out_may_still_bring_the_next_token(store: Store) -> None:
    held = await due(store)
    (other,) = await store.tokens.claim("east", now=DUE + LEASE, lease=LEASE, most=1)
    assert await renew(store, held)
    assert not await renew(store, other, "second")


async def test_a_locked_or_busy_database_does_not_cost_the_token(
    store: Store, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = await due(store)
    left = [2]
    plain = SqlTokens._renew

    async def locked(self: SqlTokens, *args: object, **more: object) -> bool:
        if left[0]:
            left[0] -= 1
            if not left[0]:
                raise PoolTimeout
            async with database.reads() as connection:
                await connection.exec_driver_sql("SELECT * FROM nowhere")
        return await plain(self, *args, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(SqlTokens, "_renew", locked)
    assert await renew(store, held)
    assert (await store.tokens.opened(held.link))[1].reveal() == "fresh"


async def test_what_is_noted_of_an_old_token_is_not_written(store: Store) -> None:
    held = await due(store)
    await renew(store, held)
    assert await note(store, held, Happened.RENEWAL_REFUSED, "10008") is None
    assert (await store.tokens.opened(held.link))[0].health.state is State.HEALTHY


async def test_a_lease_of_somebody_else_stays(store: Store) -> None:
    held = await due(store)
    poll, _ = await store.tokens.opened(held.link)
    assert await note(store, poll, Happened.POLL_REFUSED, "10008") is not None
    assert (await store.rows("health"))[0].lease_until == held.lease_until
    await note(store, held, Happened.RENEWAL_FAILED)
    assert (await store.rows("health"))[0].lease_until is None


async def test_all_of_health_comes_back_as_it_went_in(store: Store) -> None:
    held = await due(store)
    sick = Health(
        since=NOW + MINUTE,
        state=State.FROZEN,
        code="10007",
        turned_down=True,
        works=True,
        refusals=2,
        failures=3,
        told=Need.ASK_THE_CENTRE,
    )
    await store.tokens.change(held, lambda _: Change(health=sick, renew_at=DUE), now=DUE)
    found = await store.tokens.look(held.link)
    assert found is not None
    assert (found.health, found.renew_at) == (sick, DUE)
    assert await store.tokens.count() == {State.FROZEN: 1}


async def test_polling_stops_with_the_word_to_the_owner_and_begins_again_with_a_token(store: Store) -> None:
    held = await due(store)
    await store.polls.plan(
        Polled(link=held.link, planned_gap=HOUR, failing_since=NOW, failures=7, owner_told=True),
        next_at=DUE + 9 * HOUR,
        notice=None,
    )
    poll = replace(held, lease_until=None)
    await note(store, poll, Happened.POLL_REFUSED, "10008")
    await note(store, held, Happened.RENEWAL_REFUSED, "10008")
    assert await store.polls.next_due(held.link) is None
    (notice,) = await store.rows("notices")
    assert (notice.kind, notice.subject, notice.ended_at) == ("link_health", held.link.link_id, None)
    (owner,) = await store.place_turns.claim(now=DUE, lease=LEASE, most=9)
    (found,) = owner.notices
    assert found.news == LinkNews(
        cluster="east", username="alice", state=State.REFUSED, code="10008", token_expires_at=EXPIRES
    )

    await store.record(replace(held.link, linked_at=DUE), reading(2, DUE), token="pasted")
    assert await store.polls.next_due(held.link) == DUE
    (polled,) = await store.polls.series("T1", ["U1"], "east")
    assert (polled.failures, polled.owner_told) == (0, False)


@pytest.mark.parametrize("how", ["linked again", "unlinked", "another username", "renewed"])
async def test_what_is_no_longer_true_is_not_told(store: Store, how: str) -> None:
    held = await due(store)
    if how == "renewed":
        await note(store, replace(held, lease_until=None), Happened.POLL_REFUSED, "10007")
    else:
        await note(store, replace(held, lease_until=None), Happened.TOKEN_UNREADABLE)
    again = replace(held.link, linked_at=DUE)
    match how:
        case "linked again":
            await store.record(again, reading(2, DUE))
        case "unlinked":
            await store.links.forget(ALICE, "east", actor="U1", now=DUE)
        case "another username":
            await store.record(replace(again, username="al01", link_id="other"), reading(2, DUE))
        case _:
            assert await renew(store, held)
    (notice,) = await store.rows("notices")
    assert (notice.ended_at, notice.due_at) == (DUE, None)
    assert "well again, or gone" in notice.dropped


async def test_a_link_that_is_gone_takes_its_token_s_health_along(store: Store) -> None:
    held = await due(store)
    await store.links.forget(ALICE, "east", actor="U1", now=DUE)
    assert await store.rows("health") == []
    assert await store.tokens.look(held.link) is None
    assert await store.tokens.lease(held, now=DUE, lease=LEASE) is None
    assert not await renew(store, held)
    with pytest.raises(NotLinked):
        await store.tokens.opened(held.link)


async def test_a_renewed_token_moved_to_another_row_does_not_open(store: Store) -> None:
    held = await due(store)
    await renew(store, held)
    yours = await store.record(link(BOB, token_expires_at=EXPIRES))
    stolen = next(row.token for row in await store.rows("links") if row.person == "U1")
    async with store.database.writes() as connection:
        await connection.execute(update(links).values(token=stolen))
    with pytest.raises(SealBroken):
        await store.tokens.opened(yours)


@ON_SQLITE
async def test_no_token_stands_readable_in_any_file(store: Store, database_url: str) -> None:
    held = await due(store, token="old-and-secret")
    await renew(store, held, "new-and-secret")
    assert files_with(Path(database_url.removeprefix("sqlite:///")).parent, b"and-secret") == []
    assert "and-secret" not in repr(held)


async def test_links_from_before_are_renewed_at_once_and_dead_ones_stay_dead(store: Store) -> None:
    await store.record(link(token_expires_at=EXPIRES))
    await store.record(link(BOB, token_expires_at=EXPIRES))

    def back_and_forth(connection: Connection) -> None:
        with _config(connection) as config:
            alembic.command.downgrade(config, "0002")
            connection.execute(update(polls).where(polls.c.link_id.startswith("U2")).values(stopped=True))
            alembic.command.upgrade(config, "head")

    async with store.database.writes() as connection:
        await connection.run_sync(back_and_forth)
    alive, dead = await store.tokens.look(link()), await store.tokens.look(link(BOB))
    assert alive is not None
    assert dead is not None
    assert (alive.health.state, alive.renew_at) == (State.HEALTHY, NOW)
    assert (dead.health.state, dead.renew_at) == (State.REFUSED, None)
    assert await store.tokens.due_on(now=NOW) == ("east",)
