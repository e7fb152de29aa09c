"""People who leave: Slack tells by an event, or on the way, when it is asked about somebody."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import structlog
from slack_bolt.async_app import AsyncApp

from bot.domain.people import Person

log = structlog.get_logger(__name__)


class Leavers:
    """Unlinks who is deactivated. `let_go` answers whether there was anything to forget."""

    def __init__(self, let_go: Callable[[Person], Awaitable[bool]], spawn: Callable[..., object]) -> None:
        self._let_go = let_go
        self._spawn = spawn

    def register(self, app: AsyncApp) -> None:
        """Tell Bolt who listens to what."""
        app.event("user_change")(self.on_user_change)

    async def on_user_change(self, body: dict[str, Any]) -> None:
        """Somebody's account changed, for whatever reason."""
        self.saw(body["team_id"], body["event"]["user"])

    def saw(self, workspace: str, user: Mapping[str, Any]) -> None:
        """Look at what Slack says of somebody of this workspace."""
        if user.get("deleted"):
            self._spawn(self._see_off(Person(workspace=workspace, user=str(user["id"]))), name="leaving")

    async def _see_off(self, person: Person) -> None:
        if await self._let_go(person):
            log.info("a deactivated person is unlinked", workspace=person.workspace, person=person.user)
