"""What people chose, and what Slack said of their language."""

import pytest

from bot.domain.limits import Place, PlaceKind
from bot.domain.people import Person
from bot.ports import AuditEntry, Spoken
from bot.store.languages import SqlLanguages
from tests.unit.kit import ALICE, NOW, link
from tests.unit.store.kit import Store

TWIN = Person(workspace="T2", user=ALICE.user)


@pytest.fixture
def languages(store: Store) -> SqlLanguages:
    return SqlLanguages(store.database)


async def test_slacks_word_is_kept_for_who_is_linked_in_their_workspace_alone(
    store: Store, languages: SqlLanguages
) -> None:
    await store.record(link())
    await store.record(link(TWIN))
    await languages.heard(ALICE, "zh-CN", at=NOW)
    await languages.heard(Person(workspace="T1", user="U2"), "zh-CN", at=NOW)
    assert await languages.spoken(ALICE) == Spoken(locale="zh-CN", locale_at=NOW)
    assert await languages.spoken(TWIN) == Spoken()
    assert len(await store.rows("people")) == 2


async def test_a_choice_goes_before_slacks_word(store: Store, languages: SqlLanguages) -> None:
    await store.record(link())
    await languages.heard(ALICE, "zh-CN", at=NOW)
    entry = AuditEntry(at=NOW, workspace="T1", actor="U1", action="language", subject="U1", detail="en")
    await languages.choose("T1", Place(kind=PlaceKind.DM, slack_id="U1"), "en", entry=entry)
    assert (await languages.spoken(ALICE)).chosen == "en"


async def test_a_word_that_is_no_locale_is_cut(store: Store, languages: SqlLanguages) -> None:
    await store.record(link())
    await languages.heard(ALICE, "x" * 500, at=NOW)
    assert (await languages.spoken(ALICE)).locale == "x" * 16
