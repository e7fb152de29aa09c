"""The clients of a bot that has one workspace, by the token of its settings."""

from datetime import UTC, datetime

import aiohttp

from bot.domain.secret import Secret
from bot.slack.clients import Clients, Service
from tests.playground.slack_kit import BOT_TOKEN, TEAM, Lab


def clients_of(lab: Lab, session: aiohttp.ClientSession) -> Clients:
    service = Service(token=Secret(BOT_TOKEN), bot_id=None, bot_user=None)
    return Clients(
        api_url=lab.twin.api_url,
        session=session,
        clock=lambda: datetime.now(UTC),
        own=lambda: (TEAM, service),
    )
