"""Speaking: which message goes out next, and what it says."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from bot.domain.alerts import Form, Telling
from bot.domain.installations import InstallNews
from bot.domain.limits import Place, PlaceKind
from bot.ports.alerting import Alert, Notice, NoticeKind
from bot.ports.place_turns import PACE
from bot.usecases.delivery.digests import Digesting
from bot.usecases.delivery.in_hand import InHand
from bot.usecases.delivery.posting import Post, Posting
from bot.usecases.delivery.storms import Storms
from bot.usecases.delivery.team_tables import Tabling
from bot.usecases.delivery.truth import Truth
from bot.usecases.delivery.turn import FIRST_MESSAGE_WITHIN, Drawings, Turn
from bot.usecases.delivery.units import Unit, has_first, is_edit, speaker, units_of

TOO_OLD: Final = timedelta(days=7)
_DIGEST: Final = frozenset({NoticeKind.STANDUP, NoticeKind.STANDUP_PART})
_TABLE: Final = frozenset({NoticeKind.TEAM_TABLE, NoticeKind.TEAM_PART})


@dataclass(frozen=True, kw_only=True, slots=True)
class Speaking:
    """Says one thing a second."""

    turn: Turn
    hand: InHand
    truth: Truth
    posting: Posting
    storms: Storms
    digesting: Digesting
    tabling: Tabling

    async def speak(self) -> None:
        """Post one message: a storm's, else that of the oldest notice that is still true."""
        if self.turn.memory.next_slot(self.turn.now) > self.turn.now:
            return
        units = units_of(notice for notice in self.hand.left if not is_edit(notice))
        if await self.storms.tell([unit for unit in units if has_first(unit)]):
            return
        for unit in units:
            if not self.hand.holds(unit):
                continue  # looking for a storm, some of it was found untrue
            post = await self._post_of(unit)
            if post is not None and post.message is None:
                await self.hand.drop(post.notices, "it cannot be drawn")
            elif post is not None:
                await self.posting.send(post)
                return

    async def _post_of(self, unit: Unit) -> Post | None:
        """Return the message that tells these, or None if they were dropped or have to wait."""
        if unit[0].kind in _DIGEST:
            return await self.digesting.post_of(unit[0])
        if unit[0].kind in _TABLE:
            return await self.tabling.post_of(unit[0])
        if unit[0].kind is not NoticeKind.ALERT:
            return await self._finished(unit[0])
        true = await self.truth.of(unit)
        if true is None:
            return None
        alert, notices = true
        if alert.receipt is None or has_first(notices):
            return await self._first(alert, notices, was_in_hand=has_first(unit))
        message = self.turn.drawn(lambda draw: draw.reply(alert, speaker(notices), now=self.turn.now))
        return Post(
            notices=notices,
            message=message,
            alert=alert,
            thread=alert.receipt,
            broadcast=any(n.owed is not None and n.owed.form is Form.THREAD_AND_CHANNEL for n in notices),
        )

    async def _first(self, alert: Alert, notices: Unit, *, was_in_hand: bool) -> Post | None:
        """Return an alert's own message; a reply becomes it when there is none to reply to."""
        now = self.turn.now
        if not has_first(notices):
            if not was_in_hand and now - notices[0].created_at < FIRST_MESSAGE_WITHIN:
                await self.hand.wait(notices, now + 5 * PACE)
                return None
            if speaker(notices).telling is Telling.RESOLVED and not alert.state.is_open:
                await self.hand.drop(notices, "what it ends was never told")
                return None
        audience = self.turn.withheld.get((alert.limit.limit_id, alert.subject))
        message = self.turn.drawn(
            lambda draw: draw.alert(alert, now=now) if audience is None else draw.withheld(audience)
        )
        return Post(notices=notices, message=message, alert=alert)

    async def _finished(self, notice: Notice) -> Post | None:
        """Return a sentence that was finished when it was owed, or a link's news."""
        why = await self._why_not(notice)
        if why is not None:
            await self.hand.drop([notice], why)
            return None
        return Post(notices=(notice,), message=self.turn.drawn(lambda draw: _drawn(draw, notice)))

    async def _why_not(self, notice: Notice) -> str | None:
        """Return why a finished sentence is no longer true, None if it is."""
        turn = self.turn
        if turn.now - notice.created_at > TOO_OLD:
            return "too old"
        if notice.limit_id is not None:
            limit = await turn.ports.limits.one(turn.workspace, notice.limit_id)
            if limit is None:
                return "the limit is gone"
        if notice.kind is NoticeKind.CHANNEL_TROUBLE:
            channel = Place(kind=PlaceKind.CHANNEL, slack_id=notice.subject)
            trouble = await turn.ports.places.trouble(turn.workspace, channel)
            return "the channel works again" if trouble is None else None
        return None


def _drawn(draw: Drawings, notice: Notice) -> object:
    """Draw what has no alert."""
    if notice.news is not None:
        return draw.news(notice.news)
    if notice.kind is NoticeKind.INSTALLATION:
        return draw.installation(InstallNews.read(notice.text))
    if notice.kind is NoticeKind.TEAM_LEFT:
        return draw.left_team(notice.text)
    return draw.finished(notice.text)
