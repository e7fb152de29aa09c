"""Reading a cluster token: what it says of itself, and whether it fits what the person asked for.

The signature cannot be checked by us; the cluster's live answer is the proof. These checks only turn a
certain refusal into a sentence that helps.
"""

import base64
import binascii
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.domain.clusters import Cluster
from bot.domain.errors import (
    TokenEmpty,
    TokenExpired,
    TokenMalformed,
    TokenOfOtherCluster,
    TokenOfOtherUsername,
    TokenOfPlatform,
    UsernameMalformed,
)
from bot.domain.secret import Secret

PLATFORM_CLUSTER_ID = "0"
MAX_TOKEN_LENGTH = 4096
MAX_USERNAME_LENGTH = 64
# Three parts of base64url: anything else would be no header's value, or no token at all.
_JWT = re.compile(r"[\w+/=-]+(?:\.[\w+/=-]+){2}", re.ASCII)
# Outside of these a moment has no local time in every zone.
_YEARS = range(1970, 9999)


@dataclass(frozen=True, kw_only=True, slots=True)
class TokenClaims:
    """What a token says of itself; every field may be absent."""

    user: str | None
    compute_user: str | None
    cluster_id: str | None
    expires_at: datetime | None
    account_status: str | None


def read_claims(token: Secret) -> TokenClaims:
    """Decode the token without verifying it; raises TokenEmpty or TokenMalformed."""
    text = token.reveal()
    if not text:
        raise TokenEmpty
    if len(text) > MAX_TOKEN_LENGTH or not _JWT.fullmatch(text):
        raise TokenMalformed
    parts = text.split(".")
    claims = _json_object(parts[1])
    if claims is None or _json_object(parts[0]) is None:
        raise TokenMalformed
    return TokenClaims(
        user=_text(claims.get("user")),
        compute_user=_text(claims.get("computeUser")),
        cluster_id=_text(claims.get("clusterId")),
        expires_at=_milliseconds(claims.get("expireTime")),
        account_status=_text(claims.get("accountStatus")),
    )


def usernames_to_try(
    claims: TokenClaims,
    *,
    username: str,
    cluster: Cluster,
    clusters: Sequence[Cluster],
    now: datetime,
) -> tuple[str, ...]:
    """Return the usernames the cluster may be asked about with this token, best first.

    Without a username given: the login name `user`, then `computeUser`, which differ after a rename.
    Raises the FieldWrong that explains why this token cannot work for this cluster and username.
    """
    if claims.cluster_id == PLATFORM_CLUSTER_ID:
        raise TokenOfPlatform
    if claims.expires_at is not None and claims.expires_at <= now:
        raise TokenExpired(claims.expires_at)
    if None not in (cluster.cluster_id, claims.cluster_id) and cluster.cluster_id != claims.cluster_id:
        owner = next((other.label for other in clusters if other.cluster_id == claims.cluster_id), None)
        raise TokenOfOtherCluster(chosen=cluster.label, belongs_to=owner)
    known = tuple(dict.fromkeys(name for name in (claims.user, claims.compute_user) if name))
    if not username:
        if not known:
            raise TokenMalformed
        return known
    if not is_username(username):
        raise UsernameMalformed
    if username not in known:
        raise TokenOfOtherUsername(given=username, allowed=known)
    return (username,)


def is_username(text: str) -> bool:
    """Tell whether a text can be a username; dots alone would climb in a URL's path."""
    return (
        0 < len(text) <= MAX_USERNAME_LENGTH
        and text.isprintable()
        and not any(character.isspace() for character in text)
        and text.strip(".") != ""
    )


def _json_object(part: str) -> dict[str, object] | None:
    """Decode one base64url part of a JWT into a JSON object, or None."""
    try:
        raw = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
        found = json.loads(raw)
    except (binascii.Error, ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _text(claim: object) -> str | None:
    """Read a claim that may come as a string or, from some regions, as a number."""
    if isinstance(claim, bool) or not isinstance(claim, str | int):
        return None
    text = str(claim).strip()
    return text if is_username(text) else None


def _milliseconds(claim: object) -> datetime | None:
    """Read `expireTime`: epoch milliseconds, usually as a string."""
    try:
        moment = datetime.fromtimestamp(int(str(claim)) / 1000, tz=UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return moment if moment.year in _YEARS else None
