"""The tables behind the ports: one adapter for each, on one database."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from bot.store.access_keys import SqlAccessKeys
from bot.store.audit import SqlAuditLog
from bot.store.engine import Database
from bot.store.found_clusters import SqlClusters
from bot.store.languages import SqlLanguages
from bot.store.limits import SqlAlerts, SqlLimits
from bot.store.link_pages import SqlLinkPages
from bot.store.links import SqlLinks
from bot.store.notices import SqlNotices, SqlPlaces
from bot.store.polls import SqlPolls
from bot.store.readings import SqlReadings
from bot.store.sign_ins import SqlSignIns
from bot.store.standups import SqlStandups
from bot.store.teams import SqlTeams
from bot.store.tokens import SqlTokens
from bot.store.vault import KeyRing


@dataclass(frozen=True, kw_only=True, slots=True)
class Stores:
    """What more than one part of the bot reads or writes."""

    database: Database
    clusters: SqlClusters
    links: SqlLinks
    tokens: SqlTokens
    keys: SqlAccessKeys
    readings: SqlReadings
    polls: SqlPolls
    limits: SqlLimits
    alerts: SqlAlerts
    notices: SqlNotices
    places: SqlPlaces
    teams: SqlTeams
    standups: SqlStandups
    languages: SqlLanguages
    pages: SqlLinkPages
    sign_ins: SqlSignIns
    audit: SqlAuditLog

    @classmethod
    def on(
        cls,
        database: Database,
        ring: KeyRing,
        *,
        clusters: SqlClusters,
        own_clusters: Sequence[str],
        clock: Callable[[], datetime],
    ) -> Self:
        """Put all of them on a database; `own_clusters` are those of the settings."""
        return cls(
            database=database,
            clusters=clusters,
            links=SqlLinks(database, ring, clock=clock),
            tokens=SqlTokens(database, ring, clock=clock),
            keys=SqlAccessKeys(database, ring, clock=clock),
            readings=SqlReadings(database),
            polls=SqlPolls(database, clusters=own_clusters),
            limits=SqlLimits(database),
            alerts=SqlAlerts(database),
            notices=SqlNotices(database),
            places=SqlPlaces(database),
            teams=SqlTeams(database),
            standups=SqlStandups(database),
            languages=SqlLanguages(database),
            pages=SqlLinkPages(database, ring),
            sign_ins=SqlSignIns(database, ring),
            audit=SqlAuditLog(database),
        )
