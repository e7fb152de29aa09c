"""All checks, one after the other: `python -m tests`. The inner loop: `python -m tests unit`."""

import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parent.parent
PYTHON: Final = sys.executable
BIN: Final = Path(PYTHON).parent
Command = Sequence[str]

# Each check: commands that run side by side.
CHECKS: Final[Mapping[str, Sequence[Command]]] = {
    "lint": [[PYTHON, "-m", "ruff", "check", "."]],
    "format": [[PYTHON, "-m", "ruff", "format", "--check", "."]],
    "types": [[PYTHON, "-m", "mypy"]],
    "floors": [[str(BIN / "lint-imports"), "--no-cache"]],
    "compose": [
        [
            str(BIN / "check-jsonschema"),
            "--builtin-schema",
            "vendor.compose-spec",
            "docs/deploy/compose.yaml",
        ]
    ],
    "kubernetes": [[str(BIN / "kubernetes-validate"), "--strict", "docs/deploy/kubernetes.yaml"]],
    # Most tests wait for something: four at a time keep two cores busy.
    "tests": [[PYTHON, "-m", "pytest", "-n", "4", "--dist", "worksteal"]],
}
# Without databases and sockets, with fewer examples. Two halves: workers of one run would all collect it all.
SMALL: Final = [PYTHON, "-m", "pytest", "-q", "-m", "not database and not slow"]
SMALL_TOO: Final = ["--hypothesis-profile", "inner loop", "-p", "no:cacheprovider"]
WORDS: Final = ["tests/unit/views"]
RULES: Final = [
    "tests/unit",
    *(f"--ignore=tests/unit/{folder}" for folder in ("views", "store", "cluster")),
]
UNIT: Final[Mapping[str, Sequence[Command]]] = {
    "unit": [[*SMALL, *half, *SMALL_TOO] for half in (RULES, WORDS)],
}


def main(wanted: list[str]) -> int:
    """Run the checks named, or all; stop at none, so that one run tells everything."""
    every = {**CHECKS, **UNIT}
    unknown = [name for name in wanted if name not in every]
    if unknown:
        print(f"no such check: {', '.join(unknown)}; there is {', '.join(every)}", file=sys.stderr)
        return 2
    failed = [name for name in wanted or CHECKS if not _is_well(name, every[name])]
    print(f"== failed: {', '.join(failed)}" if failed else "== all well", flush=True)
    return 1 if failed else 0


def _is_well(name: str, commands: Sequence[Command]) -> bool:
    """Run a check; what the first command says is seen at once, the others' words follow."""
    for command in commands:
        print(f"== {name}: {' '.join(Path(part).name for part in command)}", flush=True)
    first, *others = commands
    with tempfile.TemporaryFile() as said:
        beside = [_begin(command, stdout=said, stderr=said) for command in others]
        ends = [_begin(first).wait(), *(each.wait() for each in beside)]
        said.seek(0)
        sys.stdout.buffer.write(said.read())
    return not any(ends)


def _begin(command: Command, **streams: Any) -> subprocess.Popen[bytes]:
    return subprocess.Popen(command, cwd=ROOT, **streams)  # noqa: S603 (fixed commands)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
