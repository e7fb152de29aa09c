"""How people read numbers and times."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from bot.views.format import age, escape, hours, local_moment, moment
from tests.unit.kit import NOW, east, table


@table(
    "core_hours text",
    {
        "zero": (0, "0.00"),
        "thousands": (1234.5, "1,234.50"),
        "millions": (1234567.891, "1,234,567.89"),
        "a little": (0.004, "0.00"),
        "the page's sample": (0.4219444444444444, "0.42"),
        "a great deal": (1e15, "1,000,000,000,000,000.00"),
        "more than there is": (1.234e300, "1.23e+300"),
    },
)
def test_numbers(core_hours: float, text: str) -> None:
    assert hours(core_hours) == text


def test_a_moment_is_the_cluster_s() -> None:
    assert moment(NOW, east()) == "22 Nov 2026, 20:00 (Asia/Shanghai)"
    west = east(timezone=ZoneInfo("America/New_York"))
    assert moment(NOW, west) == "22 Nov 2026, 07:00 (America/New_York)"


def test_a_local_moment_is_the_reader_s_with_the_cluster_s_for_who_cannot() -> None:
    assert local_moment(NOW, east()) == (
        f"<!date^{int(NOW.timestamp())}^{{date_short_pretty}} {{time}}|22 Nov 2026, 20:00 (Asia/Shanghai)>"
    )


@table(
    "span text",
    {
        "nothing": (timedelta(), "0 seconds"),
        "seconds": (timedelta(seconds=12), "12 seconds"),
        "an hour": (timedelta(hours=1), "1 hour"),
        "days": (timedelta(days=3), "3 days"),
    },
)
def test_ages(span: timedelta, text: str) -> None:
    assert age(span) == text


@given(text=st.text())
def test_escaped_text_has_no_markup_and_reads_the_same(text: str) -> None:
    escaped = escape(text)
    assert "<" not in escaped
    assert ">" not in escaped
    back = escaped.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    assert back == text
