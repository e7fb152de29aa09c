"""What the bot does, on a real store with a cluster that answers to order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
from sqlalchemy import insert

from bot.domain.answers import ChannelStatus
from bot.domain.audience import UNRECORDED
from bot.domain.clusters import Cluster
from bot.domain.errors import (
    AccessDenied,
    ClusterMisconfigured,
    ClusterSilent,
    FieldWrong,
    NotAdmin,
    NotLinked,
    SomebodyNotLinked,
    TokenExpired,
    UnknownCluster,
    UsernameUnknown,
    WalltimeError,
)
from bot.domain.limits import Scope, ScopeKind
from bot.domain.people import Link, Person
from bot.domain.secret import Secret
from bot.domain.standing import Standing
from bot.domain.usage import Reading, Usage
from bot.jobs.alone import AloneInProcess
from bot.store.audit import SqlAuditLog
from bot.store.engine import Database
from bot.store.standups import SqlStandups
from bot.store.tables import metadata
from bot.usecases.answer_usage import AnswerUsage
from bot.usecases.counting import Counting
from bot.usecases.keep_health import KeepHealth
from bot.usecases.link_account import LinkAccount, LinkWish
from bot.usecases.renew_token import RenewToken
from bot.usecases.show_status import ShowStatus
from bot.usecases.take_reading import REUSED_FOR, TakeReading
from bot.usecases.thin_readings import ThinReadings
from bot.usecases.unlink_account import UnlinkAccount, Unlinker
from tests.unit.digest_kit import standup
from tests.unit.domain.kit import limit
from tests.unit.kit import ALICE, NOW, east, link, milliseconds, reading, shown, table, token
from tests.unit.store.kit import Store

EAST, WEST = east(cluster_id="11112"), east(name="west", label="West", cluster_id="11276")
CLUSTERS = (EAST, WEST)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


@dataclass
class Api:
    """The port `ClusterApi`: a number or an error per username."""

    answers: dict[str, float | WalltimeError]
    asked: list[str] = field(default_factory=list)

    async def core_hours(self, cluster: Cluster, username: str, token: Secret) -> Reading:
        assert (cluster, token.reveal()[:3]) == (EAST, "eyJ")
        self.asked.append(username)
        answer = self.answers[username]
        if isinstance(answer, WalltimeError):
            raise answer
        return reading(answer)

    async def next_token(self, cluster: Cluster, token: Secret) -> Secret:
        raise AssertionError((cluster, token))


@dataclass
class Live:
    """The port `LiveReadings`: an answer per cluster, and whom it was asked about."""

    answers: dict[str, Reading | WalltimeError] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    async def take(self, links: Sequence[Link]) -> Mapping[str, Reading | WalltimeError]:
        self.asked += [each.cluster for each in links]
        return {each.link_id: self.answers[each.cluster] for each in links}

    async def one(self, link: Link) -> Reading:
        answer = (await self.take([link]))[link.link_id]
        if isinstance(answer, WalltimeError):
            raise answer
        return answer


@pytest.fixture
def store(database: Database) -> Store:
    return Store(database)


def linking(store: Store, api: Api) -> LinkAccount:
    return LinkAccount(clusters=CLUSTERS, api=api, links=store.links, audit=SqlAuditLog(store.database))


def taking(store: Store, api: Api) -> TakeReading:
    health, alone = KeepHealth(tokens=store.tokens), AloneInProcess()
    renew = RenewToken(clusters=CLUSTERS, api=api, tokens=store.tokens, health=health, alone=alone)
    return TakeReading(
        clusters=CLUSTERS,
        api=api,
        tokens=store.tokens,
        readings=store.readings,
        renew=renew,
        health=health,
        alone=alone,
    )


def wish(*, cluster: str = "east", username: str = "", **said: object) -> LinkWish:
    expires = milliseconds(NOW + HOUR)
    claims = {"user": "alice", "computeUser": "al01", "clusterId": "11112", "expireTime": expires} | said
    return LinkWish(person=ALICE, cluster=cluster, username=username, token=Secret(token(**claims)))


async def made(account: LinkAccount, wished: LinkWish) -> tuple[Link, Reading]:
    return await account(account.examine(wished, now=NOW), link_id="fresh", now=NOW)


@table(
    "answers username linked asked",
    {
        "none given: the login name": ({"alice": 5.0}, "", "alice", ["alice"]),
        "none given, login name unknown: the cluster's": (
            {"alice": UsernameUnknown(), "al01": 5.0},
            "",
            "al01",
            ["alice", "al01"],
        ),
        "none given, login name not allowed: the cluster's": (
            {"alice": AccessDenied(), "al01": 5.0},
            "",
            "al01",
            ["alice", "al01"],
        ),
        "the cluster's given": ({"al01": 5.0}, "al01", "al01", ["al01"]),
    },
)
async def test_who_proves_a_username_is_linked_to_it(
    store: Store, answers: dict[str, float | WalltimeError], username: str, linked: str, asked: list[str]
) -> None:
    api = Api(answers)
    told, first = await made(linking(store, api), wish(username=username))
    assert (told.username, told.link_id, told.token_expires_at) == (linked, "fresh", NOW + HOUR)
    assert first == reading(5) == await store.readings.last(told)
    assert await store.links.of(ALICE) == (told,)
    assert api.asked == asked


@table(
    "answers asked",
    {
        "silence": ({"alice": ClusterSilent("timeout")}, ["alice"]),
        "no such names": ({"alice": UsernameUnknown(), "al01": UsernameUnknown()}, ["alice", "al01"]),
    },
)
async def test_what_is_not_proved_is_not_stored_but_audited(
    store: Store, answers: dict[str, float | WalltimeError], asked: list[str]
) -> None:
    api, wished = Api(answers), wish()
    with pytest.raises(WalltimeError) as caught:
        await made(linking(store, api), wished)
    assert api.asked == asked
    assert await store.links.of(ALICE) == ()
    assert await store.rows("people") == []
    (entry,) = await store.rows("audit")
    assert (entry.action, entry.detail) == ("link_refused", type(caught.value).__name__)
    assert wished.token.reveal() not in shown(caught.value) + repr(entry)


@table(
    "wished error",
    {
        "no such cluster": (wish(cluster="north"), UnknownCluster),
        "no cluster chosen": (wish(cluster=""), UnknownCluster),
        "an expired token": (wish(expireTime="1"), TokenExpired),
        "a name of somebody else": (wish(username="bob"), FieldWrong),
    },
)
async def test_what_the_token_itself_rules_out_is_not_asked(
    store: Store, wished: LinkWish, error: type[WalltimeError]
) -> None:
    api = Api({})
    with pytest.raises(error):
        linking(store, api).examine(wished, now=NOW)
    assert api.asked == []
    assert "eyJ" not in repr(wished)


async def test_a_reading_comes_in_and_is_kept(store: Store) -> None:
    mine = await store.record(link(), reading(1, NOW - HOUR), token=token(user="alice"))
    take = taking(store, Api({"alice": 7.0}))
    assert await take(mine, now=NOW) == reading(7) == await store.readings.last(mine)
    with pytest.raises(ClusterMisconfigured, match="no longer in the settings"):
        await take(link(cluster="gone"), now=NOW)
    with pytest.raises(NotLinked):
        await take(link(Person(workspace="T1", user="U9")), now=NOW)


async def test_a_failed_reading_leaves_the_last_one(store: Store) -> None:
    mine = await store.record(link(), reading(1, NOW - HOUR), token=token(user="alice"))
    with pytest.raises(ClusterSilent):
        await taking(store, Api({"alice": ClusterSilent("x")}))(mine, now=NOW)
    assert await store.kept(mine) == [reading(1, NOW - HOUR)]


def answering(store: Store, live: Live) -> AnswerUsage:
    counting = Counting(
        clusters=CLUSTERS,
        poll_interval=10 * MINUTE,
        readings=store.readings,
        teams=store.teams,
        polls=store.polls,
    )
    return AnswerUsage(
        clusters=CLUSTERS,
        links=store.links,
        readings=store.readings,
        live=live,
        limits=store.limits,
        counting=counting,
    )


async def test_who_is_not_linked_is_told_so(store: Store) -> None:
    with pytest.raises(NotLinked):
        await answering(store, Live())(ALICE, now=NOW)


async def test_who_is_linked_only_to_a_cluster_that_is_gone_is_told_so(store: Store) -> None:
    await store.record(link(cluster="gone"))
    with pytest.raises(NotLinked):
        await answering(store, Live())(ALICE, now=NOW)


@table(
    "age asked",
    {
        "just now": (timedelta(), []),
        "almost half a minute": (REUSED_FOR - timedelta(milliseconds=1), []),
        "half a minute": (REUSED_FOR, ["alice"]),
        "days": (3 * DAY, ["alice"]),
    },
)
async def test_a_young_reading_is_given_again_without_asking(
    store: Store, age: timedelta, asked: list[str]
) -> None:
    mine = await store.record(link(), reading(1, NOW - 5 * DAY, NOW - age), token=token(user="alice"))
    api = Api({"alice": 2.0})
    taken = await taking(store, api).unless_fresh(mine, now=NOW)
    assert api.asked == asked
    assert taken.core_hours == (2 if asked else 1)


async def test_without_a_reading_one_is_taken(store: Store) -> None:
    mine = await store.record(link(), reading(1, NOW - DAY), token=token(user="alice"))
    async with store.database.writes() as connection:
        await connection.exec_driver_sql("DELETE FROM readings")
    assert await taking(store, Api({"alice": 2.0})).unless_fresh(mine, now=NOW) == reading(2)


async def test_when_one_cluster_is_silent_its_last_reading_is_given_with_the_problem(store: Store) -> None:
    old = reading(5, NOW - 40 * DAY, NOW - HOUR)
    mine = await store.record(link(), reading(5, NOW - 40 * DAY))
    await store.readings.record(mine, reading(5, NOW - HOUR))
    await store.record(link(cluster="west"), reading(1, NOW - HOUR))
    problem = ClusterSilent("timeout")
    live = Live({"east": problem, "west": reading(2)})
    first, second = await answering(store, live)(ALICE, now=NOW)
    assert (first.reading, first.problem) == (old, problem)
    assert (second.reading, second.problem) == (reading(2), None)
    assert first.this_month == Usage(core_hours=0, since=None)
    assert first.pace_per_day == 0


async def test_what_is_known_only_of_last_month_claims_nothing_of_this_one(store: Store) -> None:
    await store.record(link(), reading(5, NOW - 40 * DAY, NOW - 30 * DAY))
    (answer,) = await answering(store, Live({"east": ClusterSilent("timeout")}))(ALICE, now=NOW)
    assert answer.this_month is None


async def test_the_month_is_counted_from_readings_before_it(store: Store) -> None:
    begin = reading(0, NOW - 24 * DAY)
    mine = await store.record(link(), begin)
    await store.readings.record(mine, reading(24, NOW))
    (answer,) = await answering(store, Live({"east": reading(24)}))(ALICE, now=NOW)
    assert answer.this_month is not None
    # November began in Shanghai 21 days and 20 hours ago.
    assert answer.this_month.core_hours == pytest.approx(21 + 20 / 24)
    assert answer.this_month.since is None
    assert answer.pace_per_day == pytest.approx(1)


def showing(store: Store) -> ShowStatus:
    return ShowStatus(
        clusters=CLUSTERS,
        links=store.links,
        readings=store.readings,
        polls=store.polls,
        limits=store.limits,
        teams=store.teams,
        tokens=store.tokens,
        standups=SqlStandups(store.database),
    )


async def test_usage_comes_with_the_limits_that_count_it_alone(store: Store) -> None:
    """Mine, a channel's for each member, none of somebody else, none for a team's sum."""
    mine = await store.record(link(), reading(0, NOW - 10 * DAY))
    for days in range(9, -1, -1):
        await store.readings.record(mine, reading(10.0 * (10 - days), NOW - days * DAY))
    await store.teams.join(ALICE, "C1", consent=UNRECORDED, now=NOW)
    scopes = (
        Scope(kind=ScopeKind.ME, user=ALICE.user),
        Scope(kind=ScopeKind.ME, user="U9"),
        Scope(kind=ScopeKind.EACH, channel="C1"),
        Scope(kind=ScopeKind.EACH, channel="C2"),
        Scope(kind=ScopeKind.TEAM, channel="C1"),
    )
    for number, scope in enumerate(scopes):
        fresh = limit(limit_id=f"l{number}", scope=scope, core_hours=150.0 + number)
        await store.limits.put(fresh, replaces=None, supersedes=None, judged=(), notices=())
    (answer,) = await answering(store, Live({"east": reading(100)}))(ALICE, now=NOW)
    assert [share.limit.limit_id for share in answer.limits] == ["l0", "l2"]
    assert answer.limits[0].percent == pytest.approx(100 * 100 / 150)
    assert answer.limits[0].forecast is not None
    assert answer.limits[0].forecast.about - NOW < 8 * DAY


async def test_status_says_what_a_channel_is_told(store: Store) -> None:
    await store.teams.join(ALICE, "C1", consent=UNRECORDED, now=NOW)
    fresh = limit(scope=Scope(kind=ScopeKind.TEAM, channel="C1"))
    await store.limits.put(fresh, replaces=None, supersedes=None, judged=(), notices=())
    mine = limit(limit_id="own", scope=Scope(kind=ScopeKind.ME, user=ALICE.user))
    await store.limits.put(mine, replaces=None, supersedes=None, judged=(), notices=())
    status = await showing(store)(ALICE, "C1")
    assert status.channel == ChannelStatus(channel="C1", limits=1, members=1, is_member=True)
    assert (await showing(store)(ALICE, None)).channel is None
    made = standup()
    for each, expected in ((made, made), (made.stop(), None)):
        await SqlStandups(store.database).put(each)
        channel = (await showing(store)(ALICE, "C1")).channel
        assert channel is not None
        assert channel.standup == expected


async def test_old_readings_are_thinned_once_a_day(store: Store) -> None:
    """Every ten minutes a reading for 40 days: of the five oldest days one per hour stays."""
    mine = await store.record(link(), reading(0, NOW - 40 * DAY))
    async with store.database.writes() as connection:
        rows = [
            {
                "workspace": mine.person.workspace,
                "link_id": mine.link_id,
                "at": NOW - 40 * DAY + number * 10 * MINUTE,
                "confirmed_at": NOW - 40 * DAY + number * 10 * MINUTE,
                "core_hours": float(number),
            }
            for number in range(1, 40 * 24 * 6)
        ]
        await connection.execute(insert(metadata.tables["readings"]), rows)
    before = await store.kept(mine)
    thinning = ThinReadings(clusters=CLUSTERS, old=store.old)
    went = await thinning(now=NOW)
    after = await store.kept(mine)
    assert len(before) - len(after) == went
    assert len([one for one in after if one.at < NOW - 35 * DAY]) == pytest.approx(5 * 24, abs=2)
    assert [one for one in after if one.at > NOW - 35 * DAY] == [
        one for one in before if one.at > NOW - 35 * DAY
    ]
    assert await thinning(now=NOW + HOUR) == 0
    assert await thinning(now=NOW + 25 * HOUR) == pytest.approx(5 * 25, abs=6)


async def test_status_shows_links_on_clusters_that_are_gone_too(store: Store) -> None:
    await store.record(link(), reading(5))
    await store.record(link(cluster="gone"))
    status = await showing(store)(ALICE, None)
    assert status.person == ALICE
    assert [(each.link.cluster, each.cluster) for each in status.links] == [("east", EAST), ("gone", None)]
    assert status.links[0].reading == reading(5)
    assert status.links[0].next_poll_at == NOW


async def test_unlinking_asks_for_what_is_there_and_then_does_it_once(store: Store) -> None:
    unlink = UnlinkAccount(links=store.links, audit=SqlAuditLog(store.database))
    mine = await store.record(link())
    for cluster in (None, "east"):
        assert await unlink.candidates(ALICE, cluster, now=NOW) == (mine,)
    with pytest.raises(NotLinked) as caught:
        await unlink.candidates(ALICE, "west", now=NOW)
    assert caught.value.cluster == "west"
    await unlink(ALICE, "east", now=NOW)
    with pytest.raises(NotLinked):
        await unlink(ALICE, "east", now=NOW)
    with pytest.raises(NotLinked):
        await unlink.candidates(ALICE, None, now=NOW)


async def test_an_admin_unlinks_anybody_who_hears_of_it_and_nobody_else_does(store: Store) -> None:
    unlink = UnlinkAccount(links=store.links, audit=SqlAuditLog(store.database))
    mine = await store.record(link())
    plain, admin = (
        Unlinker(
            person=replace(ALICE, user=user),
            standing=Standing(is_full_member=False, is_admin=user == "UADMIN"),
            tell=lambda cluster: f"unlinked from {cluster}",
        )
        for user in ("U2", "UADMIN")
    )
    with pytest.raises(NotAdmin):
        await unlink.candidates(ALICE, None, by=plain, now=NOW)
    with pytest.raises(NotAdmin):
        await unlink(ALICE, "east", by=plain, now=NOW)
    assert await unlink.candidates(ALICE, None, by=admin, now=NOW) == (mine,)
    await unlink(ALICE, "east", by=admin, now=NOW)
    with pytest.raises(SomebodyNotLinked):
        await unlink(ALICE, "east", by=admin, now=NOW)
    assert [(row.place_id, row.kind, row.text) for row in await store.rows("notices")] == [
        ("U1", "unlinked", "unlinked from east")
    ]
    assert [(row.actor, row.action, row.subject) for row in await store.rows("audit")] == [
        ("U1", "linked", "U1/east"),
        ("U2", "unlink_refused", "U1"),
        ("U2", "unlink_refused", "U1"),
        ("UADMIN", "unlinked", "U1/east"),
    ]
