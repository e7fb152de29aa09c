"""The demo's past: two people who linked long ago, with the readings that the bot would have taken since.

Written through the store's own doors, from what the simulated cluster's counter showed at each moment.
"""

import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from bot.domain.audience import Consent
from bot.domain.people import Link, Person
from bot.domain.secret import Secret
from bot.domain.usage import Reading
from bot.playground.cluster import ClusterTwin
from bot.store.engine import Database
from bot.store.links import SqlLinks
from bot.store.readings import SqlReadings
from bot.store.teams import SqlTeams
from bot.wiring.keys import key_ring
from bot.wiring.settings import Settings

# What joining the demo's public channel agrees to.
PUBLIC: Final = Consent(is_public=True, with_guests=False, organisations=frozenset())
LINKED_FOR: Final = timedelta(days=45)
# Often enough for days; a demo starts quickly.
EVERY: Final = timedelta(hours=12)


async def remember(
    settings: Settings,
    cluster: ClusterTwin,
    people: Mapping[Person, str],
    *,
    channel: str,
    token_lives: timedelta,
    now: datetime,
) -> None:
    """Link people (with their usernames), read their past, and let them join a channel's team."""
    database = Database(settings.database_url)
    try:
        await database.upgrade()
        links = SqlLinks(database, key_ring(settings.secret_keys, settings.data_dir))
        readings, teams = SqlReadings(database), SqlTeams(database)
        for person, username in people.items():
            linked_at = now - LINKED_FOR
            link = await links.record(
                Link(
                    person=person,
                    cluster=cluster.name,
                    username=username,
                    link_id=uuid.uuid4().hex,
                    linked_at=linked_at,
                    token_expires_at=now + token_lives,
                ),
                token=Secret(cluster.token(username, lives=token_lives)),
                reading=_reading(cluster, username, linked_at),
            )
            for step in range(1, LINKED_FOR // EVERY + 1):
                await readings.record(link, _reading(cluster, username, linked_at + step * EVERY))
            await teams.join(person, channel, consent=PUBLIC, now=linked_at)
    finally:
        await database.close()


def _reading(cluster: ClusterTwin, username: str, at: datetime) -> Reading:
    return Reading(core_hours=cluster.core_hours(username, at), at=at, confirmed_at=at)
