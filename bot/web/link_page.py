"""`/link/{one-time}`: GET shows the form and changes nothing, POST takes it."""

import hashlib
import hmac
import re
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Final
from urllib.parse import parse_qsl

import structlog
from aiohttp import web
from prometheus_client import Counter

from bot.domain.clusters import Cluster
from bot.domain.errors import (
    LinkPageUnknown,
    LinkPageUsed,
    LinkPageWrong,
    QuestionNotAsked,
    WalltimeError,
)
from bot.domain.link_pages import CODE_LENGTH, CODE_LETTERS, NAME_BYTES, LinkPage, digest_of
from bot.domain.secret import Secret
from bot.usecases.link_by_page import LinkByPage, LinkForm
from bot.views.language import speaking
from bot.views.link_page import (
    Typed,
    link_busy_page,
    link_code_page,
    link_failure_page,
    link_form_page,
    link_refusal_page,
    not_this_form_sentence,
)
from bot.views.pages import Look
from bot.web.body import read_body
from bot.web.misses import SPAN, Misses
from bot.web.pages import HEADERS, html_page, language_of

PATH: Final = "/link/{name}"
MAX_FORM_BYTES: Final = 16 * 1024
_MOST_FIELDS: Final = 20
_NAME = re.compile(r"[A-Za-z0-9_-]{43}")
_TICKET_LIVES: Final = timedelta(minutes=20)

PAGES = Counter("walltime_link_pages_total", "Requests to the link page, by what came of them.", ["outcome"])

log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True)
class Visit:
    """One request, as far as it is understood. Nothing of it reaches a log."""

    request: web.Request
    name: Secret
    look: Look


Answer = Callable[[Visit], Awaitable[web.Response]]


class LinkPages:
    """The door for people's browsers. `is_https` is about the address they see, in front of any proxy."""

    def __init__(
        self,
        link_by_page: LinkByPage,
        clusters: Sequence[Cluster],
        *,
        command: str,
        is_https: bool,
        clock: Callable[[], datetime],
    ) -> None:
        self._link_by_page = link_by_page
        self._clusters = clusters
        self._command = command
        self._is_https = is_https
        self._clock = clock
        self._misses = Misses(clock)

    async def show(self, request: web.Request) -> web.Response:
        """GET: whoever looks, a browser or a bot that previews links, uses nothing up."""
        return await self._answered(request, self._show)

    async def take(self, request: web.Request) -> web.Response:
        """POST: the form."""
        return await self._answered(request, self._take)

    async def _answered(self, request: web.Request, answer: Answer) -> web.Response:
        """Answer, whatever goes wrong, with a page that says what."""
        language = language_of(request)
        with speaking(language):
            return await self._spoken(request, answer, Look(language=language, command=self._command))

    async def _spoken(self, request: web.Request, answer: Answer, look: Look) -> web.Response:
        visit = Visit(request=request, name=Secret(request.match_info["name"]), look=look)
        if self._misses.too_many(request):
            busy = _page(HTTPStatus.TOO_MANY_REQUESTS, link_busy_page(look), "too many misses")
            busy.headers["Retry-After"] = str(int(SPAN.total_seconds()))
            return busy
        try:
            return await answer(visit)
        except LinkPageUnknown as error:
            self._misses.note(request)
            return _refusal(HTTPStatus.NOT_FOUND, error, look)
        except LinkPageWrong as error:
            text = link_refusal_page(error, look, sent=request.method == "POST")
            return _page(HTTPStatus.GONE, text, type(error).__name__)
        except QuestionNotAsked as error:
            log.warning("a link page's question was not asked", cause=error.cause)
            return _refusal(HTTPStatus.BAD_GATEWAY, error, look)
        except Exception as error:
            number = secrets.token_hex(4)
            log.exception("a link page failed", incident=number, why=type(error).__name__)
            return _page(HTTPStatus.INTERNAL_SERVER_ERROR, link_failure_page(number, look), "failed")

    async def _show(self, visit: Visit) -> web.Response:
        now = self._clock()
        try:
            page = await self._looked_up(visit, now)
        except LinkPageUsed:
            browser = digest_of(Secret(self._ticket(visit) or ""))
            page, code = await self._link_by_page.code_for(visit.name, browser=browser, now=now)
            text = link_code_page(page, code, self._clusters, visit.look)
            return _page(HTTPStatus.OK, text, "code shown")
        return self._form(visit, page, self._preselected(page))

    async def _take(self, visit: Visit) -> web.Response:
        now = self._clock()
        page = await self._looked_up(visit, now)
        body = await read_body(visit.request, most=MAX_FORM_BYTES)
        if body is None:
            too_large = not_this_form_sentence()
            return self._form(visit, page, Typed(), HTTPStatus.REQUEST_ENTITY_TOO_LARGE, trouble=too_large)
        fields = _fields(visit.request, body)
        typed = Typed(cluster=fields.get("cluster"), username=fields.get("username", "").strip())
        ticket = self._ticket(visit)
        if ticket is None or not hmac.compare_digest(ticket.encode(), fields.get("ticket", "").encode()):
            return self._form(visit, page, typed, HTTPStatus.FORBIDDEN, trouble=not_this_form_sentence())
        form = LinkForm(
            cluster=typed.cluster or "",
            username=typed.username,
            token=Secret("".join(fields.get("token", "").split())),
            browser=digest_of(Secret(ticket)),
        )
        code = Secret("".join(secrets.choice(CODE_LETTERS) for _ in range(CODE_LENGTH)))
        try:
            await self._link_by_page.submit(page, form, code=code, now=now)
        except (LinkPageWrong, QuestionNotAsked):
            raise
        except WalltimeError as error:
            return self._form(visit, page, typed, HTTPStatus.UNPROCESSABLE_ENTITY, error=error)
        PAGES.labels("asked").inc()
        # Seen by GET, the code survives a reload; a proxy's path in front of ours is kept.
        there = {**HEADERS, "Location": f"?lang={visit.look.language.code}"}
        return web.Response(status=HTTPStatus.SEE_OTHER, headers=there)

    async def _looked_up(self, visit: Visit, now: datetime) -> LinkPage:
        """Find an open page; what has not even the shape of a name is not looked for."""
        if not _NAME.fullmatch(visit.name.reveal()):
            raise LinkPageUnknown
        return await self._link_by_page.look(visit.name, now=now)

    def _form(
        self,
        visit: Visit,
        page: LinkPage,
        typed: Typed,
        status: HTTPStatus = HTTPStatus.OK,
        *,
        error: WalltimeError | None = None,
        trouble: str | None = None,
    ) -> web.Response:
        """Draw the form, with a ticket that only this browser can send back."""
        nonce = self._nonce(visit) or secrets.token_urlsafe(NAME_BYTES)
        text = link_form_page(
            page,
            self._clusters,
            visit.look,
            ticket=_ticket_of(nonce, visit.name),
            typed=typed,
            error=error,
            trouble=trouble,
        )
        answer = _page(
            status, text, "not this form" if trouble else type(error).__name__ if error else "shown"
        )
        answer.set_cookie(
            self._cookie(visit),
            nonce,
            path="/",
            max_age=int(_TICKET_LIVES.total_seconds()),
            httponly=True,
            secure=self._is_https,
            samesite="Strict",
        )
        return answer

    def _preselected(self, page: LinkPage) -> Typed:
        only = self._clusters[0].name if len(self._clusters) == 1 else None
        return Typed(cluster=page.cluster or only)

    def _cookie(self, visit: Visit) -> str:
        """One cookie a page, so that two open pages do not take each other's place."""
        prefix = "__Host-" if self._is_https else ""
        return f"{prefix}walltime-link-{digest_of(visit.name)[:16]}"

    def _nonce(self, visit: Visit) -> str | None:
        nonce = visit.request.cookies.get(self._cookie(visit), "")
        return nonce if _NAME.fullmatch(nonce) else None

    def _ticket(self, visit: Visit) -> str | None:
        """What this browser's cookie makes of this page; None without a cookie of ours."""
        nonce = self._nonce(visit)
        return None if nonce is None else _ticket_of(nonce, visit.name)


def _ticket_of(nonce: str, name: Secret) -> str:
    """Bind a browser's cookie to one page."""
    return hmac.new(nonce.encode(), name.reveal().encode(), hashlib.sha256).hexdigest()


def _fields(request: web.Request, body: bytes) -> Mapping[str, str]:
    """Read the form's fields; what is no form has none."""
    if request.content_type != "application/x-www-form-urlencoded" or "Content-Encoding" in request.headers:
        return {}
    try:
        return dict(
            parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=_MOST_FIELDS, errors="strict")
        )
    except ValueError:
        return {}


def _refusal(status: HTTPStatus, error: WalltimeError, look: Look) -> web.Response:
    return _page(status, link_refusal_page(error, look), type(error).__name__)


def _page(status: HTTPStatus, text: str, outcome: str) -> web.Response:
    PAGES.labels(outcome).inc()
    return html_page(status, text)
