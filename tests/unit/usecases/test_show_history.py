"""Whose days somebody may see, on which cluster, and beside which limit's line."""

from datetime import timedelta

import pytest

from bot.domain.errors import (
    ChannelNeeded,
    NotInChannel,
    NotLinked,
    NotShared,
    TeamEmpty,
    TeammateNotLinked,
    UnknownCluster,
    WalltimeError,
)
from bot.domain.history_words import HistoryWish
from bot.domain.limits import Scope, ScopeKind
from bot.domain.people import Person
from bot.domain.periods import DAY
from bot.domain.standing import OUTSIDER, Standing
from tests.unit.domain.kit import ANNA, NOON, limit
from tests.unit.kit import east, table
from tests.unit.usecases.office import Office

BEN, CARL = (Person(workspace="T1", user=user) for user in ("U2", "U3"))
MEMBER = Standing(is_full_member=True, is_admin=False, is_member=True)
GUEST = Standing(is_full_member=False, is_admin=False, is_member=True)
ADMIN_OUTSIDE = Standing(is_full_member=False, is_admin=True)
MINE, BENS, CARLS, TEAM = (
    HistoryWish(),
    HistoryWish(user="U2"),
    HistoryWish(user="U3"),
    HistoryWish(team=True),
)


def office() -> Office:
    """Ben, who is linked, and Carl, who is not, joined C1; Anna joined nothing."""
    made = Office(east(), east(name="west", label="West"))
    days = [(100.0 + 10 * day, NOON - timedelta(days=5 - day)) for day in range(6)]
    made.link(ANNA, *days)
    made.link(BEN, *days, username="ben")
    made.memory.teams["C1"] = {"U2", "U3"}
    return made


@table(
    "wish channel standing seen",
    {
        "my own anywhere": (MINE, None, OUTSIDER, {"alice"}),
        "my own by my name": (HistoryWish(user="U1"), "C1", OUTSIDER, {"alice"}),
        "my own for a guest": (MINE, "C1", GUEST, {"alice"}),
        "somebody's in a channel that they joined": (BENS, "C1", MEMBER, {"ben"}),
        "a guest of the channel sees it too": (BENS, "C1", GUEST, {"ben"}),
        "the team in its channel": (TEAM, "C1", MEMBER, {"ben"}),
        "somebody's without a channel": (BENS, None, OUTSIDER, ChannelNeeded),
        "somebody's from outside the channel": (BENS, "C1", OUTSIDER, NotInChannel),
        "an admin from outside sees no more": (BENS, "C1", ADMIN_OUTSIDE, NotInChannel),
        "somebody's in a channel that they did not join": (BENS, "C2", MEMBER, NotShared),
        "somebody's who is not linked": (CARLS, "C1", MEMBER, TeammateNotLinked),
        "a stranger's": (HistoryWish(user="U9"), "C1", MEMBER, NotShared),
        "a team of none": (TEAM, "C2", MEMBER, TeamEmpty),
        "the team from outside": (TEAM, "C1", OUTSIDER, NotInChannel),
        "the team without a channel": (TEAM, None, OUTSIDER, ChannelNeeded),
    },
)
async def test_whose_days_somebody_sees(
    wish: HistoryWish, channel: str | None, standing: Standing, seen: set[str] | type[WalltimeError]
) -> None:
    show = office().show_history
    if isinstance(seen, set):
        history = await show(ANNA, wish, channel, standing=standing, now=NOON)
        assert {one.username for one in history.people} == seen
        return
    with pytest.raises(seen):
        await show(ANNA, wish, channel, standing=standing, now=NOON)


async def test_the_team_names_who_has_no_link() -> None:
    history = await office().show_history(ANNA, TEAM, "C1", standing=MEMBER, now=NOON)
    assert (history.unlinked, history.silent) == (1, ())
    assert history.finding.core_hours == pytest.approx(50)


async def test_the_cluster_with_the_most_use_comes_first_and_the_others_are_offered() -> None:
    made = office()
    made.link(ANNA, (0, NOON - timedelta(days=2)), (900, NOON), cluster="west")
    most = await made.show_history(ANNA, MINE, None, standing=OUTSIDER, now=NOON)
    assert (most.cluster.name, [other.name for other in most.others]) == ("west", ["east"])
    assert most.wish.cluster == "west"
    wished = await made.show_history(ANNA, HistoryWish(cluster="east"), None, standing=OUTSIDER, now=NOON)
    assert (wished.cluster.name, [other.name for other in wished.others]) == ("east", ["west"])


async def test_nothing_to_draw_says_why() -> None:
    made = office()
    with pytest.raises(NotLinked):
        await made.show_history(CARL, MINE, None, standing=OUTSIDER, now=NOON)
    with pytest.raises(UnknownCluster):
        await made.show_history(ANNA, HistoryWish(cluster="gone"), None, standing=OUTSIDER, now=NOON)
    made.memory.links.clear()
    with pytest.raises(TeamEmpty) as raised:
        await made.show_history(ANNA, TEAM, "C1", standing=MEMBER, now=NOON)
    assert raised.value.joined


@table(
    "asker wish line",
    {
        "my own limit is mine": (ANNA, MINE, 40),
        "and nobody else's": (BEN, HistoryWish(user="U1"), None),
        "each and person count for those in the channel": (BEN, MINE, 20),
        "and for others who look": (ANNA, BENS, 20),
        "the team's is the team's": (ANNA, TEAM, 90),
    },
)
async def test_the_limit_s_line(asker: Person, wish: HistoryWish, line: float | None) -> None:
    made = office()
    if wish.user == "U1":
        made.memory.teams["C1"].add("U1")
        made.memory.limits["M"] = limit(40, period=DAY, limit_id="M")
    else:
        scopes = {
            "M": (40, Scope(kind=ScopeKind.ME, user="U1")),
            "E": (30, Scope(kind=ScopeKind.EACH, channel="C1")),
            "P": (20, Scope(kind=ScopeKind.PERSON, user="U2", channel="C1")),
            "T": (90, Scope(kind=ScopeKind.TEAM, channel="C1")),
            "O": (1, Scope(kind=ScopeKind.EACH, channel="C2")),
        }
        for name, (core_hours, scope) in scopes.items():
            made.memory.limits[name] = limit(core_hours, period=DAY, scope=scope, limit_id=name)
    history = await made.show_history(asker, wish, "C1", standing=MEMBER, now=NOON)
    assert history.limit_per_day == line
