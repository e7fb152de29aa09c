"""Signing in to the platform with an access key."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final, Self
from urllib.parse import urlsplit

import structlog
from prometheus_client import Counter

from bot.cluster.http import Http
from bot.cluster.wire import data_from
from bot.domain.access_keys import AccessKey, RegionToken
from bot.domain.clusters import Cluster
from bot.domain.errors import (
    ClusterMisconfigured,
    ClusterRefused,
    ClusterSilent,
    SignInRefused,
    UsernameFrozen,
    WalltimeError,
)
from bot.domain.regions import is_region_id
from bot.domain.secret import Secret
from bot.domain.tokens import PLATFORM_CLUSTER_ID

PATIENCE: Final = timedelta(seconds=10)
SIGN_IN_PATH: Final = "/api/user/v3/tokens"

# 10003 and 10004: a parameter is missing or invalid, and every one of them is the person's, save the time.
_REFUSALS: Final[dict[str, type[ClusterRefused]]] = {
    "10003": SignInRefused,
    "10004": SignInRefused,
    "10007": UsernameFrozen,
    "10008": SignInRefused,
    "10009": SignInRefused,
}

SIGN_INS = Counter(
    "walltime_sign_ins_total", "Sign-ins with an access key, by outcome.", ["cluster", "outcome"]
)

log = structlog.get_logger(__name__)


class HttpPlatform:
    """`Platform` over HTTP. A sign-in is tried once: whoever wants it tries again later."""

    def __init__(self, clusters: Iterable[Cluster], *, patience: timedelta = PATIENCE) -> None:
        self._patience = patience.total_seconds()
        self._http = Http(patience=patience, ca_files=own_authorities(clusters))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.close()

    async def sign_in(self, cluster: Cluster, key: AccessKey, *, now: datetime) -> tuple[RegionToken, ...]:
        """Sign in; return the regions that the platform lists, its own left out."""
        outcome = "failed"
        try:
            async with asyncio.timeout(self._patience):
                regions = regions_from(
                    *await self._http.send(
                        "POST", f"{cluster.sign_in_url}{SIGN_IN_PATH}", headers=_headers(key, now)
                    )
                )
            outcome = "ok"
        except TimeoutError:
            outcome = "ClusterSilent"
            raise ClusterSilent("timeout") from None
        except WalltimeError as error:
            outcome = type(error).__name__
            raise
        finally:
            SIGN_INS.labels(cluster.name, outcome).inc()
            log.debug("signed in", cluster=cluster.name, outcome=outcome)
        return regions


def own_authorities(clusters: Iterable[Cluster]) -> dict[str, str]:
    """Return which files of authorities count: a cluster's own vouches for its own host alone."""
    return {c.sign_in_url: c.ca_file for c in clusters if c.ca_file and _host(c.sign_in_url) == _host(c.url)}


def signature(key: AccessKey, timestamp: str) -> str:
    """Sign compact JSON with its keys in alphabetical order, as the platform's page of the sign-in has it."""
    signed = {"accessKey": key.access_key, "timestamp": timestamp, "user": key.login}
    text = json.dumps(signed, separators=(",", ":"), sort_keys=True, ensure_ascii=False)
    return hmac.new(key.secret_key.reveal().encode(), text.encode(), hashlib.sha256).hexdigest()


def regions_from(status: int, body: bytes) -> tuple[RegionToken, ...]:
    """Read a sign-in's answer; raises ClusterRefused, ClusterSilent or ClusterMisconfigured."""
    data = data_from(status, body, refusals=_REFUSALS)
    if not isinstance(data, list):
        raise ClusterMisconfigured("the answer to a sign-in is no list of regions")
    regions = []
    for row in data:
        if not isinstance(row, dict) or not is_region_id(row.get("clusterId")):
            raise ClusterMisconfigured("the answer to a sign-in lists something else than regions")
        cluster_id, token = str(row["clusterId"]), row.get("token")
        if cluster_id != PLATFORM_CLUSTER_ID:
            given = Secret(token) if isinstance(token, str) and token else None
            name = str(row.get("clusterName") or "")
            regions.append(RegionToken(cluster_id=cluster_id, token=given, name=name))
    return tuple(regions)


def _headers(key: AccessKey, now: datetime) -> dict[str, str | Secret]:
    timestamp = str(int(now.timestamp()))
    return {
        "user": key.login,
        "accessKey": Secret(key.access_key),
        "timestamp": timestamp,
        "signature": Secret(signature(key, timestamp)),
        "Content-Type": "application/json",
    }


def _host(url: str) -> str | None:
    return urlsplit(url).hostname
