"""`limit`: who may set which limit, what counts as told, and that nothing wrong is ever stored."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.audience import UNRECORDED, Guard
from bot.domain.commands import AboutLimits, parse
from bot.domain.errors import (
    ChannelClosed,
    ChannelNeeded,
    LimitClusterMissing,
    LimitGone,
    LimitNumberUnknown,
    LimitWrong,
    NotFullMember,
    NotLinked,
    SomebodyElses,
    TryAgainLater,
    UnknownCluster,
    WalltimeError,
)
from bot.domain.limit_answers import LimitRemoved, LimitSet
from bot.domain.limit_words import SetLimit
from bot.domain.limits import PlaceKind, ScopeKind
from bot.domain.people import Person
from bot.domain.periods import MONTH, WEEK, window
from bot.domain.standing import OUTSIDER, Audience, Standing, Target
from bot.ports.alerting import NoticeKind
from bot.usecases.set_limit import LimitOrder, LimitSentences
from bot.views.errors import sentence
from bot.views.limits import limit_removed_sentence, limit_set_sentence, limit_told_sentence
from tests.unit.kit import ALICE, NOW, SHANGHAI, east, table
from tests.unit.usecases.office import Office

BOB = Person(workspace="T1", user="U2")
HPC = "C1"
FULL = Standing(is_full_member=True, is_admin=False, is_member=True)
ADMIN = Standing(is_full_member=False, is_admin=True)
ANNA = Target(user="U2", name="anna", is_full_member=True)
GUEST = Target(user="U2", name="gus", is_full_member=False)
SAY = LimitSentences(posted=limit_set_sentence, told=limit_told_sentence, removed=limit_removed_sentence)
MONTH_BEGAN = window(MONTH, NOW, SHANGHAI).start


def wish(text: str) -> SetLimit:
    command = parse(f"limit {text}", clusters=("east",))
    assert isinstance(command, AboutLimits)
    assert isinstance(command.wish, SetLimit)
    return command.wish


async def put(
    office: Office,
    text: str | SetLimit,
    *,
    person: Person = ALICE,
    channel: str | None = HPC,
    standing: Standing = FULL,
    target: Target | None = None,
    guard: Guard | None = None,
    changes: str | None = None,
    number: int = 1,
) -> LimitSet:
    order = LimitOrder(
        person=person,
        wish=wish(text) if isinstance(text, str) else text,
        channel=channel,
        standing=standing,
        target=target,
        guard=guard,
        changes=changes,
    )
    return await office.set_limit(
        order, say=SAY, limit_id=f"L{number}", notice_id=f"N{number}", now=NOW + timedelta(seconds=number)
    )


async def off(office: Office, limit_id: str, person: Person, standing: Standing = OUTSIDER) -> LimitRemoved:
    return await office.set_limit.remove(
        person, limit_id, standing=standing, say=SAY, notice_id="N9", now=NOW
    )


@pytest.fixture
def office() -> Office:
    made = Office()
    made.link(ALICE, (0.0, MONTH_BEGAN), (1234.5, NOW))
    return made


async def test_my_own_limit_says_where_i_stand_and_what_is_passed_counts_as_told(office: Office) -> None:
    answer = await put(office, "2000 per month at 50,80", channel=None, standing=OUTSIDER)
    (use,) = answer.now
    assert (use.core_hours, use.told, use.username) == (1234.5, 50, "alice")
    assert answer.limit.tells.kind is PlaceKind.DM
    assert office.memory.states["L1", "U1"].told == 50
    assert not office.memory.states["L1", "U1"].is_open
    assert office.memory.notices == []


async def test_a_second_limit_of_the_same_kind_takes_the_firsts_place_and_says_what_changed(
    office: Office,
) -> None:
    await put(office, "2000 per month at 50,80")
    answer = await put(office, "3000 per month at 50,80", number=2)
    assert answer.replaced is not None
    assert answer.changed == ("core_hours",)
    assert [(one.limit_id, one.core_hours) for one in office.memory.limits.values()] == [("L1", 3000)]
    assert office.memory.states["L1", "U1"].told == 0


async def test_another_kind_of_period_stands_beside_it(office: Office) -> None:
    await put(office, "2000 per month")
    await put(office, "500 per week", number=2)
    assert [one.number for one in await office.set_limit.listed(ALICE, HPC)] == [1, 2]


async def test_an_alert_that_stands_is_edited_when_its_limit_changes(office: Office) -> None:
    await put(office, "2000 per month at 50")
    state = office.memory.states["L1", "U1"]
    office.memory.states["L1", "U1"] = type(state)(
        window=state.window, told=50, opened_at=NOW, revision=state.revision
    )
    await put(office, "9000 per month at 50", number=2)
    (notice,) = office.memory.notices
    assert notice.kind is NoticeKind.ALERT
    assert notice.owed is not None
    assert notice.owed.telling == "resolved"


async def test_a_limit_whose_alerts_change_meanwhile_is_judged_again(office: Office) -> None:
    await put(office, "2000 per month at 50")
    state = office.memory.states["L1", "U1"]
    office.memory.states["L1", "U1"] = replace(state, opened_at=NOW)
    office.memory.collisions = 2
    answer = await put(office, "9000 per month at 50", number=2)
    assert office.memory.limits == {"L1": answer.limit}
    # Of two that wrote meanwhile, none was written over.
    assert office.memory.states["L1", "U1"].revision == state.revision + 3
    assert [one.kind for one in office.memory.notices] == [NoticeKind.ALERT]


async def test_a_limit_whose_alerts_never_hold_still_stores_nothing(office: Office) -> None:
    first = await put(office, "2000 per month at 50")
    office.memory.collisions = 100
    with pytest.raises(TryAgainLater):
        await put(office, "9000 per month at 50", number=2)
    assert office.memory.limits == {"L1": first.limit}
    assert office.memory.notices == []
    assert office.memory.audit[-1].detail == "TryAgainLater"


async def test_the_form_changes_its_limit_even_to_another_period(office: Office) -> None:
    await put(office, "2000 per month")
    answer = await put(office, "500 per week", changes="L1", number=2)
    assert answer.replaced is not None
    assert [(one.limit_id, one.period) for one in office.memory.limits.values()] == [("L1", WEEK)]


async def test_the_form_can_move_a_limit_onto_another_one(office: Office) -> None:
    await put(office, "2000 per month")
    await put(office, "500 per week", number=2)
    await put(office, "600 per week", changes="L1", number=3)
    assert [(one.limit_id, one.core_hours) for one in office.memory.limits.values()] == [("L2", 600)]


async def test_the_form_can_hand_my_limit_to_the_team(office: Office) -> None:
    await put(office, "2000 per month")
    await put(office, "team 2000 per month", changes="L1", number=2)
    assert [(one.limit_id, one.scope.kind) for one in office.memory.limits.values()] == [
        ("L2", ScopeKind.TEAM)
    ]


async def test_the_form_of_a_limit_that_is_gone_stores_nothing(office: Office) -> None:
    with pytest.raises(LimitGone):
        await put(office, "2000 per month", changes="L7")
    assert office.memory.limits == {}


async def test_a_channels_limit_is_posted_there_with_the_state_of_now(office: Office) -> None:
    office.memory.teams[HPC] = {"U1", "U2"}
    office.link(BOB, (0.0, MONTH_BEGAN), (100.0, NOW), username="bob")
    answer = await put(office, "team 2000 per month")
    (notice,) = office.memory.notices
    assert (notice.notice_id, notice.kind, notice.place.slack_id) == ("N1", NoticeKind.LIMIT_SET, HPC)
    assert "<@U1>: Limit set: 2,000.00 core-hours per month on East" in notice.text
    assert "1,334.50 core-hours used, 66 %" in notice.text
    assert [use.subject for use in answer.now] == [""]


async def test_each_is_counted_apart_the_fullest_first(office: Office) -> None:
    office.memory.teams[HPC] = {"U1", "U2", "U3"}
    office.link(BOB, (0.0, MONTH_BEGAN), (1900.0, NOW), username="bob")
    answer = await put(office, "each 2000 per month at 50,90")
    assert [(use.username, use.told) for use in answer.now] == [("bob", 90), ("alice", 50)]
    assert {subject for _, subject in office.memory.states} == {"U1", "U2"}


async def test_who_a_limit_is_for_is_told_in_their_dm(office: Office) -> None:
    office.memory.teams[HPC] = {"U2"}
    await put(office, "<@U2|anna> 500 per week", target=ANNA)
    places = [(one.place.kind, one.place.slack_id) for one in office.memory.notices]
    assert places == [(PlaceKind.CHANNEL, HPC), (PlaceKind.DM, "U2")]
    assert "<@U1> set a limit for you in <#C1>" in office.memory.notices[1].text
    assert all(len(one.notice_id) <= 32 for one in office.memory.notices)


async def test_single_numbers_are_told_only_to_those_whom_everybody_counted_agreed_to(office: Office) -> None:
    office.memory.teams[HPC] = {"U1", "U2"}
    shared = Audience(is_private=False, is_shared_outside=True)

    def guard(*lapsed: str) -> Guard:
        return Guard(audience=shared, agreed=frozenset({"U1", "U2"} - {*lapsed}), lapsed=frozenset(lapsed))

    for text in ("<@U2> 500 per week", "each 500 per week"):
        with pytest.raises(ChannelClosed):
            await put(office, text, target=ANNA, guard=guard("U2"))
    await put(office, "team 500 per week", guard=guard("U1", "U2"))
    await put(office, "<@U2> 500 per week", target=ANNA, guard=guard("U1"), number=2)
    await put(office, "each 500 per week", guard=guard(), number=3)
    assert len(office.memory.limits) == 3


@table(
    "text says",
    {
        "zero": ("0 per month", "“0”"),
        "negative": ("-5 per month", "“-5”"),
        "a million millions": ("1000000000000 per month", "“1000000000000”"),
        "a power": ("10^12 per month", "“10^12”"),
        "not a number": ("NaN per month", "“NaN”"),
        "no percent": ("2000 per month at 0 %", "“0”"),
        "too many percent": ("2000 per month at 250 %", "“250”"),
        "an end before the start": ("5000 from 2026-12-31 to 2026-09-01", "“2026-09-01”"),
        "a range that is over": ("5000 from 2026-01-01 to 2026-02-01", "“2026-02-01”"),
        "an overlapping range": ("5000 from 2027-01-15 to 2027-03-01", "2027-01-15"),
        "a name that is no mention": ("@nobody 500 per week", "“@nobody”"),
        "somebody Slack does not know": ("<@U9> 500 per week", "“@U9”"),
        "somebody who did not join": ("<@U3> 500 per week", "“@anna”"),
        "a guest": ("<@U2> 500 per week", "“@gus”"),
    },
)
async def test_bad_grammar_names_the_word_and_a_right_example_and_stores_nothing(
    office: Office, text: str, says: str
) -> None:
    await put(office, "5000 from 2027-01-01 to 2027-01-31", number=7)
    office.memory.teams[HPC] = {"U2"}
    before = dict(office.memory.limits), len(office.memory.notices)
    targets = {"<@U2": GUEST, "<@U3": Target(user="U3", name="anna", is_full_member=True)}
    with pytest.raises(LimitWrong) as caught:
        await put(office, text, target=targets.get(text[:4]))
    told = sentence(caught.value)
    assert says in told
    assert f"Right is, for example: “{caught.value.example}”" in told
    assert "Nothing was stored" in told
    assert (dict(office.memory.limits), len(office.memory.notices)) == before


@table(
    "text channel standing error",
    {
        "a guest sets no channel limit": ("team 5 per day", HPC, OUTSIDER, NotFullMember),
        "an admin outside it neither": ("each 5 per day", HPC, ADMIN, NotFullMember),
        "a team needs a channel": ("team 5 per day", None, FULL, ChannelNeeded),
        "a person needs a channel": ("<@U2> 5 per day", None, FULL, ChannelNeeded),
        "an unknown cluster": ("5 per day on mars", HPC, FULL, UnknownCluster),
    },
)
async def test_who_may_not_is_told_and_it_is_in_the_audit_log(
    office: Office, text: str, channel: str | None, standing: Standing, error: type[WalltimeError]
) -> None:
    with pytest.raises(error):
        await put(office, text, channel=channel, standing=standing, target=ANNA)
    assert office.memory.limits == {}
    assert [(one.action, one.detail) for one in office.memory.audit] == [("limit_refused", error.__name__)]


async def test_my_own_limit_needs_a_link() -> None:
    with pytest.raises(NotLinked):
        await put(Office(), "2000 per month")


async def test_of_several_clusters_one_has_to_be_named() -> None:
    office = Office(east(), east(name="west", label="West"), east(name="north", label="North"))
    office.link(ALICE, (1.0, NOW))
    assert (await put(office, "2000 per month")).cluster.name == "east"
    office.link(ALICE, (1.0, NOW), cluster="west")
    with pytest.raises(LimitClusterMissing) as caught:
        await put(office, "2000 per week")
    assert caught.value.known == ("east", "west")
    assert (await put(office, "2000 per week on west", number=2)).cluster.name == "west"
    with pytest.raises(NotLinked):
        await put(office, "2000 per week on north")
    with pytest.raises(LimitClusterMissing):
        await put(office, "team 2000 per week")


@table(
    "text person standing error",
    {
        "who set it": ("team 5 per day", ALICE, OUTSIDER, None),
        "a full member": ("team 5 per day", BOB, FULL, None),
        "an admin": ("team 5 per day", BOB, ADMIN, None),
        "a guest not": ("team 5 per day", BOB, OUTSIDER, NotFullMember),
        "my own is mine": ("5 per day", BOB, FULL, SomebodyElses),
        "an admin may undo any": ("5 per day", BOB, ADMIN, None),
    },
)
async def test_who_may_remove(
    office: Office, text: str, person: Person, standing: Standing, error: type[WalltimeError] | None
) -> None:
    await put(office, text)
    if error is None:
        await off(office, "L1", person, standing)
        assert office.memory.limits == {}
    else:
        with pytest.raises(error):
            await off(office, "L1", person, standing)
        assert list(office.memory.limits) == ["L1"]
        assert office.memory.audit[-1].action == "limit_off_refused"


async def test_a_channel_hears_that_its_limit_is_gone(office: Office) -> None:
    await put(office, "team 5 per day")
    await off(office, "L1", ALICE)
    assert office.memory.notices[-1].text.startswith("<@U1> removed the limit of 5.00 core-hours per day")
    with pytest.raises(LimitGone):
        await off(office, "L1", ALICE)


async def test_a_number_that_is_not_in_the_list(office: Office) -> None:
    await put(office, "5 per day")
    assert (await office.set_limit.numbered(ALICE, None, 1)).limit.limit_id == "L1"
    with pytest.raises(LimitNumberUnknown):
        await office.set_limit.numbered(ALICE, None, 2)
    with pytest.raises(SomebodyElses):
        await office.set_limit.one(BOB, "L1")


async def test_who_joins_has_told_what_they_passed_and_can_leave(office: Office) -> None:
    await put(office, "each 2000 per month at 50,90")
    assert office.memory.states == {}
    with pytest.raises(NotFullMember):
        await office.join_team.join(ALICE, HPC, standing=OUTSIDER, consent=UNRECORDED, now=NOW)
    assert await office.join_team.join(ALICE, HPC, standing=FULL, consent=UNRECORDED, now=NOW)
    assert office.memory.states["L1", "U1"].told == 50
    assert not await office.join_team.join(ALICE, HPC, standing=FULL, consent=UNRECORDED, now=NOW)
    assert await office.join_team.consent(ALICE, HPC) == UNRECORDED
    assert await office.join_team.leave(ALICE, HPC, now=NOW)
    assert await office.join_team.consent(ALICE, HPC) is None


async def test_who_joins_while_the_limit_is_lowered_has_told_what_they_passed_of_the_lower_one(
    office: Office,
) -> None:
    await put(office, "each 2000 per month at 50,90")
    before = office.memory.limits["L1"]
    lowered = replace(before, core_hours=1100.0, set_at=before.set_at + timedelta(seconds=1))
    office.memory.changed_next = lowered
    assert await office.join_team.join(ALICE, HPC, standing=FULL, consent=UNRECORDED, now=NOW)
    assert office.memory.limits["L1"] == lowered
    assert office.memory.states["L1", "U1"].told == 90
