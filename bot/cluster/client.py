"""The one HTTP client for all clusters."""

import asyncio
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from time import perf_counter
from typing import Final, Self
from urllib.parse import quote

import httpx
import stamina
import structlog
from prometheus_client import Counter, Histogram

from bot.cluster.http import CONNECT_TIMEOUT_S, TRANSPORT_ERRORS, Http, tls, transport_error
from bot.cluster.http import transport as make_transport
from bot.cluster.wire import core_hours_from
from bot.domain.clusters import Cluster
from bot.domain.errors import ClusterSilent, WalltimeError
from bot.domain.moments import http_date
from bot.domain.secret import Secret
from bot.domain.usage import Reading

PATIENCE: Final = timedelta(seconds=15)
TRIES: Final = 3
# A cut connection or an internal error may pass in a moment; a time-out or a refusal will not.
_PASSES_IN_A_MOMENT: Final = frozenset(
    {"connection", "http 500", "http 502", "http 503", "code 10001", "code 10012"}
)

REQUESTS = Counter(
    "walltime_cluster_requests_total", "Calls to a cluster's API, by outcome.", ["cluster", "outcome"]
)
SECONDS = Histogram("walltime_cluster_request_seconds", "Time to an answer, retries included.", ["cluster"])

log = structlog.get_logger(__name__)


class HttpClusterApi:
    """`ClusterApi` over httpx on aiohttp: no cookies, no redirects, no proxies, bounded size and time."""

    def __init__(
        self,
        clusters: Iterable[Cluster],
        *,
        clock: Callable[[], datetime],
        patience: timedelta = PATIENCE,
    ) -> None:
        self._clock = clock
        self._patience = patience.total_seconds()
        self._http = Http(patience=patience, ca_files={c.url: c.ca_file for c in clusters if c.ca_file})

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.close()

    async def core_hours(self, cluster: Cluster, username: str, token: Secret) -> Reading:
        """Ask for the cumulative counter; another try only where it can help, all within the patience.

        The reading spans the request.
        """
        asked_at, started = self._clock(), perf_counter()
        outcome = "failed"  # cancelled, or a fault of ours
        try:
            async with asyncio.timeout(self._patience):
                value = await self._with_retries(cluster, username, token)
            outcome = "ok"
        except TimeoutError:
            outcome = "ClusterSilent"
            raise ClusterSilent("timeout") from None
        except WalltimeError as error:
            outcome = type(error).__name__
            raise
        finally:
            seconds = perf_counter() - started
            REQUESTS.labels(cluster.name, outcome).inc()
            SECONDS.labels(cluster.name).observe(seconds)
            log.debug("cluster asked", cluster=cluster.name, outcome=outcome, seconds=round(seconds, 3))
        # The clock may have been set back meanwhile.
        return Reading(core_hours=value, at=asked_at, confirmed_at=max(asked_at, self._clock()))

    async def _with_retries(self, cluster: Cluster, username: str, token: Secret) -> float:
        async for attempt in stamina.retry_context(
            on=_worth_another_try,
            attempts=TRIES,
            timeout=None,
            wait_initial=0.2,
            wait_max=1.0,
            wait_jitter=0.2,
        ):
            with attempt:
                return await self._ask(cluster, username, token)
        raise AssertionError("retry_context either returns or raises")  # pragma: no cover

    async def _ask(self, cluster: Cluster, username: str, token: Secret) -> float:
        url = f"{cluster.url}/hpc/openapi/v2/view/walltime/users/{quote(username, safe='')}"
        return core_hours_from(*await self._http.send("GET", url, headers={"token": token}))


def _worth_another_try(error: Exception) -> bool:
    return isinstance(error, ClusterSilent) and error.cause in _PASSES_IN_A_MOMENT


async def probe(cluster: Cluster) -> datetime | None:
    """Reach a cluster without a token; return its clock if it tells.

    Raises ClusterSilent or ClusterMisconfigured. That it refuses us is expected, and proves that it is there.
    """
    request_url = f"{cluster.url}/hpc/openapi/v2/cluster"
    transport = make_transport(tls(cluster.ca_file))
    async with httpx.AsyncClient(transport=transport, trust_env=False, timeout=CONNECT_TIMEOUT_S) as http:
        try:
            async with http.stream("GET", request_url) as response:
                return http_date(response.headers.get("date"))
        except TRANSPORT_ERRORS as error:
            raise transport_error(error) from None
