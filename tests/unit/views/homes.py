"""Homes of every size, for the tests of views."""

from datetime import datetime, timedelta
from typing import Any

from bot.domain.alerts import AlertState
from bot.domain.answers import ChannelStatus, LimitShare, LinkHealth
from bot.domain.home import LIMITS_PER_PAGE, Home, HomeLimit, HomeLink
from bot.domain.limit_answers import OpenAlert
from bot.domain.limits import Scope, ScopeKind
from bot.domain.periods import MONTH, window
from bot.views.home import home_view
from bot.views.kit import View
from tests.unit.domain import kit
from tests.unit.kit import ALICE, NOW, SHANGHAI, east, usage

INSIDE = window(MONTH, NOW, SHANGHAI)
MINE = Scope(kind=ScopeKind.ME, user=ALICE.user)
TEAM = Scope(kind=ScopeKind.TEAM, channel="C1")


def home_link(number: int, **how: Any) -> HomeLink:
    """A link that is well, unless `how` says so."""
    polls = {name: how.pop(name) for name in ("next_poll_at", "failing_since") if name in how}
    answer = usage(number, **how)
    polls.setdefault("next_poll_at", NOW + timedelta(minutes=9))
    health = LinkHealth(link=answer.link, cluster=answer.cluster, reading=answer.reading, **polls)
    return HomeLink(health=health, usage=answer)


def gone_link(number: int) -> HomeLink:
    """A link whose cluster left the settings."""
    health = LinkHealth(link=home_link(number).health.link, cluster=None, reading=None)
    return HomeLink(health=health, usage=None)


def home_limit(
    number: int, *, percent: float | None = 61, scope: Scope = MINE, label: str = "East", **may: bool
) -> HomeLimit:
    """A limit, this full; of a person who may change and remove it, unless `may` says so."""
    limit = kit.limit(2000, limit_id=f"L{number}", scope=scope)
    share = None
    if percent is not None:
        share = LimitShare(limit=limit, percent=percent, window=INSIDE, forecast=None)
    return HomeLimit(
        limit=limit,
        cluster=east(label=label),
        share=share,
        may_change=may.get("may_change", True),
        may_remove=may.get("may_remove", True),
    )


def open_alert(number: int, *, username: str = "alice", label: str = "East") -> OpenAlert:
    """An alert that fires, of a limit of one's own."""
    return OpenAlert(
        limit=kit.limit(2000, limit_id=f"A{number}", scope=MINE),
        cluster=east(label=label),
        subject=ALICE.user,
        username=username,
        state=AlertState(window=INSIDE, revision=1, told=80, core_hours=1700.0, as_of=NOW),
    )


def home(
    links: int = 0,
    *,
    limits: int = 0,
    alerts: int = 0,
    teams: int = 0,
    page: int = 0,
    is_admin: bool = False,
    language: str | None = None,
    problem: Any = None,
    username: str = "alice",
    label: str = "East",
) -> Home:
    """A home with so many of each."""
    first = page * LIMITS_PER_PAGE
    return Home(
        links=tuple(home_link(n, username=username, label=label, problem=problem) for n in range(links)),
        alerts=tuple(open_alert(n, username=username, label=label) for n in range(alerts)),
        limits=tuple(home_limit(n, label=label) for n in range(limits))[first : first + LIMITS_PER_PAGE],
        limits_in_all=limits,
        page=page,
        teams=tuple(
            ChannelStatus(channel=f"C{n}", limits=n, members=n + 1, is_member=True) for n in range(teams)
        ),
        language=language,
        is_admin=is_admin,
    )


def draw_home(shown: Home, *, now: datetime = NOW) -> View:
    """Draw it."""
    return home_view(shown, now=now, command="/walltime")
