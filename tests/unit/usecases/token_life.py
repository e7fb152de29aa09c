"""One link's months by the rules alone: a platform and a cluster that fail to order, no store, no network."""

from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import Final

from bot.domain.health import Event, Happened, Health, State, renewable_until
from bot.domain.renewal import renew_at
from bot.ports.renewal import Held
from bot.usecases.keep_health import after
from tests.unit.kit import NOW, link

HOUR: Final = timedelta(hours=1)
GAP: Final = timedelta(minutes=10)
# For so long an exchanged token can still be exchanged.
GRACE: Final = timedelta(minutes=15)
NEVER: Final = datetime.max.replace(tzinfo=NOW.tzinfo)

Spans = tuple[tuple[datetime, datetime], ...]


class TokenLife:
    """A link, its token as the platform knows it, and what its owner heard."""

    def __init__(
        self, seed: int, *, outages: Spans = (), platform_outages: Spans = (), failing: float = 0.05
    ) -> None:
        self._dice = dice = Random(seed)  # noqa: S311 (repeatable is the point)
        self._outages = outages
        self._platform_outages = platform_outages
        self._failing = failing
        self.now = NOW
        self.told: list[tuple[datetime, State]] = []
        self.lost: list[tuple[datetime, State]] = []
        self.ends: list[datetime] = []  # of all its tokens
        self.trail: list[str] = []
        self._failures = 0
        self._dies_at: datetime | None = None
        self._held = Held(
            link=link(link_id=f"{dice.getrandbits(128):032x}", token_expires_at=NOW),
            generation=1,
            stored_at=NOW,
            health=Health(since=NOW),
            renew_at=NOW,
        )
        self._poll_at = NOW
        self._link_again()

    def live(self, until: datetime) -> None:
        """Let the bot renew and poll what is due; who loses the link links again some hours later."""
        while (due := min(self._held.renew_at or NEVER, self._poll_at)) < until:
            self.now = max(self.now, due)
            if self._held.renew_at is not None and self._held.renew_at <= self.now:
                self._renew()
            else:
                self._poll()
            if self._held.health.state in {State.EXPIRED, State.REFUSED}:
                self.lost.append((self.now, self._held.health.state))
                self.now += self._dice.uniform(2, 12) * HOUR
                while self._in(self._outages):
                    self.now += HOUR
                self._link_again()

    def _link_again(self) -> None:
        expires_at = self._fresh_end()
        self._held = replace(
            self._held,
            link=replace(self._held.link, token_expires_at=expires_at),
            stored_at=self.now,
            health=Health(since=self.now),
            renew_at=renew_at(self._held.link.link_id, stored_at=self.now, expires_at=expires_at),
        )
        self._poll_at = self.now + 6 * GAP
        self._note("linked")

    def _fresh_end(self) -> datetime:
        self._dies_at = None
        self.ends.append(self.now + self._dice.uniform(12, 24) * HOUR)
        return self.ends[-1]

    def _renew(self) -> None:
        expires_at = self._held.link.token_expires_at
        last = renewable_until(expires_at)
        assert last is not None
        if self.now > last:
            self._happens(Happened.TIME_PASSED)
        elif self._in(self._outages) or self._in(self._platform_outages):
            self._happens(Happened.RENEWAL_FAILED)
        elif self._dies_at is not None and self.now >= self._dies_at:
            self._happens(Happened.RENEWAL_REFUSED, "10008")
        elif (rolled := self._dice.random()) < self._failing * 0.8:
            self._happens(Happened.RENEWAL_FAILED)
        elif rolled < self._failing:
            # Carried out, but the answer is lost.
            self._dies_at = self._dies_at or self.now + GRACE
            self._happens(Happened.RENEWAL_FAILED)
        else:
            fresh = self._fresh_end()
            self._held = replace(
                self._held,
                link=replace(self._held.link, token_expires_at=fresh),
                generation=self._held.generation + 1,
                stored_at=self.now,
            )
            self._happens(Happened.RENEWED)

    def _poll(self) -> None:
        self._poll_at = self.now + 6 * GAP
        expires_at = self._held.link.token_expires_at
        assert expires_at is not None
        if not self._held.health.is_polled:
            self._poll_at = NEVER
        elif self._in(self._outages):
            self._poll_failed()
        elif self.now >= expires_at or (self._dies_at is not None and self.now >= self._dies_at):
            was_turned_down = self._held.health.turned_down
            self._happens(Happened.POLL_REFUSED, "10008")
            if self._held.health.state is State.RENEWING and not was_turned_down:
                self._renew()
            if self._held.health.state is not State.HEALTHY:
                self._poll_failed()
        else:
            self._failures = 0
            if self._held.health.state is not State.HEALTHY:
                self._happens(Happened.POLL_ANSWERED)

    def _poll_failed(self) -> None:
        self._failures += 1
        self._poll_at = self.now + GAP * min(self._failures * 0.2, 1)

    def _happens(self, what: Happened, code: str = "") -> None:
        change = after(self._held, Event(what=what, code=code), now=self.now)
        if change.poll_at is not None:
            self._poll_at = change.poll_at
        if change.notice is not None:
            self.told.append((self.now, change.health.state))
        self._held = replace(self._held, health=change.health, renew_at=change.renew_at)
        self._note(f"{what} {code} -> {change.health.state}{' TOLD' if change.notice else ''}")

    def _note(self, what: str) -> None:
        expires = self._held.link.token_expires_at
        self.trail.append(f"{self.now:%d %H:%M:%S} {what} (ends {expires:%d %H:%M})")

    def _in(self, spans: Spans) -> bool:
        return any(start <= self.now < end for start, end in spans)
