"""Tokens as the platform issues them: readable claims, a short life, renewal; and access keys."""

import hashlib
import hmac
import json
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from bot.playground.cluster.users import ClusterUser

PLATFORM: Final = "0"

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True, kw_only=True)
class Grant:
    """What a token is good for: whose it is, for which region, until when; `dies_at` once it was renewed."""

    owner: ClusterUser
    cluster_id: str
    expires_at: datetime
    claims: Mapping[str, object]
    dies_at: datetime | None = None

    def renewed_away(self, now: datetime) -> bool:
        """Tell whether a newer token took this one's place."""
        return self.dies_at is not None and now >= self.dies_at


class TokenDesk:
    """Issues, knows and renews tokens. A token is judged by this book, not by what it says of itself."""

    def __init__(self, *, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._key = secrets.token_bytes(32)
        self._grants: dict[str, Grant] = {}

    def issue(
        self, owner: ClusterUser, *, cluster_id: str, lives: timedelta, overrides: Mapping[str, object]
    ) -> str:
        """Issue a token that lives so long from now; overrides change single claims, None leaves one out."""
        claims: dict[str, object] = {
            "computeUser": owner.username,
            "accountStatus": owner.account_status,
            "creator": "ac",
            "role": "1",
            "expireTime": "",
            "clusterId": cluster_id,
            "invoker": owner.invoker,
            "user": owner.login,
            "userId": owner.user_id,
        }
        kept = {name: value for name, value in {**claims, **overrides}.items() if value is not None}
        fixed = "expireTime" in overrides
        expires_at = self._clock() + lives
        return self._book(
            Grant(owner=owner, cluster_id=cluster_id, expires_at=expires_at, claims=kept), fixed=fixed
        )

    def known(self, token: str) -> Grant | None:
        """Return the grant of a token ever issued and not renewed away, expired or not."""
        grant = self._grants.get(token)
        if grant is not None and grant.renewed_away(self._clock()):
            self.revoke(token)
            return None
        return grant

    def valid(self, token: str) -> Grant | None:
        """Return the grant of a token that may be used now."""
        grant = self.known(token)
        return grant if grant is not None and self._clock() < grant.expires_at else None

    def renew(self, token: str, *, lives: timedelta, window: timedelta, grace: timedelta) -> str | None:
        """Issue the next token; the old one dies after the grace. None: unknown, or expired for too long."""
        grant, now = self.known(token), self._clock()
        if grant is None or now > grant.expires_at + window:
            return None
        fixed = "expireTime" not in grant.claims
        fresh = self._book(replace(grant, expires_at=now + lives, dies_at=None), fixed=fixed)
        if grace > timedelta(0):
            self._grants[token] = replace(grant, dies_at=now + grace)
        else:
            self.revoke(token)
        return fresh

    def revoke(self, token: str) -> None:
        """Forget a token: from now on it is invalid and cannot be renewed."""
        grant = self._grants.pop(token, None)
        if grant is not None:
            grant.owner.tokens.discard(token)

    def _book(self, grant: Grant, *, fixed: bool) -> str:
        """Write the token down. No two look alike: a millisecond, or a serial, tells them apart."""
        expires = (grant.expires_at - _EPOCH) // _MILLISECOND
        claims = dict(grant.claims)
        while True:
            if not fixed:
                claims["expireTime"] = str(expires)
            token = self._sign(claims)
            if token not in self._grants:
                break
            expires += 1
            if fixed:
                claims["serial"] = secrets.token_hex(8)
        self._grants[token] = replace(grant, claims=claims)
        grant.owner.tokens.add(token)
        return token

    def _sign(self, claims: Mapping[str, object]) -> str:
        parts = ({"alg": "HS256", "typ": "JWT"}, claims)
        text = ".".join(_base64(json.dumps(part, separators=(",", ":")).encode()) for part in parts)
        return f"{text}.{_base64(hmac.digest(self._key, text.encode(), 'sha256'))}"


def _base64(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


class KeyDesk:
    """Access keys, and the check of what was signed with their secrets."""

    def __init__(self) -> None:
        self._keys: dict[str, tuple[ClusterUser, str]] = {}

    def add(self, owner: ClusterUser) -> tuple[str, str]:
        """Issue an access key and its secret."""
        access_key, secret_key = secrets.token_hex(16), secrets.token_hex(32)
        self._keys[access_key] = (owner, secret_key)
        return access_key, secret_key

    def owner(self, *, user: str, access_key: str, timestamp: str, signature: str) -> ClusterUser | None:
        """Return who signed, or None when key, name and signature do not fit together."""
        owner, secret_key = self._keys.get(access_key, (None, ""))
        signed = {"accessKey": access_key, "timestamp": timestamp, "user": user}
        text = json.dumps(signed, separators=(",", ":"), ensure_ascii=False).encode(
            "utf-8", "surrogateescape"
        )
        expected = hmac.new(secret_key.encode(), text, hashlib.sha256).hexdigest()
        if owner is None or owner.login != user:
            return None
        return (
            owner
            if hmac.compare_digest(expected.encode(), signature.encode("utf-8", "surrogateescape"))
            else None
        )
