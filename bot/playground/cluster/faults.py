"""Faults to order: what goes wrong, for whom, how often."""

from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Any, Final, Literal

Kind = Literal[
    "big",
    "code",
    "code_int",
    "cookie",
    "data",
    "gzip_bomb",
    "hang",
    "html",
    "lose_answer",
    "not_json",
    "redirect",
    "reset",
    "slow",
    "truncated",
    "unknown_path",
]
Endpoint = Literal["walltime", "renew", "state", "center", "login", "cluster", "unknown", "*"]

UNSET: Final = object()


@dataclass(frozen=True, kw_only=True)
class ClusterFault:
    """One fault. It hits calls of `endpoint` ("*": all) that concern `username` (None: anyone's).

    `times` hits at most so many calls, `share` this fraction of them, `delay` (real time) comes first.
    `code`, `msg`, `data`, `http_status` belong to "code"; `data`, or `literal` as raw JSON text, to "data";
    `location` to "redirect". "slow" needs a delay. "lose_answer" does what was asked, then resets.
    """

    kind: Kind
    username: str | None = None
    endpoint: Endpoint = "walltime"
    times: int | None = None
    share: float = 1.0
    delay: timedelta = timedelta(0)
    code: str = "10001"
    msg: str | None = None
    data: Any = UNSET
    literal: str | None = None
    http_status: int = 200
    location: str | None = None

    def __post_init__(self) -> None:
        if self.kind == "slow" and not self.delay:
            raise ValueError("a slow answer needs a delay")
        if self.kind == "redirect" and self.location is None:
            raise ValueError("a redirect needs a location")


class ClusterFaults:
    """The faults in force, oldest first; the first that fits a call hits it."""

    def __init__(self, *, seed: int) -> None:
        self._dice = Random(seed)  # noqa: S311 - repeatable is the point
        self._left: list[tuple[ClusterFault, list[int]]] = []

    def add(self, fault: ClusterFault) -> ClusterFault:
        """Put a fault in force; returns it, for `remove`."""
        self._left.append((fault, [] if fault.times is None else [fault.times]))
        return fault

    def remove(self, fault: ClusterFault) -> None:
        """End one fault; does nothing when it ended by itself."""
        self._left = [(each, left) for each, left in self._left if each is not fault]

    def clear(self) -> None:
        """End all faults. Calls that hang already go on hanging."""
        self._left.clear()

    def __bool__(self) -> bool:
        return bool(self._left)

    def hit(self, *, endpoint: str, names: frozenset[str]) -> ClusterFault | None:
        """Return the fault that hits this call about a user of these names, and count it."""
        for fault, left in self._left:
            if fault.endpoint not in ("*", endpoint) or (
                fault.username is not None and fault.username not in names
            ):
                continue
            if fault.share < 1 and self._dice.random() >= fault.share:
                continue
            if left:
                left[0] -= 1
                if left[0] <= 0:
                    self.remove(fault)
            return fault
        return None
