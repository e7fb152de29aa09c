"""The program as a process of its own that costs no start-up: forked from a server that has imported it.

It has its own environment, folder, output and end, as a command of the shell has; only the start of the
interpreter and the imports are spared. `tests/integration/cli/test_commands.py` starts it the long way, too.
"""

import multiprocessing
import os
import sys
from collections.abc import Mapping, Sequence
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Final

from bot.cli import main

# What `run` and `doctor` import when they are called.
IMPORTED: Final = ("tests.forked", "bot.cli.run", "bot.cli.doctor", "bot.cli.manifest", "bot.jobs.replicated")

FORKS: Final = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(list(IMPORTED))


def fork(
    words: Sequence[str], *, env: Mapping[str, str], cwd: Path, out: Path, err: Path
) -> ForkServerProcess:
    """Begin `walltime-bot` with these words; it appends what it says to these files, which may be one."""
    for path in (out, err):
        path.touch()
    process = FORKS.Process(target=_become, args=(list(words), dict(env), cwd, out, err))
    process.start()
    return process


def _become(words: list[str], env: dict[str, str], cwd: Path, out: Path, err: Path) -> None:
    os.environ.clear()
    os.environ.update(env)
    os.chdir(cwd)
    for stream, path in ((1, out), (2, err)):
        file = os.open(path, os.O_WRONLY | os.O_APPEND)
        os.dup2(file, stream)
        os.close(file)
    sys.argv = ["walltime-bot", *words]
    main()
