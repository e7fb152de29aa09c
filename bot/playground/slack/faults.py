"""Faults that somebody switches on: errors, cut connections, lost answers, delays."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Literal

Kind = Literal[
    "error", "ratelimited", "http_500", "http_html", "reset", "lose_answer", "slow", "hang", "refuse"
]


@dataclass(frozen=True, kw_only=True, eq=False)
class Fault:
    """What goes wrong, where, and how many times (`times=None`: until cleared).

    `share` strikes only this fraction of the calls. `method` is one of the Web API's, `response_url`,
    `handshake` (of Socket Mode), or `*` for all but that. `error` is the error of kind `error`; `retry_after`
    and `delay` are seconds or a timedelta.
    """

    method: str
    kind: Kind
    times: int | None = 1
    share: float = 1.0
    retry_after: float | timedelta = 1
    error: str = "internal_error"
    delay: float | timedelta = 1
    team: str | None = None
    channel: str | None = None

    @property
    def retry_after_seconds(self) -> int:
        """Whole seconds for the Retry-After header, at least 1."""
        return max(1, round(_seconds(self.retry_after)))

    @property
    def delay_seconds(self) -> float:
        """Seconds that kind `slow` waits before the answer."""
        return _seconds(self.delay)

    def concerns(self, method: str, *, team: str | None, channel: str | None) -> bool:
        """Tell whether it applies to this call; `*` leaves the WebSocket handshake alone."""
        named = self.method == method or (self.method == "*" and method != "handshake")
        return named and self.team in {None, team} and self.channel in {None, channel}


class Faults:
    """The faults switched on, first come first served; `struck` counts the calls hit, by kind."""

    def __init__(self, *, seed: int = 1) -> None:
        self.struck: Counter[Kind] = Counter()
        self._dice = Random(seed)  # noqa: S311 - repeatable is the point
        self._left: dict[Fault, int | None] = {}

    def add(self, *faults: Fault) -> None:
        """Switch faults on; each strikes `times` times."""
        self._left.update((fault, fault.times) for fault in faults)

    def clear(self) -> None:
        """Switch every fault off."""
        self._left.clear()

    def strike(self, method: str, *, team: str | None = None, channel: str | None = None) -> Fault | None:
        """Return the fault that this call meets, if any, and count it."""
        fault = self._first(self._left, method, team=team, channel=channel)
        if fault is None:
            return None
        self.struck[fault.kind] += 1
        left = self._left[fault]
        if left is not None and left <= 1:
            del self._left[fault]
        elif left is not None:
            self._left[fault] = left - 1
        return fault

    def _first(
        self, faults: Iterable[Fault], method: str, *, team: str | None, channel: str | None
    ) -> Fault | None:
        concerned = (fault for fault in faults if fault.concerns(method, team=team, channel=channel))
        return next(
            (fault for fault in concerned if fault.share >= 1 or self._dice.random() < fault.share), None
        )


def _seconds(span: float | timedelta) -> float:
    return span.total_seconds() if isinstance(span, timedelta) else float(span)
