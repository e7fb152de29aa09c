"""Access keys: what a person may give instead of a token, and the regions that a sign-in opens.

The platform answers a sign-in with one token per region that the person may use; none for a region in which
their account is stopped.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from bot.domain.clusters import Cluster
from bot.domain.errors import (
    AccessKeyMalformed,
    AccessKeysNotAllowed,
    LoginMalformed,
    RegionMissing,
    RegionStopped,
    SecretKeyMalformed,
    TokenOfOtherUsername,
)
from bot.domain.secret import Secret
from bot.domain.tokens import is_username, read_claims

# What a header carries, and no key of any platform lacks.
_KEY: Final = re.compile(r"[\x21-\x7e]{8,256}")


@dataclass(frozen=True, kw_only=True, slots=True)
class AccessKey:
    """A person's key to the platform; `login` is their name there, which a rename changes."""

    login: str
    access_key: str = field(repr=False)
    secret_key: Secret


@dataclass(frozen=True, kw_only=True, slots=True)
class RegionToken:
    """One region of a sign-in's answer; no token where the account is stopped."""

    cluster_id: str
    token: Secret | None
    name: str = ""


def check_access_key(cluster: Cluster, *, login: str, access_key: str, secret_key: Secret) -> AccessKey:
    """Check all that needs no network; raises the FieldWrong that says what to correct."""
    if not cluster.allow_access_keys:
        raise AccessKeysNotAllowed
    if not is_username(login):
        raise LoginMalformed
    if not _KEY.fullmatch(access_key):
        raise AccessKeyMalformed
    if not _KEY.fullmatch(secret_key.reveal()):
        raise SecretKeyMalformed
    return AccessKey(login=login, access_key=access_key, secret_key=secret_key)


def token_for(cluster: Cluster, regions: Sequence[RegionToken], clusters: Sequence[Cluster]) -> Secret:
    """Return the cluster's token out of a sign-in's answer.

    Raises RegionStopped or RegionMissing, which name the configured clusters that the same key opens.
    """
    tokens = {region.cluster_id: region.token for region in regions}
    token = tokens.get(cluster.cluster_id or "")
    if token is not None:
        return token
    others = tuple(
        other.label
        for other in clusters
        if other.allow_access_keys
        and other.sign_in_url == cluster.sign_in_url
        and tokens.get(other.cluster_id or "") is not None
    )
    if cluster.cluster_id in tokens:
        raise RegionStopped(cluster.label, others=others)
    raise RegionMissing(cluster.label, others=others)


def check_owner(token: Secret, username: str) -> None:
    """Make sure that a fresh token still belongs to the username: one that names nobody passes.

    Raises TokenOfOtherUsername or TokenMalformed.
    """
    claims = read_claims(token)
    known = tuple(dict.fromkeys(name for name in (claims.user, claims.compute_user) if name))
    if known and username not in known:
        raise TokenOfOtherUsername(given=username, allowed=known)
