"""After an update the bot may need more than it was granted: whoever installed it hears of it once."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from bot.domain.installations import Installation, InstallNews, InstallState
from bot.domain.limits import Place, PlaceKind
from bot.ports.alerting import Notice, NoticeKind, Notices
from bot.ports.installing import Installations
from bot.usecases.counting import derived_id


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckScopes:
    """Compare what was granted with what is needed."""

    installations: Installations
    notices: Notices
    needed: frozenset[str]

    async def __call__(self, *, now: datetime) -> tuple[Installation, ...]:
        """Owe a word for each installation that lacks scopes, once per set of them; return those."""
        lacking = []
        for installation in await self.installations.all():
            missing = installation.missing(self.needed)
            if not missing or installation.state is InstallState.DEAD:
                continue
            lacking.append(installation)
            notice = _notice(installation.workspace, installation.installer, missing, now=now)
            await self.installations.tell_missing(installation, missing, notice)
        return tuple(lacking)

    async def of_token(
        self, workspace: str, granted: frozenset[str], *, admins: Collection[str], now: datetime
    ) -> tuple[str, ...]:
        """Do the same for a workspace by the operator's own token, whose installer nobody knows."""
        missing = tuple(sorted(self.needed - granted))
        for admin in sorted(admins) if missing else ():
            await self.notices.owe(_notice(workspace, admin, missing, now=now))
        return missing


def _notice(workspace: str, person: str, missing: tuple[str, ...], *, now: datetime) -> Notice:
    """Return the word for one person; about the same scopes it has the same id."""
    return Notice(
        workspace=workspace,
        notice_id=derived_id("scopes", workspace, person, *missing),
        place=Place(kind=PlaceKind.DM, slack_id=person),
        kind=NoticeKind.INSTALLATION,
        created_at=now,
        text=InstallNews(missing=missing).write(),
    )
