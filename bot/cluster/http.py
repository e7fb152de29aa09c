"""One way to send a request: no cookies, no redirects, no proxies, bounded size, no secret left behind."""

import socket
import ssl
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Final

import aiohttp
import httpx
from aiohttp import AddrInfoType
from httpx_aiohttp import AiohttpTransport

from bot.domain.errors import ClusterMisconfigured, ClusterSilent, WalltimeError
from bot.domain.secret import Secret

CONNECT_TIMEOUT_S: Final = 5.0
MAX_ANSWER_BYTES: Final = 64 * 1024
MAX_CONNECTIONS: Final = 100

# httpx-aiohttp lets some of aiohttp's own errors through, and a ClientResponseError shows all headers sent.
TRANSPORT_ERRORS: Final = (httpx.TransportError, aiohttp.ClientError)


class Http:
    """An HTTP client. `ca_files` says which authorities vouch for which base addresses, else the system's.

    `may_connect` is asked for every address at the moment of connecting, whatever a name led to before.
    """

    def __init__(
        self,
        *,
        patience: timedelta,
        ca_files: Mapping[str, str] | None = None,
        may_connect: Callable[[str], bool] | None = None,
    ) -> None:
        ca_files = ca_files or {}
        self._client = httpx.AsyncClient(
            transport=transport(tls(None), may_connect=may_connect),
            # One client, but a host with its own CA gets its own trust, and only for itself.
            mounts={url: transport(tls(path), may_connect=may_connect) for url, path in ca_files.items()},
            # With either jar open, a cookie set for one person's token travels with the next one's.
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            follow_redirects=False,
            trust_env=False,
            timeout=httpx.Timeout(patience.total_seconds(), connect=CONNECT_TIMEOUT_S),
            # No compression: the size of an answer is then what it says on the wire.
            headers={"Accept": "application/json", "Accept-Encoding": "identity"},
        )

    async def close(self) -> None:
        """Close every connection."""
        await self._client.aclose()

    async def send(self, method: str, url: str, *, headers: Mapping[str, str | Secret]) -> tuple[int, bytes]:
        """Return status and body; raises ClusterSilent or ClusterMisconfigured."""
        raw = [(name.encode(), _text(value).encode()) for name, value in headers.items()]
        request = self._client.build_request(method, url, headers=raw)
        try:
            response = await self._client.send(request, stream=True)
            try:
                return response.status_code, await _read(response)
            finally:
                await response.aclose()
        except TRANSPORT_ERRORS as error:
            failure = transport_error(error)
        finally:
            # Whoever looks at a failed request object later finds no secret in it.
            for name in headers:
                request.headers.pop(name, None)
        # Not raised above: the original, which may show a secret, would hang on as its context.
        raise failure


def _text(value: str | Secret) -> str:
    return value.reveal() if isinstance(value, Secret) else value


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


def transport_error(error: Exception) -> WalltimeError:
    """Name a transport failure; the text of the original may hold the URL and is left behind."""
    if isinstance(error, aiohttp.ClientResponseError):
        return ClusterMisconfigured("it does not speak HTTP")
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError | aiohttp.ClientConnectorCertificateError):
            return ClusterMisconfigured("its certificate is not trusted (set ca_file)")
        if isinstance(cause, _AddressRefused):
            return ClusterMisconfigured("its name leads to an address that is not public")
        cause = cause.__cause__
    # aiohttp reports a refused connection as a connect time-out: only a read time-out is one for sure.
    return ClusterSilent("timeout" if isinstance(error, httpx.ReadTimeout) else "connection")


@cache
def tls(ca_file: str | None) -> ssl.SSLContext:
    """Trust the authorities of a file, else the system's: read once, which takes longer than a request."""
    return ssl.create_default_context(cafile=ca_file)


def transport(
    context: ssl.SSLContext, *, may_connect: Callable[[str], bool] | None = None
) -> AiohttpTransport:
    """Return a transport with connections of its own; `may_connect` judges each address it would go to."""
    return AiohttpTransport(
        verify=context,
        client=lambda: aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                ssl=context,
                limit=0,
                # Per host: a cluster that hangs must not hold the others' places.
                limit_per_host=MAX_CONNECTIONS,
                socket_factory=None if may_connect is None else _judging(may_connect),
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
        ),
    )


class _AddressRefused(OSError):
    """A connection to an address that may not be connected to."""


def _judging(may_connect: Callable[[str], bool]) -> Callable[[AddrInfoType], socket.socket]:
    """Make sockets only for addresses that may be connected to. This very address is then connected to."""

    def make(where: AddrInfoType) -> socket.socket:
        family, kind, protocol, _, address = where
        if not may_connect(str(address[0])):
            raise _AddressRefused
        return socket.socket(family, kind, protocol)

    return make
