"""Meeting Slack at the start: who the settings' token is, however long that takes; what was not granted."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError

from bot.domain.installations import DEAD_TOKEN
from bot.domain.secret import Secret
from bot.slack.client import Identity, error_code, identify, make_client
from bot.slack.clients import Service
from bot.store.engine import Database
from bot.store.workspaces import SqlWorkspaces
from bot.usecases.check_scopes import CheckScopes
from bot.wiring.settings import Settings

RETRY_SLACK: Final = timedelta(seconds=5)

log = structlog.get_logger(__name__)


class SlackRefuses(Exception):
    """Slack refuses our token for good; the text says what to do."""


class Meeting:
    """What is known of the settings' token. With OAuth alone there is nobody to meet: workspaces come."""

    def __init__(
        self,
        settings: Settings,
        *,
        session: aiohttp.ClientSession,
        database: Database,
        clock: Callable[[], datetime],
    ) -> None:
        self._settings = settings
        self._session = session
        self._workspaces = SqlWorkspaces(database)
        self._clock = clock
        self.trouble: str | None = None if settings.slack_bot_token is None else "not asked yet"
        self._known: tuple[Identity, Service] | None = None

    def own(self) -> tuple[str, Service] | None:
        """Return the workspace of the settings' token and who we are there, once Slack has told."""
        return None if self._known is None else (self._known[0].workspace, self._known[1])

    async def meet(self) -> None:
        """Learn who we are, then open the door; raises SlackRefuses where that leaves nobody to serve."""
        token = self._settings.slack_bot_token
        while token is not None and self._known is None:
            try:
                identity = await identify(make_client(self._settings.slack_api_url, self._session, token))
            except SlackApiError as error:
                code = error_code(error)
                if code in DEAD_TOKEN:
                    self._refused(code)
                    break
                self._not_met(f"refuses: {code}")
            except (aiohttp.ClientError, TimeoutError, OSError) as error:
                self._not_met(f"no answer: {type(error).__name__}")
            else:
                await self._met(identity, token)
                break
            await asyncio.sleep(RETRY_SLACK.total_seconds())
        self.trouble = None

    def lost(self, workspace: str) -> None:
        """Serve this workspace no more: the app was removed from it, and the settings' token is dead."""
        if self._known is None or self._known[0].workspace != workspace:
            return
        self._known = None
        why = f"the app was removed from {workspace}: install it again and start with its new SLACK_BOT_TOKEN"
        log.error("a workspace is not served", why=why)
        if not self._settings.oauth:
            self.trouble = why

    async def check(self, check_scopes: CheckScopes) -> None:
        """Tell whoever can help that scopes are missing; what needs them says so, the rest works."""
        if self._known is not None:
            identity = self._known[0]
            missing = await check_scopes.of_token(
                identity.workspace, identity.scopes, admins=self._settings.admins, now=self._clock()
            )
            _warn(identity.workspace, missing)
        for installation in await check_scopes(now=self._clock()):
            _warn(installation.workspace, installation.missing(check_scopes.needed))

    async def _met(self, identity: Identity, token: Secret) -> None:
        await self._workspaces.meet(
            identity.workspace, identity.workspace_name, enterprise=identity.enterprise, now=self._clock()
        )
        service = Service(token=token, bot_id=identity.bot_id, bot_user=identity.bot_user)
        self._known = (identity, service)
        log.info("met Slack", workspace=identity.workspace, name=identity.workspace_name)

    def _refused(self, code: str) -> None:
        advice = f"Slack refuses SLACK_BOT_TOKEN ({code}): reinstall the app and set the new token"
        if not self._settings.oauth:
            raise SlackRefuses(advice) from None
        # The workspaces that installed the app are served all the same.
        log.error("a workspace is not served", why=advice)

    def _not_met(self, why: str) -> None:
        """Say once, not at every try, that Slack does not answer."""
        if self.trouble != why:
            log.warning("Slack not met yet, trying on", why=why)
        self.trouble = why


def _warn(workspace: str, missing: tuple[str, ...]) -> None:
    if missing:
        log.warning(
            "scopes are missing: install the app again", workspace=workspace, missing=", ".join(missing)
        )
