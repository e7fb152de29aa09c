"""The pages of a digest that follow its message, in its thread."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from bot.domain.digests import DigestPage, OwedPage
from bot.ports.alerting import Notice, NoticeKind, Receipt
from bot.usecases.counting import derived_id

# What keeps them in order: notices are told as they were made.
_STEP: Final = timedelta(milliseconds=1)


def pages_owed(
    digest: Notice, pages: Sequence[DigestPage], root: Receipt, *, now: datetime
) -> Sequence[Notice]:
    """Return what is owed to the thread of a digest that was told; the same ids however often."""
    return [
        Notice(
            workspace=digest.workspace,
            notice_id=derived_id(digest.notice_id, str(number)),
            place=digest.place,
            kind=NoticeKind.STANDUP_PART,
            created_at=now + number * _STEP,
            text=OwedPage(channel=root.channel, ts=root.ts, page=page).write(),
        )
        for number, page in enumerate(pages, start=1)
    ]


def thread_of(notice: Notice) -> Receipt | None:
    """Return the message in whose thread a page belongs; None for every other notice."""
    if notice.kind is not NoticeKind.STANDUP_PART:
        return None
    owed = OwedPage.read(notice.text)
    return Receipt(channel=owed.channel, ts=owed.ts)
