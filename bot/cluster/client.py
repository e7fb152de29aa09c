"""The one HTTP client for all clusters."""

import asyncio
import ssl
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from http.cookiejar import CookieJar, DefaultCookiePolicy
from time import perf_counter
from typing import Final, Self, TypeVar
from urllib.parse import quote

import aiohttp
import httpx
import stamina
import structlog
from httpx_aiohttp import AiohttpTransport
from prometheus_client import Counter, Histogram

from bot.cluster.wire import core_hours_from, next_token_from
from bot.domain.clusters import Cluster
from bot.domain.errors import ClusterMisconfigured, ClusterSilent, WalltimeError
from bot.domain.moments import http_date
from bot.domain.secret import Secret
from bot.domain.usage import Reading

PATIENCE: Final = timedelta(seconds=15)
CONNECT_TIMEOUT_S: Final = 5.0
MAX_ANSWER_BYTES: Final = 64 * 1024
MAX_CONNECTIONS: Final = 100
TRIES: Final = 3
# A cut connection or an internal error may pass in a moment; a time-out or a refusal will not.
_PASSES_IN_A_MOMENT: Final = frozenset(
    {"connection", "http 500", "http 502", "http 503", "code 10001", "code 10012"}
)

REQUESTS = Counter(
    "walltime_cluster_requests_total", "Calls to a cluster's API, by outcome.", ["cluster", "outcome"]
)
SECONDS = Histogram("walltime_cluster_request_seconds", "Time to an answer, retries included.", ["cluster"])

# httpx-aiohttp lets some of aiohttp's own errors through, and a ClientResponseError shows all headers sent.
_TRANSPORT_ERRORS: Final = (httpx.TransportError, aiohttp.ClientError)

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
        patience: timedelta = PATIENCE,
    ) -> None:
        self._clock = clock
        self._patience = patience.total_seconds()
        clusters = tuple(clusters)
        contexts = {path: _tls(path) for path in {cluster.ca_file for cluster in clusters}}
        contexts.setdefault(None, _tls(None))
        self._http = httpx.AsyncClient(
            transport=_transport(contexts[None]),
            # One client, but a cluster with its own CA gets its own trust, and only for its own host.
            mounts={c.url: _transport(contexts[c.ca_file]) for c in clusters if c.ca_file},
            # With either jar open, a cookie set for one person's token travels with the next one's.
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            follow_redirects=False,
            trust_env=False,
            timeout=httpx.Timeout(self._patience, connect=CONNECT_TIMEOUT_S),
            # No compression: the size of an answer is then what it says on the wire.
            headers={"Accept": "application/json", "Accept-Encoding": "identity"},
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()

    async def core_hours(self, cluster: Cluster, username: str, token: Secret) -> Reading:
        """Ask for the cumulative counter; another try only where it can help, all within the patience."""
        url = f"{cluster.url}/hpc/openapi/v2/view/walltime/users/{quote(username, safe='')}"
        value = await self._call(cluster, "GET", url, token, core_hours_from)
        now = self._clock()
        return Reading(core_hours=value, at=now, confirmed_at=now)

    async def next_token(self, cluster: Cluster, token: Secret) -> Secret:
        """Exchange a token for the next one.

        Tried again at once when the answer was lost, too: for a moment the old token may still be good.
        """
        url = f"{cluster.platform_url}/ac/openapi/v2/tokens/next"
        return await self._call(cluster, "POST", url, token, next_token_from)

    async def _call(
        self, cluster: Cluster, method: str, url: str, token: Secret, read: Callable[[int, bytes], T]
    ) -> T:
        """Call with patience, and count how it ended."""
        started = perf_counter()
        outcome = "failed"  # cancelled, or a fault of ours
        try:
            async with asyncio.timeout(self._patience):
                found = await self._with_retries(method, url, token, read)
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
                "cluster asked", cluster=cluster.name, how=method, outcome=outcome, seconds=round(seconds, 3)
            )
        return found

    async def _with_retries(self, method: str, url: str, token: Secret, read: Callable[[int, bytes], T]) -> T:
        async for attempt in stamina.retry_context(
            on=_worth_another_try,
            attempts=TRIES,
            timeout=None,
            wait_initial=0.2,
            wait_max=1.0,
            wait_jitter=0.2,
        ):
            with attempt:
                return await self._ask(method, url, token, read)
        raise AssertionError("retry_context either returns or raises")  # pragma: no cover

    async def _ask(self, method: str, url: str, token: Secret, read: Callable[[int, bytes], T]) -> T:
        request = self._http.build_request(
            method, url, headers={"token": token.reveal(), "Content-Type": "application/json"}
        )
        try:
            response = await self._http.send(request, stream=True)
            try:
                body = await _read(response)
            finally:
                await response.aclose()
        except _TRANSPORT_ERRORS as error:
            failure = _transport_error(error)
        else:
            return read(response.status_code, body)
        finally:
            # Whoever looks at a failed request object later finds no token in it.
            request.headers.pop("token", None)
        # Not raised above: the original, which may show the token, would hang on as its context.
        raise failure


async def _read(response: httpx.Response) -> bytes:
    if response.is_redirect:
        raise ClusterMisconfigured("it redirects elsewhere")
    if response.headers.get("content-encoding", "identity") != "identity":
        raise ClusterMisconfigured("it compresses answers unasked")
    body = bytearray()
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) > MAX_ANSWER_BYTES:
            raise ClusterMisconfigured("the answer is too large")
    return bytes(body)


def _worth_another_try(error: Exception) -> bool:
    return isinstance(error, ClusterSilent) and error.cause in _PASSES_IN_A_MOMENT


def _transport_error(error: Exception) -> WalltimeError:
    """Name a transport failure; the text of the original may hold the URL and is left behind."""
    if isinstance(error, aiohttp.ClientResponseError):
        return ClusterMisconfigured("it does not speak HTTP")
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError | aiohttp.ClientConnectorCertificateError):
            return ClusterMisconfigured("its certificate is not trusted (set ca_file)")
        cause = cause.__cause__
    # aiohttp reports a refused connection as a connect time-out: only a read time-out is one for sure.
    return ClusterSilent("timeout" if isinstance(error, httpx.ReadTimeout) else "connection")


def _tls(ca_file: str | None) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=ca_file)


def _transport(context: ssl.SSLContext) -> AiohttpTransport:
    return AiohttpTransport(
        verify=context,
        client=lambda: aiohttp.ClientSession(
            # Per host: a cluster that hangs must not hold the others' places.
            connector=aiohttp.TCPConnector(ssl=context, limit=0, limit_per_host=MAX_CONNECTIONS),
            cookie_jar=aiohttp.DummyCookieJar(),
        ),
    )


async def probe(cluster: Cluster) -> datetime | None:
    """Reach a cluster without a token; return its clock if it tells.

    Raises ClusterSilent or ClusterMisconfigured. That it refuses us is expected, and proves that it is there.
    """
    request_url = f"{cluster.url}/hpc/openapi/v2/cluster"
    transport = _transport(_tls(cluster.ca_file))
    async with httpx.AsyncClient(transport=transport, trust_env=False, timeout=CONNECT_TIMEOUT_S) as http:
        try:
            async with http.stream("GET", request_url) as response:
                return http_date(response.headers.get("date"))
        except _TRANSPORT_ERRORS as error:
            raise _transport_error(error) from None
