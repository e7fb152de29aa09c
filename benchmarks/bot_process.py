"""The real bot as a process of its own, on a port of its own: started, killed, stopped, and weighed."""

import asyncio
import json
import os
import signal
import socket
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Final

import aiohttp

from bot.playground.cluster import ClusterTwin
from bot.playground.slack import SlackTwin

BOT_TOKEN: Final = "xoxb-replay"  # noqa: S105 (of a stand-in)
APP_TOKEN: Final = "xapp-replay"  # noqa: S105 (of a stand-in)
SIGNING_SECRET: Final = "replay-signing-secret"  # noqa: S105 (of a stand-in)
START_S: Final = 60.0
LOOK_S: Final = 0.05
ROOT: Final = Path(__file__).parent.parent
_PROC: Final = Path("/proc")


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def settings_for(
    slack: SlackTwin,
    cluster: ClusterTwin,
    folder: Path,
    *,
    timezone: str,
    poll_interval: timedelta,
    socket_mode: bool = False,
) -> dict[str, str]:
    """Return the environment of a bot that serves this Slack, over HTTP or not, and polls this cluster."""
    door = {"SLACK_APP_TOKEN": APP_TOKEN} if socket_mode else {"SLACK_SIGNING_SECRET": SIGNING_SECRET}
    described = {
        "name": cluster.name,
        "label": "iPSC",
        "url": cluster.url,
        "platform_url": cluster.platform_url,
        "cluster_id": cluster.cluster_id,
        "timezone": timezone,
    }
    return {
        "SLACK_BOT_TOKEN": BOT_TOKEN,
        **door,
        "SLACK_API_URL": slack.api_url,
        "WALLTIME_CLUSTERS": json.dumps([described]),
        "WALLTIME_DATA_DIR": str(folder),
        "WALLTIME_POLL_INTERVAL": f"{poll_interval // timedelta(seconds=1)}s",
        "WALLTIME_LOG_FORMAT": "json",
    }


@dataclass(kw_only=True)
class BotProcess:
    """`python -m` with `words` and these settings; `log` is what it wrote in all its lives."""

    settings: Mapping[str, str]
    log: Path
    words: tuple[str, ...] = ("bot", "run")
    port: int = field(default_factory=free_port)
    kills: int = 0
    _process: asyncio.subprocess.Process | None = None
    _spent_s: float = 0.0

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def is_running(self) -> bool:
        """Whether the process is there, be it ready or not."""
        return self._process is not None and self._process.returncode is None

    @property
    def cpu_s(self) -> float:
        """Seconds of processor time that all its lives took."""
        living = self._process.pid if self._process is not None and self.is_running else None
        return self._spent_s + (0.0 if living is None else cpu_s(living))

    @property
    def memory_mb(self) -> float:
        """Resident megabytes now; 0 when it does not run."""
        return 0.0 if self._process is None or not self.is_running else memory_mb(self._process.pid)

    async def begin(self) -> None:
        """Start the process; it is not ready yet."""
        kept = {
            name: value for name, value in os.environ.items() if not name.startswith(("WALLTIME_", "SLACK_"))
        }
        with self.log.open("ab") as out:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                *self.words,
                cwd=ROOT,
                env={**kept, **self.settings, "WALLTIME_HTTP_PORT": str(self.port)},
                stdout=out,
                stderr=out,
            )

    async def start(self) -> None:
        """Start the process, and wait until it is ready."""
        await self.begin()
        async with asyncio.timeout(START_S):
            while not await self.is_ready():
                self.check_alive()
                await asyncio.sleep(LOOK_S)

    async def kill(self) -> None:
        """Pull the plug."""
        self.check_alive()
        await self.close()
        self.kills += 1

    async def stop(self) -> None:
        """Ask it to stop, and see that it does."""
        self.check_alive()
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)
            self._spent_s = self.cpu_s
            code = await asyncio.wait_for(self._process.wait(), START_S)
            if code:
                raise RuntimeError(f"the bot ended with {code}; see {self.log}")

    def check_alive(self) -> None:
        """Raise if the bot ended by itself."""
        if not self.is_running:
            raise RuntimeError(f"the bot has ended; see {self.log}")

    async def close(self) -> None:
        """End what still runs."""
        if self._process is not None and self._process.returncode is None:
            self._spent_s = self.cpu_s
            self._process.kill()
            await self._process.wait()

    async def ended(self) -> int:
        """Wait until it has ended, and return its exit code."""
        return 0 if self._process is None else await self._process.wait()

    async def is_ready(self) -> bool:
        """Ask `/readyz`."""
        try:
            async with aiohttp.ClientSession() as session, session.get(f"{self.url}/readyz") as answer:
                return answer.status == HTTPStatus.OK
        except aiohttp.ClientError:
            return False


def cpu_s(pid: int) -> float:
    """Seconds of processor time of a process and of its children that have ended; 0 when it is gone."""
    try:
        after_name = (_PROC / str(pid) / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return sum(int(ticks) for ticks in after_name[11:15]) / os.sysconf("SC_CLK_TCK")


def memory_mb(pid: int) -> float:
    """Resident megabytes of a process."""
    pages = int((_PROC / str(pid) / "statm").read_text(encoding="utf-8").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20
