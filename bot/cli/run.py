"""`walltime-bot run`."""

import asyncio
import signal

import structlog

from bot.wiring.bot import Bot
from bot.wiring.logs import set_up_logs
from bot.wiring.settings import Settings

log = structlog.get_logger(__name__)


async def run(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT, then finish what is under way."""
    set_up_logs(level=settings.log_level, style=settings.log_format)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with Bot(settings) as bot:
        await bot.run_until(stop)
        log.info("stopping")
