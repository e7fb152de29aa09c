"""Commands run in a shell as an operator runs them, and ways to break what they need."""

import asyncio
import os
import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import aiohttp

from bot.store.vault import new_key
from tests.forked import fork
from tests.process import START_S, Process
from tests.world import World

ROOT = Path(__file__).parents[3]
COMMANDS = ("run", "demo", "doctor", "manifest", "keys", "db")
PORT_TAKEN = "address already in use"


@dataclass(frozen=True)
class Ended:
    """How a process ended, and what it said."""

    code: int
    out: str
    err: str

    def findings(self) -> dict[str, str]:
        """Doctor's lines: what was checked, and the rest of the line, `ok` or `FAIL` in front."""
        lines = (re.fullmatch(r"(ok  |FAIL) ([^:]+): (.*)", line) for line in self.out.splitlines())
        found = [line for line in lines if line]
        assert len(found) == len(self.out.splitlines()), self.out
        return {line[2]: f"{line[1].strip()} {line[3]}" for line in found}


def clean(home: Path, environ: Mapping[str, str]) -> dict[str, str]:
    """An environment with nothing of ours in it, and a home that is not yours."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "TZ") if name in os.environ}
    return {**kept, "HOME": str(home), "COLUMNS": "120", **environ}


async def shell(
    home: Path,
    *words: str,
    program: Sequence[str] | None = None,
    cwd: Path = ROOT,
    env: Mapping[str, str] | None = None,
) -> Ended:
    """Run one command to its end; a program is started the long way."""
    if program is None:
        return await _forked(words, cwd=cwd, env=clean(home, env or {}))
    process = await asyncio.create_subprocess_exec(
        *program,
        *words,
        cwd=cwd,
        env=clean(home, env or {}),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        out, err = await asyncio.wait_for(process.communicate(), START_S)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode is not None
    assert "Traceback" not in err.decode(), err.decode()
    return Ended(process.returncode, out.decode(), err.decode())


async def _forked(words: Sequence[str], *, cwd: Path, env: Mapping[str, str]) -> Ended:
    with TemporaryDirectory() as folder:
        out, err = Path(folder, "out"), Path(folder, "err")
        code = await Process(fork(words, env=env, cwd=cwd, out=out, err=err), err).end()
        ended = Ended(code, *[path.read_text() for path in (out, err)])
    assert "Traceback" not in ended.err, ended.err
    return ended


@asynccontextmanager
async def started(home: Path, *words: str, **environ: str) -> AsyncIterator[Process]:
    """Run a command until the block ends, whether it gets ready or not."""
    path = home / "process.log"
    bot = Process(fork(words, env=clean(home, environ), cwd=ROOT, out=path, err=path), path)
    try:
        yield bot
    finally:
        if not bot.ended:
            await bot.kill()


def files_in(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


async def get(port: int, path: str) -> tuple[int, str]:
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"http://127.0.0.1:{port}{path}") as answer,
    ):
        return answer.status, await answer.text()


def the_line(ended: Ended) -> str:
    """Return the one line in which the program says why it ends; before it there are only log lines."""
    *before, last = ended.err.splitlines()
    assert last.startswith("walltime-bot: ")
    assert all(line.startswith("{") for line in before), ended.err
    assert not any("Unclosed" in line or "never retrieved" in line for line in before)
    return last


Break = Callable[[World, Path], dict[str, str]]


def file_for_a_folder(_: World, folder: Path) -> dict[str, str]:
    (folder / "file").write_text("")
    return {"WALLTIME_DATA_DIR": str(folder / "file"), "WALLTIME_SECRET_KEYS": new_key()}


def no_database(_: World, folder: Path) -> dict[str, str]:
    (folder / "file").write_text("this is no database " * 100)
    return {"WALLTIME_DATABASE_URL": f"sqlite:///{folder / 'file'}"}


def broken_keys(lab: World, _: Path) -> dict[str, str]:
    lab.data_dir.mkdir()
    (lab.data_dir / "secret_keys").write_text("k1:Y2FuYXJ5")
    return {}
