"""What all our pages for browsers share: headers, and the reader's language."""

from http import HTTPStatus
from typing import Final

from aiohttp import web

from bot.views.language import Language, language_named, preferred_language
from bot.views.pages import CONTENT_SECURITY_POLICY

HEADERS: Final = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Vary": "Accept-Language, Cookie",
}


def language_of(request: web.Request) -> Language:
    """Return the language that a page's reader chose, else their browser's."""
    chosen = language_named(request.query.get("lang"))
    return chosen or preferred_language(request.headers.get("Accept-Language", ""))


def html_page(status: HTTPStatus, text: str) -> web.Response:
    """Answer with a page."""
    return web.Response(status=status, text=text, content_type="text/html", headers=HEADERS)
