"""Everything of one person, as JSON."""

import json
from typing import Any

import pytest

from bot.store.export import export
from bot.store.forgetting import forget
from tests.furnished import ANN, BEN, NOW, Furnished, furnish
from tests.unit.store.kit import RING, Store


@pytest.fixture
async def lab(store: Store) -> Furnished:
    return await furnish(store.database, RING, "T1")


async def exported(store: Store, lab: Furnished, user: str) -> Any:
    """What is printed, read back."""
    found = await export(store.database, lab.person(user), now=NOW)
    return json.loads(json.dumps(found))


async def test_everything_of_a_person_is_in_their_export(store: Store, lab: Furnished) -> None:
    told = await exported(store, lab, ANN)
    assert {key: told[key] for key in ("format", "version", "workspace", "person", "language")} == {
        "format": "walltime.person", "version": 1, "workspace": "T1", "person": ANN, "language": "zh",
    }  # fmt: skip
    (link,) = told["links"]
    assert (link["username"], link["access_key_of"], link["token_expires_at"]) == (
        "hpc_ann", "login-U1", "2026-11-23T00:00:00+00:00",
    )  # fmt: skip
    now = NOW.isoformat()
    assert link["readings"] == [{"at": now, "confirmed_at": now, "core_hours": 5.5}]
    assert [limit["limit_id"] for limit in told["limits"]] == ["own", "ben", "each"]
    assert [(alert["limit_id"], alert["subject"]) for alert in told["alerts"]] == [
        ("each", ANN),
        ("own", ANN),
    ]
    assert [step["note"] for alert in told["alerts"] for step in alert["steps"]] == ["acknowledged"] * 2
    assert [act["limit_id"] for act in told["acts"]] == ["each", "ben"]
    assert [team["channel"] for team in told["teams"]] == ["C1"]
    assert [standup["channel"] for standup in told["standups"]] == ["C1"]
    assert [page["username"] for page in told["link_pages"]] == ["hpc_ann"]
    assert {message["notice_id"] for message in told["messages"]} >= {
        "news-U1",
        "each-U1",
        "set-own",
        "digest",
    }
    assert told["direct_messages_refused"] == [{"reason": "is_archived", "since": now}]
    assert {line["action"] for line in told["audit"]} == {
        "installed",
        "linked",
        "joined",
        "language_chosen",
        "limit_set",
        "ack",
    }


async def test_an_export_has_no_secret_and_nothing_of_somebody_else(store: Store, lab: Furnished) -> None:
    whole = json.dumps(await exported(store, lab, ANN))
    for secret in (*lab.tokens.values(), lab.secret_key, "ABC234", "ak-12345678"):
        assert secret not in whole
    assert "hpc_ben" not in whole
    bens = json.dumps(await exported(store, lab, BEN))
    assert all(word not in bens for word in ('hpc_ann"', "Ann Ng", "login"))


async def test_the_shape_is_the_documented_one(store: Store, lab: Furnished) -> None:
    """Whoever changes it counts `version` up, and says so in docs/data.md."""
    told = await exported(store, lab, ANN)
    assert " ".join(told) == (
        "format version exported_at workspace person first_seen_at language locale links limits alerts acts "
        "teams standups link_pages sign_ins messages direct_messages_refused audit"
    )
    assert " ".join(told["links"][0]) == (
        "link_id cluster username linked_at token_expires_at access_key_of token polling readings"
    )


async def test_after_a_person_is_forgotten_there_is_nothing_to_export(store: Store, lab: Furnished) -> None:
    await forget(store.database, lab.person(ANN), now=NOW)
    assert await export(store.database, lab.person(ANN), now=NOW) is None
