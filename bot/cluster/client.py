"""The one HTTP client for all clusters."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import perf_counter
from typing import Final, Self, TypeVar
from urllib.parse import quote

import stamina
import structlog
from prometheus_client import Counter, Histogram

from bot.cluster.http import Http
from bot.cluster.wire import core_hours_from, next_token_from
from bot.domain.clusters import Cluster
from bot.domain.errors import ClusterSilent, WalltimeError
from bot.domain.region_hosts import NOWHERE, RegionHosts
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

T = TypeVar("T")

log = structlog.get_logger(__name__)


class HttpClusterApi:
    """`ClusterApi` and `TokenApi` over httpx on aiohttp.

    No cookies, no redirects, no proxies, bounded size and time.
    """

    def __init__(
        self,
        clusters: Iterable[Cluster],
        *,
        clock: Callable[[], datetime],
        hosts: RegionHosts = NOWHERE,
        patience: timedelta = PATIENCE,
    ) -> None:
        self._clock = clock
        self._patience = patience.total_seconds()
        self._http = Http(patience=patience, ca_files={c.url: c.ca_file for c in clusters if c.ca_file})
        # An address that the platform told is judged again whenever a connection is made.
        self._found = Http(patience=patience, may_connect=hosts.may_connect)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.close()
        await self._found.close()

    async def core_hours(self, cluster: Cluster, username: str, token: Secret) -> Reading:
        """Ask for the cumulative counter; another try only where it can help, all within the patience.

        The reading spans the request.
        """
        url = f"{cluster.url}/hpc/openapi/v2/view/walltime/users/{quote(username, safe='')}"
        asked_at = self._clock()
        http = self._found if cluster.is_found else self._http
        value = await self._call(cluster, _Request(http, "GET", url, token), core_hours_from)
        # The clock may have been set back meanwhile.
        return Reading(core_hours=value, at=asked_at, confirmed_at=max(asked_at, self._clock()))

    async def next_token(self, cluster: Cluster, token: Secret) -> Secret:
        """Exchange a token for the next one.

        Tried again at once when the answer was lost, too: for a moment the old token may still be good.
        """
        url = f"{cluster.platform_url}/ac/openapi/v2/tokens/next"
        return await self._call(cluster, _Request(self._http, "POST", url, token), next_token_from)

    async def _call(self, cluster: Cluster, request: "_Request", read: Callable[[int, bytes], T]) -> T:
        """Call with patience, and count how it ended."""
        started = perf_counter()
        outcome = "failed"  # cancelled, or a fault of ours
        try:
            async with asyncio.timeout(self._patience):
                found = await _with_retries(request, read)
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
            log.debug(
                "cluster asked",
                cluster=cluster.name,
                how=request.method,
                outcome=outcome,
                seconds=round(seconds, 3),
            )
        return found


@dataclass(frozen=True, slots=True)
class _Request:
    """One call with a token, and by which client."""

    http: Http
    method: str
    url: str
    token: Secret

    async def send(self) -> tuple[int, bytes]:
        headers: dict[str, str | Secret] = {"token": self.token, "Content-Type": "application/json"}
        return await self.http.send(self.method, self.url, headers=headers)


async def _with_retries(request: _Request, read: Callable[[int, bytes], T]) -> T:
    async for attempt in stamina.retry_context(
        on=_worth_another_try,
        attempts=TRIES,
        timeout=None,
        wait_initial=0.2,
        wait_max=1.0,
        wait_jitter=0.2,
    ):
        with attempt:
            return read(*await request.send())
    raise AssertionError("retry_context either returns or raises")  # pragma: no cover


def _worth_another_try(error: Exception) -> bool:
    return isinstance(error, ClusterSilent) and error.cause in _PASSES_IN_A_MOMENT
