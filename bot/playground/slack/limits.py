"""Rate limits: so many calls a minute per method and workspace, about one post a second per channel."""

import math
from collections.abc import Callable, Hashable

TIER_1, TIER_2, TIER_3, TIER_4 = 1, 20, 50, 100

PER_MINUTE: dict[str, int] = {
    # Tier 1 on paper; apps that reconnect a few times in a row are not refused in practice.
    "apps.connections.open": TIER_2,
    "auth.test": 600,
    "chat.delete": TIER_3,
    "chat.postEphemeral": TIER_4,
    "chat.update": TIER_3,
    "conversations.history": TIER_3,
    "conversations.info": TIER_3,
    "conversations.members": TIER_4,
    "conversations.open": TIER_3,
    "conversations.replies": TIER_3,
    "files.completeUploadExternal": TIER_4,
    "files.getUploadURLExternal": TIER_4,
    "team.info": TIER_3,
    "users.conversations": TIER_3,
    "users.info": TIER_4,
    "users.list": TIER_2,
    "views.open": TIER_4,
    "views.publish": TIER_4,
    "views.push": TIER_4,
    "views.update": TIER_4,
}
SECONDS_PER_MINUTE = 60


class Limits:
    """Token buckets; `enabled = False` lets everything through.

    `per_minute` holds calls a minute per method and workspace (a missing method is unlimited);
    `posts_per_second` and `burst` are for chat.postMessage per channel,
    `posts_per_minute` for chat.postMessage per workspace.
    `seconds` is what callers wait by: real ones, unless their clock runs faster.
    """

    def __init__(self, seconds: Callable[[], float]) -> None:
        self.enabled = True
        self.per_minute = dict(PER_MINUTE)
        self.posts_per_second = 1.0
        self.burst = 5
        self.posts_per_minute = 600
        self._seconds = seconds
        self._buckets: dict[Hashable, tuple[float, float]] = {}

    def reset(self) -> None:
        """Forget every call so far."""
        self._buckets.clear()

    def refuse(self, method: str, *, team: str, channel: str | None = None) -> int | None:
        """Count one call; return None if it may pass, else the seconds to wait."""
        if not self.enabled:
            return None
        if method == "chat.postMessage":
            return self._take((team, channel), capacity=self.burst, rate=self.posts_per_second) or self._take(
                (team,), capacity=self.posts_per_minute, rate=self.posts_per_minute / SECONDS_PER_MINUTE
            )
        calls = self.per_minute.get(method)
        if calls is None:
            return None
        return self._take((team, method, None), capacity=calls, rate=calls / SECONDS_PER_MINUTE)

    def _take(self, key: Hashable, *, capacity: float, rate: float) -> int | None:
        now = self._seconds()
        tokens, seen = self._buckets.get(key, (float(capacity), now))
        tokens = min(float(capacity), tokens + max(now - seen, 0.0) * rate)
        if tokens >= 1:
            self._buckets[key] = (tokens - 1, now)
            return None
        self._buckets[key] = (tokens, now)
        return max(1, math.ceil((1 - tokens) / rate))
