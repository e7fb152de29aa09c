"""Digests: drawn with the numbers of the moment they are told, for those who read the channel then."""

from collections.abc import Awaitable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, TypeVar

from bot.domain.digests import Digest, DigestPage, OwedDigest, OwedPage
from bot.domain.errors import AudienceUnknown, ChannelClosed, TellingRefused
from bot.domain.standups import is_late
from bot.ports.alerting import Notice, NoticeKind
from bot.usecases.delivery.in_hand import InHand
from bot.usecases.delivery.pages import thread_of
from bot.usecases.delivery.posting import Post
from bot.usecases.delivery.turn import Turn

ASK_AGAIN: Final = timedelta(seconds=20)
# The pages of a digest say the numbers of its message, unless they are held up.
HELD_FOR: Final = timedelta(minutes=2)

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True, slots=True)
class Digesting:
    """Turns what is owed into a digest's message, and into the pages of its thread."""

    turn: Turn
    hand: InHand

    async def post_of(self, notice: Notice) -> Post | None:
        """Return the message, or None if the notice was dropped or has to wait."""
        if notice.kind is NoticeKind.STANDUP_PART:
            return await self._page(notice)
        owed, turn = OwedDigest.read(notice.text), self.turn
        if is_late(owed.due_at, now=turn.now):
            if not owed.asked_by:
                await turn.ports.digests.skip(turn.workspace, turn.place.slack_id, owed.day)
            await self.hand.drop([notice], "too late")
            return None
        digest = await self.gathered(notice, owed)
        if digest is None:
            return None
        why = _why_not(digest)
        if why is not None:
            await self.hand.drop([notice], why)
            return None
        message = turn.drawn(lambda draw: draw.digest(digest, now=turn.now))
        return Post(notices=(notice,), message=message, pages=digest.pages[1:])

    async def pages_of(self, notice: Notice) -> tuple[DigestPage, ...]:
        """Return what follows a digest whose message was found: it was told, but not which pages it has."""
        if notice.kind is not NoticeKind.STANDUP:
            return ()
        digest = await self.gathered(notice, OwedDigest.read(notice.text))
        return () if digest is None else digest.pages[1:]

    async def gathered(self, notice: Notice, owed: OwedDigest) -> Digest | None:
        """Gather a digest; None, and the notice waits, while Slack does not say who reads the channel."""
        turn = self.turn
        digest = await self._asked(
            notice, turn.ports.digests(turn.workspace, turn.place.slack_id, owed, now=turn.now)
        )
        turn.memory.digest = None if digest is None else (digest, turn.now)
        return digest

    async def _page(self, notice: Notice) -> Post | None:
        turn, page = self.turn, OwedPage.read(notice.text).page
        if is_late(notice.created_at, now=turn.now):
            await self.hand.drop([notice], "too late")
            return None
        digest = await self._held(notice)
        if digest is None:
            return None
        asking = turn.ports.digests.may_name(turn.workspace, turn.place.slack_id, page.users, now=turn.now)
        may_name = await self._asked(notice, asking)
        if may_name is None:
            return None
        table = digest.table_of(page)
        if not may_name or table is None or not table.table.rows:
            await self.hand.drop([notice], "these people are not to be named any more")
            return None
        message = turn.drawn(lambda draw: draw.digest_page(digest, page))
        return Post(notices=(notice,), message=message, thread=thread_of(notice))

    async def _held(self, notice: Notice) -> Digest | None:
        """Return the digest whose page this is, with the numbers of its message unless that is long ago."""
        held, now = self.turn.memory.digest, self.turn.now
        if held is not None and now - held[1] <= HELD_FOR:
            return held[0]
        return await self.gathered(notice, OwedDigest(day=now.date(), due_at=now))

    async def _asked(self, notice: Notice, asking: Awaitable[T]) -> T | None:
        """Ask who reads the channel; a closed one is trouble, and one that Slack does not speak of waits."""
        try:
            return await asking
        except ChannelClosed as closed:
            raise TellingRefused(closed.reason, place_is_out=True) from closed
        except AudienceUnknown:
            await self.hand.wait([notice], self.turn.now + ASK_AGAIN)
            return None


def _why_not(digest: Digest) -> str | None:
    """Return why a digest is not wanted; one that somebody asked for is."""
    if digest.asked_by:
        return None
    if digest.standup is None or not digest.standup.is_on:
        return "the standup is off"
    if digest.standup.schedule.skip_idle and digest.is_idle:
        return "nothing was used"
    return None
