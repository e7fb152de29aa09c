"""The pages of a table that follow its message, in its thread."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from bot.domain.table_pages import OwedPage, TablePage
from bot.ports.alerting import Notice, NoticeKind, Receipt
from bot.usecases.counting import derived_id

# Kinds whose message may be the first of several pages, each with the kind of the others.
PARTS: Final = {
    NoticeKind.STANDUP: NoticeKind.STANDUP_PART,
    NoticeKind.TEAM_TABLE: NoticeKind.TEAM_PART,
}
# What keeps them in order: notices are told as they were made.
_STEP: Final = timedelta(milliseconds=1)


def pages_owed(
    first: Notice, pages: Sequence[TablePage], root: Receipt, *, now: datetime
) -> Sequence[Notice]:
    """Return what is owed to the thread of a message that was told; the same ids however often."""
    return [
        Notice(
            workspace=first.workspace,
            notice_id=derived_id(first.notice_id, str(number)),
            place=first.place,
            kind=PARTS[first.kind],
            created_at=now + number * _STEP,
            text=OwedPage(channel=root.channel, ts=root.ts, page=page).write(),
        )
        for number, page in enumerate(pages, start=1)
    ]


def thread_of(notice: Notice) -> Receipt | None:
    """Return the message in whose thread a page belongs; None for every other notice."""
    if notice.kind not in PARTS.values():
        return None
    owed = OwedPage.read(notice.text)
    return Receipt(channel=owed.channel, ts=owed.ts)
