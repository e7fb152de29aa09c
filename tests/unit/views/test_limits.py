"""What is drawn around limits and alerts: the sentences, and that Slack takes every message."""

import inspect
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.domain import errors
from bot.domain.alerts import AlertState, Reason, Transition
from bot.domain.errors import (
    AlertOver,
    ChannelClosed,
    ChannelNeeded,
    LimitClusterMissing,
    LimitDateWrong,
    LimitGone,
    LimitNumberOutOfRange,
    LimitRangesOverlap,
    LimitWordMissing,
    LimitWrong,
    NotFullMember,
    SomebodyElses,
    UnknownCluster,
)
from bot.domain.limit_answers import (
    AlertActed,
    AlertWhy,
    CountedLink,
    LimitRemoved,
    LimitSet,
    ListedLimit,
    OpenAlert,
    OpenAlerts,
    UseNow,
)
from bot.domain.limits import Limit, Scope, ScopeKind, place_of
from bot.domain.periods import MONTH, TOTAL, WEEK, Period, window
from bot.domain.standing import Audience
from bot.playground.slack.check import faults_of_message, faults_of_view
from bot.views.errors import error_message, limit_fault, sentence
from bot.views.kit import Message, View
from bot.views.limit_form import (
    limit_field_errors,
    limit_form,
)
from bot.views.limits import (
    limit_off_question,
    limit_removed_message,
    limit_removed_sentence,
    limit_set_message,
    limit_set_sentence,
    limit_told_sentence,
    limits_message,
)
from bot.views.open_alerts import (
    acknowledged_message,
    alert_test_message,
    alert_test_sentence,
    open_alerts_message,
    snoozed_message,
)
from bot.views.team import already_joined_message, join_question, joined_message, left_message
from bot.views.why import why_message
from tests.unit.kit import ALICE, NOW, SHANGHAI, east, reading

ME = Scope(kind=ScopeKind.ME, user="U1")
TEAM = Scope(kind=ScopeKind.TEAM, channel="C1")
EACH = Scope(kind=ScopeKind.EACH, channel="C1")
ANNA = Scope(kind=ScopeKind.PERSON, user="U2", channel="C1")
AUTUMN = Period.between(NOW.date(), NOW.date() + timedelta(days=30))


def limit(scope: Scope = ME, *, period: Period = MONTH, core_hours: float = 2000, number: int = 1) -> Limit:
    return Limit(
        limit_id=f"{number:032x}",
        workspace="T1",
        cluster="east",
        scope=scope,
        core_hours=core_hours,
        period=period,
        thresholds=(50, 80, 100),
        set_by=ALICE,
        set_at=NOW,
        tells=place_of(scope),
    )


def use(username: str = "alice", percent: float = 61.7, told: int = 50, **more: Any) -> UseNow:
    values: dict[str, Any] = {"as_of": NOW, "since": None, "missing": 0, **more}
    return UseNow(
        subject="U1", username=username, core_hours=20 * percent, percent=percent, told=told, **values
    )


def answer(made: Limit, *now: UseNow, replaced: Limit | None = None) -> LimitSet:
    return LimitSet(
        limit=made,
        cluster=east(),
        replaced=replaced,
        changed=("core_hours",) if replaced else (),
        now=now,
        audience=None if made.scope is ME else Audience(is_private=False, is_shared_outside=True, members=12),
    )


def alert(scope: Scope = ME, **state: Any) -> OpenAlert:
    made = AlertState(
        window=window(MONTH, NOW, SHANGHAI), told=80, told_at=NOW, opened_at=NOW, core_hours=1700.0, as_of=NOW
    )
    return OpenAlert(
        limit=limit(scope),
        cluster=east(),
        subject="U1",
        username="al<ice" if scope is ME else "",
        state=replace(made, **state),
    )


def taken(message: Message) -> str:
    """Check that Slack takes it; return all that it says."""
    drawn = message.to_slack()
    assert faults_of_message(drawn) == []
    return f"{drawn['text']}\n{drawn['blocks']}"


def form(**more: Any) -> View:
    drawn = limit_form((east(),), metadata="{}", **{"in_channel": True, **more})
    assert faults_of_view(drawn) == []
    return drawn


def fields(view: View) -> dict[str, Any]:
    return {block["block_id"]: block["element"] for block in view["blocks"] if block["type"] == "input"}


def test_the_list_is_numbered_with_buttons_and_says_where_it_tells() -> None:
    listed = [
        ListedLimit(number=number, limit=limit(scope, number=number), label="East")
        for number, scope in enumerate((ME, TEAM, EACH, ANNA), start=1)
    ]
    said = taken(limits_message(listed, command="/walltime"))
    assert (
        "1. 2,000.00 core-hours per month on East, for <@U1>, told at 50, 80, 100 % in a direct message"
        in said
    )
    assert "2. 2,000.00 core-hours per month on East, for the team of <#C1> together" in said
    assert said.count("'limit.open'") == 5
    assert said.count("'limit.off'") == 4
    assert "No limits here yet" in taken(limits_message((), command="/walltime"))


def test_a_list_of_very_many_limits_still_fits() -> None:
    listed = [ListedLimit(number=n, limit=limit(number=n), label="East" * 15) for n in range(1, 60)]
    assert "39 more" in taken(limits_message(listed, command="/walltime"))


def test_a_limit_set_says_what_stands_and_what_is_told_already() -> None:
    said = limit_set_message(answer(limit(), use())).text
    assert said.startswith(
        "Limit set: 2,000.00 core-hours per month on East, for <@U1>, told at 50, 80, 100 %."
    )
    assert "Now: 1,234.00 core-hours used, 61 %, as of 22 Nov 2026, 20:00 (Asia/Shanghai)." in said
    assert "50 % is passed already and counts as told; the next one to speak is 80 %." in said
    assert said.endswith("I will tell you in a direct message.")


def test_a_replacement_says_what_changed() -> None:
    said = limit_set_sentence(answer(limit(TEAM, core_hours=3000), use(""), replaced=limit(TEAM)))
    assert said.startswith("<@U1>: Limit changed: 3,000.00 core-hours per month on East")
    assert (
        "It replaces 2,000.00 core-hours per month on East, told at 50, 80, 100 % (the core-hours changed)."
        in said
    )


def test_each_is_named_by_username_and_a_long_team_is_cut() -> None:
    uses = [use(f"user{n}", percent=99 - n) for n in range(14)]
    said = taken(limit_set_message(answer(limit(EACH), *uses)))
    assert "user0: 1,980.00 core-hours used, 99 %" in said
    assert "And 4 more, each lower." in said
    assert "its 12 members first (the channel is public); among them people of other organisations" in said


def test_what_is_not_known_is_not_claimed() -> None:
    missing = use("", missing=1, since=NOW - timedelta(days=2))
    assert (
        "at least 1,234.00 core-hours used since 20 Nov 2026"
        in limit_set_message(answer(limit(TEAM), missing)).text
    )
    assert "no reading yet" in limit_set_message(answer(limit(), use(as_of=None, told=0))).text
    assert "Nobody whom it counts" in limit_set_message(answer(limit(EACH))).text
    assert "none is left to speak" in limit_set_message(answer(limit(), use(told=100, percent=120))).text


def test_a_persons_limit_tells_them_who_and_where() -> None:
    said = limit_told_sentence(answer(limit(ANNA), use()))
    assert said.startswith("<@U1> set a limit for you in <#C1>: 2,000.00 core-hours per month on East")


def test_removing_asks_first_and_then_says_so() -> None:
    listed = ListedLimit(number=1, limit=limit(), label="East")
    assert "limit.off.confirm" in taken(limit_off_question(listed))
    removed = LimitRemoved(limit=limit(TEAM), label="East", by="U3")
    assert "Removed: the limit of" in taken(limit_removed_message(removed))
    assert limit_removed_sentence(removed).startswith("<@U3> removed the limit of 2,000.00")


def test_the_form_has_the_inputs_that_others_rely_on() -> None:
    drawn = form()
    names = ["scope", "person", "core_hours", "period", "from", "to", "thresholds"]
    assert drawn["callback_id"] == "limit"
    assert [block["block_id"] for block in drawn["blocks"] if block["type"] == "input"] == names
    assert [element["action_id"] for element in fields(drawn).values()] == names
    assert [one["value"] for one in fields(drawn)["scope"]["options"]] == ["me", "team", "each", "person"]


def test_in_a_dm_the_form_knows_only_me() -> None:
    drawn = fields(form(in_channel=False))
    assert "person" not in drawn
    assert [one["value"] for one in drawn["scope"]["options"]] == ["me"]


def test_of_several_clusters_the_form_asks_for_one() -> None:
    drawn = limit_form((east(), east(name="west")), metadata="{}", in_channel=True)
    assert faults_of_view(drawn) == []
    assert "cluster" in fields(drawn)


def test_a_change_begins_with_what_stands() -> None:
    drawn = fields(form(limit=limit(ANNA, period=AUTUMN, core_hours=0.1)))
    assert drawn["scope"]["initial_option"]["value"] == "person"
    assert drawn["person"]["initial_user"] == "U2"
    assert drawn["core_hours"]["initial_value"] == "0.1"
    assert drawn["period"]["initial_option"]["value"] == "range"
    assert (drawn["from"]["initial_date"], drawn["to"]["initial_date"]) == ("2026-11-22", "2026-12-22")
    assert drawn["thresholds"]["initial_value"] == "50, 80, 100"
    for period in (WEEK, TOTAL):
        assert (
            fields(form(limit=limit(period=period, core_hours=1e-7)))["core_hours"]["initial_value"]
            == "0.0000001"
        )
        assert fields(form(limit=limit(period=period)))["period"]["initial_option"]["value"] == period.kind


@pytest.mark.parametrize(
    ("error", "field", "says"),
    [
        (LimitNumberOutOfRange("-5", example="limit 5 total"), "core_hours", "“-5”"),
        (LimitDateWrong("x", example="limit 5 total"), "from", "“x” is not a date"),
        (LimitRangesOverlap("x", other="from a to b", example="limit 5 total"), "from", "from a to b"),
        (LimitWordMissing("limit", missing="person", example=""), "person", "Choose the person"),
        (LimitWordMissing("period", missing="from", example=""), "from", "first day"),
        (LimitWordMissing("period", missing="to", example=""), "to", "last day"),
        (UnknownCluster("mars", known=("east",)), "cluster", "mars"),
        (NotFullMember(), "core_hours", "full members"),
    ],
)
def test_the_form_says_what_is_wrong_where_it_is(error: errors.WalltimeError, field: str, says: str) -> None:
    (found,) = limit_field_errors(error).items()
    assert found[0] == field
    assert says in found[1]


def limit_errors() -> list[type[LimitWrong]]:
    return [
        found for _, found in inspect.getmembers(errors, inspect.isclass) if issubclass(found, LimitWrong)
    ]


@pytest.mark.parametrize("kind", limit_errors(), ids=lambda kind: kind.__name__)
def test_every_wrong_word_is_named_with_a_right_example(kind: type[LimitWrong]) -> None:
    more: dict[type[LimitWrong], dict[str, Any]] = {
        LimitWordMissing: {"missing": "period"},
        LimitRangesOverlap: {"other": "from 2026-09-01 to 2026-12-31"},
        LimitClusterMissing: {"known": ("east", "west")},
    }
    error = kind("<!here>", example="limit 5 total", **more.get(kind, {}))
    assert ("<!here>" in limit_fault(error)) == (kind is not LimitClusterMissing)
    assert "Right is, for example: “limit 5 total”" in sentence(error)
    assert "<!here>" not in error_message(error).text


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (LimitGone(), "no longer there"),
        (AlertOver(resolved_at=None), "its period has ended"),
        (AlertOver(resolved_at=NOW), "fell below"),
        (NotFullMember(), "Only full members"),
        (SomebodyElses(), "another person's"),
        (ChannelNeeded(), "type it in the channel"),
        (ChannelClosed("not_in_channel"), "/invite @Walltime"),
        (ChannelClosed("channel_not_found"), "/invite @Walltime"),
        (ChannelClosed("is_archived"), "archived"),
        (ChannelClosed("restricted_action"), "may not post"),
        (ChannelClosed("not_agreed"), "limit team"),
    ],
)
def test_every_refusal_says_what_helps(error: errors.WalltimeError, says: str) -> None:
    assert says in taken(error_message(error))


def test_open_alerts_have_their_buttons_and_the_fullest_is_first() -> None:
    full = alert(TEAM, core_hours=2500.0)
    acknowledged = alert(acknowledged_by="U3", acknowledged_at=NOW)
    said = taken(open_alerts_message(OpenAlerts(alerts=(acknowledged, full)), now=NOW))
    assert said.index("125 %") < said.index("85 %")
    assert "acknowledged by <@U3>" in said
    assert "*al&lt;ice*" in said
    assert said.count("'alert.ack'") == 1
    assert said.count("'alert.snooze'") == said.count("'alert.why'") == said.count("'alert.raise_limit'") == 2
    assert "No open alerts" in taken(open_alerts_message(OpenAlerts(alerts=()), now=NOW))
    assert "2 open alerts are of people" in taken(
        open_alerts_message(OpenAlerts(alerts=(full,), hidden=2), now=NOW)
    )
    assert "1 open alert is of somebody" in taken(
        open_alerts_message(OpenAlerts(alerts=(), hidden=1), now=NOW)
    )
    assert "30 more" in taken(open_alerts_message(OpenAlerts(alerts=(full,) * 50), now=NOW))


def test_a_click_says_what_it_did() -> None:
    acted = alert(acknowledged_by="U3", snoozed_by="U3", snoozed_until=NOW + timedelta(hours=1))
    assert "Acknowledged: no reminders" in taken(acknowledged_message(AlertActed(alert=acted, fresh=True)))
    assert "<@U3> had acknowledged" in taken(acknowledged_message(AlertActed(alert=acted, fresh=False)))
    assert "22 Nov 2026, 21:00" in taken(snoozed_message(AlertActed(alert=acted, fresh=True), now=NOW))


def test_a_test_alert_says_that_it_is_one() -> None:
    assert "This is a test alert that <@U1> asked for" in alert_test_sentence("U1")
    assert "your direct messages" in taken(alert_test_message(place_of(ME)))
    assert "<#C1>" in taken(alert_test_message(place_of(TEAM)))


def test_why_tells_all_that_is_behind_an_alert() -> None:
    step = Transition(
        at=NOW,
        reason=Reason.CROSSED,
        told_before=50,
        told_after=80,
        core_hours=1700,
        limit_core_hours=2000,
        as_of=NOW,
    )
    readings = (reading(1600, NOW - timedelta(hours=1), NOW - timedelta(minutes=30)), reading(1700))
    why = AlertWhy(
        alert=alert(acknowledged_by="U3", acknowledged_at=NOW),
        reason=Reason.UNCHANGED,
        core_hours=1700,
        as_of=NOW,
        missing=1,
        links=tuple(CountedLink(username=f"user{n}", readings=readings) for n in range(12)),
        transitions=(step,) * 10,
    )
    said = taken(why_message(why, now=NOW))
    for part in (
        "Set by* <@U1>",
        "thresholds 50, 80, 100 %",
        "at least 1,700.00 core-hours used, 85 % of the limit",
        "from 1 Nov 2026, 00:00 (Asia/Shanghai) to 1 Dec 2026, 00:00",
        "acknowledged by <@U3>",
        "1,600.00 core-hours on 22 Nov 2026, 19:00",
        "told 50 % → 80 %",
        "nothing changed since the last message (unchanged)",
        "And the readings of 2 more",
    ):
        assert part in said
    gone = replace(why, alert=replace(why.alert, cluster=None), as_of=None, transitions=(), links=())
    assert "2026-11-22 12:00 (UTC)" in taken(why_message(gone, now=NOW))


def test_joining_says_who_will_see_what() -> None:
    shared = Audience(is_private=True, is_shared_outside=True, members=12, guests=2)
    said = taken(join_question("C1", shared))
    assert "your username on each linked cluster, your core-hours" in said
    assert "its 12 members (the channel is private)" in said
    assert "2 guests and people of other organisations" in said
    assert "team.join.confirm" in said
    assert "you joined before" in taken(join_question("C1", shared, again=True))
    assert "type “leave” there" in taken(joined_message("C1", shared))
    assert "already" in taken(already_joined_message("C1"))
    assert "no longer shared" in taken(left_message("C1", was_in=True))
    assert "not in the team" in taken(left_message("C1", was_in=False))
