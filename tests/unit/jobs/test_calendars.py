"""Public holidays as the package knows them, and what people call a country."""

from datetime import date

import pytest

from bot.domain.errors import HolidaysUnknown
from bot.domain.holidays import NO_HOLIDAYS
from bot.domain.standup_words import parse_standup
from bot.jobs.calendars import HolidayCalendars

CALENDARS = HolidayCalendars()


def test_china_has_its_long_holidays_and_the_weekends_that_make_up_for_them() -> None:
    found = CALENDARS.of("CN", range(2026, 2027))
    assert {date(2026, 10, day) for day in range(1, 8)} - found.off == {date(2026, 10, 4)}  # a Sunday
    assert date(2026, 2, 20) in found.off
    assert found.made_up == {
        date(2026, 1, 4),
        date(2026, 2, 14),
        date(2026, 2, 28),
        date(2026, 5, 9),
        date(2026, 9, 20),
        date(2026, 10, 10),
    }


def test_a_part_of_a_country_has_its_own() -> None:
    corpus_christi = date(2026, 6, 4)
    assert corpus_christi in CALENDARS.of("DE-BY", range(2026, 2027)).off
    assert corpus_christi not in CALENDARS.of("DE", range(2026, 2027)).off


def test_of_a_part_that_is_not_known_any_more_those_of_its_country_count() -> None:
    assert CALENDARS.of("DE-XX", range(2026, 2027)) == CALENDARS.of("DE", range(2026, 2027))


@pytest.mark.parametrize("region", [None, "XX", "XX-Y"])
def test_without_a_country_there_are_none(region: str | None) -> None:
    assert CALENDARS.of(region, range(2026, 2027)) == NO_HOLIDAYS


@pytest.mark.parametrize(
    ("text", "region"),
    [
        ("CN", "CN"),
        ("cn", "CN"),
        ("China", "CN"),
        ("中国", "CN"),
        ("de-by", "DE-BY"),
        ("DE-augsburg", "DE-Augsburg"),
        ("UK", "GB"),
        ("Germany", "DE"),
        ("德国", "DE"),
        ("hong_kong", "HK"),
        ("香港", "HK"),
        ("united-states", "US"),
    ],
)
def test_what_people_call_a_country(text: str, region: str) -> None:
    assert CALENDARS.find(text) == region


@pytest.mark.parametrize(
    ("text", "nearest"),
    [
        ("Chian", ("CN",)),
        ("korea", ("KP", "KR")),
        ("DE-XX", ("DE-BB", "DE-BE", "DE-BW")),
        ("CN-BJ", ("CN",)),
        ("Qxyzq", ()),
        ("", ()),
    ],
)
def test_what_is_no_country_gets_the_nearest(text: str, nearest: tuple[str, ...]) -> None:
    with pytest.raises(HolidaysUnknown) as raised:
        CALENDARS.find(text)
    assert set(nearest) <= set(raised.value.nearest)
    assert bool(raised.value.nearest) is bool(nearest)
    parse_standup(raised.value.example.removeprefix("standup"))


def test_every_country_has_a_name_and_holidays() -> None:
    for country in CALENDARS.countries:
        assert CALENDARS.find(country) == country
    assert len(CALENDARS.countries) > 200
