"""Digests as they are drawn: within Slack's limits for any team, and whole as text."""

import json
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.domain.digests import FIRST_ROWS, MOST_ROWS, Care, Crossing, Digest, NearLimit
from bot.domain.errors import (
    StandupDaysWrong,
    StandupMissing,
    StandupTimeWrong,
    StandupZoneUnknown,
    TeamEmpty,
)
from bot.domain.forecast import Forecast
from bot.domain.limits import Scope, ScopeKind
from bot.domain.periods import MONTH, window
from bot.domain.standing import Audience
from bot.domain.standup_words import EXAMPLE
from bot.domain.standups import EVERY_DAY, WORKDAYS, Schedule
from bot.jobs.calendars import HolidayCalendars
from bot.playground.slack.check import faults_of_message, faults_of_view
from bot.views.digest import digest_message, digest_page_message, digest_preview_message
from bot.views.errors import sentence
from bot.views.kit import Message
from bot.views.language import CHINESE, ENGLISH, spoken_in
from bot.views.standup import (
    standup_field_errors,
    standup_form,
    standup_message,
    standup_posted_sentence,
    standup_set_message,
    standup_stopped_sentence,
)
from tests.unit.digest_kit import DAY, MORNING, digest, mates, standup
from tests.unit.domain.kit import SHANGHAI, limit
from tests.unit.kit import east

NASTY = (
    "<!channel> & <@U1>",
    "\u05d0\u05d1\u05d2 \u202eevil",
    "x" * 80,
    ":tada:" * 20,
    "\U0001f469\u200d\U0001f52c" * 30,
    "*bold* _it_ `code`",
)
EAST = east()


def drawn(made: Digest) -> Message:
    return digest_message(made, now=MORNING, command="/walltime")


def blocks(message: Message) -> str:
    return json.dumps(message.to_slack()["blocks"], ensure_ascii=False)


def markup(drawn: Any) -> list[str]:
    """Every text that Slack reads as markup."""
    if isinstance(drawn, list):
        return [text for each in drawn for text in markup(each)]
    if not isinstance(drawn, dict):
        return []
    here = [str(drawn["text"])] if drawn.get("type") == "mrkdwn" else []
    return here + [text for each in drawn.values() for text in markup(each)]


def full(people: int) -> Digest:
    """A digest with all that there can be in it, in every name what a person may call themselves."""
    team = mates(people, used_a_day=9.87e7)
    users = [mate.user for mate in team] or ["U000"]
    each = limit(1e9, scope=Scope(kind=ScopeKind.EACH, channel="C1"))
    inside = window(MONTH, MORNING, SHANGHAI)
    coming = Forecast(about=MORNING + DAY, earliest=MORNING, latest=MORNING + 9 * DAY)
    return digest(
        team,
        names={user: NASTY[place % len(NASTY)] for place, user in enumerate(users)} | {"U9": NASTY[0]},
        clusters=[EAST, east(name="west", label="<West> & " + "y" * 60)],
        standup=standup(skipped=tuple(date(2026, 9, 1) + day * DAY for day in range(60))),
        unlinked=tuple(users),
        near=tuple(
            NearLimit(limit=each, cluster=EAST, user=user, percent=97.0, window=inside, forecast=coming)
            for user in users
        ),
        crossed=tuple(Crossing(limit=each, cluster=EAST, user=user, threshold=80) for user in users),
        limits_set=(each,) * people,
        care=tuple(
            Care(user=user, cluster=EAST, as_of=MORNING - 3 * DAY, needs_token=True) for user in users
        ),
    )


@pytest.mark.parametrize("people", [0, 1, 2, 60, pytest.param(500, marks=pytest.mark.slow)])
def test_every_message_is_within_slacks_limits(people: int) -> None:
    made = full(people)
    messages = [drawn(made), digest_preview_message(made, now=MORNING, command="/walltime")]
    messages += [digest_page_message(made, page) for page in made.pages[1:]]
    for message in messages:
        assert faults_of_message(message.to_slack()) == []
        assert len(message.text) < 5_000
        assert "<!channel>" not in message.text
        assert not [text for text in markup(message.to_slack()["blocks"]) if "<!c" in text or "<@" in text]


@pytest.mark.parametrize("people", [1, 2, FIRST_ROWS, FIRST_ROWS + 1, 60, 500])
def test_everybody_stands_in_exactly_one_row(people: int) -> None:
    made = digest(mates(people))
    pages = [drawn(made), *(digest_page_message(made, page) for page in made.pages[1:])]
    rows = [
        row[0]["text"]
        for message in pages
        for block in message.to_slack()["blocks"]
        if block["type"] == "table"
        for row in block["rows"][1:-1]
    ]
    assert rows == [f"Person U{number:03d} (person{number:03d})" for number in range(people)]
    assert len(made.pages) == 1 + -(-max(people - FIRST_ROWS, 0) // MOST_ROWS)


def test_the_text_alone_tells_the_whole_fact() -> None:
    each = limit(2000, scope=Scope(kind=ScopeKind.TEAM, channel="C1"))
    inside = window(MONTH, MORNING, SHANGHAI)
    coming = Forecast(about=MORNING + DAY, earliest=MORNING + DAY, latest=MORNING + DAY)
    made = digest(
        mates(2),
        near=(NearLimit(limit=each, cluster=EAST, user="", percent=85.3, window=inside, forecast=coming),),
        crossed=(Crossing(limit=each, cluster=EAST, user="", threshold=80),),
        care=(Care(user="U001", cluster=EAST, as_of=MORNING - 2 * DAY, needs_token=False),),
        standup=standup(skipped=(date(2026, 11, 20),)),
    )
    text = drawn(made).text
    for fact in (
        "Core-hours of the team, Mon 23 Nov",
        "Skipped since the last digest, because I could not post it in time: Fri 20 Nov.",
        "East: 1,050.00 core-hours since the last digest on Fri 20 Nov, 09:30",
        "yesterday, Sun 22 Nov: 350.00",
        "in November 2026:",
        "Person U000 (person000)",
        "yesterday 200.00",
        "80 % of a limit crossed: 2,000.00 core-hours per month on East, the team together",
        "the team together: 85 % of 2,000.00 core-hours per month on East; full about 24 Nov",
        "Person U001 on East: no data since Sat 21 Nov, 09:30",
        "set up by Boss: 09:30, Mon-Fri (Asia/Shanghai)",
        "next Tue 24 Nov, 09:30",
        "As of 23 Nov 2026, 09:30 (Asia/Shanghai)",
    ):
        assert fact in text
    assert "<@" not in text  # a digest pings nobody
    assert "<@" not in blocks(drawn(made))


def test_nobody_in_the_team_is_said() -> None:
    assert "Nobody is in this channel's team" in drawn(digest()).text


def test_a_team_without_links_is_said() -> None:
    made = digest(people=3, unlinked=("U1", "U2", "U3"), names={"U1": "Ann", "U2": "Bo", "U3": "Cy"})
    text = drawn(made).text
    assert "3 people are in this channel's team, and none has linked a cluster yet" in text
    assert "without a link to any cluster: Ann, Bo, Cy" in text


def test_who_has_not_agreed_turns_names_into_sums() -> None:
    made = digest(
        mates(3), lapsed=1, care_unnamed=2, audience=Audience(is_private=False, is_shared_outside=True)
    )
    message = drawn(made)
    assert "person00" not in message.text + blocks(message)
    assert "U00" not in message.text + blocks(message)
    assert "yesterday, Sun 22 Nov: 483.33" in message.text
    assert "2 links have no fresh data" in message.text
    assert "1 of 3 on the team has not agreed" in message.text


def test_one_person_who_has_not_agreed_is_not_told_by_a_sum() -> None:
    made = digest(mates(1), lapsed=1)
    message = drawn(made)
    assert "200.00" not in message.text + blocks(message)
    assert "The sum is not shown" in message.text


def test_the_week_is_drawn_as_bars() -> None:
    assert "▁" not in drawn(digest(mates(2))).text  # noise for a screen reader
    assert "the last 7 days: ███████ (from 350.00 to 350.00 core-hours a day)" in blocks(
        drawn(digest(mates(2)))
    )


def test_one_that_was_asked_for_says_by_whom() -> None:
    made = digest(mates(1), asked_by="U000", standup=None)
    assert "asked for by Person U000" in drawn(made).text
    assert "set up by" not in drawn(made).text


def test_a_preview_says_that_it_is_one_and_how_much_follows() -> None:
    text = digest_preview_message(digest(mates(60)), now=MORNING, command="/walltime").text
    assert text.startswith("A preview: only you see it. 1 more table goes into its thread.")


@pytest.mark.parametrize("skip_idle", [True, False])
def test_the_form_is_filled_with_what_is_set(*, skip_idle: bool) -> None:
    plan = Schedule(at=time(23, 59), days=EVERY_DAY, zone=ZoneInfo("Europe/Berlin"), skip_idle=skip_idle)
    form = standup_form(standup(schedule=plan), zone=SHANGHAI, countries=("CN", "DE"), metadata="C1")
    assert faults_of_view(form) == []
    drawn_form = json.dumps(form)
    assert "23:59" in drawn_form
    assert "Europe/Berlin" in drawn_form
    names = ["time", "days", "timezone", "skip_idle", "holidays"]
    assert [block["block_id"] for block in form["blocks"]] == names
    assert [block["element"]["action_id"] for block in form["blocks"]] == names
    assert "initial_option" not in form["blocks"][4]["element"]


@pytest.mark.parametrize("region", ["CN", "DE-BY"])
def test_the_form_offers_every_country_and_what_is_set_is_chosen(region: str) -> None:
    plan = Schedule(at=time(9), days=EVERY_DAY, zone=SHANGHAI, holidays=region)
    countries = HolidayCalendars().countries
    for language in (ENGLISH, CHINESE):
        form = spoken_in(language, standup_form)(
            standup(schedule=plan), zone=SHANGHAI, countries=countries, metadata="C1"
        )
        assert faults_of_view(form) == []
        select = form["blocks"][4]["element"]
        assert select["initial_option"]["value"] == region
        offered = [option["value"] for group in select["option_groups"] for option in group["options"]]
        assert offered == sorted({*countries, region})


def test_a_new_form_offers_the_persons_own_zone() -> None:
    form = standup_form(None, zone=ZoneInfo("America/New_York"), countries=("CN", "DE"), metadata="C1")
    assert faults_of_view(form) == []
    assert form["blocks"][2]["element"]["initial_value"] == "America/New_York"


def test_what_is_set_is_said_with_the_next_moment() -> None:
    said = standup_message(standup(), "C1", command="/walltime").text
    assert "09:30, Mon-Fri (Asia/Shanghai), set up by <@U9>" in said
    assert "Tue 24 Nov, 09:30" in said
    assert "No standup is set" in standup_message(None, "C1", command="/walltime").text
    assert "2 people have joined" in standup_set_message(standup(), people=2).text
    assert "1 person has joined" in standup_set_message(standup(), people=1).text
    assert standup_posted_sentence(standup()).startswith("<@U9> set up this channel's standup")
    assert standup_stopped_sentence(standup(), "U1").startswith("<@U1> switched off")


@pytest.mark.parametrize(
    ("region", "words"), [("CN", "holidays in China"), ("DE-BY", "holidays in Germany (BY)")]
)
def test_whose_holidays_have_no_digest_is_said(region: str, words: str) -> None:
    plan = Schedule(at=time(9, 30), days=WORKDAYS, zone=SHANGHAI, holidays=region)
    said = standup_message(standup(schedule=plan), "C1", command="/walltime").text
    assert f"09:30, Mon-Fri (Asia/Shanghai), not on public {words}, set up by" in said


@pytest.mark.parametrize(
    ("days", "words"),
    [
        ((0, 1, 2, 3, 4), "Mon-Fri"),
        ((0, 2, 4), "Mon, Wed, Fri"),
        ((5, 6), "Sat, Sun"),
        (EVERY_DAY, "every day"),
    ],
)
def test_days_in_words(days: tuple[int, ...], words: str) -> None:
    made = standup(schedule=replace(standup().schedule, days=days))
    assert f"09:30, {words} (" in standup_posted_sentence(made)


def test_errors_name_the_word_and_stand_at_their_field() -> None:
    late = StandupTimeWrong("25:00", example=EXAMPLE)
    assert "“25:00” is not a time of day" in sentence(late)
    assert EXAMPLE in sentence(late)
    zone = StandupZoneUnknown("Asia/Shanghay", nearest=("Asia/Shanghai",), example=EXAMPLE)
    assert standup_field_errors(zone) == {
        "timezone": "I know no time zone “Asia/Shanghay”. Perhaps you mean Asia/Shanghai."
    }
    assert standup_field_errors(StandupDaysWrong("", example=EXAMPLE)).keys() == {"days"}
    assert "join" in sentence(TeamEmpty())
    assert EXAMPLE in sentence(StandupMissing())


def test_as_of_is_of_the_oldest_cluster() -> None:
    team = mates(1)
    made = digest(team, clusters=[EAST, east(name="west", label="West")])
    old: datetime = MORNING - timedelta(hours=5)
    tables = (made.tables[0], replace(made.tables[1], table=replace(made.tables[1].table, as_of=old)))
    assert "As of 23 Nov 2026, 04:30" in drawn(replace(made, tables=tables)).text
