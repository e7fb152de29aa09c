"""The bot as an operator runs it: a process of its own, which can be stopped, killed and started again."""

import asyncio
import os
import re
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp

from tests.world import World, until

START_S = 60.0


class Process:
    """A running `walltime-bot run` and what it wrote to its log."""

    def __init__(self, process: asyncio.subprocess.Process, log: Path) -> None:
        self._process = process
        self._log = log

    @property
    def log(self) -> str:
        return self._log.read_text(encoding="utf-8")

    @property
    def pid(self) -> int:
        return self._process.pid

    async def port(self) -> int:
        """Wait until the bot says where it listens."""

        async def look() -> str:
            assert self._process.returncode is None, self.log
            found = re.search(r'"?port"?[=:] ?(\d+)', self.log)
            return found.group(1) if found else ""

        return int(await until(look, bool, START_S))

    async def kill(self) -> None:
        """Pull the plug."""
        self._process.kill()
        await self._process.wait()

    async def stop(self) -> int:
        """Ask it to stop; return its exit code."""
        self._process.send_signal(signal.SIGTERM)
        return await asyncio.wait_for(self._process.wait(), START_S)

    @property
    def ended(self) -> bool:
        return self._process.returncode is not None


@asynccontextmanager
async def running(world: World, *, name: str = "bot", **more: str) -> AsyncIterator[Process]:
    """Run the bot as a process until the block ends, and wait until it is ready; it logs under its name."""
    log = world.data_dir.parent / f"{name}.log"
    with log.open("ab") as out:
        started = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "bot",
            "run",
            env=_environ({**world.environ(), "WALLTIME_LOG_LEVEL": "debug", **more}),
            stdout=out,
            stderr=out,
        )
    bot = Process(started, log)
    try:
        port = await bot.port()
        if world.http:
            world.slack.request_url = f"http://127.0.0.1:{port}/slack/events"

        async def ready() -> int:
            async with (
                aiohttp.ClientSession() as session,
                session.get(f"http://127.0.0.1:{port}/readyz") as r,
            ):
                return r.status

        await until(ready, lambda status: status == 200, START_S)
        yield bot
    finally:
        if not bot.ended:
            await bot.kill()
        # The next one listens elsewhere and writes its own log.
        log.rename(log.with_suffix(f".{bot.pid}.log"))


async def run_to_the_end(world: World, *words: str, **more: str) -> tuple[int, str]:
    """Run a command of the shell; return its exit code and all that it printed."""
    started = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bot",
        *words,
        env=_environ({**world.environ(), **more}),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await asyncio.wait_for(started.communicate(), START_S)
    assert started.returncode is not None
    return started.returncode, said.decode()


def _environ(settings: dict[str, str]) -> dict[str, str]:
    """This process's environment with the bot's settings in place of any that are there."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("WALLTIME_", "SLACK_"))}
    return {**kept, **settings}
