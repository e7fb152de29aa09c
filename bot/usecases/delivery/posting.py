"""Posting: one attempt, and how it ended."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from bot.domain.errors import TellingRefused, TellingUnsure
from bot.domain.table_pages import TablePage
from bot.ports.alerting import Alert, Notice, Receipt
from bot.usecases.delivery.in_hand import InHand
from bot.usecases.delivery.pages import pages_owed
from bot.usecases.delivery.turn import LEASE, Turn
from bot.usecases.delivery.units import Unit, has_first, id_in_table

_THREAD_GONE: Final = frozenset({"thread_not_found", "message_not_found", "cannot_reply_to_message"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Post:
    """One message about to go out, with every notice that it tells; `pages` follow in its thread."""

    notices: Unit
    message: object
    alert: Alert | None = None
    thread: Receipt | None = None
    broadcast: bool = False
    is_table: bool = False
    pages: tuple[TablePage, ...] = ()

    @property
    def notice_id(self) -> str:
        """The ids of all its notices, each of which finds it again."""
        return ",".join(id_in_table(n) if self.is_table else n.notice_id for n in self.notices)


@dataclass(frozen=True, kw_only=True, slots=True)
class Posting:
    """Posts to the place whose turn it is."""

    turn: Turn
    hand: InHand

    async def send(self, post: Post) -> None:
        """Post once, and write down how it ended."""
        turn = self.turn
        await turn.ports.place_turns.attempting(
            turn.held, post.notices, now=turn.now, until=turn.clock() + LEASE
        )
        try:
            receipt = await turn.ports.notifier.post(
                turn.workspace,
                turn.place,
                post.message,
                notice_id=post.notice_id,
                thread=post.thread,
                broadcast=post.broadcast,
            )
        except TellingUnsure:
            self.hand.may_be_told(post.notices)
            raise
        except TellingRefused as refused:
            if refused.place_is_out:
                raise
            await self._refused(post, refused.code)
            return
        turn.memory.last_post = turn.clock()
        await self._told(post, receipt)

    async def _told(self, post: Post, receipt: Receipt) -> None:
        memory, now = self.turn.memory, self.turn.now
        if post.is_table:
            root = post.thread or receipt
            if post.thread is None:
                memory.storm = (root, now)
            await self.hand.told_first(post.notices, root, shared=True)
        elif post.thread is not None and post.alert is not None:
            await self.hand.told_reply(post.notices, post.alert, receipt)
        else:
            if has_first(post.notices):
                memory.told_alone.append(now)
            await self.owe_pages(post.notices[0], post.pages, receipt)
            await self.hand.told_first(post.notices, receipt, shared=False)

    async def owe_pages(self, first: Notice, pages: Sequence[TablePage], root: Receipt) -> None:
        """Owe what follows a table's first page, before that counts as told."""
        for notice in pages_owed(first, pages, root, now=self.turn.now):
            await self.turn.ports.notices.owe(notice)

    async def _refused(self, post: Post, code: str) -> None:
        """Drop what Slack never takes; if only the message replied to is gone, post a new one."""
        turn = self.turn
        turn.outcome.refused.append((turn.place, code))
        is_page = post.alert is None and not post.is_table
        if post.thread is None or code not in _THREAD_GONE or is_page:
            await self.hand.drop(post.notices, code)
        elif post.is_table or post.alert is None:
            turn.memory.storm = None
        else:
            message = turn.ports.draw.alert(post.alert, now=turn.now)
            await self.send(replace(post, message=message, thread=None, broadcast=False))
