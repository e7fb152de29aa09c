"""`/slack/install` leads to Slack's consent; `/slack/oauth_redirect` takes what that browser brings back."""

import re
import secrets
from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus
from typing import Final

import structlog
from aiohttp import web
from prometheus_client import Counter

from bot.domain.errors import (
    InstallCancelled,
    InstallMisconfigured,
    InstallWrong,
    SlackSilent,
)
from bot.domain.link_pages import NAME_BYTES
from bot.domain.secret import Secret
from bot.usecases.install_app import STATE_LIVES, InstallApp, WayBack
from bot.views.install_page import install_failure_page, installed_page, not_installed_page
from bot.views.language import speaking
from bot.views.link_page import link_busy_page
from bot.views.pages import Look
from bot.web.misses import SPAN, Misses
from bot.web.pages import HEADERS, html_page, language_of

INSTALL_PATH: Final = "/slack/install"
REDIRECT_PATH: Final = "/slack/oauth_redirect"
_OURS = re.compile(r"[A-Za-z0-9_-]{43}")
_LONGEST: Final = 2048

INSTALLS = Counter("walltime_installs_total", "Installations, by what came of them.", ["outcome"])

log = structlog.get_logger(__name__)


class Installs:
    """The door for whoever installs the app. `is_https` is about the address that browsers see."""

    def __init__(
        self,
        install_app: InstallApp,
        *,
        command: str,
        is_https: bool,
        clock: Callable[[], datetime],
    ) -> None:
        self._install_app = install_app
        self._command = command
        self._is_https = is_https
        self._clock = clock
        self._misses = Misses(clock)

    async def begin(self, request: web.Request) -> web.Response:
        """Lead to Slack; each begin is counted, so that no script fills the database."""
        look = self._look(request)
        with speaking(look.language):
            if self._misses.too_many(request):
                return _busy(look)
            self._misses.note(request)
            # Two tabs of one browser share what only it knows, and do not take each other's place.
            browser = self._browser(request) or Secret(secrets.token_urlsafe(NAME_BYTES))
            state = Secret(secrets.token_urlsafe(NAME_BYTES))
            try:
                there = await self._install_app.begin(browser=browser, state=state, now=self._clock())
            except Exception as error:  # noqa: BLE001 (logged, and said on a page)
                return _failed(error, look)
        answer = web.Response(status=HTTPStatus.FOUND, headers={**HEADERS, "Location": there})
        answer.set_cookie(
            self._cookie,
            browser.reveal(),
            path="/",
            max_age=int(STATE_LIVES.total_seconds()),
            httponly=True,
            secure=self._is_https,
            # Not Strict: Slack's page leads back here.
            samesite="Lax",
        )
        return answer

    async def end(self, request: web.Request) -> web.Response:
        """Take the code, once; whatever is wrong, a page says what to do."""
        look = self._look(request)
        with speaking(look.language):
            if self._misses.too_many(request):
                return _busy(look)
            try:
                return await self._ended(request, look)
            except (InstallWrong, SlackSilent, InstallMisconfigured) as error:
                return self._not_installed(request, error, look)
            except Exception as error:  # noqa: BLE001 (logged, and said on a page)
                return _failed(error, look)

    async def _ended(self, request: web.Request, look: Look) -> web.Response:
        back = WayBack(
            state=_secret(request, "state"), code=_secret(request, "code"), error=_said(request, "error")
        )
        browser = self._browser(request) or Secret("")
        installation = await self._install_app.end(back, browser=browser, now=self._clock())
        INSTALLS.labels("organisation" if installation.org_wide else "workspace").inc()
        log.info(
            "the app was installed",
            workspace=installation.workspace,
            org_wide=installation.org_wide,
            by=installation.installer,
        )
        text = installed_page(
            installation,
            look,
            missing=installation.missing(self._install_app.needed),
            next_step=self._install_app.grants.next_step(installation),
        )
        return html_page(HTTPStatus.OK, text)

    def _not_installed(
        self, request: web.Request, error: InstallWrong | SlackSilent | InstallMisconfigured, look: Look
    ) -> web.Response:
        INSTALLS.labels(type(error).__name__).inc()
        text = not_installed_page(error, look)
        match error:
            case InstallCancelled():
                return html_page(HTTPStatus.OK, text)
            case InstallWrong():
                self._misses.note(request)
                return html_page(HTTPStatus.BAD_REQUEST, text)
            case InstallMisconfigured():
                log.error("Slack does not know the app", code=error.code)
                return html_page(HTTPStatus.INTERNAL_SERVER_ERROR, text)
            case SlackSilent():
                log.warning("an installation got no answer from Slack", why=error.cause)
                return html_page(HTTPStatus.BAD_GATEWAY, text)

    @property
    def _cookie(self) -> str:
        return f"{'__Host-' if self._is_https else ''}walltime-install"

    def _browser(self, request: web.Request) -> Secret | None:
        """What only this browser knows; None without a cookie of ours."""
        found = request.cookies.get(self._cookie, "")
        return Secret(found) if _OURS.fullmatch(found) else None

    def _look(self, request: web.Request) -> Look:
        # The address of the way back is good once: it offers no other language.
        return Look(language=language_of(request), command=self._command, languages=())


def _said(request: web.Request, name: str) -> str | None:
    """Return a parameter; None if it is missing, empty, or longer than anything of Slack's."""
    found = request.query.get(name, "")
    return found if 0 < len(found) <= _LONGEST else None


def _secret(request: web.Request, name: str) -> Secret | None:
    found = _said(request, name)
    return None if found is None else Secret(found)


def _busy(look: Look) -> web.Response:
    INSTALLS.labels("too many").inc()
    busy = html_page(HTTPStatus.TOO_MANY_REQUESTS, link_busy_page(look))
    busy.headers["Retry-After"] = str(int(SPAN.total_seconds()))
    return busy


def _failed(error: Exception, look: Look) -> web.Response:
    number = secrets.token_hex(4)
    log.error("an installation failed", incident=number, exc_info=error)
    INSTALLS.labels("failed").inc()
    return html_page(HTTPStatus.INTERNAL_SERVER_ERROR, install_failure_page(number, look))
