"""The bot as an operator runs it: a process of its own, which can be stopped, killed and started again."""

import asyncio
import os
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import aiohttp

from tests.forked import fork
from tests.world import World, until

START_S = 60.0


class Process:
    """A running `walltime-bot run` and what it wrote to its log."""

    def __init__(self, process: ForkServerProcess, log: Path) -> None:
        self._process = process
        self._log = log

    @property
    def log(self) -> str:
        return self._log.read_text(encoding="utf-8")

    @property
    def pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    async def port(self) -> int:
        """Wait until the bot says where it listens."""

        async def look() -> str:
            assert not self.ended, self.log
            found = re.search(r'"?port"?[=:] ?(\d+)', self.log)
            return found.group(1) if found else ""

        return int(await until(look, bool, START_S))

    async def kill(self) -> None:
        """Pull the plug."""
        self._process.kill()
        await self.end()

    async def stop(self) -> int:
        """Ask it to stop; return its exit code."""
        self._process.terminate()
        return await self.end()

    async def end(self) -> int:
        """Wait for its end; return its exit code."""
        await asyncio.to_thread(self._process.join, START_S)
        code = self._process.exitcode
        assert code is not None, f"still there after {START_S:g} s:\n{self.log}"
        return code

    @property
    def ended(self) -> bool:
        return self._process.exitcode is not None


@asynccontextmanager
async def running(world: World, *, name: str = "bot", **more: str) -> AsyncIterator[Process]:
    """Run the bot as a process until the block ends, and wait until it is ready; it logs under its name."""
    log = world.data_dir.parent / f"{name}.log"
    settings = {**world.environ(), "WALLTIME_LOG_LEVEL": "debug", **more}
    bot = Process(fork(["run"], env=_environ(settings), cwd=Path.cwd(), out=log, err=log), log)
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
    log = world.data_dir.parent / "said.log"
    environ = _environ({**world.environ(), **more})
    bot = Process(fork(words, env=environ, cwd=Path.cwd(), out=log, err=log), log)
    code, said = await bot.end(), bot.log
    log.unlink()
    return code, said


def _environ(settings: dict[str, str]) -> dict[str, str]:
    """This process's environment with the bot's settings in place of any that are there."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("WALLTIME_", "SLACK_"))}
    return {**kept, **settings}
