"""Where a region's own address is: asked of the platform, and let through only as far as the guard allows."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final, Self

import structlog

from bot.cluster.http import Http
from bot.cluster.wire import data_from
from bot.domain.clusters import Cluster
from bot.domain.errors import ClusterMisconfigured, ClusterSilent, WalltimeError
from bot.domain.region_hosts import RegionHosts, RegionRefused
from bot.domain.regions import Region, is_region_id
from bot.domain.secret import Secret

PATIENCE: Final = timedelta(seconds=10)
_MOST_URLS: Final = 20

log = structlog.get_logger(__name__)


class HttpRegions:
    """`Regions` over HTTP: asks the platform of the settings.

    The addresses in its answer are only read here, never called.
    """

    def __init__(
        self, clusters: Iterable[Cluster], *, hosts: RegionHosts, patience: timedelta = PATIENCE
    ) -> None:
        self._hosts = hosts
        self._patience = patience.total_seconds()
        own = {c.platform_url: c.ca_file for c in clusters if c.ca_file and c.platform_url == c.url}
        self._http = Http(patience=patience, ca_files=own)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.close()

    async def of_tokens(
        self, platform_url: str, tokens: Sequence[Secret]
    ) -> Sequence[Region | WalltimeError]:
        """Ask about all at once: there are as many as regions, and one after another would take too long."""
        return await asyncio.gather(*(self._told(platform_url, token) for token in tokens))

    async def _told(self, platform_url: str, token: Secret) -> Region | WalltimeError:
        try:
            return await self.of_token(platform_url, token)
        except WalltimeError as error:
            log.warning("a region is not found", why=f"{type(error).__name__}: {error}")
            return error

    async def of_token(self, platform_url: str, token: Secret) -> Region:
        """Return the region that a token is for.

        Raises ClusterRefused, ClusterSilent or ClusterMisconfigured.
        """
        try:
            async with asyncio.timeout(self._patience):
                answer = await self._http.send(
                    "GET", f"{platform_url}/ac/openapi/v2/center", headers={"token": token}
                )
        except TimeoutError:
            raise ClusterSilent("timeout") from None
        return self._read(data_from(*answer))

    def _read(self, data: object) -> Region:
        # The platform's page says a list, its samples and clients an object.
        center = data[0] if isinstance(data, list) and data else data
        if not isinstance(center, Mapping) or not is_region_id(center.get("id")):
            raise ClusterMisconfigured("the platform's answer describes no region")
        bases = [self._allowed(url) for url in _enabled(center.get("hpcUrls"))]
        allowed = tuple(dict.fromkeys(base for base in bases if base is not None))
        return Region(
            cluster_id=str(center["id"]),
            name=str(center.get("name") or ""),
            urls=allowed,
            has_urls=bool(bases),
        )

    def _allowed(self, url: str) -> str | None:
        try:
            return self._hosts.check(url)
        except RegionRefused as error:
            # Not with the address: whoever wrote it may want to be read in our log.
            log.warning("a region's address is not offered", why=str(error))
            return None


def _enabled(entries: Any) -> Iterable[str]:
    """Give the addresses that the platform marks as enabled, by a word or a truth value."""
    for entry in entries[:_MOST_URLS] if isinstance(entries, list) else ():
        if isinstance(entry, Mapping) and str(entry.get("enable")).lower() == "true":
            yield str(entry.get("url"))
