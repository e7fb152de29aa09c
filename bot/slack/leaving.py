"""People and workspaces that leave: Slack tells by events; of people also on the way, when it is asked."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

import aiohttp
import structlog
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.people import Person
from bot.slack.client import error_code
from bot.slack.clients import NotServed

# What Slack says of a token whose app was removed; others are refusals of the moment.
_REMOVED: Final = frozenset(
    {"account_inactive", "invalid_auth", "not_authed", "team_access_not_granted", "token_revoked"}
)
# An event may be a little ahead of the token's end.
_LOOKED_AGAIN_AFTER_S: Final = 5.0

log = structlog.get_logger(__name__)


class Leavers:
    """Unlinks who is deactivated, and erases workspaces that the app was removed from.

    `let_go` answers whether there was anything to forget, `erase` how much, None for a workspace that is
    served all the same.
    """

    def __init__(
        self,
        let_go: Callable[[Person], Awaitable[bool]],
        erase: Callable[[str], Awaitable[int | None]],
        spawn: Callable[..., object],
    ) -> None:
        self._let_go = let_go
        self._erase = erase
        self._spawn = spawn

    def register(self, app: AsyncApp) -> None:
        """Tell Bolt who listens to what."""
        app.event("app_uninstalled")(self.on_uninstalled)
        app.event("tokens_revoked")(self.on_revoked)
        app.event("team_access_revoked")(self.on_access_revoked)

    async def on_uninstalled(self, body: dict[str, Any]) -> None:
        """The app was removed; it may be said more than once, before or after that its token is revoked."""
        self._spawn(self._see_out(_installed_in(body)), name="leaving")

    async def on_revoked(self, body: dict[str, Any]) -> None:
        """Tokens were revoked: the bot's own, or those of people, which we have none of."""
        if body["event"].get("tokens", {}).get("bot"):
            await self.on_uninstalled(body)

    async def on_access_revoked(self, body: dict[str, Any]) -> None:
        """An organisation took some of its workspaces out; its token serves the others on."""
        for team in body["event"].get("team_ids") or ():
            self._spawn(self._see_out(str(team)), name="leaving")

    def saw(self, workspace: str, user: Mapping[str, Any]) -> None:
        """Look at what Slack says of somebody of this workspace."""
        if user.get("deleted"):
            self._spawn(self._see_off(Person(workspace=workspace, user=str(user["id"]))), name="leaving")

    async def _see_off(self, person: Person) -> None:
        if await self._let_go(person):
            log.info("a deactivated person is unlinked", workspace=person.workspace, person=person.user)

    async def _see_out(self, installed_in: str) -> None:
        gone = await self._erase(installed_in)
        if gone is None:
            log.warning("an event says that the app was removed, but it is there", workspace=installed_in)
        else:
            log.warning("the app was removed, everything is erased", workspace=installed_in, rows=gone)


async def is_served(client: AsyncWebClient) -> bool:
    """Ask Slack whether our token works; where it does not answer, its event is believed."""
    works = False
    for pause in (0.0, _LOOKED_AGAIN_AFTER_S):
        await asyncio.sleep(pause)
        try:
            await client.auth_test()
            works = True
            # An organisation's token works on where one workspace was taken out: only calls about that tell.
            await client.users_list(limit=1)
        except NotServed:
            return False
        except SlackApiError as error:
            if error_code(error) in _REMOVED:
                return False
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            log.info("Slack does not say whether the app is there", why=type(error).__name__)
    return works


def _installed_in(body: Mapping[str, Any]) -> str:
    """Return the workspace or, where all of an organisation's are served at once, the organisation."""
    for each in body.get("authorizations") or ():
        if each.get("is_enterprise_install"):
            return str(each["enterprise_id"])
    return str(body.get("team_id") or body.get("enterprise_id"))
