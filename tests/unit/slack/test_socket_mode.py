"""When a link to Slack is given up."""

from datetime import timedelta

from bot.slack.socket_mode import Patience, must_replace
from tests.unit.kit import table

PATIENCE = Patience(broken=timedelta(seconds=15), silent=timedelta(minutes=30))


@table(
    "well heard why",
    {
        "a link that is well and talks stays": (0, 0, None),
        "a link that is well and quiet for a while stays": (0, 1799, None),
        "quiet to the last second stays": (0, 1800, None),
        "quiet for too long goes": (0, 1801, "silent"),
        "cut a moment ago stays: it may heal": (14, 14, None),
        "cut to the last second stays": (15, 15, None),
        "cut for too long goes": (16, 16, "broken"),
        "cut and quiet is cut": (16, 1801, "broken"),
        "cut though it talked just now goes": (16, 0, "broken"),
    },
)
def test_a_link_is_judged_by_how_long_it_is_cut_or_silent(well: int, heard: int, why: str | None) -> None:
    assert (
        must_replace(
            cut_for_s=well,
            quiet_for_s=heard,
            patience=PATIENCE,
        )
        == why
    )
