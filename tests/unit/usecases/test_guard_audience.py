"""The audience guard at work: who is named, who is asked again and how often."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.audience import Consent
from bot.domain.errors import AudienceUnknown, ChannelClosed, WalltimeError
from bot.domain.limits import Place, PlaceKind
from bot.domain.people import Person
from bot.domain.standing import Audience
from bot.ports.alerting import NoticeKind
from bot.usecases.guard_audience import GuardAudience
from bot.views.team import ask_again_sentence
from tests.unit.kit import NOW
from tests.unit.usecases.office import FakeNotices, FakeTeams, Office

HPC = "C1"
CHANNEL = Place(kind=PlaceKind.CHANNEL, slack_id=HPC)
PRIVATE = Audience(is_private=True, is_shared_outside=False, members=3)
SOON = timedelta(seconds=30)
GUESTS = replace(PRIVATE, guests=1)


class FakeAudiences:
    def __init__(self) -> None:
        self.now: Audience | WalltimeError = PRIVATE
        self.a_moment_ago: Audience | None = None
        self.asked = 0

    def lately(self, workspace: str, channel: str, *, within: timedelta) -> Audience | None:
        assert (workspace, channel, within) == ("T1", HPC, SOON)
        return self.a_moment_ago

    async def of(self, workspace: str, channel: str) -> Audience:
        assert (workspace, channel) == ("T1", HPC)
        self.asked += 1
        if isinstance(self.now, WalltimeError):
            raise self.now
        return self.now

    async def names(self, workspace: str, users: Collection[str]) -> Mapping[str, str]:
        raise NotImplementedError


@pytest.fixture
def office() -> Office:
    return Office()


@pytest.fixture
def audiences() -> FakeAudiences:
    return FakeAudiences()


@pytest.fixture
async def guard(office: Office, audiences: FakeAudiences) -> GuardAudience:
    teams = FakeTeams(office.memory)
    for user in ("U1", "U2"):
        await teams.join(Person(workspace="T1", user=user), HPC, consent=Consent.to(PRIVATE), now=NOW)
    return GuardAudience(
        teams=teams,
        audiences=audiences,
        notices=FakeNotices(office.memory),
        ask_again=ask_again_sentence,
    )


async def test_as_long_as_nobody_else_reads_everybody_is_named_and_nobody_asked(
    office: Office, guard: GuardAudience
) -> None:
    assert await guard.forbids("T1", CHANNEL, {"U1"}, now=NOW) is None
    assert office.memory.notices == []


async def test_who_is_not_in_the_channel_any_more_is_taken_off_its_team_and_told_once(
    office: Office, guard: GuardAudience, audiences: FakeAudiences
) -> None:
    audiences.now = replace(PRIVATE, users=frozenset({"U1", "U3"}))
    for _ in range(2):
        found = await guard("T1", HPC, now=NOW)
        assert found.agreed == {"U1"}
        assert not found.lapsed
    told = [(one.kind, one.place.slack_id, one.text) for one in office.memory.notices]
    assert told == [(NoticeKind.TEAM_LEFT, "U2", HPC)]
    audiences.now = replace(PRIVATE, users=frozenset({"U1", "U2"}))
    assert (await guard("T1", HPC, now=NOW)).agreed == {"U1"}  # coming back is not joining


async def test_what_slack_said_a_moment_ago_confirms_that_everybody_agreed(
    guard: GuardAudience, audiences: FakeAudiences
) -> None:
    audiences.a_moment_ago = PRIVATE
    found = await replace(guard, within=SOON)("T1", HPC, now=NOW)
    assert found.agreed == {"U1", "U2"}
    assert audiences.asked == 0


@pytest.mark.parametrize(
    "before",
    [
        pytest.param(GUESTS, id="a guest has left"),
        pytest.param(replace(PRIVATE, users=frozenset({"U1"})), id="U2 has come, and joined"),
    ],
)
async def test_nothing_is_taken_from_anybody_before_slack_was_asked(
    office: Office, guard: GuardAudience, audiences: FakeAudiences, before: Audience
) -> None:
    audiences.a_moment_ago = before
    found = await replace(guard, within=SOON)("T1", HPC, now=NOW)
    assert found.agreed == {"U1", "U2"}
    assert audiences.asked == 1
    assert office.memory.notices == []


@pytest.mark.parametrize("within", [None, SOON])
async def test_slack_is_asked_once_a_look_though_somebody_has_not_agreed(
    guard: GuardAudience, audiences: FakeAudiences, within: timedelta | None
) -> None:
    audiences.now = GUESTS
    assert (await replace(guard, within=within)("T1", HPC, now=NOW)).lapsed == {"U1", "U2"}
    assert audiences.asked == 1


async def test_who_joins_while_slack_is_asked_stays_on_the_team(
    guard: GuardAudience, audiences: FakeAudiences, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def of(workspace: str, channel: str) -> Audience:
        person = Person(workspace=workspace, user="U3")
        await guard.teams.join(person, channel, consent=Consent.to(PRIVATE), now=NOW)
        return replace(PRIVATE, users=frozenset({"U1", "U2"}))

    monkeypatch.setattr(audiences, "of", of)
    await guard("T1", HPC, now=NOW)
    assert set(await guard.teams.consents("T1", HPC)) == {"U1", "U2", "U3"}


async def test_each_is_asked_once_for_each_audience(
    office: Office, guard: GuardAudience, audiences: FakeAudiences
) -> None:
    audiences.now = GUESTS
    for _ in range(3):
        forbidding = await guard.forbids("T1", CHANNEL, {"U1"}, now=NOW)
        assert forbidding is not None
        assert forbidding.audience == GUESTS
    asked = office.memory.notices
    assert [(one.kind, one.place.slack_id) for one in asked] == [
        (NoticeKind.CONSENT, "U1"),
        (NoticeKind.CONSENT, "U2"),
    ]
    assert "1 guest" in asked[0].text
    audiences.now = replace(GUESTS, is_private=False)
    await guard("T1", HPC, now=NOW)
    assert len(office.memory.notices) == 4


async def test_who_agreed_is_named_and_not_asked(
    office: Office, guard: GuardAudience, audiences: FakeAudiences
) -> None:
    audiences.now = GUESTS
    await guard.teams.join(Person(workspace="T1", user="U1"), HPC, consent=Consent.to(GUESTS), now=NOW)
    assert await guard.forbids("T1", CHANNEL, {"U1"}, now=NOW) is None
    assert await guard.forbids("T1", CHANNEL, {"U2"}, now=NOW) is not None
    assert await guard.forbids("T1", CHANNEL, {"U1", "U2"}, now=NOW) is None, "a sum names nobody"
    assert [one.place.slack_id for one in office.memory.notices] == ["U2"]


async def test_a_direct_message_is_for_one_person(guard: GuardAudience, audiences: FakeAudiences) -> None:
    audiences.now = AudienceUnknown()
    place = Place(kind=PlaceKind.DM, slack_id="U1")
    assert await guard.forbids("T1", place, {"U1"}, now=NOW) is None


@pytest.mark.parametrize("error", [AudienceUnknown(), ChannelClosed("not_in_channel")])
async def test_what_is_not_known_is_not_allowed(
    guard: GuardAudience, audiences: FakeAudiences, error: WalltimeError
) -> None:
    audiences.now = error
    with pytest.raises(type(error)):
        await guard.forbids("T1", CHANNEL, {"U1"}, now=NOW)
    nobody = await guard.if_any("T1", HPC, now=NOW)
    assert nobody is not None
    assert not nobody.may_name({"U1"})
    assert await guard.if_any("T1", None, now=NOW) is None
