"""All checks, one after the other: `python -m tests`. The inner loop: `python -m tests unit`."""

import subprocess
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parent.parent
PYTHON: Final = sys.executable
BIN: Final = Path(PYTHON).parent

CHECKS: Final = {
    "lint": [PYTHON, "-m", "ruff", "check", "."],
    "format": [PYTHON, "-m", "ruff", "format", "--check", "."],
    "types": [PYTHON, "-m", "mypy"],
    "floors": [str(BIN / "lint-imports"), "--no-cache"],
    "compose": [
        str(BIN / "check-jsonschema"),
        "--builtin-schema",
        "vendor.compose-spec",
        "docs/deploy/compose.yaml",
    ],
    "kubernetes": [str(BIN / "kubernetes-validate"), "--strict", "docs/deploy/kubernetes.yaml"],
    # Most tests wait for something: four at a time keep two cores busy.
    "tests": [PYTHON, "-m", "pytest", "-n", "4", "--dist", "worksteal"],
}
UNIT: Final = {"unit": [PYTHON, "-m", "pytest", "tests/unit", "-q", "-n", "2"]}


def main(wanted: list[str]) -> int:
    """Run the checks named, or all; stop at none, so that one run tells everything."""
    every = CHECKS | UNIT
    unknown = [name for name in wanted if name not in every]
    if unknown:
        print(f"no such check: {', '.join(unknown)}; there is {', '.join(every)}", file=sys.stderr)
        return 2
    failed = []
    for name in wanted or CHECKS:
        print(f"== {name}: {' '.join(Path(part).name for part in every[name])}", flush=True)
        if subprocess.run(every[name], cwd=ROOT, check=False).returncode != 0:  # noqa: S603 (fixed commands)
            failed.append(name)
    print(f"== failed: {', '.join(failed)}" if failed else "== all well", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
