"""Renew an installation's bot token ahead of its end: one at a time, by whoever holds its lease.

A refresh token is good once, and the answer may be lost all the same, with the tokens in it. So a failure is
tried again at once: Slack takes the old refresh token a second time, for a short while. When it does not, the
bot token at hand still serves until its end, and whoever installed the app hears until when.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from bot.domain.errors import (
    InstallMisconfigured,
    InstallRefused,
    SealBroken,
    SlackSilent,
    WalltimeError,
)
from bot.domain.installations import (
    UNREADABLE,
    Installation,
    InstallNews,
    InstallState,
    pause_after,
    renew_at,
)
from bot.domain.limits import Place, PlaceKind
from bot.ports.alerting import Notice, NoticeKind
from bot.ports.installing import AppGrants, Change, Installations
from bot.usecases.counting import derived_id

# Longer than a call of Slack and its storing may take; what a crash left behind is due again then.
LEASE: Final = timedelta(seconds=30)


@dataclass(frozen=True, kw_only=True, slots=True)
class RenewBotToken:
    """Put the next tokens in the place of those that are leased to us."""

    grants: AppGrants
    installations: Installations

    async def __call__(self, held: Installation, *, now: datetime) -> WalltimeError | None:
        """Renew; return what went wrong, if anything did."""
        try:
            refresh = await self.installations.refresh_token(held)
            if refresh is None:
                return None  # another token stands there by now
            tokens = await self.grants.refresh(refresh, now=now)
        except (InstallRefused, SealBroken) as error:
            code = error.code if isinstance(error, InstallRefused) else UNREADABLE
            await self.installations.change(held, _ending(held, code, now=now))
            return error
        except (InstallMisconfigured, SlackSilent) as error:
            failures = held.failures + 1
            again = Change(
                state=held.state,
                code=held.code,
                failures=failures,
                renew_at=now + pause_after(failures),
            )
            await self.installations.change(held, again)
            return error
        await self.installations.renew(held, tokens, renew_at=renew_at(tokens.expires_at, now=now))
        return None

    async def at_once(self, installation: Installation, *, now: datetime) -> bool:
        """Renew a token that is over, unless somebody does already; True if this call was the one."""
        held = await self.installations.lease(installation, now=now, lease=LEASE)
        if held is None:
            return False
        await self(held, now=now)
        return True


def _ending(held: Installation, code: str, *, now: datetime) -> Change:
    """Renew no more; the installer hears if they can still be told."""
    if held.state is InstallState.DEAD:
        return Change(state=InstallState.DEAD, code=held.code)
    return Change(state=InstallState.ENDING, code=code, notice=_ends_soon(held, now=now))


def _ends_soon(held: Installation, *, now: datetime) -> Notice | None:
    if held.is_over(now):
        return None
    return Notice(
        workspace=held.workspace,
        notice_id=derived_id("install", held.workspace, held.installed_at.isoformat(), str(held.generation)),
        place=Place(kind=PlaceKind.DM, slack_id=held.installer),
        kind=NoticeKind.INSTALLATION,
        created_at=now,
        text=InstallNews(ends_at=held.expires_at).write(),
    )
