"""Limits and alerts in Chinese: Slack takes every message, and no English sentence is left in it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from bot.domain.alerts import AlertState, Form, Owed, Reason, Telling, Transition
from bot.domain.errors import LimitWordMissing
from bot.domain.forecast import Forecast
from bot.domain.limit_answers import (
    AlertActed,
    AlertWhy,
    CountedLink,
    LimitRemoved,
    LimitSet,
    ListedLimit,
    OpenAlert,
    OpenAlerts,
    Rehearsal,
    UseNow,
)
from bot.domain.limits import Limit, Place, PlaceKind, Scope, ScopeKind
from bot.domain.periods import DAY, MONTH, QUARTER, TOTAL, WEEK, YEAR, Period, window
from bot.domain.standing import Audience
from bot.playground.slack.check import faults_of_message, faults_of_view
from bot.views.alerts import AlertDrawings, alert_message, reply_message
from bot.views.forecast import forecast_words
from bot.views.kit import Message, say
from bot.views.language import CHINESE, speaking
from bot.views.limit_form import limit_field_errors, limit_form
from bot.views.limits import (
    limit_form_button_message,
    limit_off_question,
    limit_removed_message,
    limit_removed_sentence,
    limit_set_message,
    limit_set_sentence,
    limit_told_sentence,
    limits_message,
    rehearsal_sentence,
)
from bot.views.open_alerts import (
    acknowledged_message,
    alert_test_message,
    alert_test_sentence,
    open_alerts_message,
    snoozed_message,
)
from bot.views.why import why_message
from tests.unit.domain.kit import NOON, SHANGHAI, limit, reading
from tests.unit.kit import east

EAST = east()
HOUR = timedelta(hours=1)
SCOPES = (
    Scope(kind=ScopeKind.ME, user="U1"),
    Scope(kind=ScopeKind.TEAM, channel="C1"),
    Scope(kind=ScopeKind.EACH, channel="C1"),
    Scope(kind=ScopeKind.PERSON, user="U2", channel="C1"),
)
ME, TEAM, _, PERSON = SCOPES
RANGE = Period.between(date(2026, 9, 1), date(2026, 12, 31))
PERIODS = (DAY, WEEK, MONTH, QUARTER, YEAR, RANGE, TOTAL)
FORECAST = Forecast(about=NOON + 120 * HOUR, earliest=NOON + 72 * HOUR, latest=NOON + 192 * HOUR)
ENGLISH_WORDS = re.compile(r"[A-Za-z]+(?:[ ,]+[A-Za-z]+){2,}")
# Commands, and what Slack draws itself: mentions and moments.
NO_WORDS = re.compile(r"`[^`]*`|<[^>]*>")


@dataclass(frozen=True)
class Shown:
    limit: Limit
    subject: str
    username: str
    state: AlertState


def state(**more: Any) -> AlertState:
    opened = AlertState(
        window=window(MONTH, NOON, SHANGHAI),
        told=80,
        told_at=NOON,
        opened_at=NOON,
        core_hours=811,
        as_of=NOON,
    )
    return replace(opened, **more)


STATES = {
    "firing": state(),
    "acknowledged": state(acknowledged_by="U2", acknowledged_at=NOON),
    "snoozed": state(snoozed_by="U2", snoozed_until=NOON + HOUR),
    "snoozed for good": state(snoozed_by="U2", snoozed_until=window(MONTH, NOON, SHANGHAI).end),
    "resolved": state(told=0, core_hours=450),
    "foreseen": state(told=0, opened_at=None, forecast=FORECAST, forecast_at=NOON),
    "without a reading": state(told=0, opened_at=None, as_of=None),
    "quiet at last": state(told=100, opened_at=None),
}


def shown(stands: AlertState, allowed: Limit | None = None) -> Shown:
    return Shown(limit=allowed or limit(), subject="U1", username="anna", state=stands)


def opened(stands: AlertState, scope: Scope = ME) -> OpenAlert:
    name = "anna" if scope is ME else ""
    return OpenAlert(limit=limit(scope=scope), cluster=EAST, subject="U1", username=name, state=stands)


def owed(telling: Telling) -> Owed:
    return Owed(telling=telling, form=Form.THREAD, threshold=80, window=window(MONTH, NOON, SHANGHAI))


def use(username: str = "anna", **more: Any) -> UseNow:
    values: dict[str, Any] = {"as_of": NOON, "since": None, "missing": 0, "told": 50, **more}
    return UseNow(subject="U1", username=username, core_hours=610, percent=61, **values)


def answer(now: tuple[UseNow, ...], *, scope: Scope, replaced: bool) -> LimitSet:
    return LimitSet(
        limit=limit(scope=scope),
        cluster=EAST,
        replaced=limit(900, scope=scope) if replaced else None,
        changed=("core_hours", "period", "thresholds") if replaced else (),
        now=now,
        audience=None if scope is ME else Audience(is_private=True, is_shared_outside=False, members=12),
        rehearsal=Rehearsal(since=NOON - 48 * HOUR, alerts=3, last_at=NOON),
    )


def why(stands: AlertState, scope: Scope = ME) -> AlertWhy:
    readings = (replace(reading(400, NOON - HOUR), confirmed_at=NOON), reading(811, NOON))
    notes = ("", "limit set", "acknowledged", "snoozed 1h", "snoozed 1d", "snoozed period", "snooze over")
    steps = tuple(
        Transition(
            at=NOON,
            reason=reason,
            told_before=50,
            told_after=80,
            core_hours=811,
            limit_core_hours=1000,
            as_of=NOON,
            by="U2" if note else None,
            note=note,
        )
        for reason, note in zip(Reason, notes, strict=True)
    )
    return AlertWhy(
        alert=opened(stands, scope),
        reason=Reason.CROSSED,
        core_hours=811,
        as_of=stands.as_of,
        missing=1,
        links=tuple(CountedLink(username=f"user{n}", readings=readings) for n in range(12)),
        transitions=steps,
    )


TROUBLES = (
    "not_in_channel",
    "channel_not_found",
    "is_archived",
    "restricted_action",
    "restricted_action_thread_only_channel",
    "messages_tab_disabled",
    "user_not_found",
    "missing_scope",
    "token_revoked",
    "brand_new",
)
DRAW = AlertDrawings(clusters=(EAST,), language=CHINESE)


@pytest.fixture(autouse=True)
def chinese() -> Iterator[None]:
    with speaking(CHINESE):
        yield


def texts(drawn: object) -> Iterator[str]:
    """All that people read of a message or a view."""
    match drawn:
        case {"text": str(text), **rest}:
            yield text
            yield from texts(rest)
        case dict():
            for value in drawn.values():
                yield from texts(value)
        case list():
            for value in drawn:
                yield from texts(value)


def check(*messages: Message | str) -> None:
    """Check that Slack takes them, and that they are in Chinese."""
    for message in messages:
        payload = (say(message) if isinstance(message, str) else message).to_slack()
        assert faults_of_message(payload) == []
        check_words(payload)


def check_words(drawn: object) -> None:
    for text in texts(drawn):
        assert not ENGLISH_WORDS.search(NO_WORDS.sub("", text)), text


@pytest.mark.parametrize("stands", STATES.values(), ids=STATES.keys())
def test_an_alert_its_replies_and_what_is_behind_it(stands: AlertState) -> None:
    alert = shown(stands)
    check(alert_message(alert, now=NOON, cluster=EAST))
    check(alert_message(alert, now=NOON + 40 * 24 * HOUR, cluster=EAST))
    for telling in Telling:
        check(reply_message(alert, owed(telling), now=NOON, cluster=EAST))
    check(why_message(why(stands), now=NOON), why_message(why(stands, TEAM), now=NOON))
    check(open_alerts_message(OpenAlerts(alerts=(opened(stands), opened(stands, TEAM)), hidden=2), now=NOON))


def test_the_fact_of_an_alert_is_whole() -> None:
    assert alert_message(shown(state()), now=NOON, cluster=EAST).text == (
        "<@U1> 2026年11月在 East 上已用 811.00 核时，占限额 1,000.00 核时的 81%。"  # noqa: RUF001 (the Chinese comma)
        "已达到 80% 阈值，正在告警。截至 2026年11月14日 12:00 (Asia/Shanghai)。限额由 <@U1> 设置。"  # noqa: RUF001
    )


@pytest.mark.parametrize("period", PERIODS, ids=lambda period: period.kind)
def test_every_kind_of_period_and_scope(period: Period) -> None:
    for scope in SCOPES:
        allowed = limit(scope=scope, period=period)
        one = ListedLimit(number=1, limit=allowed, label="East")
        stands = state(window=window(period, NOON, SHANGHAI))
        check(limits_message([one] * 30, command="/walltime"), limit_off_question(one))
        check(alert_message(shown(stands, allowed), now=NOON, cluster=EAST))
        check(DRAW.storm([(shown(stands, allowed), owed(Telling.CROSSED))] * 2, total=2))


def test_storms() -> None:
    rows = [(shown(stands), owed(telling)) for stands in STATES.values() for telling in Telling]
    check(DRAW.storm(rows, total=500), DRAW.storm_more(rows))
    unlinked = replace(shown(state()), username="")
    team = shown(state(), limit(scope=TEAM))
    check(DRAW.storm([(unlinked, owed(Telling.FORECAST)), (team, owed(Telling.CROSSED))] * 50, total=100))


@pytest.mark.parametrize("scope", SCOPES, ids=lambda scope: scope.kind)
@pytest.mark.parametrize("replaced", [True, False])
def test_what_is_said_when_a_limit_is_set(scope: Scope, *, replaced: bool) -> None:
    cases: tuple[tuple[UseNow, ...], ...] = (
        (),
        (use(),),
        (use(told=100),),
        (use(as_of=None, told=0),),
        (use(missing=1, since=NOON - 48 * HOUR),),
        tuple(use(f"user{n}") for n in range(14)),
    )
    for now in cases:
        made = answer(now, scope=scope, replaced=replaced)
        check(limit_set_message(made), limit_set_sentence(made), limit_told_sentence(made))
    check(limit_set_message(replace(answer((use(),), scope=scope, replaced=replaced), rehearsal=None)))


def test_the_small_answers() -> None:
    removed = LimitRemoved(limit=limit(scope=TEAM), label="East", by="U3")
    check(limit_removed_message(removed), limit_removed_sentence(removed))
    check(limits_message((), command="/walltime"), limit_form_button_message())
    check(open_alerts_message(OpenAlerts(alerts=()), now=NOON))
    check(open_alerts_message(OpenAlerts(alerts=(opened(state()),) * 50), now=NOON))
    for fresh in (True, False):
        acted = AlertActed(alert=opened(STATES["acknowledged"]), fresh=fresh)
        check(acknowledged_message(acted), snoozed_message(acted, now=NOON))
    check(alert_test_sentence("U1"))
    for kind in PlaceKind:
        place = Place(kind=kind, slack_id="C1")
        check(alert_test_message(place), *(DRAW.trouble(place, code) for code in TROUBLES))


@pytest.mark.parametrize("latest", [None, NOON + 72 * HOUR, NOON + 192 * HOUR])
@pytest.mark.parametrize("days", [3, 5, 20])
def test_forecasts(latest: datetime | None, days: int) -> None:
    found = Forecast(about=NOON + days * 24 * HOUR, earliest=NOON + 72 * HOUR, latest=latest)
    check(forecast_words(found, window(MONTH, NOON, SHANGHAI), EAST))


def test_rehearsals() -> None:
    since = NOON - 48 * HOUR
    for rehearsal in (
        None,
        Rehearsal(since=since, alerts=0, last_at=None),
        Rehearsal(since=since, alerts=1, last_at=NOON),
        Rehearsal(since=since, alerts=3, last_at=NOON),
    ):
        check(rehearsal_sentence(rehearsal, EAST))


@pytest.mark.parametrize("standing", [None, limit(scope=PERSON, period=RANGE)], ids=["new", "change"])
def test_the_form_fits_slacks_limits(standing: Limit | None) -> None:
    form = limit_form((EAST, east(name="west")), metadata="{}", in_channel=True, limit=standing)
    assert faults_of_view(form) == []
    check_words(form)
    for missing in ("person", "from", "to"):
        check(*limit_field_errors(LimitWordMissing("x", missing=missing, example="")).values())
