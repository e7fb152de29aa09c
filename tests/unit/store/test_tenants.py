"""Two workspaces that hold the same ids: no statement looks past its own."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from sqlalchemy import event

from bot.domain.limits import Place, PlaceKind
from bot.store.access_keys import SqlAccessKeys
from bot.store.engine import Database
from bot.store.erasing import tenant_tables
from bot.store.export import export
from bot.store.forgetting import forget
from bot.store.languages import SqlLanguages
from bot.store.leaving import SqlLeaving
from bot.store.limits import SqlAlerts, SqlLimits
from bot.store.link_pages import SqlLinkPages
from bot.store.notices import SqlPlaces
from bot.store.standups import SqlStandups
from tests.furnished import ANN, BEN, CHANNEL, NOW, Furnished, furnish
from tests.unit.kit import reading
from tests.unit.store.kit import ON_SQLITE, RING, Store

LATER = NOW + timedelta(hours=1)
TENANTS = re.compile(rf"\b(?:FROM|JOIN|UPDATE) ({'|'.join(table.name for table in tenant_tables())})\b")
BOUND = re.compile(r"\bworkspace (?:= \?|IN )|\(workspace, ")
# These find a row in another way, and why that shows nobody another's.
OTHERWISE = {
    "notices.due_at <= ?": "a claim of due work, whosever it is: each row says whose",
    "link_pages.digest = ?": "a page's name is a secret of 32 bytes; the row says whose it is",
    "audit.entry_id = ?": "the number of a line that was just read for this workspace",
}


@contextmanager
def statements(database: Database) -> Iterator[list[str]]:
    """Note every statement."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.append(" ".join(statement.split()))

    event.listen(database.engine.sync_engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(database.engine.sync_engine, "before_cursor_execute", note)


async def read_all(store: Store, lab: Furnished) -> list[object]:
    """All that is asked for on behalf of people of a workspace."""
    database, workspace = store.database, lab.workspace
    ann, link = lab.person(ANN), lab.links[ANN]
    alerts, limits = SqlAlerts(database), SqlLimits(database)
    channel, dm = (
        Place(kind=kind, slack_id=to) for kind, to in ((PlaceKind.CHANNEL, CHANNEL), (PlaceKind.DM, ANN))
    )
    page = await SqlLinkPages(database, RING).named(f"digest-{workspace}")
    assert page is not None
    alert = await alerts.one(lab.each, BEN)
    assert alert is not None
    return [
        await store.links.of(ann),
        (await store.links.token(link)).reveal(),
        await SqlAccessKeys(database, RING).of(link),
        await store.readings.last(link),
        await store.readings.covering([link], NOW),
        await store.polls.series(workspace, [ANN, BEN], "east"),
        await store.polls.next_due(link),
        await store.tokens.look(link),
        await store.teams.members(workspace, CHANNEL),
        await store.teams.consents(workspace, CHANNEL),
        await store.teams.channels_of(ann),
        await limits.of(workspace, user=ANN, channel=CHANNEL),
        await limits.counting(ann, "east"),
        await limits.one(workspace, "own"),
        alert,
        await alerts.open_for(workspace, user=ANN, channel=CHANNEL),
        await alerts.transitions(alert, most=9),
        await SqlLanguages(database).chosen(workspace, dm),
        await SqlPlaces(database).trouble(workspace, channel),
        await SqlStandups(database).of(workspace, CHANNEL),
        page,
        await SqlLinkPages(database, RING).one(workspace, "page"),
        await export(database, ann, now=NOW),
    ]


@ON_SQLITE
async def test_every_statement_says_which_workspace_it_is_about(store: Store) -> None:
    with statements(store.database) as seen:
        lab = await furnish(store.database, RING, "T1")
        await read_all(store, lab)
        await store.readings.record(lab.links[ANN], reading(7, LATER))
        await SqlLeaving(store.database).person(lab.person(BEN), now=LATER)
        await forget(store.database, lab.person(ANN), now=LATER)
    about_tenants = [one for one in seen if TENANTS.search(one)]
    assert len(about_tenants) > 100
    unbound = [one for one in about_tenants if not BOUND.search(one)]
    assert [one for one in unbound if not any(how in one for how in OTHERWISE)] == []


@ON_SQLITE
async def test_what_is_read_for_one_workspace_has_nothing_of_the_other(store: Store) -> None:
    """Users, channels, usernames, clusters, limits and pages are called alike in both."""
    labs = [await furnish(store.database, RING, name) for name in ("TONE", "TTWO")]
    alone = [repr(await read_all(store, lab)) for lab in labs]
    assert "TTWO" not in alone[0]
    assert "TONE" not in alone[1]
    assert alone[0].replace("TONE", "TTWO") == alone[1]
