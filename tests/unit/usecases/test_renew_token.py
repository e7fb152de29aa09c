"""Renewal on a real store with a platform that answers to order: who asks, with which token, how often."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest

from bot.domain.clusters import Cluster
from bot.domain.errors import ClusterSilent, TokenRefused, UsernameFrozen, WalltimeError
from bot.domain.health import Event, Happened, State
from bot.domain.people import Link
from bot.domain.secret import Secret
from bot.domain.usage import Reading
from bot.jobs.alone import AloneInProcess
from bot.store.engine import Database
from bot.usecases.keep_health import KeepHealth
from bot.usecases.renew_token import LEASE, RenewToken
from bot.usecases.take_reading import TakeReading
from tests.unit.kit import NOW, east, link, milliseconds, reading, token
from tests.unit.store.kit import ON_SQLITE, Store

HOUR = timedelta(hours=1)
EAST = east(cluster_id="11112")
EXPIRES = NOW + 12 * HOUR
DUE = NOW + 9 * HOUR


def made(number: int, **claims: object) -> str:
    """The token of that number; each is good for half a day more than the one before."""
    said = {"user": "alice", "computeUser": "alice", "clusterId": "11112", "serial": number}
    return token(**said | {"expireTime": milliseconds(NOW + number * 12 * HOUR)} | claims)


async def foreign(cluster: Cluster, token: Secret) -> Secret:
    del cluster, token
    return Secret(made(9, user="bob", computeUser="bob"))


@dataclass
class Platform:
    """The ports `ClusterApi` and `TokenApi`: knows one good token, and writes down what it is asked with."""

    good: int = 1
    log: list[str] = field(default_factory=list)
    refuses: WalltimeError | None = None
    fails: WalltimeError | None = None
    hold: Callable[[], Awaitable[object]] | None = None

    async def core_hours(self, cluster: Cluster, username: str, token: Secret) -> Reading:
        del cluster, username
        number = self.number(token)
        self.log.append(f"read {number}")
        if self.hold is not None:
            await self.hold()
        if self.refuses is not None:
            raise self.refuses
        if number != self.good:
            raise TokenRefused("10008")
        self.log.append(f"answered {number}")
        return reading(5, DUE)

    async def next_token(self, cluster: Cluster, token: Secret) -> Secret:
        del cluster
        self.log.append(f"renew {self.number(token)}")
        if self.fails is not None:
            raise self.fails
        self.good += 1
        return Secret(made(self.good))

    @staticmethod
    def number(token: Secret) -> int:
        return next(number for number in range(1, 20) if token.reveal() == made(number))


class Office:
    """The use cases on one store; `alone` of another office is another process."""

    def __init__(self, store: Store, platform: Platform, clusters: tuple[Cluster, ...] = (EAST,)) -> None:
        self.store = store
        self.platform = platform
        self.health, alone = KeepHealth(tokens=store.tokens), AloneInProcess()
        self.renew = RenewToken(
            clusters=clusters, api=platform, tokens=store.tokens, health=self.health, alone=alone
        )
        self.take = TakeReading(
            clusters=clusters,
            api=platform,
            tokens=store.tokens,
            readings=store.readings,
            renew=self.renew,
            health=self.health,
            alone=alone,
        )

    async def renew_due(self, now: datetime = DUE) -> WalltimeError | None:
        (held,) = await self.store.tokens.claim("east", now=now, lease=LEASE, most=9)
        return await self.renew(held, now=now)

    async def state(self, link: Link) -> State:
        held = await self.store.tokens.look(link)
        assert held is not None
        return held.health.state


@pytest.fixture
async def mine(database: Database) -> Link:
    return await Store(database).record(link(token_expires_at=EXPIRES), token=made(1))


@pytest.fixture
def platform() -> Platform:
    return Platform()


@pytest.fixture
def office(database: Database, platform: Platform) -> Office:
    return Office(Store(database), platform)


@ON_SQLITE  # it is about the order within one process
async def test_no_request_starts_with_a_token_that_is_being_renewed(
    office: Office, platform: Platform, mine: Link
) -> None:
    asked, go = asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        asked.set()
        await go.wait()

    platform.hold = hold
    async with asyncio.timeout(30), asyncio.TaskGroup() as group:
        group.create_task(office.take(mine, now=DUE))
        await asked.wait()
        (held,) = await office.store.tokens.claim("east", now=DUE, lease=LEASE, most=9)
        group.create_task(office.renew(held, now=DUE))
        await asyncio.sleep(0)  # it waits for its turn
        group.create_task(office.take(mine, now=DUE))
        await asyncio.sleep(0.05)
        assert platform.log == ["read 1"]
        go.set()
    assert platform.log == ["read 1", "answered 1", "renew 1", "read 2", "answered 2"]


async def test_a_token_turned_down_is_renewed_once_and_asked_with_again(
    office: Office, platform: Platform, mine: Link
) -> None:
    platform.good, platform.fails = 3, TokenRefused("10008")
    with pytest.raises(TokenRefused):
        await office.take(mine, now=DUE)
    assert platform.log == ["read 1", "renew 1"]
    assert await office.state(mine) is State.REFUSED
    with pytest.raises(TokenRefused):
        await office.take(mine, now=DUE)
    assert platform.log == ["read 1", "renew 1"], "a dead link is not asked for"


async def test_when_the_platform_is_silent_too_the_next_polls_leave_renewal_its_own_time(
    office: Office, platform: Platform, mine: Link
) -> None:
    platform.good, platform.fails = 3, ClusterSilent("timeout")
    for _ in range(3):
        with pytest.raises(ClusterSilent):
            await office.take(mine, now=DUE)
    assert platform.log == ["read 1", "renew 1", "read 1", "read 1"]
    assert await office.state(mine) is State.RENEWING
    platform.fails, platform.good = None, 1
    assert await office.renew_due(DUE + HOUR) is None
    assert (await office.take(mine, now=DUE)).core_hours == 5


async def test_while_another_process_renews_nobody_renews_too(
    office: Office, platform: Platform, mine: Link
) -> None:
    platform.good = 2
    await office.store.tokens.claim("east", now=DUE, lease=LEASE, most=9)
    with pytest.raises(ClusterSilent, match="being renewed"):
        await office.take(mine, now=DUE)
    assert platform.log == ["read 1"]


async def test_what_another_process_renewed_meanwhile_is_asked_with(
    office: Office, platform: Platform, mine: Link
) -> None:
    other = Office(office.store, platform)

    async def renewed_elsewhere() -> None:
        platform.hold = None
        assert await other.renew_due() is None

    platform.hold = renewed_elsewhere
    assert (await office.take(mine, now=DUE)).core_hours == 5
    assert platform.log == ["read 1", "renew 1", "read 2", "answered 2"]
    assert await office.state(mine) is State.HEALTHY


async def test_a_renewed_token_that_is_turned_down_too_counts_as_refused(
    office: Office, platform: Platform, mine: Link
) -> None:
    platform.refuses = TokenRefused("10008")
    for wanted in (State.RENEWING, State.REFUSED):
        with pytest.raises(TokenRefused):
            await office.take(mine, now=DUE)
        assert await office.state(mine) is wanted
    assert platform.log == ["read 1", "renew 1", "read 2", "read 2"]
    assert len(await office.store.rows("notices")) == 1


async def test_a_frozen_username_is_noted_and_thaws_with_the_first_answer(
    office: Office, platform: Platform, mine: Link
) -> None:
    platform.refuses = UsernameFrozen("10007")
    with pytest.raises(UsernameFrozen):
        await office.take(mine, now=DUE)
    assert await office.state(mine) is State.FROZEN
    assert await office.store.polls.next_due(mine) is None
    platform.refuses = None
    await office.take(mine, now=DUE)
    assert await office.state(mine) is State.HEALTHY
    assert await office.store.polls.next_due(mine) == DUE
    assert "renew 1" not in platform.log


async def test_a_link_made_anew_after_the_claim_keeps_its_token(
    office: Office, platform: Platform, mine: Link
) -> None:
    (held,) = await office.store.tokens.claim("east", now=DUE, lease=LEASE, most=9)
    await office.store.record(replace(mine, linked_at=DUE), reading(2, DUE), token=made(2))
    assert await office.renew(held, now=DUE) is None
    assert platform.log == []
    assert (await office.store.tokens.opened(mine))[1].reveal() == made(2)


async def test_after_the_last_moment_nothing_is_asked_and_the_owner_hears(
    office: Office, platform: Platform, mine: Link
) -> None:
    assert await office.renew_due(EXPIRES + 25 * HOUR) is None
    assert platform.log == []
    assert await office.state(mine) is State.EXPIRED
    assert len(await office.store.rows("notices")) == 1


async def test_of_a_cluster_that_left_the_settings_nothing_is_asked(
    office: Office, platform: Platform, mine: Link
) -> None:
    elsewhere = Office(office.store, platform, clusters=(east(name="west"),))
    assert await elsewhere.renew_due() is None
    assert await office.state(mine) is State.CLUSTER_UNKNOWN
    assert await office.renew_due(DUE + HOUR) is None
    assert await office.state(mine) is State.HEALTHY
    assert platform.log == ["renew 1"]


async def test_a_cluster_that_another_process_found_is_looked_for_before_it_counts_as_gone(
    office: Office, platform: Platform, mine: Link
) -> None:
    known: list[Cluster] = []

    class Found:
        async def look(self) -> None:
            known.append(EAST)

        async def keep(self, cluster: Cluster, *, now: datetime) -> None: ...

    office.renew = replace(office.renew, clusters=known, found=Found())
    assert await office.renew_due() is None
    assert await office.state(mine) is State.HEALTHY
    assert platform.log == ["renew 1"]


async def test_a_foreign_token_is_never_stored(office: Office, platform: Platform, mine: Link) -> None:
    platform.next_token = foreign  # type: ignore[method-assign]
    error = await office.renew_due()
    assert isinstance(error, TokenRefused)
    assert (await office.store.tokens.opened(mine))[1].reveal() == made(1)
    assert await office.state(mine) is State.EXPIRING_SOON


async def test_what_happens_to_a_link_that_is_gone_is_nothing(office: Office, mine: Link) -> None:
    await office.store.links.forget(mine.person, "east", actor="U1", now=DUE)
    for what in Happened:
        await office.health(mine, Event(what=what), now=DUE)
    assert await office.store.rows("notices") == []
