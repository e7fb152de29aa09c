"""Looking whether a cluster and its platform are there, without a token: for the doctor."""

from datetime import datetime, timedelta
from typing import Final

import httpx

from bot.cluster.http import CONNECT_TIMEOUT_S, TRANSPORT_ERRORS, Http, tls, transport, transport_error
from bot.cluster.platform import SIGN_IN_PATH, own_authorities
from bot.cluster.wire import check_speaks
from bot.domain.clusters import Cluster
from bot.domain.moments import http_date

_PATIENCE: Final = timedelta(seconds=CONNECT_TIMEOUT_S)


async def probe(cluster: Cluster) -> datetime | None:
    """Reach a cluster; return its clock if it tells.

    Raises ClusterSilent or ClusterMisconfigured. That it refuses us is expected, and proves that it is there.
    """
    request_url = f"{cluster.url}/hpc/openapi/v2/cluster"
    async with httpx.AsyncClient(
        transport=transport(tls(cluster.ca_file)), trust_env=False, timeout=CONNECT_TIMEOUT_S
    ) as http:
        try:
            async with http.stream("GET", request_url) as response:
                return http_date(response.headers.get("date"))
        except TRANSPORT_ERRORS as error:
            raise transport_error(error) from None


async def probe_renewal(cluster: Cluster) -> None:
    """Ask the platform for a renewal with no token, which it has to refuse as the API does.

    Raises ClusterSilent or ClusterMisconfigured.
    """
    authorities = {cluster.url: cluster.ca_file} if cluster.ca_file else {}
    await _ask(f"{cluster.platform_url}/ac/openapi/v2/tokens/next", authorities)


async def probe_sign_in(cluster: Cluster) -> None:
    """Sign in with no key, which has to be refused; raises the same."""
    await _ask(f"{cluster.sign_in_url}{SIGN_IN_PATH}", own_authorities([cluster]))


async def _ask(url: str, authorities: dict[str, str]) -> None:
    http = Http(patience=_PATIENCE, ca_files=authorities)
    try:
        check_speaks(*await http.send("POST", url, headers={"Content-Type": "application/json"}))
    finally:
        await http.close()
