"""Installations: what is missing, when a token is renewed, and what the installer hears."""

from datetime import datetime, timedelta

from bot.domain.installations import (
    ENDS_SOON,
    LONGEST_PAUSE,
    Installation,
    InstallNews,
    pause_after,
    renew_at,
)
from tests.unit.kit import NOW, table

HOUR = timedelta(hours=1)


def installed(*scopes: str, expires_at: datetime | None = None) -> Installation:
    return Installation(
        workspace="T1",
        enterprise=None,
        org_wide=False,
        name="Lab",
        app_id="A1",
        bot_user="UBOT",
        bot_id="B1",
        scopes=frozenset(scopes),
        installer="U1",
        installed_at=NOW,
        expires_at=expires_at,
    )


@table(
    "granted missing",
    {
        "all granted": (("a", "b"), ()),
        "more than needed": (("a", "b", "c"), ()),
        "one missing": (("a",), ("b",)),
        "none granted": ((), ("a", "b")),
    },
)
def test_what_is_needed_and_was_not_granted_is_missing(
    granted: tuple[str, ...], missing: tuple[str, ...]
) -> None:
    assert installed(*granted).missing(["b", "a"]) == missing


def test_a_token_is_renewed_at_two_thirds_of_its_life_and_one_without_an_end_never() -> None:
    assert renew_at(NOW + 12 * HOUR, now=NOW) == NOW + 8 * HOUR
    assert renew_at(NOW, now=NOW) == NOW
    assert renew_at(None, now=NOW) is None


def test_a_token_as_good_as_over_is_not_used() -> None:
    assert not installed().is_over(NOW)
    assert not installed(expires_at=NOW + 2 * ENDS_SOON).is_over(NOW)
    assert installed(expires_at=NOW + ENDS_SOON).is_over(NOW)
    assert installed(expires_at=NOW - HOUR).is_over(NOW)


def test_the_first_retries_fit_into_slack_s_grace_and_later_ones_hammer_nothing() -> None:
    pauses = [pause_after(failures) for failures in range(1, 40)]
    assert sum(pauses[:4], timedelta()) <= timedelta(seconds=30)
    assert pauses == sorted(pauses)
    assert pauses[-1] == LONGEST_PAUSE


def test_news_are_read_as_they_were_written() -> None:
    for news in (InstallNews(missing=("a:read", "b:write")), InstallNews(ends_at=NOW + HOUR)):
        assert InstallNews.read(news.write()) == news
