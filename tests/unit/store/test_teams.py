"""Who joined which channel, and what they agreed to."""

from sqlalchemy import insert

from bot.domain.audience import UNRECORDED, Consent
from bot.domain.people import Person
from bot.store.tables import team_members
from tests.unit.kit import ALICE, NOW
from tests.unit.store.kit import Store

OPEN = Consent(is_public=True, with_guests=True, organisations=frozenset({"T8", "T9"}))


async def test_a_consent_comes_back_as_it_was_given_and_a_new_one_replaces_it(store: Store) -> None:
    assert await store.teams.join(ALICE, "C1", consent=UNRECORDED, now=NOW)
    assert not await store.teams.join(ALICE, "C1", consent=OPEN, now=NOW)
    assert await store.teams.consents("T1", "C1") == {"U1": OPEN}
    assert [row.action for row in await store.rows("audit")] == ["joined", "agreed"]
    assert await store.teams.leave(ALICE, "C1", now=NOW)
    assert await store.teams.consents("T1", "C1") == {}


async def test_teams_of_other_channels_and_workspaces_are_others(store: Store) -> None:
    await store.teams.join(ALICE, "C1", consent=OPEN, now=NOW)
    assert await store.teams.consents("T1", "C2") == {}
    assert await store.teams.consents("T2", "C1") == {}


async def test_who_joined_before_consents_were_kept_agreed_to_the_least(store: Store) -> None:
    bob = Person(workspace="T1", user="U2")
    async with store.database.writes() as connection:
        row = {"workspace": "T1", "channel": "C1", "person": bob.user, "joined_at": NOW}
        await connection.execute(insert(team_members).values(**row))
    assert await store.teams.consents("T1", "C1") == {"U2": UNRECORDED}
