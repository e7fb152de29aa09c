"""OAuth at Slack: the address of its consent, and oauth.v2.access."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode, urljoin, urlsplit

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.clusters import is_loopback
from bot.domain.errors import InstallMisconfigured, InstallRefused, SlackSilent
from bot.domain.installations import Installation
from bot.domain.secret import Secret
from bot.ports.installing import Tokens
from bot.slack.client import error_code, make_client

_ACCESS: Final = "oauth.v2.access"
# Slack does not know us: whoever installs the app can do nothing about it.
_OURS: Final = frozenset(
    {
        "bad_client_secret",
        "bad_redirect_uri",
        "invalid_client_id",
        "invalid_redirect_uri",
        "oauth_authorization_url_mismatch",
    }
)
# Slack's own trouble, or a wish to wait.
_PASSES: Final = frozenset(
    {
        "accesslimited",
        "fatal_error",
        "internal_error",
        "rate_limited",
        "ratelimited",
        "request_timeout",
        "service_unavailable",
    }
)
_NO_ANSWER: Final = (aiohttp.ClientError, TimeoutError, OSError)
REDIRECT_PATH: Final = "/slack/oauth_redirect"


class SlackGrants:
    """`AppGrants` over Slack's Web API."""

    def __init__(
        self,
        *,
        api_url: str,
        public_url: str,
        client_id: str,
        client_secret: Secret,
        scopes: Sequence[str],
        session: aiohttp.ClientSession,
    ) -> None:
        self._api_url = api_url
        self._redirect_uri = public_url + REDIRECT_PATH
        self._client_id = client_id
        self._client_secret = client_secret
        self._scopes = scopes
        self._session = session

    def consent_url(self, state: Secret) -> str:
        """Return Slack's page, of the Slack that the Web API belongs to."""
        asked = {
            "client_id": self._client_id,
            "scope": ",".join(self._scopes),
            "redirect_uri": self._redirect_uri,
            "state": state.reveal(),
        }
        return urljoin(self._api_url, "/oauth/v2/authorize") + "?" + urlencode(asked)

    def next_step(self, installation: Installation) -> str:
        """Return where to open the app or, for an organisation, where its admins add it to workspaces."""
        app, team = installation.app_id, installation.workspace
        if not installation.org_wide:
            query = urlencode({"app": app, "team": team})
            return urljoin(self._api_url, "/app_redirect") + f"?{query}"
        slack = urlsplit(self._api_url)
        host = slack.netloc if is_loopback(self._api_url) else f"app.{slack.netloc}"
        return f"{slack.scheme}://{host}/manage/{team}/integrations/profile/{app}/workspaces/add"

    async def exchange(self, code: Secret, *, now: datetime) -> tuple[Installation, Tokens]:
        """Exchange the code, and ask with the new token who we are there."""
        answer = await self._access(code=code.reveal(), redirect_uri=self._redirect_uri)
        tokens = _tokens(answer, now=now)
        org_wide = bool(answer.get("is_enterprise_install"))
        where = _object(answer, "enterprise" if org_wide else "team")
        asking = make_client(self._api_url, self._session, tokens.bot)
        try:
            bot_id = (await asking.auth_test()).get("bot_id")
        except SlackApiError as error:
            raise _sorted(error) from None
        except _NO_ANSWER as error:
            raise SlackSilent(type(error).__name__) from None
        installation = Installation(
            workspace=_text(where, "id"),
            enterprise=_object(answer, "enterprise").get("id"),
            org_wide=org_wide,
            name=str(where.get("name") or ""),
            app_id=_text(answer, "app_id"),
            bot_user=_text(answer, "bot_user_id"),
            bot_id=bot_id,
            scopes=frozenset(filter(None, str(answer.get("scope") or "").split(","))),
            installer=_text(_object(answer, "authed_user"), "id"),
            installed_at=now,
            expires_at=tokens.expires_at,
        )
        return installation, tokens

    async def refresh(self, refresh_token: Secret, *, now: datetime) -> Tokens:
        """Exchange a refresh token."""
        answer = await self._access(grant_type="refresh_token", refresh_token=refresh_token.reveal())
        tokens = _tokens(answer, now=now)
        if tokens.refresh is None or tokens.expires_at is None:
            raise SlackSilent("an answer without a refresh token")
        return tokens

    async def _access(self, **wanted: str) -> Mapping[str, Any]:
        """Call with our secret in the header: the SDK's own method uses what aiohttp is about to drop."""
        client: AsyncWebClient = make_client(self._api_url, self._session)
        proof = aiohttp.encode_basic_auth(self._client_id, self._client_secret.reveal())
        try:
            answer = await client.api_call(_ACCESS, data=wanted, headers={"Authorization": proof})
        except SlackApiError as error:
            # The answer may hold tokens: nothing of it goes on with the error.
            raise _sorted(error) from None
        except _NO_ANSWER as error:
            raise SlackSilent(type(error).__name__) from None
        return answer.data if isinstance(answer.data, dict) else {}


def _sorted(error: SlackApiError) -> InstallRefused | InstallMisconfigured | SlackSilent:
    """Sort Slack's no by who can do something about it."""
    code = error_code(error)
    if code in _OURS:
        return InstallMisconfigured(code)
    if code in _PASSES or not code.islower():
        return SlackSilent(code)
    return InstallRefused(code)


def _tokens(answer: Mapping[str, Any], *, now: datetime) -> Tokens:
    bot, refresh, lives = (answer.get(name) for name in ("access_token", "refresh_token", "expires_in"))
    if not isinstance(bot, str) or not bot or answer.get("token_type") != "bot":
        raise InstallRefused("no_bot_token")
    is_ending = isinstance(refresh, str) and isinstance(lives, int) and lives > 0
    return Tokens(
        bot=Secret(bot),
        refresh=Secret(str(refresh)) if is_ending else None,
        expires_at=now + timedelta(seconds=int(lives or 0)) if is_ending else None,
    )


def _object(answer: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = answer.get(name)
    return found if isinstance(found, dict) else {}


def _text(answer: Mapping[str, Any], name: str) -> str:
    found = answer.get(name)
    if not isinstance(found, str) or not found:
        raise InstallRefused(f"no_{name}")
    return found
