"""Many workspaces, put together: who installs the app, whose token serves whom, and how tokens live on."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError

from bot.domain.errors import WalltimeError
from bot.domain.installations import Installation
from bot.jobs.engine import Engine
from bot.jobs.rotating import Rotating
from bot.jobs.tasks import Tasks
from bot.slack.clients import Clients, Service
from bot.slack.grants import SlackGrants
from bot.slack.manifest import SCOPES
from bot.store.engine import Database
from bot.store.install_states import SqlInstallStates
from bot.store.installations import SqlInstallations
from bot.store.notices import SqlNotices
from bot.store.vault import KeyRing
from bot.store.workspaces import SqlWorkspaces
from bot.usecases.check_scopes import CheckScopes
from bot.usecases.install_app import InstallApp
from bot.usecases.renew_bot_token import LEASE, RenewBotToken
from bot.web.install import Installs
from bot.wiring.settings import Settings

NEEDED: Final = frozenset(SCOPES)

log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True)
class Installing:
    """What installing adds to the bot; without OAuth its `clients` serve the settings' token alone."""

    clients: Clients
    check_scopes: CheckScopes
    door: Installs | None = None
    rotating: Rotating | None = None

    def keep_time(self, engine: Engine, tick: timedelta) -> None:
        """Renew tokens by the clock."""
        if self.rotating is not None:
            engine.every(tick, "bot tokens", self.rotating.turn)


def installing(
    settings: Settings,
    *,
    database: Database,
    ring: KeyRing,
    session: aiohttp.ClientSession,
    own: Callable[[], tuple[str, Service] | None],
    tasks: Tasks,
    clock: Callable[[], datetime],
) -> Installing:
    """Put it together; `own` is the settings' token and its workspace, once Slack has told."""
    installations = SqlInstallations(database, ring)
    check = CheckScopes(installations=installations, notices=SqlNotices(database), needed=NEEDED)
    client_id, client_secret, public_url = (
        settings.slack_client_id,
        settings.slack_client_secret,
        settings.public_url,
    )
    if client_id is None or client_secret is None or public_url is None:
        clients = Clients(api_url=settings.slack_api_url, session=session, clock=clock, own=own)
        return Installing(clients=clients, check_scopes=check)
    grants = SlackGrants(
        api_url=settings.slack_api_url,
        public_url=public_url,
        client_id=client_id,
        client_secret=client_secret,
        scopes=list(SCOPES),
        session=session,
    )
    workspaces, states = SqlWorkspaces(database), SqlInstallStates(database)
    renew = RenewBotToken(grants=grants, installations=installations)

    async def meet(workspace: str, enterprise: str) -> None:
        """Note to which organisation a workspace belongs whose request came; ask its name aside."""
        if await workspaces.join(workspace, enterprise, now=clock()):
            tasks.spawn(name(workspace, enterprise), name="name a workspace")

    async def name(workspace: str, enterprise: str) -> None:
        try:
            team = (await clients.of(workspace).team_info(team=workspace))["team"]
        except (SlackApiError, aiohttp.ClientError, TimeoutError, OSError) as error:
            log.info("a workspace's name is not known", workspace=workspace, why=type(error).__name__)
            return
        await workspaces.meet(workspace, str(team.get("name") or ""), enterprise=enterprise, now=clock())

    async def renew_in_time(held: Installation, now: datetime) -> WalltimeError | None:
        error = await renew(held, now=now)
        clients.forget(held.workspace)
        return error

    clients = Clients(
        api_url=settings.slack_api_url,
        session=session,
        clock=clock,
        own=own,
        installations=installations,
        renew_at_once=lambda held, now: renew.at_once(held, now=now),
        meet=meet,
    )
    install_app = InstallApp(
        grants=grants, states=states, installations=installations, needed=NEEDED, forget=clients.forget
    )
    return Installing(
        clients=clients,
        check_scopes=check,
        door=Installs(
            install_app, command=settings.command, is_https=public_url.startswith("https:"), clock=clock
        ),
        rotating=Rotating(installations, renew_in_time, tasks, clock=clock, lease=LEASE),
    )
