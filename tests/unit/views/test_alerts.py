"""Alerts as people see them: Slack takes every state, and the text alone says the whole fact."""

import json
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

import pytest

from bot.domain.alert_keys import AlertKey
from bot.domain.alerts import AlertState, Form, Owed, SnoozeLength, Telling
from bot.domain.forecast import Forecast
from bot.domain.limits import Limit, Place, PlaceKind, Scope, ScopeKind
from bot.domain.periods import DAY, MONTH, QUARTER, TOTAL, WEEK, YEAR, Period, window
from bot.playground.slack.check import faults_of_message
from bot.views.alert_words import period_words
from bot.views.alerts import AlertDrawings, alert_message, finished_message, reply_message
from bot.views.forecast import forecast_words
from bot.views.kit import Message
from bot.views.storms import MOST_ROWS
from bot.views.trouble import trouble_sentence
from tests.unit.domain.kit import ANNA, NOON, SHANGHAI, limit
from tests.unit.kit import east, table

EAST = east(label="East <!channel> & Sons")
TEAM = Scope(kind=ScopeKind.TEAM, channel="C1")
AS_OF = NOON - timedelta(minutes=1)


@dataclass(frozen=True)
class Shown:
    limit: Limit
    subject: str
    state: AlertState


def alert(told: int = 80, core_hours: float = 811.0, *, whose: Limit | None = None, **more: object) -> Shown:
    allowed = whose or limit()
    state = AlertState(
        window=window(allowed.period, NOON, SHANGHAI),
        told=told,
        opened_at=NOON,
        core_hours=core_hours,
        as_of=AS_OF,
    )
    subject = "" if allowed.scope.kind is ScopeKind.TEAM else ANNA.user
    return Shown(allowed, subject, replace(state, **more))  # type: ignore[arg-type]


def drawn(message: Message) -> str:
    """What is sent, after Slack would have taken it."""
    payload = message.to_slack()
    assert faults_of_message(payload) == []
    return json.dumps(payload["blocks"], ensure_ascii=False)


STATES = {
    "firing": (alert(), "The 80 % threshold is crossed: the alert is firing."),
    "acknowledged": (
        alert(acknowledged_by="U2", acknowledged_at=NOON),
        "acknowledged by <@U2> on 14 Nov 2026, 12:00 (Asia/Shanghai).",
    ),
    "snoozed": (
        alert(snoozed_by="U2", snoozed_until=NOON + timedelta(hours=1)),
        "snoozed by <@U2> until 14 Nov 2026, 13:00 (Asia/Shanghai).",
    ),
    "snoozed for good": (
        alert(snoozed_by="U2", snoozed_until=window(MONTH, NOON, SHANGHAI).end),
        "snoozed by <@U2> until the period ends.",
    ),
    "resolved": (alert(0, 450.0, resolved_at=NOON), "The alert is resolved: use fell below the threshold"),
    "quiet": (alert(0, 450.0, opened_at=None), "No threshold is crossed yet."),
    "team": (alert(whose=limit(scope=TEAM)), "The team of <#C1> has used 811.00 of 1,000.00 core-hours"),
    "no reading": (alert(as_of=None), "As of no reading yet."),
    "huge": (alert(200, 9.9e11, whose=limit(1e-3)), "990,000,000,000.00 of 0.00 core-hours"),
}


@table("shown says", STATES)
def test_every_state_is_taken_by_slack_and_said_in_words(shown: Shown, says: str) -> None:
    message = alert_message(shown, now=NOON, cluster=EAST)
    blocks = drawn(message)
    assert says in message.text
    assert "<!channel>" not in message.text + blocks
    assert "The limit was set by <@U1>." in message.text
    assert "limit set by <@U1>" in blocks
    assert "*State*" in blocks


def test_the_text_says_the_whole_fact() -> None:
    assert alert_message(alert(), now=NOON, cluster=east()).text == (
        "<@U1> has used 811.00 of 1,000.00 core-hours (81 %) on East in November 2026. "
        "The 80 % threshold is crossed: the alert is firing. As of 14 Nov 2026, 11:59 (Asia/Shanghai). "
        "The limit was set by <@U1>."
    )


def test_100_percent_is_said_only_of_a_full_limit() -> None:
    assert "(99 %)" in alert_message(alert(90, 999.99), now=NOON, cluster=EAST).text
    assert "(100 %)" in alert_message(alert(100, 1000.0), now=NOON, cluster=EAST).text


def actions(message: Message) -> list[str]:
    return [
        element["action_id"]
        for block in message.to_slack()["blocks"]
        if block["type"] == "actions"
        for element in block["elements"]
    ]


@table(
    "shown now offered",
    {
        "firing": (alert(), NOON, ["ack", "snooze", "why", "raise_limit"]),
        "acknowledged": (alert(acknowledged_at=NOON), NOON, ["snooze", "why", "raise_limit"]),
        "resolved": (alert(0), NOON, ["why", "raise_limit"]),
        "period over": (alert(), NOON + timedelta(days=30), ["why"]),
    },
)
def test_buttons_offer_what_can_still_be_done(shown: Shown, now: datetime, offered: list[str]) -> None:
    message = alert_message(shown, now=now, cluster=EAST)
    assert actions(message) == [f"alert.{name}" for name in offered]


def test_buttons_know_their_alert() -> None:
    buttons = next(
        b
        for b in alert_message(alert(), now=NOON, cluster=EAST).to_slack()["blocks"]
        if b["type"] == "actions"
    )
    ack, snooze = buttons["elements"][:2]
    key = AlertKey(limit_id="L1", subject="U1", window_start=datetime(2026, 10, 31, 16, tzinfo=UTC))
    assert AlertKey.read(ack["value"]) == key
    assert [AlertKey.read_snooze(option["value"]) for option in snooze["options"]] == [
        (length, key) for length in SnoozeLength
    ]


@table(
    "telling shown says",
    {
        "crossed": (Telling.CROSSED, alert(), "80 % of the limit is crossed. <@U1> has used 811.00"),
        "resolved": (
            Telling.RESOLVED,
            alert(50, 600.0),
            "below 80 % of the limit again. 50 % stays crossed.",
        ),
        "reminder": (Telling.REMINDER, alert(reminders=2), "Reminder 2 of 3: use is still at or above 80 %"),
        "snooze over": (
            Telling.SNOOZE_OVER,
            alert(),
            "The snooze is over, and use is still at or above 80 %",
        ),
        "forecast": (Telling.FORECAST, alert(), "this limit will be full before its period ends"),
        "changed": (Telling.CHANGED, alert(), "the alert is firing"),
    },
)
def test_replies_say_what_happened(telling: Telling, shown: Shown, says: str) -> None:
    owed = Owed(telling=telling, form=Form.THREAD, threshold=80, window=shown.state.window)
    message = reply_message(shown, owed, now=NOON, cluster=EAST)
    drawn(message)
    assert says in message.text
    assert "As of 14 Nov 2026, 11:59 (Asia/Shanghai)." in message.text


def test_a_forecast_is_said_in_its_own_sentence() -> None:
    range_of_days = Forecast(
        about=NOON + timedelta(days=5),
        earliest=NOON + timedelta(days=3),
        latest=NOON + timedelta(days=8),
    )
    note = "Forecast of 14 Nov: full about 19 Nov, most likely between 17 Nov and 22 Nov."
    shown = alert(0, 450.0, opened_at=None, forecast=range_of_days, forecast_at=NOON)
    owed = Owed(telling=Telling.FORECAST, form=Form.THREAD, threshold=100, window=shown.state.window)
    assert reply_message(shown, owed, now=NOON, cluster=EAST).text.startswith(note)
    message = alert_message(shown, now=NOON, cluster=EAST)
    assert message.text.endswith(note)
    assert "Forecast: a limit will be full soon" in drawn(message)
    over = alert(100, 1000.0, forecast=range_of_days, forecast_at=NOON)
    assert "Forecast of" not in alert_message(over, now=NOON, cluster=EAST).text


@table(
    "latest days says",
    {
        "no end in sight": (None, 5, "full about 19 Nov, not likely before 17 Nov; it may last until"),
        "after the period": (30, 5, "full about 19 Nov, not likely before 17 Nov; it may last until"),
        "one day": (3, 3, "full about 17 Nov"),
        "not in this period": (30, 20, "not full before its period ends, at the present pace"),
    },
)
def test_a_forecast_never_names_a_day_without_about(latest: int | None, days: int, says: str) -> None:
    found = Forecast(
        about=NOON + timedelta(days=days),
        earliest=NOON + timedelta(days=3),
        latest=None if latest is None else NOON + timedelta(days=latest),
    )
    assert forecast_words(found, window(MONTH, NOON, SHANGHAI), EAST).startswith(says)


@table(
    "period words",
    {
        "day": (DAY, "on 14 Nov 2026"),
        "week": (WEEK, "in the week of 9 Nov 2026"),
        "month": (MONTH, "in November 2026"),
        "quarter": (QUARTER, "in the 4th quarter 2026"),
        "year": (YEAR, "in 2026"),
        "range": (Period.between(date(2026, 9, 1), date(2026, 12, 31)), "from 2026-09-01 to 2026-12-31"),
        "total": (TOTAL, "in total"),
    },
)
def test_periods_are_named(period: Period, words: str) -> None:
    assert period_words(period, window(period, NOON, SHANGHAI), SHANGHAI) == words


@pytest.mark.parametrize("count", [1, 11, MOST_ROWS])
@pytest.mark.parametrize(
    "whose",
    [
        limit(1e-3),
        limit(scope=TEAM),
        limit(1e9, period=Period.between(date(2026, 9, 1), date(2026, 12, 31))),
    ],
)
@pytest.mark.parametrize("core_hours", [9.9e9, 9.9e18])
def test_a_storms_table_holds_100_rows_at_their_widest(count: int, whose: Limit, core_hours: float) -> None:
    shown = alert(200, core_hours, whose=whose)
    owed = Owed(telling=Telling.CROSSED, form=Form.MESSAGE, threshold=80, window=shown.state.window)
    draw = AlertDrawings(clusters=(east(label="A cluster with a very long name indeed"),))
    rows = [(shown, owed)] * count
    for message in (draw.storm(rows, total=500), draw.storm_more(rows)):
        blocks = json.loads(drawn(message))
        (found,) = [block for block in blocks if block["type"] == "table"]
        assert len(found["rows"]) == count
        assert len(message.text) < 4000


def test_a_storms_text_names_its_alerts() -> None:
    shown = alert()
    owed = Owed(telling=Telling.CROSSED, form=Form.MESSAGE, threshold=80, window=shown.state.window)
    forecast = replace(owed, telling=Telling.FORECAST)
    text = AlertDrawings(clusters=()).storm([(shown, owed), (shown, forecast)], total=37).text
    assert text == (
        "37 alerts came at once. These are the 2 highest; the other 35 are in the thread. "
        "<@U1> 81 % (80 % crossed); <@U1> 81 % (forecast)."
    )


def test_a_cluster_that_left_the_settings_is_called_by_its_name() -> None:
    message = AlertDrawings(clusters=()).alert(alert(), now=NOON)
    assert " on east in " in message.text
    assert drawn(message)


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("not_in_channel", "Invite me"),
        ("channel_not_found", "invite me"),
        ("is_archived", "Unarchive it"),
        ("restricted_action", "only some people may post there"),
        ("token_revoked", "install the app again"),
        ("brand_new_<code>", "brand_new_&lt;code&gt;"),
    ],
)
def test_trouble_is_said_with_what_helps(code: str, says: str) -> None:
    assert says in trouble_sentence(code)
    draw = AlertDrawings(clusters=())
    place = Place(kind=PlaceKind.CHANNEL, slack_id="C1")
    assert "<#C1>" in draw.trouble(place, code)
    drawn(draw.finished(draw.trouble(place, code), relink=False))


@pytest.mark.parametrize("text", ["", "All is well.", "x" * 9000])
def test_finished_sentences_are_drawn_whatever_their_length(text: str) -> None:
    message = finished_message(text, relink=True)
    assert "link.open" in drawn(message)
