"""What can go wrong on a connection, done to a real one."""

import asyncio
import socket
import struct

from aiohttp import web

from bot.playground.slack.faults import Fault

HTML = "<!doctype html><html><body><h1>Server Error</h1><p>Something went wrong.</p></body></html>"
# An answer that never comes ends with the caller's patience or with the server.
FOR_EVER = 24 * 3600.0


def cut(request: web.Request) -> None:
    """Reset the TCP connection of a request."""
    transport = request.transport
    if transport is None:
        return
    raw = transport.get_extra_info("socket")
    if raw is not None:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()


async def struck(request: web.Request, fault: Fault) -> web.StreamResponse:
    """Answer as a broken server does; the kinds that still answer something are the caller's."""
    match fault.kind:
        case "http_500":
            return web.Response(status=500, text="Internal Server Error")
        case "http_html":
            return web.Response(status=503, text=HTML, content_type="text/html")
        case "ratelimited":
            return ratelimited(fault.retry_after_seconds)
        case "hang":
            await asyncio.sleep(FOR_EVER)
        case _:
            cut(request)
    return web.Response(status=500)


def ratelimited(seconds: int) -> web.Response:
    """Answer that the caller has to wait."""
    return web.json_response(
        {"ok": False, "error": "ratelimited"}, status=429, headers={"Retry-After": str(seconds)}
    )
