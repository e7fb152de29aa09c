"""How long ago the request arrived that is being worked on: Slack waits three seconds, and then no more."""

import time
from contextvars import ContextVar

_arrived_at: ContextVar[float] = ContextVar("arrived_at")


def arrives() -> None:
    """Note that a request is here; whatever is started for it knows since when."""
    _arrived_at.set(time.monotonic())


def waiting_s() -> float:
    """Return the seconds since then; 0 where nothing arrived."""
    now = time.monotonic()
    return now - _arrived_at.get(now)
