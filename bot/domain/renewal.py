"""When a token is renewed, and whether what came back is the same person's.

A token is renewed at two thirds of its life, a little earlier for some than for others; after a failure again
and again until 24 hours after its end, ever more often towards that last moment.
"""

from datetime import datetime, timedelta
from typing import Final
from zlib import crc32

from bot.domain.clusters import Cluster
from bot.domain.errors import ClusterMisconfigured, FieldWrong, TokenExpired, TokenRefused
from bot.domain.health import FOREIGN, UNREADABLE, Health, State, renewable_until
from bot.domain.people import Link
from bot.domain.secret import Secret
from bot.domain.tokens import TokenClaims, read_claims, usernames_to_try

# Of a token that does not say when it ends: the shortest life that clients report.
ASSUMED_LIFE: Final = timedelta(hours=12)
SHARE_LEFT: Final = 1 / 3
MOST_LEFT: Final = timedelta(hours=24)
# Of the life, on top of what is left: links that were made together do not stay in step.
JITTER: Final = 0.1
# A token that is over as it comes (a clock is wrong) is no reason to ask all the time.
SHORTEST_LIFE: Final = timedelta(seconds=5)
FIRST_PAUSE: Final = timedelta(minutes=1)
LONGEST_PAUSE: Final = timedelta(minutes=30)
# The cluster's refusal would have to last for half an hour to be believed.
REFUSED_PAUSE: Final = timedelta(minutes=10)
# In a token's last hour, while the cluster is there and the platform is not.
TRY_AGAIN: Final = timedelta(minutes=5)
# A frozen username may thaw, a key may be put back, a cluster may return to the settings.
LOOK_AGAIN: Final = timedelta(hours=6)
LOOK_AT_SETTINGS: Final = timedelta(hours=1)


def renew_at(link_id: str, *, stored_at: datetime, expires_at: datetime | None) -> datetime:
    """Return when a token stored at that moment is to be renewed; always the same for the same link."""
    ends_at = stored_at + ASSUMED_LIFE if expires_at is None else expires_at
    life = max(ends_at - stored_at, timedelta())
    left = min(life * SHARE_LEFT, MOST_LEFT) + life * JITTER * _share(link_id)
    return max(ends_at - left, stored_at + SHORTEST_LIFE)


def next_try(
    health: Health, link_id: str, *, stored_at: datetime, expires_at: datetime | None, now: datetime
) -> datetime | None:
    """Return when renewal is tried next; None when only a new link can help."""
    last = renewable_until(expires_at)
    match health.state:
        case State.HEALTHY:
            return renew_at(link_id, stored_at=stored_at, expires_at=expires_at)
        case State.REFUSED if health.code == UNREADABLE:
            return None if last is not None and now > last else now + LOOK_AGAIN
        case State.EXPIRED | State.REFUSED:
            return None
        case State.CLUSTER_UNKNOWN:
            return now + LOOK_AT_SETTINGS
        case State.FROZEN:
            return _not_after(last, now + LOOK_AGAIN, now)
        case State.EXPIRING_SOON if health.refusals:
            # Refused often enough. Once it is over it may still be renewed, so that is asked once more.
            return expires_at
        case State.RENEWING | State.EXPIRING_SOON:
            return _not_after(last, now + _pause(health, link_id, last, now), now)


def vouched(fresh: Secret, *, old: Secret, link: Link, cluster: Cluster, now: datetime) -> TokenClaims:
    """Return what a renewed token says of itself if it is the same person's for the same cluster.

    Raises TokenRefused, with FOREIGN as its code, if it is not, or is no token of a cluster at all;
    ClusterMisconfigured if it is over as it comes.
    """
    try:
        claims, before = read_claims(fresh), read_claims(old)
        usernames_to_try(claims, username=link.username, cluster=cluster, clusters=(cluster,), now=now)
    except TokenExpired:
        raise ClusterMisconfigured("a renewed token is over as it comes: compare the clocks") from None
    except FieldWrong:
        raise TokenRefused(FOREIGN) from None
    pairs = ((claims.cluster_id, before.cluster_id), (claims.compute_user, before.compute_user))
    if any(mine != theirs for mine, theirs in pairs if theirs is not None):
        raise TokenRefused(FOREIGN)
    return claims


def _pause(health: Health, link_id: str, last: datetime | None, now: datetime) -> timedelta:
    """Return how long to wait after a try that did not work."""
    if health.refusals:
        return REFUSED_PAUSE * (1 << (health.refusals - 1))
    pause = min(FIRST_PAUSE * (1 << min(max(health.failures - 1, 0), 10)), LONGEST_PAUSE)
    pause *= 1 + JITTER * _share(link_id)
    if last is None:
        return pause
    # An outage that ends shortly before the last moment must not cost a token.
    return max(min(pause, (last - now) / 4), FIRST_PAUSE)


def _not_after(last: datetime | None, at: datetime, now: datetime) -> datetime:
    """Keep a try before the last moment, and the first one after it right behind it."""
    return at if last is None or not now <= last < at else last + timedelta(seconds=1)


def _share(link_id: str) -> float:
    """Return a number from 0 to 1 that a link always has."""
    return crc32(link_id.encode()) / 0xFFFFFFFF
