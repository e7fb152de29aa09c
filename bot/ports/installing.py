"""The promises behind installing the app in many workspaces."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from bot.domain.installations import Installation, InstallState
from bot.domain.secret import Secret
from bot.ports.alerting import Notice


@dataclass(frozen=True, kw_only=True, slots=True)
class Tokens:
    """A bot token, and what it is renewed with if it ends."""

    bot: Secret
    refresh: Secret | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """What becomes of an installation whose token stays; `renew_at` None: it is not tried any more."""

    state: InstallState
    code: str = ""
    failures: int = 0
    renew_at: datetime | None = None
    notice: Notice | None = None


class InstallStates(Protocol):
    """Installations that were begun: OAuth's `state`, known by a digest, for one browser."""

    async def add(self, digest: str, *, browser: str, expires_at: datetime) -> None:
        """Remember a beginning."""
        ...

    async def take(self, digest: str, *, browser: str) -> datetime:
        """Use a state up and return when it ends or ended.

        Of two that try, one gets it. Raises InstallStateUnknown, or InstallStateElsewhere if another
        browser began: that one may still go on.
        """
        ...


class Installations(Protocol):
    """Who installed the app where, with the sealed tokens."""

    async def record(
        self,
        installation: Installation,
        tokens: Tokens,
        *,
        renew_at: datetime | None,
        told_missing: Sequence[str] = (),
    ) -> None:
        """Store an installation in the place of any before it, with its audit entry.

        What Slack refused to take there for lack of a good token is tried again at once, and what was owed
        about the installation before is owed no more.
        """
        ...

    async def of(self, workspace: str, enterprise: str | None = None) -> tuple[Installation, Secret] | None:
        """Return what serves a workspace: its own installation, else its organisation's; with its token.

        `enterprise` is the organisation's id if a request names it, else the one known of the workspace.
        Raises SealBroken.
        """
        ...

    async def all(self) -> Sequence[Installation]:
        """Return every installation, by workspace."""
        ...

    async def claim(self, *, now: datetime, lease: timedelta, most: int) -> Sequence[Installation]:
        """Take installations whose tokens are due to be renewed and that nobody renews, for the lease."""
        ...

    async def lease(
        self, installation: Installation, *, now: datetime, lease: timedelta
    ) -> Installation | None:
        """Take this very token for the lease; None if it is another by now, or somebody renews it."""
        ...

    async def refresh_token(self, installation: Installation) -> Secret | None:
        """Return what this very token is renewed with; None if it is another by now. Raises SealBroken."""
        ...

    async def renew(self, installation: Installation, tokens: Tokens, *, renew_at: datetime | None) -> bool:
        """Put the next token in this one's place; False if another one stands there."""
        ...

    async def change(self, installation: Installation, change: Change) -> bool:
        """Write what becomes of it and the notice it owes, and end the lease; False as `renew`."""
        ...

    async def mark(self, installation: Installation, state: InstallState, code: str = "") -> bool:
        """Note how this very token fares, whatever becomes of its renewal; False as `renew`."""
        ...

    async def tell_missing(self, installation: Installation, missing: Sequence[str], notice: Notice) -> bool:
        """Owe the notice unless the installer has heard of these missing scopes; False then."""
        ...

    async def forget(self, workspace: str) -> bool:
        """Erase an installation with its tokens; False if there is none."""
        ...

    async def served_by(self, enterprise: str) -> Sequence[str]:
        """Return the workspaces that an organisation's installation serves, by id."""
        ...


class AppGrants(Protocol):
    """Slack, as it grants apps their tokens.

    Raises InstallRefused (Slack's definite no), InstallMisconfigured (it does not know the bot) or
    SlackSilent (no usable answer: it may have been done).
    """

    def consent_url(self, state: Secret) -> str:
        """Return where somebody allows the app."""
        ...

    def next_step(self, installation: Installation) -> str:
        """Return where the installer goes on: to the app, or to add it to an organisation's workspaces."""
        ...

    async def exchange(self, code: Secret, *, now: datetime) -> tuple[Installation, Tokens]:
        """Exchange the code of a consent, once."""
        ...

    async def refresh(self, refresh_token: Secret, *, now: datetime) -> Tokens:
        """Exchange a refresh token, once: the bot token before lives on for a while."""
        ...
