"""An Enterprise organisation: several workspaces, and the app installed for all that it is added to."""

from collections.abc import Awaitable, Callable
from typing import Any

from bot.playground.slack.model import Enterprise
from bot.playground.slack.workspace import Workspace

# Which arguments of a call name something that stands in one workspace only.
_PLACES = ("channel", "channel_id", "channels")
_PEOPLE = ("user", "users", "user_id")
Emit = Callable[["Organisation", dict[str, Any]], object]


class Organisation:
    """Its methods are what the organisation's admins do."""

    def __init__(
        self,
        *,
        enterprise_id: str,
        name: str,
        bot_user_id: str,
        emit: Emit,
        settled: Callable[[], Awaitable[None]],
    ) -> None:
        self.enterprise = Enterprise(id=enterprise_id, name=name)
        self.bot_user_id = bot_user_id
        self.workspaces: dict[str, Workspace] = {}
        self.is_installed = False
        self.scopes: frozenset[str] = frozenset()
        self._emit = emit
        self._settled = settled

    @property
    def id(self) -> str:
        """Its id."""
        return self.enterprise.id

    @property
    def name(self) -> str:
        """Its name."""
        return self.enterprise.name

    @property
    def bot_id(self) -> str:
        """The id of the app's bot, the same in all workspaces."""
        return f"B{self.bot_user_id[1:]}"

    @property
    def with_app(self) -> dict[str, Workspace]:
        """The workspaces that the app was added to, by id."""
        return {each.id: each for each in self.workspaces.values() if each.is_org_wide}

    def install(self, scopes: frozenset[str]) -> None:
        """Install the app: it is in no workspace until it is added."""
        self.is_installed = True
        self.scopes = scopes
        for workspace in self.with_app.values():
            workspace.scopes = scopes

    def add_app(self, team_id: str) -> None:
        """Add the app to a workspace, on the page that the installer is led to."""
        if not self.is_installed:
            raise LookupError(f"the app is not installed in {self.name}")
        workspace = self.workspaces[team_id]
        workspace.is_installed = workspace.is_org_wide = True
        workspace.scopes = self.scopes
        self._emit(self, {"type": "team_access_granted", "team_ids": [team_id]})

    def remove_app(self, team_id: str) -> None:
        """Take the app out of a workspace."""
        workspace = self.workspaces[team_id]
        self._emit(self, {"type": "team_access_revoked", "team_ids": [team_id]})
        workspace.is_installed = workspace.is_org_wide = False

    async def uninstall(self) -> None:
        """Remove the app from the organisation: its tokens die, and it is told."""
        self._emit(self, {"type": "tokens_revoked", "tokens": {"bot": [self.bot_user_id]}})
        self._emit(self, {"type": "app_uninstalled"})
        self.is_installed = False
        for workspace in self.with_app.values():
            workspace.is_installed = workspace.is_org_wide = False
        await self._settled()

    def meant(self, args: dict[str, Any]) -> Workspace | None:
        """Return the workspace that a call with the organisation's token is about."""
        workspaces = self.with_app
        team = args.get("team_id") or args.get("team")
        if team in workspaces:
            return workspaces[str(team)]
        for workspace in workspaces.values():
            if any(args.get(name) in workspace.channels for name in _PLACES):
                return workspace
            if args.get("view_id") and workspace.windows.find(str(args["view_id"])) is not None:
                return workspace
        # A message may be addressed to a person, too.
        names = [args.get(name) for name in (*_PEOPLE, *_PLACES)]
        people = [each for each in workspaces.values() if any(name in each.people for name in names)]
        return next(iter(people), None)
