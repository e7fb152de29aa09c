"""Installing an app: the page on which somebody allows it, and oauth.v2.access."""

import base64
import binascii
import hmac
import html
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from bot.playground.slack.asking import Refused
from bot.playground.slack.browser import LOOPBACK
from bot.playground.slack.grants import CODE_LIVES, TOKEN_LIVES, Code
from bot.playground.slack.ids import token
from bot.playground.slack.organisation import Organisation
from bot.playground.slack.state import State
from bot.playground.slack.workspace import ALL_SCOPES, Workspace

HEADERS = {
    "Content-Security-Policy": "default-src 'self'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
ASKED = ("client_id", "scope", "redirect_uri", "state")


class Consent:
    """The page: who allows the app, and where. GET shows it, POST decides and leads back to the app."""

    def __init__(self, state: State) -> None:
        self._state = state

    async def show(self, request: web.Request) -> web.Response:
        """Show what the app asks for."""
        if not LOOPBACK.fullmatch(request.host):
            return _page("<h1>This address is served to this machine only</h1>", status=403)
        asked = {name: request.query.get(name, "") for name in ASKED}
        fault = self._fault(asked)
        if fault is not None:
            return _page(f"<h1>Something went wrong</h1><p>{html.escape(fault)}</p>", status=400)
        return _page(_form(self._state, asked))

    async def decide(self, request: web.Request) -> web.Response:
        """Lead back with a code, or with the word that it was cancelled."""
        if not LOOPBACK.fullmatch(request.host):
            return _page("<h1>This address is served to this machine only</h1>", status=403)
        form = {name: str(value) for name, value in (await request.post()).items()}
        asked = {name: form.get(name, "") for name in ASKED}
        fault = self._fault(asked)
        if fault is not None:
            return _page(f"<h1>Something went wrong</h1><p>{html.escape(fault)}</p>", status=400)
        if form.get("decision") != "allow":
            return _back(asked, error="access_denied")
        where, person = self._where(form.get("where", "")), form.get("person", "")
        if where is None:
            return _back(asked, error="access_denied")
        code = token(32).lower()
        self._state.grants.codes[code] = Code(
            where=where,
            person=person,
            redirect_uri=asked["redirect_uri"],
            scopes=frozenset(asked["scope"].split(",")) - self._state.withheld,
            ends=self._state.now() + CODE_LIVES,
        )
        return _back(asked, code=code)

    def _where(self, name: str) -> Workspace | Organisation | None:
        return self._state.organisations.get(name) or self._state.workspaces.get(name)

    def _fault(self, asked: dict[str, str]) -> str | None:
        if asked["client_id"] != self._state.client_id:
            return "Invalid client_id parameter"
        if asked["redirect_uri"] not in self._state.redirect_urls:
            return "redirect_uri did not match any configured URIs."
        scopes = set(asked["scope"].split(","))
        return None if scopes and scopes <= ALL_SCOPES else "Invalid permissions requested"


def access(state: State, args: dict[str, Any], authorization: str) -> dict[str, Any]:
    """oauth.v2.access: exchange a code, or renew a token."""
    _check_client(state, args, authorization)
    kind = args.get("grant_type") or "authorization_code"
    if kind == "refresh_token":
        where = state.grants.redeem(str(args.get("refresh_token") or ""))
        if where is None:
            raise Refused("invalid_refresh_token")
        return _granted(state, where, person=None)
    if kind != "authorization_code":
        raise Refused("invalid_grant_type")
    code = state.grants.codes.get(str(args.get("code") or ""))
    if code is None or code.is_used or state.now() > code.ends:
        raise Refused("invalid_code")
    if args.get("redirect_uri") != code.redirect_uri:
        raise Refused("bad_redirect_uri")
    code.is_used = True
    _install(state, code)
    return _granted(state, code.where, person=code.person)


def _install(state: State, code: Code) -> None:
    where = code.where
    if not where.is_installed:
        state.grants.revoke_all(where)  # those of an installation before this one
    if isinstance(where, Organisation):
        where.install(code.scopes)
        return
    where.is_installed, where.is_org_wide = True, False
    where.scopes = code.scopes


def _granted(state: State, where: Workspace | Organisation, *, person: str | None) -> dict[str, Any]:
    grant, refresh = state.grants.issue(where)
    enterprise = where.enterprise
    answer: dict[str, Any] = {
        "access_token": grant.token,
        "token_type": "bot",
        "scope": ",".join(sorted(where.scopes)),
        "bot_user_id": where.bot_user_id,
        "app_id": state.app_id,
        "team": None if isinstance(where, Organisation) else {"id": where.id, "name": where.name},
        "enterprise": None if enterprise is None else {"id": enterprise.id, "name": enterprise.name},
        "is_enterprise_install": isinstance(where, Organisation),
    }
    if person is not None:
        answer["authed_user"] = {"id": person}
    if refresh is not None:
        answer |= {"refresh_token": refresh, "expires_in": int(TOKEN_LIVES.total_seconds())}
    return answer


def _check_client(state: State, args: dict[str, Any], authorization: str) -> None:
    given = (str(args.get("client_id") or ""), str(args.get("client_secret") or ""))
    if authorization.startswith("Basic "):
        try:
            name, _, secret = base64.b64decode(authorization[6:], validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            raise Refused("invalid_client_id") from None
        given = (name, secret)
    if not state.client_id or given[0] != state.client_id:
        raise Refused("invalid_client_id")
    if not hmac.compare_digest(given[1].encode(), state.client_secret.encode()):
        raise Refused("bad_client_secret")


def _back(asked: dict[str, str], **found: str) -> web.Response:
    query = urlencode({**found, "state": asked["state"]})
    return web.Response(status=302, headers={**HEADERS, "Location": f"{asked['redirect_uri']}?{query}"})


def _form(state: State, asked: dict[str, str]) -> str:
    hidden = "".join(
        f'<input type="hidden" name="{name}" value="{html.escape(value)}">' for name, value in asked.items()
    )
    scopes = "".join(f"<li><code>{html.escape(each)}</code></li>" for each in asked["scope"].split(","))
    places = [
        *((each.id, each.name) for each in state.workspaces.values()),
        *((each.id, f"{each.name} (whole organisation)") for each in state.organisations.values()),
    ]
    people = {
        person.id: person.real_name
        for workspace in state.workspaces.values()
        for person in workspace.people.values()
        if not person.is_bot and not person.deleted
    }
    return (
        f"<h1>{html.escape(state.bot_name.capitalize())} is requesting permission to access Slack</h1>"
        f'<form method="post" action="/oauth/v2/authorize">{hidden}'
        f"<label>Workspace<select name=where>{_options(places)}</select></label>"
        f"<label>Signed in as<select name=person>{_options(people.items())}</select></label>"
        f"<h2>What will it be able to do?</h2><ul>{scopes}</ul>"
        '<p class="choice"><button name="decision" value="cancel">Cancel</button>'
        '<button name="decision" value="allow" class="primary">Allow</button></p></form>'
    )


def _options(choices: Any) -> str:
    return "".join(
        f'<option value="{html.escape(value)}">{html.escape(label)}</option>' for value, label in choices
    )


def _page(body: str, *, status: int = 200) -> web.Response:
    text = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<title>Slack look-alike: allow an app</title><link rel="stylesheet" href="/assets/oauth.css">'
        f"</head><body><main>{body}</main></body></html>"
    )
    return web.Response(status=status, text=text, content_type="text/html", headers=HEADERS)
