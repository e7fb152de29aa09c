"""The words of `standup …`."""

from datetime import time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.commands import AboutStandup, parse
from bot.domain.errors import (
    StandupDaysWrong,
    StandupTimeMissing,
    StandupTimeWrong,
    StandupWordUnknown,
    StandupWrong,
    StandupZoneUnknown,
)
from bot.domain.standup_words import (
    EXAMPLE,
    PreviewStandup,
    SendStandup,
    SetStandup,
    ShowStandup,
    StopStandup,
    parse_standup,
    read_zone,
)
from bot.domain.standups import EVERY_DAY, WORKDAYS

SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.mark.parametrize(
    ("text", "at", "days", "zone"),
    [
        ("09:30 mon-fri", time(9, 30), WORKDAYS, None),
        ("9:30", time(9, 30), WORKDAYS, None),
        ("09:30 mon-fri Asia/Shanghai", time(9, 30), WORKDAYS, "Asia/Shanghai"),
        ("Mon-Fri 09:30 asia/shanghai", time(9, 30), WORKDAYS, "Asia/Shanghai"),
        ("00:00 daily UTC", time(0), EVERY_DAY, "UTC"),
        ("23:59 sat", time(23, 59), (5,), None),
        ("at 9:30pm on weekdays in Europe/Berlin", time(21, 30), WORKDAYS, "Europe/Berlin"),
        ("12:05 am mon", time(0, 5), (0,), None),
        ("12:00pm mon", time(12), (0,), None),
        ("09:30 mon, wed ,fri", time(9, 30), (0, 2, 4), None),
        ("09:30 mon wed fri", time(9, 30), (0, 2, 4), None),
        ("09:30 sat-mon", time(9, 30), (0, 5, 6), None),
        ("09:30 Monday \u2013 Thursday", time(9, 30), (0, 1, 2, 3), None),
        ("09:30 mondays", time(9, 30), (0,), None),
        ("09.30 mon-wed,sun", time(9, 30), (0, 1, 2, 6), None),
        ("\uff10\uff19\uff1a\uff13\uff10 mon-fri", time(9, 30), WORKDAYS, None),
        ("09:30 周一至周五 Asia/Shanghai", time(9, 30), WORKDAYS, "Asia/Shanghai"),
        ("09:30 每周 星期一、星期三、礼拜天", time(9, 30), (0, 2, 6), None),
        ("09:30 周六到周一", time(9, 30), (0, 5, 6), None),
        ("09:30 工作日", time(9, 30), WORKDAYS, None),
        ("09:30 每天", time(9, 30), EVERY_DAY, None),
        ("09:30 周末", time(9, 30), (5, 6), None),
    ],
)
def test_a_schedule(text: str, at: time, days: tuple[int, ...], zone: str | None) -> None:
    wanted = SetStandup(at=at, days=days, zone=None if zone is None else ZoneInfo(zone))
    assert parse_standup(text) == wanted


@pytest.mark.parametrize("words", ["skip idle", "Skip idle-days", "跳过空闲", "跳过 空闲日"])
def test_quiet_days(words: str) -> None:
    assert parse_standup(f"09:30 mon-fri {words}") == SetStandup(at=time(9, 30), skip_idle=True)


@pytest.mark.parametrize(
    ("words", "country"),
    [
        ("except CN", "CN"),
        ("Except holidays in China", "China"),
        ("except public holidays DE-BY", "DE-BY"),
        ("except hong_kong", "hong_kong"),
        ("除 中国", "中国"),
        ("除中国节假日", "中国"),
        ("除了 CN", "CN"),
        ("不含香港公众假期", "香港"),
    ],
)
def test_public_holidays(words: str, country: str) -> None:
    for text in (f"09:30 mon-fri UTC {words}", f"{words} 09:30 UTC"):
        assert parse_standup(text) == SetStandup(at=time(9, 30), zone=ZoneInfo("UTC"), holidays=country)


@pytest.mark.parametrize(
    ("text", "wish"),
    [
        ("standup", ShowStandup()),
        ("standup now", SendStandup()),
        ("STANDUP Preview", PreviewStandup()),
        ("standup off", StopStandup()),
        ("站会 预览", PreviewStandup()),
        ("站会 立即", SendStandup()),
        ("站会 关闭", StopStandup()),
        ("站会", ShowStandup()),
        ("standup 09:30 mon-fri Asia/Shanghai", SetStandup(at=time(9, 30), zone=SHANGHAI)),
    ],
)
def test_the_commands(text: str, wish: object) -> None:
    assert parse(text, clusters=("east",)) == AboutStandup(wish)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "error", "word"),
    [
        ("25:00 mon-fri", StandupTimeWrong, "25:00"),
        ("24:00", StandupTimeWrong, "24:00"),
        ("9:60", StandupTimeWrong, "9:60"),
        ("930 mon", StandupTimeWrong, "930"),
        ("13:00pm", StandupTimeWrong, "13:00pm"),
        ("0:30am", StandupTimeWrong, "0:30am"),
        ("mon-fri", StandupTimeMissing, "mon-fri"),
        ("09:30 mon-fir", StandupDaysWrong, "mon-fir"),
        ("09:30 mon,xyz", StandupDaysWrong, "mon,xyz"),
        ("09:30 Asia/Shanghay", StandupZoneUnknown, "Asia/Shanghay"),
        ("09:30 Mars/Base", StandupZoneUnknown, "Mars/Base"),
        ("09:30 please", StandupWordUnknown, "please"),
        ("09:30 10:30", StandupWordUnknown, "10:30"),
        ("09:30 UTC Asia/Shanghai", StandupWordUnknown, "Asia/Shanghai"),
        ("now please", StandupWordUnknown, "please"),
        ("off 2", StandupWordUnknown, "2"),
        ("tomorrow", StandupWordUnknown, "tomorrow"),
        ("09:30 except", StandupWordUnknown, "except"),
        ("09:30 except holidays", StandupWordUnknown, "except"),
        ("09:30 except CN except DE", StandupWordUnknown, "except"),
        ("09:30 周八", StandupWordUnknown, "周八"),
        ("预览 一下", StandupWordUnknown, "一下"),
    ],
)
def test_the_wrong_word_is_named_with_a_right_example(
    text: str, error: type[StandupWrong], word: str
) -> None:
    with pytest.raises(StandupWrong) as raised:
        parse_standup(text)
    assert (type(raised.value), raised.value.word) == (error, word)
    parse_standup(raised.value.example.removeprefix("standup"))


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("Asia/Shanghay", "Asia/Shanghai"), ("berlin", "Europe/Berlin"), ("Asia/Tokio", "Asia/Tokyo")],
)
def test_a_zone_that_is_not_known_gets_the_nearest_names(typed: str, meant: str) -> None:
    with pytest.raises(StandupZoneUnknown) as raised:
        read_zone(typed)
    assert meant in raised.value.nearest


def test_a_zone_may_have_spaces_and_any_capitals() -> None:
    assert read_zone(" america/new york ") == ZoneInfo("America/New_York")


def test_the_example_is_right() -> None:
    assert isinstance(parse_standup(EXAMPLE.removeprefix("standup")), SetStandup)


@given(st.text(max_size=60))
def test_any_text_is_a_wish_or_a_clear_error(text: str) -> None:
    try:
        parse_standup(text)
    except StandupWrong as error:
        assert error.word or not text.strip()  # noqa: PT017
