"""Notices in the database: who holds one, and that what ended is never owed again."""

from datetime import timedelta

from bot.domain.limits import Place, PlaceKind
from bot.ports.alerting import Notice, NoticeKind, Receipt
from bot.store.notices import SqlNotices
from tests.unit.kit import NOW
from tests.unit.store.kit import Store

LEASE = timedelta(minutes=1)
NOTICE = Notice(
    workspace="T1",
    notice_id="n1",
    place=Place(kind=PlaceKind.CHANNEL, slack_id="C1"),
    kind=NoticeKind.TEST,
    created_at=NOW,
    text="This is a test.",
)


async def test_a_notice_is_in_one_hand_until_its_lease_ends(store: Store) -> None:
    notices = SqlNotices(store.database)
    await notices.owe(NOTICE)
    await notices.owe(NOTICE)
    assert await notices.claim(now=NOW, lease=LEASE, most=10) == (NOTICE,)
    assert await notices.claim(now=NOW + LEASE / 2, lease=LEASE, most=10) == ()
    assert await notices.claim(now=NOW + LEASE, lease=LEASE, most=10) == (NOTICE,)


async def test_what_the_first_hand_told_is_not_owed_again_when_the_second_gives_it_back(store: Store) -> None:
    notices = SqlNotices(store.database)
    await notices.owe(NOTICE)
    slow = await notices.claim(now=NOW, lease=LEASE, most=10)
    second = await notices.claim(now=NOW + LEASE, lease=LEASE, most=10)
    await notices.told(slow, Receipt(channel="C1", ts="1.0"), now=NOW + LEASE, shared=False)
    await notices.wait(second, until=NOW + LEASE, attempted=False)
    assert await notices.claim(now=NOW + 2 * LEASE, lease=LEASE, most=10) == ()
