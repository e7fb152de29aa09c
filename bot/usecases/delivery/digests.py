"""Digests: in time or not at all, and their further tables in their thread."""

from dataclasses import dataclass

from bot.domain.digests import Digest, OwedDigest
from bot.domain.standups import is_late
from bot.domain.table_pages import TablePage
from bot.ports.alerting import Notice, NoticeKind
from bot.usecases.delivery.gathering import Gathering
from bot.usecases.delivery.posting import Post


@dataclass(frozen=True, kw_only=True, slots=True)
class Digesting:
    """Turns what is owed into a digest's message, and into the pages of its thread."""

    gathering: Gathering

    async def post_of(self, notice: Notice) -> Post | None:
        """Return the message, or None if the notice was dropped or has to wait."""
        turn, hand = self.gathering.turn, self.gathering.hand
        if notice.kind is NoticeKind.STANDUP_PART:
            return await self._page(notice)
        owed = OwedDigest.read(notice.text)
        if is_late(owed.due_at, now=turn.now):
            if not owed.asked_by:
                await turn.ports.digests.skip(turn.workspace, turn.place.slack_id, owed.day)
            await hand.drop([notice], "too late")
            return None
        digest = await self._gathered(notice, owed)
        if digest is None:
            return None
        why = _why_not(digest)
        if why is not None:
            await hand.drop([notice], why)
            return None
        message = turn.drawn(lambda draw: draw.digest(digest, now=turn.now))
        return Post(notices=(notice,), message=message, pages=digest.pages[1:])

    async def pages_of(self, notice: Notice) -> tuple[TablePage, ...]:
        """Return what follows a digest whose message was found: it was told, but not which pages it has."""
        digest = await self._gathered(notice, OwedDigest.read(notice.text))
        return () if digest is None else digest.pages[1:]

    async def _gathered(self, notice: Notice, owed: OwedDigest) -> Digest | None:
        turn = self.gathering.turn
        asking = turn.ports.digests(turn.workspace, turn.place.slack_id, owed, now=turn.now)
        return await self.gathering.gathered(notice, asking)

    async def _page(self, notice: Notice) -> Post | None:
        turn = self.gathering.turn
        owed = OwedDigest(day=turn.now.date(), due_at=turn.now)
        return await self.gathering.page_of(
            notice,
            Digest,
            gather=lambda: turn.ports.digests(turn.workspace, turn.place.slack_id, owed, now=turn.now),
            draw=lambda draw, digest, page: draw.digest_page(digest, page),
        )


def _why_not(digest: Digest) -> str | None:
    """Return why a digest is not wanted; one that somebody asked for is."""
    if digest.asked_by:
        return None
    if digest.standup is None or not digest.standup.is_on:
        return "the standup is off"
    if digest.standup.schedule.skip_idle and digest.is_idle:
        return "nothing was used"
    return None
