"""Discretion: what of an alert a channel may be told, as it is read at this moment."""

from dataclasses import dataclass

from bot.domain.audience import Guard
from bot.domain.errors import AudienceUnknown, ChannelClosed, TellingFailed, TellingPaused, TellingRefused
from bot.domain.limits import PlaceKind
from bot.domain.standing import Audience
from bot.ports.alerting import Alert
from bot.usecases.counting import Counting
from bot.usecases.delivery.turn import Turn
from bot.usecases.guard_audience import GuardAudience


@dataclass(frozen=True, kw_only=True, slots=True)
class Discretion:
    """Compares whose use an alert tells with who agreed to the channel's readers."""

    guard: GuardAudience
    counting: Counting

    async def is_gone(self, turn: Turn, alert: Alert) -> bool:
        """Tell whether the one whose use an alert tells is no longer on the channel's team."""
        if turn.place.kind is PlaceKind.DM or not alert.subject:
            return False
        guard = await self._guard(turn)
        return alert.subject not in guard.agreed | guard.lapsed

    async def withholds(self, turn: Turn, alert: Alert) -> Audience | None:
        """Return the readers that keep an alert from being told, None if it may be.

        Raises TellingRefused, TellingPaused or TellingFailed where the readers cannot be known.
        """
        if turn.place.kind is PlaceKind.DM:
            return None
        guard = await self._guard(turn)
        if not guard.lapsed:
            return None
        counted = await self.counting.one(alert.limit, alert.subject, now=turn.now)
        users = {link.person.user for link in counted.links} or {alert.subject}
        return None if guard.may_sum(users) else guard.audience

    async def _guard(self, turn: Turn) -> Guard:
        if turn.guard is None:
            try:
                turn.guard = await self.guard(turn.workspace, turn.place.slack_id, now=turn.now)
            except ChannelClosed as closed:
                raise TellingRefused(closed.reason, place_is_out=True) from closed
            except AudienceUnknown as unknown:
                if unknown.wait is not None:
                    raise TellingPaused(unknown.wait) from unknown
                raise TellingFailed("Slack does not say who reads the channel") from unknown
        return turn.guard
