"""Install the app: lead to Slack's consent, and take what comes back."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from bot.domain.errors import (
    InstallCancelled,
    InstallMalformed,
    InstallRefused,
    InstallStateExpired,
)
from bot.domain.installations import Installation, renew_at
from bot.domain.link_pages import digest_of
from bot.domain.secret import Secret
from bot.ports.installing import AppGrants, Installations, InstallStates

STATE_LIVES: Final = timedelta(minutes=10)
_CANCELLED: Final = "access_denied"


@dataclass(frozen=True, kw_only=True, slots=True)
class WayBack:
    """What Slack's way back carries: a state, and a code or the word for why there is none."""

    state: Secret | None
    code: Secret | None
    error: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class InstallApp:
    """Begin in a browser, and end in the same one; `needed` are the scopes that all of the bot needs."""

    grants: AppGrants
    states: InstallStates
    installations: Installations
    needed: frozenset[str]
    forget: Callable[[str], None]  # what is remembered of a workspace's token before

    async def begin(self, *, browser: Secret, state: Secret, now: datetime) -> str:
        """Return Slack's address to go to; `browser` is what only this browser knows, `state` a fresh one."""
        await self.states.add(digest_of(state), browser=digest_of(browser), expires_at=now + STATE_LIVES)
        return self.grants.consent_url(state)

    async def end(self, back: WayBack, *, browser: Secret, now: datetime) -> Installation:
        """Store the installation. Raises an InstallWrong, InstallMisconfigured or SlackSilent.

        Whatever goes wrong, the state is used up, and nothing else is stored.
        """
        if back.state is None:
            raise InstallMalformed
        ends_at = await self.states.take(digest_of(back.state), browser=digest_of(browser))
        if now > ends_at:
            raise InstallStateExpired
        if back.error is not None:
            raise InstallCancelled if back.error == _CANCELLED else InstallRefused(back.error)
        if back.code is None:
            raise InstallMalformed
        installation, tokens = await self.grants.exchange(back.code, now=now)
        await self.installations.record(
            installation,
            tokens,
            renew_at=renew_at(tokens.expires_at, now=now),
            told_missing=installation.missing(self.needed),
        )
        self.forget(installation.workspace)
        return installation
