"""`alerts` and the buttons of an alert."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.alert_keys import AlertKey
from bot.domain.alerts import AlertState, Reason, SnoozeLength
from bot.domain.errors import (
    AlertOver,
    LimitGone,
    NotFullMember,
    SomebodyElses,
    TryAgainLater,
    WalltimeError,
)
from bot.domain.limit_answers import OpenAlerts
from bot.domain.limits import Limit, PlaceKind, Scope, ScopeKind, place_of
from bot.domain.people import Person
from bot.domain.periods import MONTH, window
from bot.domain.standing import OUTSIDER, Standing
from bot.ports.alerting import NoticeKind
from tests.unit.kit import ALICE, NOW, SHANGHAI, table
from tests.unit.usecases.office import Office

BOB = Person(workspace="T1", user="U2")
HPC = "C1"
FULL = Standing(is_full_member=True, is_admin=False, is_member=True)
ADMIN = Standing(is_full_member=False, is_admin=True)
WINDOW = window(MONTH, NOW, SHANGHAI)
MINE = AlertKey(limit_id="L1", subject="U1", window_start=WINDOW.start)
TEAMS = AlertKey(limit_id="L2", subject="", window_start=WINDOW.start)
ME = Scope(kind=ScopeKind.ME, user="U1")
TEAM = Scope(kind=ScopeKind.TEAM, channel=HPC)


@pytest.fixture
def office() -> Office:
    """Alice's own alert and the team's, both open at 80 %."""
    made = Office()
    made.memory.teams[HPC] = {"U1"}
    made.link(ALICE, (0.0, WINDOW.start - timedelta(days=1)), (850.0, NOW))
    for key, scope in ((MINE, ME), (TEAMS, TEAM)):
        made.memory.limits[key.limit_id] = Limit(
            limit_id=key.limit_id,
            workspace="T1",
            cluster="east",
            scope=scope,
            core_hours=1000,
            period=MONTH,
            thresholds=(80, 100),
            set_by=ALICE,
            set_at=NOW,
            tells=place_of(scope),
        )
        made.memory.states[key.limit_id, key.subject] = AlertState(
            window=WINDOW, told=80, told_at=NOW, opened_at=NOW, core_hours=850.0, as_of=NOW, revision=3
        )
    return made


async def test_an_acknowledgement_is_written_with_the_edit_it_owes(office: Office) -> None:
    acted = await office.act_on_alert.acknowledge(BOB, TEAMS, standing=FULL, now=NOW)
    assert acted.fresh
    assert office.memory.states["L2", ""].acknowledged_by == "U2"
    (notice,) = office.memory.notices
    assert (notice.kind, notice.limit_id, notice.place.slack_id) == (NoticeKind.ALERT, "L2", HPC)
    assert [(one.action, one.actor) for one in office.memory.audit] == [("alert_ack", "U2")]


async def test_who_acknowledged_first_stays_named(office: Office) -> None:
    await office.act_on_alert.acknowledge(BOB, TEAMS, standing=FULL, now=NOW)
    again = await office.act_on_alert.acknowledge(ALICE, TEAMS, standing=FULL, now=NOW)
    assert not again.fresh
    assert again.alert.state.acknowledged_by == "U2"
    assert len(office.memory.notices) == 1


async def test_a_snooze_holds_as_long_as_chosen(office: Office) -> None:
    acted = await office.act_on_alert.snooze(ALICE, MINE, SnoozeLength.DAY, standing=OUTSIDER, now=NOW)
    assert acted.alert.state.snoozed_until == NOW + timedelta(days=1)


async def test_a_click_that_meets_a_change_of_the_limit_is_decided_by_the_limit_as_it_is(
    office: Office,
) -> None:
    before = office.memory.limits[MINE.limit_id]
    office.memory.changed_next = replace(before, set_at=before.set_at + timedelta(seconds=1))
    acted = await office.act_on_alert.acknowledge(ALICE, MINE, standing=OUTSIDER, now=NOW)
    assert acted.fresh
    assert acted.alert.limit.set_at > before.set_at


async def test_a_click_that_meets_a_poll_is_tried_once_more(office: Office) -> None:
    office.memory.collisions = 1
    assert (await office.act_on_alert.acknowledge(ALICE, MINE, standing=OUTSIDER, now=NOW)).fresh
    office.memory.collisions = 2
    with pytest.raises(TryAgainLater):
        await office.act_on_alert.snooze(ALICE, MINE, SnoozeLength.HOUR, standing=OUTSIDER, now=NOW)


@table(
    "person key standing error",
    {
        "a personal alert is its person's": (BOB, MINE, FULL, SomebodyElses),
        "not even an admin's": (BOB, MINE, ADMIN, SomebodyElses),
        "a guest acts on no channel's alert": (BOB, TEAMS, OUTSIDER, NotFullMember),
        "nor does an admin outside": (BOB, TEAMS, ADMIN, NotFullMember),
        "another workspace finds nothing": (Person(workspace="T2", user="U1"), MINE, FULL, LimitGone),
        "a limit that is gone": (
            ALICE,
            AlertKey(limit_id="L7", subject="", window_start=NOW),
            FULL,
            LimitGone,
        ),
    },
)
async def test_each_button_is_judged_for_the_clicker(
    office: Office, person: Person, key: AlertKey, standing: Standing, error: type[WalltimeError]
) -> None:
    act = office.act_on_alert
    for click in (
        act.acknowledge(person, key, standing=standing, now=NOW),
        act.snooze(person, key, SnoozeLength.HOUR, standing=standing, now=NOW),
        act.why(person, key, standing=standing, guard=None, now=NOW),
        act.may_raise(person, key, standing=standing, now=NOW),
    ):
        with pytest.raises(error):
            await click
    assert office.memory.notices == []
    assert [one.action for one in office.memory.audit] == [
        "alert_ack_refused",
        "alert_snooze_refused",
        "alert_why_refused",
        "alert_raise_refused",
    ]


async def test_the_button_of_a_period_that_is_over_says_so(office: Office) -> None:
    old = AlertKey(limit_id="L1", subject="U1", window_start=WINDOW.start - timedelta(days=30))
    with pytest.raises(AlertOver):
        await office.act_on_alert.acknowledge(ALICE, old, standing=OUTSIDER, now=NOW)


async def test_why_tells_readings_steps_and_what_the_newest_readings_decide(office: Office) -> None:
    await office.act_on_alert.acknowledge(ALICE, TEAMS, standing=FULL, now=NOW)
    why = await office.act_on_alert.why(ALICE, TEAMS, standing=FULL, guard=None, now=NOW)
    assert why.reason is Reason.UNCHANGED
    assert why.core_hours == pytest.approx(850, rel=0.2)
    assert [one.username for one in why.links] == ["alice"]
    assert why.links[0].readings[-1].core_hours == 850.0
    assert [step.note for step in why.transitions] == ["acknowledged"]


async def test_open_alerts_are_mine_and_the_channels(office: Office) -> None:
    here = (await office.act_on_alert.open_alerts(ALICE, HPC, guard=None, now=NOW)).alerts
    assert [(one.limit.limit_id, one.username) for one in here] == [("L1", "alice"), ("L2", "")]
    assert await office.act_on_alert.open_alerts(BOB, None, guard=None, now=NOW) == OpenAlerts(alerts=())


async def test_a_test_alert_goes_the_way_of_alerts(office: Office) -> None:
    act = office.act_on_alert
    place = await act.test(BOB, HPC, standing=FULL, text="A test.", notice_id="N1", now=NOW)
    assert (place.kind, place.slack_id) == (PlaceKind.CHANNEL, HPC)
    place = await act.test(BOB, None, standing=OUTSIDER, text="A test.", notice_id="N2", now=NOW)
    assert (place.kind, place.slack_id) == (PlaceKind.DM, "U2")
    assert [one.kind for one in office.memory.notices] == [NoticeKind.TEST, NoticeKind.TEST]
    with pytest.raises(NotFullMember):
        await act.test(BOB, HPC, standing=OUTSIDER, text="A test.", notice_id="N3", now=NOW)


@table(
    "value",
    {"nothing": ("",), "two parts": ("L1|U1",), "no moment": ("L1|U1|x",), "too late": ("L1||9" + "9" * 30,)},
)
def test_a_button_that_we_do_not_write_is_over(value: str) -> None:
    with pytest.raises(AlertOver):
        AlertKey.read(value)
    with pytest.raises(AlertOver):
        AlertKey.read_snooze(f"{value}|1h")
    with pytest.raises(AlertOver):
        AlertKey.read_snooze(f"{MINE.write()}|2h")


def test_a_button_is_read_as_it_was_written() -> None:
    assert AlertKey.read(TEAMS.write()) == TEAMS
    assert AlertKey.read_snooze(MINE.write_snooze(SnoozeLength.PERIOD)) == (SnoozeLength.PERIOD, MINE)
