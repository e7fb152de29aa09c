"""What people type after `limit`."""

from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.errors import (
    LimitDateWrong,
    LimitNumberMalformed,
    LimitNumberOutOfRange,
    LimitNumberUnknown,
    LimitPeriodUnknown,
    LimitPersonWrong,
    LimitRangeBackwards,
    LimitThresholdWrong,
    LimitWordMissing,
    LimitWordUnknown,
    LimitWrong,
)
from bot.domain.limit_words import (
    OFF_EXAMPLE,
    ON_EXAMPLE,
    PERSON_EXAMPLE,
    TOTAL_EXAMPLE,
    ListLimits,
    OpenLimitForm,
    RemoveLimit,
    SetLimit,
    parse_limit,
    read_core_hours,
    read_range,
    read_thresholds,
)
from bot.domain.limits import DEFAULT_THRESHOLDS, EXAMPLE, RANGE_EXAMPLE, ScopeKind
from bot.domain.periods import DAY, MONTH, QUARTER, TOTAL, WEEK, YEAR, Period

AUTUMN = Period.between(date(2026, 9, 1), date(2026, 12, 31))


def wish(
    core_hours: float,
    period: Period,
    *thresholds: int,
    scope: ScopeKind = ScopeKind.ME,
    user: str | None = None,
    cluster: str | None = None,
) -> SetLimit:
    return SetLimit(
        scope=scope,
        user=user,
        core_hours=core_hours,
        period=period,
        thresholds=thresholds or DEFAULT_THRESHOLDS,
        cluster=cluster,
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ListLimits()),
        ("   ", ListLimits()),
        ("list", ListLimits()),
        ("NEW", OpenLimitForm()),
        ("off 2", RemoveLimit(number=2)),
        ("Off #3", RemoveLimit(number=3)),
        ("remove 1", RemoveLimit(number=1)),
        ("2000 per month at 50,80,100", wish(2000, MONTH, 50, 80, 100)),
        ("team 20000 per quarter", wish(20000, QUARTER, scope=ScopeKind.TEAM)),
        ("each 500 per week", wish(500, WEEK, scope=ScopeKind.EACH)),
        ("me 500 per week", wish(500, WEEK)),
        ("<@U123ABC|anna> 500 per week", wish(500, WEEK, scope=ScopeKind.PERSON, user="U123ABC")),
        ("<@U123ABC> 500 per week", wish(500, WEEK, scope=ScopeKind.PERSON, user="U123ABC")),
        ("<@W9|Anna de Vries> 500 per week", wish(500, WEEK, scope=ScopeKind.PERSON, user="W9")),
        ("5000 from 2026-09-01 to 2026-12-31", wish(5000, AUTUMN)),
        ("5000 from 2026/9/1 until 2026/12/31", wish(5000, AUTUMN)),
        ("10000 total", wish(10000, TOTAL)),
        ("TEAM 2,000.5 Core-Hours PER Month", wish(2000.5, MONTH, scope=ScopeKind.TEAM)),
        ("1,000,000 core hours per year", wish(1e6, YEAR)),
        ("2 000 per month", wish(2000, MONTH)),
        ("1 000 000 hours a month", wish(1e6, MONTH)),
        ("2'000 daily", wish(2000, DAY)),
        ("500/week", wish(500, WEEK)),
        ("500 / week", wish(500, WEEK)),
        ("2000 monthly at 80 100", wish(2000, MONTH, 80, 100)),
        ("2000 at 100%, 80% and 50% per month", wish(2000, MONTH, 50, 80, 100)),
        ("2000 at 80 , 100 per month", wish(2000, MONTH, 80, 100)),
        ("2000 per month at 80,80,100", wish(2000, MONTH, 80, 100)),
        ("2000 per month on East", wish(2000, MONTH, cluster="east")),
        ("\uff12\uff10\uff10\uff10 per month at 50\uff0c80", wish(2000, MONTH, 50, 80)),
        ("1000000000 per year", wish(1e9, YEAR)),
        ("0.125 per day", wish(0.125, DAY)),
        ("团队 20000 每月", wish(20000, MONTH, scope=ScopeKind.TEAM)),
        ("每人 500 每周 at 80", wish(500, WEEK, 80, scope=ScopeKind.EACH)),
        ("10000 累计", wish(10000, TOTAL)),
        ("移除 2", RemoveLimit(number=2)),
        ("新建", OpenLimitForm()),
    ],
)
def test_what_is_meant_is_understood(text: str, expected: object) -> None:
    assert parse_limit(text) == expected


@pytest.mark.parametrize(
    ("text", "error", "word"),
    [
        ("0 per month", LimitNumberOutOfRange, "0"),
        ("-5 per month", LimitNumberOutOfRange, "-5"),
        ("1000000000000 per month", LimitNumberOutOfRange, "1000000000000"),
        ("NaN per month", LimitNumberOutOfRange, "nan"),
        ("inf per month", LimitNumberOutOfRange, "inf"),
        ("10^12 per month", LimitNumberMalformed, "10^12"),
        ("1e12 per month", LimitNumberMalformed, "1e12"),
        ("2.000 per month", LimitNumberMalformed, "2.000"),
        ("2,00 per month", LimitNumberMalformed, "2,00"),
        ("20k per month", LimitNumberMalformed, "20k"),
        ("2000", LimitWordMissing, "2000"),
        ("team", LimitWordMissing, "team"),
        ("2000 per", LimitWordMissing, "per"),
        ("2000 per fortnight", LimitPeriodUnknown, "fortnight"),
        ("2000 per month at 0", LimitThresholdWrong, "0"),
        ("2000 per month at 50,250", LimitThresholdWrong, "250"),
        ("2000 per month at 50,-80", LimitThresholdWrong, "-80"),
        ("2000 per month at 79.5", LimitThresholdWrong, "79.5"),
        ("2000 per month at often", LimitThresholdWrong, "often"),
        ("2000 per month at", LimitWordMissing, "at"),
        ("2000 per month per week", LimitWordUnknown, "per"),
        ("2000 total per month", LimitWordUnknown, "per"),
        ("2000 per month please", LimitWordUnknown, "please"),
        ("5000 from 2026-09-31 to 2026-12-31", LimitDateWrong, "2026-09-31"),
        ("5000 from tomorrow to 2026-12-31", LimitDateWrong, "tomorrow"),
        ("5000 from 0001-01-01 to 2026-12-31", LimitDateWrong, "0001-01-01"),
        ("5000 from 2026-09-01", LimitWordMissing, "2026-09-01"),
        ("5000 from 2026-09-01 2026-12-31", LimitWordUnknown, "2026-12-31"),
        ("5000 from 2026-12-31 to 2026-09-01", LimitRangeBackwards, "2026-09-01"),
        ("@anna 500 per week", LimitPersonWrong, "@anna"),
        ("<!subteam^S1|lab> 500 per week", LimitPersonWrong, "<!subteam^S1|lab>"),
        ("<#C1|general> 500 per week", LimitPersonWrong, "<#C1|general>"),
        ("anna 500 per week", LimitWordUnknown, "anna"),
        ("off", LimitWordMissing, "off"),
        ("off all", LimitNumberUnknown, "all"),
        ("off 0", LimitNumberUnknown, "0"),
        ("off 2 3", LimitWordUnknown, "3"),
        ("new 2000", LimitWordUnknown, "2000"),
    ],
)
def test_the_wrong_word_is_named_with_a_right_example(text: str, error: type[LimitWrong], word: str) -> None:
    with pytest.raises(error) as caught:
        parse_limit(text)
    assert type(caught.value) is error
    assert caught.value.word.casefold() == word.casefold()
    assert caught.value.example.startswith("limit ")


@pytest.mark.parametrize(
    "example", [EXAMPLE, RANGE_EXAMPLE, OFF_EXAMPLE, ON_EXAMPLE, TOTAL_EXAMPLE, PERSON_EXAMPLE]
)
def test_every_example_we_give_is_right(example: str) -> None:
    as_slack_sends_it = example.removeprefix("limit ").replace("@anna", "<@U1|anna>")
    assert not isinstance(parse_limit(as_slack_sends_it), ListLimits)


RIGHT_WORDS = (
    *("limit", "me", "team", "each", "2000", "2,000", "000", "per", "/", "month", "weekly", "from", "to"),
    *("2026-09-01", "at", "50", ",", "80%", "and", "on", "off", "total", "<@U1|x y>", "-", "a", "core"),
)


@given(st.text(max_size=60) | st.lists(st.sampled_from(RIGHT_WORDS), max_size=12).map(" ".join))
def test_any_text_is_a_wish_or_a_wrong_word(text: str) -> None:
    with suppress(LimitWrong):
        parse_limit(text)


@given(st.integers(1, 10**9))
def test_thousands_may_be_marked_in_every_usual_way(number: int) -> None:
    plain = f"{number:,}"
    for mark in (",", "", " ", "_", "'", "\u202f", "\N{NO-BREAK SPACE}"):
        assert read_core_hours(plain.replace(",", mark)) == number


def test_the_forms_inputs_are_read_by_the_same_rules() -> None:
    assert read_thresholds("") == DEFAULT_THRESHOLDS
    assert read_thresholds("100; 80 %") == (80, 100)
    assert read_range("2026-09-01", "2026-12-31") == AUTUMN
    with pytest.raises(LimitThresholdWrong):
        read_thresholds(",".join(str(percent) for percent in range(1, 50)))
