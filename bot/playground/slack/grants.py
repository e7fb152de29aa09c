"""What apps are granted: codes to exchange, tokens that may end, and what renews them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.playground.slack.ids import token
from bot.playground.slack.organisation import Organisation
from bot.playground.slack.workspace import Workspace

CODE_LIVES = timedelta(minutes=10)
TOKEN_LIVES = timedelta(hours=12)
REFRESH_GRACE = timedelta(minutes=1)
MOST_LIVE = 2


@dataclass(kw_only=True, eq=False)
class Grant:
    """One token: it opens a workspace, or an organisation's workspaces that have the app."""

    token: str
    where: Workspace | Organisation
    ends: datetime | None = None
    is_revoked: bool = False

    def workspace(self, args: dict[str, object]) -> Workspace | None:
        """Return the workspace that a call with these arguments is about."""
        return self.where.meant(args) if isinstance(self.where, Organisation) else self.where


@dataclass(kw_only=True, eq=False)
class Code:
    """What the app exchanges for a token, once."""

    where: Workspace | Organisation
    person: str
    redirect_uri: str
    scopes: frozenset[str]
    ends: datetime
    is_used: bool = False


@dataclass(kw_only=True, eq=False)
class Refresh:
    """What renews a token; for a short while it is taken a second time."""

    where: Workspace | Organisation
    used_at: datetime | None = None


class Grants:
    """Everything handed out. With `rotation` tokens end after twelve hours and are renewed."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self.rotation = False
        self.grace = REFRESH_GRACE
        self.by_token: dict[str, Grant] = {}
        self.codes: dict[str, Code] = {}
        self._refreshes: dict[str, Refresh] = {}
        self._clock = clock

    def add(self, bot_token: str, where: Workspace | Organisation) -> Grant:
        """Hand out a token that never ends."""
        grant = Grant(token=bot_token, where=where)
        self.by_token[bot_token] = grant
        return grant

    def live(self, where: Workspace | Organisation) -> list[Grant]:
        """Return the tokens that open this now, the oldest first."""
        now = self._clock()
        return [
            each
            for each in self.by_token.values()
            if each.where is where and not each.is_revoked and (each.ends is None or each.ends > now)
        ]

    def issue(self, where: Workspace | Organisation) -> tuple[Grant, str | None]:
        """Hand out a token and what renews it; without rotation the one that is there, if there is."""
        live = self.live(where)
        if not self.rotation:
            kept = next((each for each in live if each.ends is None), None)
            return kept or self.add(f"xoxb-{where.id}-{token(24)}", where), None
        for oldest in live[: max(0, len(live) - MOST_LIVE + 1)]:
            oldest.is_revoked = True
        grant = self.add(f"xoxe.xoxb-1-{token(40)}", where)
        grant.ends = self._clock() + TOKEN_LIVES
        refresh = f"xoxe-1-{token(40)}"
        self._refreshes[refresh] = Refresh(where=where)
        return grant, refresh

    def redeem(self, refresh_token: str) -> Workspace | Organisation | None:
        """Use a refresh token up and return what it is for; None if it is not good any more."""
        refresh, now = self._refreshes.get(refresh_token), self._clock()
        if refresh is None or not refresh.where.is_installed:
            return None
        if refresh.used_at is not None and now - refresh.used_at > self.grace:
            return None
        refresh.used_at = refresh.used_at or now
        return refresh.where

    def revoke_all(self, where: Workspace | Organisation) -> None:
        """End every token of an installation, and what would renew it."""
        for grant in self.live(where):
            grant.is_revoked = True
        self._refreshes = {name: each for name, each in self._refreshes.items() if each.where is not where}
