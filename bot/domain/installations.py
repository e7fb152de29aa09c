"""The app in a workspace or a whole organisation: what it was granted, and how its token lives on."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Self

# Slack's words for a token that no waiting heals.
DEAD_TOKEN: Final = frozenset(
    {
        "not_authed",
        "invalid_auth",
        "account_inactive",
        "token_revoked",
        "token_expired",
        "not_allowed_token_type",
    }
)
# Our own words: there is no token at all, or it does not open with the keys at hand.
NOT_INSTALLED: Final = "not_installed"
UNREADABLE: Final = "unreadable"
# Nothing can be told in the whole workspace then, to nobody.
WORKSPACE_IS_OUT: Final = DEAD_TOKEN | {NOT_INSTALLED, UNREADABLE}

# A token that Slack renews lives for twelve hours: it is renewed at eight. Two may live at a time.
SHARE_OF_LIFE: Final = 2 / 3
# A token as good as over: who is about to use it waits for the next one.
ENDS_SOON: Final = timedelta(seconds=30)
# Slack takes a refresh token again only shortly after its first use, so what got lost is asked for soon.
FIRST_PAUSE: Final = timedelta(seconds=2)
LONGEST_PAUSE: Final = timedelta(minutes=10)


class InstallState(StrEnum):
    """How an installation's token fares."""

    SERVING = "serving"
    ENDING = "ending"  # Slack renews it no more: it serves until its token ends
    DEAD = "dead"  # Slack refuses its token


@dataclass(frozen=True, kw_only=True, slots=True)
class Installation:
    """What Slack granted. `workspace` is the organisation's id where the app is installed `org_wide`.

    `generation` counts the tokens that stood in this row, `failures` the tries in a row to renew this one;
    `lease_until` is set for whoever renews it. `code` is Slack's word for why it does not serve for ever.
    """

    workspace: str
    enterprise: str | None
    org_wide: bool
    name: str
    app_id: str
    bot_user: str
    bot_id: str | None
    scopes: frozenset[str]
    installer: str
    installed_at: datetime
    expires_at: datetime | None = None
    state: InstallState = InstallState.SERVING
    code: str = ""
    generation: int = 1
    failures: int = 0
    lease_until: datetime | None = None

    def missing(self, needed: Collection[str]) -> tuple[str, ...]:
        """Return the scopes that are needed and were not granted, sorted."""
        return tuple(sorted(set(needed) - self.scopes))

    def is_over(self, now: datetime) -> bool:
        """Tell whether its token is over, or as good as."""
        return self.expires_at is not None and self.expires_at <= now + ENDS_SOON


@dataclass(frozen=True, kw_only=True, slots=True)
class InstallNews:
    """What the installer hears: scopes that are missing, or when the token ends that Slack renews no more."""

    missing: tuple[str, ...] = ()
    ends_at: datetime | None = None

    def write(self) -> str:
        """Return it as a notice's text."""
        return f"ends {self.ends_at.isoformat()}" if self.ends_at else f"missing {','.join(self.missing)}"

    @classmethod
    def read(cls, text: str) -> Self:
        """Read a notice's text."""
        what, _, rest = text.partition(" ")
        if what == "ends":
            return cls(ends_at=datetime.fromisoformat(rest))
        return cls(missing=tuple(filter(None, rest.split(","))))


def renew_at(expires_at: datetime | None, *, now: datetime) -> datetime | None:
    """Return when a token that is stored now is renewed; None for one that never ends."""
    return None if expires_at is None else now + (expires_at - now) * SHARE_OF_LIFE


def pause_after(failures: int) -> timedelta:
    """Return how long to wait after that many failures in a row."""
    return min(FIRST_PAUSE * (1 << min(max(failures - 1, 0), 10)), LONGEST_PAUSE)
