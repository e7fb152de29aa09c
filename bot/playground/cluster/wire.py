"""How answers, good and bad, look on the wire."""

import asyncio
import socket
import struct
import zlib
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import cache
from typing import Final

from aiohttp import web

from bot.playground.cluster.answers import NOT_FOUND, Answer
from bot.playground.cluster.faults import UNSET, ClusterFault

BOMB_BYTES: Final = 64 * 2**20

_JSON = "application/json"
_HTML = b"<html><head><title>503</title></head><body><h1>503 Service Unavailable</h1></body></html>"
_NO_LINGER = struct.pack("ii", 1, 0)

_Do = Callable[[], Answer]


def plain(answer: Answer) -> web.Response:
    """Put an answer on the wire as it is."""
    return web.Response(body=answer.body, status=answer.status, content_type=_JSON, charset="UTF-8")


def abort(transport: asyncio.BaseTransport | None) -> None:
    """Reset a connection: the other side sees an error, not an end."""
    if isinstance(transport, asyncio.Transport) and not transport.is_closing():
        raw = transport.get_extra_info("socket")
        with suppress(OSError):
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
        transport.abort()


async def misbehave(fault: ClusterFault, request: web.BaseRequest, do: _Do) -> web.StreamResponse:
    """Answer with the fault. `do` does what was asked; only kinds that get that far call it."""
    if fault.delay:
        await asyncio.sleep(fault.delay.total_seconds())
    way = _WAYS.get(fault.kind)
    return await way(fault, request, do) if way else plain(_altered(fault, do))


def _altered(fault: ClusterFault, do: _Do) -> Answer:
    """Make up the answers that differ from good ones in their text only."""
    match fault.kind:
        case "code":
            usual = "token is invalid" if fault.code == "10008" else ""
            data = usual if fault.data is UNSET else fault.data
            return Answer(
                code=fault.code, msg=fault.msg, data=data, literal=fault.literal, status=fault.http_status
            )
        case "data":
            return Answer(data=None if fault.data is UNSET else fault.data, literal=fault.literal)
        case "code_int":
            answer = do()
            return Answer(code=int(answer.code), msg=answer.msg, data=answer.data, status=answer.status)
        case "unknown_path":
            return NOT_FOUND
        case _:
            return do()


async def _hang(_fault: ClusterFault, _request: web.BaseRequest, _do: _Do) -> web.StreamResponse:
    return await _forever()


async def _reset(_fault: ClusterFault, request: web.BaseRequest, _do: _Do) -> web.StreamResponse:
    abort(request.transport)
    return await _forever()


async def _lose_answer(_fault: ClusterFault, request: web.BaseRequest, do: _Do) -> web.StreamResponse:
    do()
    abort(request.transport)
    return await _forever()


async def _truncated(_fault: ClusterFault, request: web.BaseRequest, do: _Do) -> web.StreamResponse:
    body = do().body
    response = web.StreamResponse(headers={"Content-Type": _JSON})
    response.content_length = len(body)
    await response.prepare(request)
    await response.write(body[: len(body) // 2])
    if request.transport is not None:
        request.transport.close()
    return await _forever()


async def _big(_fault: ClusterFault, request: web.BaseRequest, _do: _Do) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": _JSON})
    with suppress(ConnectionError):
        await response.prepare(request)
        await response.write(b'{"code":"0","msg":"success","data":1')
        while True:
            await response.write(b"0" * 65_536)
            await asyncio.sleep(0)  # writing to a fast reader never waits, and others want their turn
    return await _forever()


async def _gzip_bomb(_fault: ClusterFault, _request: web.BaseRequest, _do: _Do) -> web.StreamResponse:
    body = await asyncio.to_thread(_bomb)
    return web.Response(body=body, content_type=_JSON, headers={"Content-Encoding": "gzip"})


async def _html(_fault: ClusterFault, _request: web.BaseRequest, _do: _Do) -> web.StreamResponse:
    return web.Response(body=_HTML, status=503, content_type="text/html", charset="UTF-8")


async def _not_json(_fault: ClusterFault, _request: web.BaseRequest, _do: _Do) -> web.StreamResponse:
    return web.Response(text="success")


async def _redirect(fault: ClusterFault, _request: web.BaseRequest, _do: _Do) -> web.StreamResponse:
    return web.Response(status=302, headers={"Location": fault.location or ""})


async def _cookie(_fault: ClusterFault, _request: web.BaseRequest, do: _Do) -> web.StreamResponse:
    response = plain(do())
    response.set_cookie("JSESSIONID", "stand-in", path="/", httponly=True)
    return response


_WAYS: Final[dict[str, Callable[[ClusterFault, web.BaseRequest, _Do], Awaitable[web.StreamResponse]]]] = {
    "hang": _hang,
    "reset": _reset,
    "lose_answer": _lose_answer,
    "truncated": _truncated,
    "big": _big,
    "gzip_bomb": _gzip_bomb,
    "html": _html,
    "not_json": _not_json,
    "redirect": _redirect,
    "cookie": _cookie,
}


async def _forever() -> web.StreamResponse:
    """Wait for the connection's end, which cancels whoever waits."""
    await asyncio.Event().wait()
    raise AssertionError


@cache
def _bomb() -> bytes:
    """Pack a good answer after 64 MiB of blanks into some 64 KiB."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    blanks = b" " * 2**20
    parts = [packer.compress(blanks) for _ in range(BOMB_BYTES // len(blanks))]
    return b"".join([*parts, packer.compress(Answer(data=1.0).body), packer.flush()])
