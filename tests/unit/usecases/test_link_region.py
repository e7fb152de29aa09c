"""Linking one of the regions that a key opens: what is offered, what is tried, what is kept."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from bot.domain.access_keys import AccessKey, RegionToken
from bot.domain.clusters import Cluster
from bot.domain.errors import (
    ClusterSilent,
    NoData,
    RegionMissing,
    SealBroken,
    SignInOver,
    TokenOfOtherCluster,
    WalltimeError,
)
from bot.domain.people import Link, Person
from bot.domain.regions import CHOOSE_WITHIN, Region, Standing
from bot.domain.secret import Secret
from bot.domain.usage import Reading
from bot.ports import AuditEntry
from bot.ports.regions import SignedIn
from bot.usecases.link_account import LinkAccount
from bot.usecases.link_by_access_key import AccessKeyProof
from bot.usecases.link_region import LinkRegion
from bot.usecases.sign_in import SignIn
from tests.unit.kit import ACCESS_KEY, ALICE, NOW, SECRET_KEY, east, milliseconds, reading, token

EAST = east(cluster_id="1", allow_access_keys=True)
KEY = AccessKey(login="alice", access_key=ACCESS_KEY, secret_key=Secret(SECRET_KEY))
URLS = ("https://a.example.edu", "https://b.example.edu")


def made(cluster_id: str) -> Secret:
    later = milliseconds(NOW + timedelta(hours=12))
    return Secret(token(user="alice", computeUser="alice", clusterId=cluster_id, expireTime=later))


def region(cluster_id: str, *urls: str, has_urls: bool = True) -> Region:
    return Region(cluster_id=cluster_id, name=f"R{cluster_id}", urls=urls, has_urls=has_urls)


@dataclass
class Town:
    """Platform, clusters, drawer and audit log, all in one."""

    listed: tuple[RegionToken, ...] = ()
    told: list[Region | WalltimeError] = field(default_factory=list)
    silent: set[str] = field(default_factory=set)
    fails: WalltimeError | None = None
    kept: list[Cluster] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    keys: list[AccessKey | None] = field(default_factory=list)
    entries: list[AuditEntry] = field(default_factory=list)
    waiting: SignedIn | None = None
    broken: bool = False
    asked: list[str] = field(default_factory=list)

    async def sign_in(self, cluster: Cluster, key: AccessKey, *, now: datetime) -> tuple[RegionToken, ...]:
        assert (cluster, key, now) == (EAST, KEY, NOW)
        return self.listed

    async def of_tokens(
        self, platform_url: str, tokens: Sequence[Secret]
    ) -> Sequence[Region | WalltimeError]:
        assert platform_url == EAST.platform_url
        assert len(tokens) == len(self.told)
        return self.told

    async def core_hours(self, cluster: Cluster, username: str, token: Secret) -> Reading:
        del username, token
        self.asked.append(cluster.url)
        if cluster.url in self.silent:
            raise ClusterSilent("connection")
        if self.fails is not None:
            raise self.fails
        return reading(5)

    async def keep(self, cluster: Cluster, *, now: datetime) -> None:
        assert (now, self.links) == (NOW, []), "before the link"
        self.kept.append(cluster)

    async def look(self) -> None: ...

    async def add(self, signed_in: SignedIn) -> None:
        self.waiting = signed_in

    async def one(self, person: Person, sign_in_id: str, *, now: datetime) -> SignedIn | None:
        if self.broken:
            raise SealBroken
        found = self.waiting
        is_mine = found is not None and (found.person, found.sign_in_id) == (person, sign_in_id)
        return found if is_mine and found is not None and found.expires_at > now else None

    async def end(self, person: Person) -> None:
        assert person == ALICE
        self.waiting = None

    async def record(self, *args: Any, **more: Any) -> Any:
        if not isinstance(args[0], Link):
            self.entries.append(args[0])
            return None
        self.links.append(args[0])
        self.keys.append(more["access_key"])
        return args[0]

    def office(self, *clusters: Cluster) -> LinkRegion:
        known = clusters or (EAST,)
        one: Any = self
        return LinkRegion(
            clusters=known,
            sign_in=SignIn(clusters=known, platform=one, keys=one, audit=one),
            regions=one,
            sign_ins=one,
            found=one,
            link_account=LinkAccount(clusters=known, api=one, links=one, audit=one),
            audit=one,
        )

    async def look_around(self) -> SignedIn:
        proof = AccessKeyProof(person=ALICE, cluster=EAST, key=KEY)
        return await self.office().look(proof, sign_in_id="s", now=NOW)

    async def choose(self, cluster_id: str, *clusters: Cluster) -> Link:
        office = self.office(*clusters)
        choice = await office.examine(ALICE, "s", cluster_id, now=NOW)
        return (await office(choice, link_id="0" * 32, now=NOW))[0]


@pytest.fixture
def town() -> Town:
    """East of the settings; 2 and 3 open, 4 stopped, 5 elsewhere, 6 silent, 7 without core-hours."""
    opened = [RegionToken(cluster_id=name, token=made(name), name=f"r{name}") for name in "3256718"]
    return Town(
        listed=(*opened, RegionToken(cluster_id="4", token=None, name="Four")),
        told=[
            region("3", URLS[0]),
            region("2", *URLS),
            region("5"),
            ClusterSilent("timeout"),
            region("7", has_urls=False),
            region("99", URLS[0]),  # the answer is about another region
        ],
    )


async def test_what_is_offered_and_why_the_rest_is_not(town: Town) -> None:
    signed_in = await town.look_around()
    assert [(offer.cluster_id, offer.label, offer.standing, offer.urls) for offer in signed_in.offers] == [
        ("1", "East", Standing.OPEN, ()),
        ("2", "R2", Standing.OPEN, URLS),
        ("3", "R3", Standing.OPEN, URLS[:1]),
        ("4", "Four", Standing.STOPPED, ()),
        ("5", "R5", Standing.ELSEWHERE, ()),
        ("6", "r6", Standing.SILENT, ()),
        ("8", "r8", Standing.SILENT, ()),
    ]
    assert signed_in == town.waiting
    assert signed_in.tokens.keys() == {"1", "2", "3"}
    assert signed_in.expires_at == NOW + CHOOSE_WITHIN


async def test_with_nothing_to_choose_nothing_is_kept(town: Town) -> None:
    town.listed, town.told = town.listed[-1:], []
    assert (await town.look_around()).tokens == {}
    assert town.waiting is None


async def test_a_region_is_linked_at_the_first_address_that_answers_with_its_key(town: Town) -> None:
    await town.look_around()
    town.silent = {URLS[0]}
    link = await town.choose("2")
    assert (town.asked, link.cluster, link.username) == ([*URLS], "region-2", "alice")
    (kept,) = town.kept
    assert (kept.name, kept.url, kept.is_found) == ("region-2", URLS[1], True)
    assert town.keys == [KEY]
    assert town.waiting is None


async def test_a_region_of_the_settings_is_linked_as_that_cluster(town: Town) -> None:
    await town.look_around()
    assert (await town.choose("1")).cluster == "east"
    assert town.kept == []


async def test_where_no_number_comes_nothing_is_kept_and_another_can_be_chosen(town: Town) -> None:
    await town.look_around()
    town.fails = NoData()
    with pytest.raises(NoData):
        await town.choose("2")
    assert town.asked == [URLS[0]], "an answer is an answer: the next address would give no other"
    assert (town.kept, town.links) == ([], [])
    assert town.waiting is not None
    town.fails = None
    assert (await town.choose("3")).cluster == "region-3"


async def test_a_token_of_another_region_than_it_is_listed_for_is_not_taken(town: Town) -> None:
    town.listed = (RegionToken(cluster_id="2", token=made("3")),)
    town.told = [region("2", *URLS)]
    await town.look_around()
    with pytest.raises(TokenOfOtherCluster):
        await town.choose("2")
    assert town.asked == []


@pytest.mark.parametrize("cluster_id", ["4", "5", "6", "7", "nowhere", ""])
async def test_only_what_is_open_can_be_chosen(town: Town, cluster_id: str) -> None:
    await town.look_around()
    with pytest.raises(RegionMissing):
        await town.choose(cluster_id)


async def test_a_sign_in_is_over(town: Town) -> None:
    with pytest.raises(SignInOver):
        await town.choose("1")  # before there was one
    await town.look_around()
    office = town.office()
    for person, name, at in (
        (replace(ALICE, user="U2"), "s", NOW),
        (ALICE, "other", NOW),
        (ALICE, "s", NOW + CHOOSE_WITHIN),
    ):
        with pytest.raises(SignInOver):
            await office.examine(person, name, "1", now=at)
    with pytest.raises(SignInOver):  # the settings no longer allow it
        await town.choose("1", replace(EAST, allow_access_keys=False))
    await town.choose("1")
    with pytest.raises(SignInOver):
        await town.choose("1")


async def test_a_sign_in_that_does_not_open_is_forgotten_and_in_the_audit_log(town: Town) -> None:
    await town.look_around()
    town.broken = True
    with pytest.raises(SignInOver):
        await town.choose("1")
    assert town.waiting is None
    (entry,) = town.entries
    assert (entry.action, entry.actor, entry.subject) == ("seal_broken", "U1", "U1/sign-in")
