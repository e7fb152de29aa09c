"""Reading a request's body, within bounds."""

import asyncio
from datetime import timedelta
from typing import Final

import aiohttp
from aiohttp import web

BODY_PATIENCE: Final = timedelta(seconds=5)


async def read_body(request: web.Request, *, most: int) -> bytes | None:
    """Read the body up to the limit, within a few seconds; None if it is larger, slower or cut short."""
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_PATIENCE.total_seconds()):
            async for chunk in request.content.iter_any():
                body += chunk
                if len(body) > most:
                    return None
    except (TimeoutError, web.HTTPException, aiohttp.ClientError, OSError, ValueError):
        return None
    return bytes(body)
