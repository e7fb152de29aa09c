"""Clusters that were found, behind those of the settings."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, overload

import structlog
from sqlalchemy import select

from bot.domain.clusters import Cluster, named
from bot.domain.region_hosts import RegionHosts, RegionRefused
from bot.store.engine import Database, insert_into
from bot.store.tables import found_clusters

log = structlog.get_logger(__name__)


class SqlClusters(Sequence[Cluster]):
    """All clusters as this process knows them, and `FoundClusters` in SQL.

    What is stored counts only as far as the settings still allow it: access keys on the platform, and the
    address's host.
    """

    def __init__(self, database: Database, settings: Sequence[Cluster], *, hosts: RegionHosts) -> None:
        self._database = database
        self._settings = tuple(settings)
        self._hosts = hosts
        self._all = self._settings

    @overload
    def __getitem__(self, index: int) -> Cluster: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[Cluster, ...]: ...

    def __getitem__(self, index: int | slice) -> Cluster | tuple[Cluster, ...]:
        return self._all[index]

    def __len__(self) -> int:
        return len(self._all)

    async def look(self) -> None:
        """Read them all: they are few."""
        if not self._hosts.suffixes:
            return
        query = select(found_clusters).order_by(found_clusters.c.found_at, found_clusters.c.name)
        async with self._database.reads() as connection:
            rows = (await connection.execute(query)).all()
        found = [self._cluster(row) for row in rows]
        self._all = (*self._settings, *(cluster for cluster in found if cluster is not None))

    async def keep(self, cluster: Cluster, *, now: datetime) -> None:
        """Store it, or its newest label and address."""
        newest = {"label": cluster.label, "url": cluster.url}
        async with self._database.writes() as connection:
            await connection.execute(
                insert_into(connection, found_clusters)
                .values(
                    name=cluster.name,
                    cluster_id=cluster.cluster_id,
                    platform_url=cluster.platform_url,
                    sign_in_url=cluster.sign_in_url,
                    found_at=now,
                    **newest,
                )
                .on_conflict_do_update(index_elements=[found_clusters.c.name], set_=newest)
            )
        await self.look()

    def _cluster(self, row: Any) -> Cluster | None:
        """Return what the settings still allow."""
        via = next(
            (
                cluster
                for cluster in self._settings
                if cluster.allow_access_keys
                and (cluster.platform_url, cluster.sign_in_url) == (row.platform_url, row.sign_in_url)
            ),
            None,
        )
        if via is None or named(row.name, self._settings) is not None:
            return None
        try:
            url = self._hosts.check(row.url)
        except RegionRefused as error:
            log.debug("a region that was found is not called", cluster=row.name, why=str(error))
            return None
        return replace(
            via,
            name=row.name,
            label=row.label,
            url=url,
            cluster_id=row.cluster_id,
            ca_file=None,
            is_found=True,
        )
