"""HTTP dates."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.moments import http_date
from tests.unit.kit import table


@table(
    "text moment",
    {
        "as servers write it": ("Sun, 22 Nov 2026 12:00:00 GMT", datetime(2026, 11, 22, 12, tzinfo=UTC)),
        "with an offset": ("Sun, 22 Nov 2026 20:00:00 +0800", datetime(2026, 11, 22, 12, tzinfo=UTC)),
        "without a zone it is UTC": ("Sun, 22 Nov 2026 12:00:00", datetime(2026, 11, 22, 12, tzinfo=UTC)),
        "none": (None, None),
        "empty": ("", None),
        "words": ("tomorrow", None),
        "a day that is none": ("Sun, 32 Nov 2026 12:00:00 GMT", None),
        "a zone that is none": ("Sun, 22 Nov 2026 12:00:00 +9999", None),
    },
)
def test_a_date_is_a_moment_or_nothing(text: str | None, moment: datetime | None) -> None:
    assert http_date(text) == moment


@given(text=st.text(max_size=60) | st.text("0123456789 :+-,SunNovGMT", max_size=40))
def test_any_text_is_a_moment_or_nothing(text: str) -> None:
    found = http_date(text)
    assert found is None or found.tzinfo is not None
