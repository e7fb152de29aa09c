"""Sign in to the platform with a person's access key, and take the cluster's token out of the answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.domain.access_keys import AccessKey, RegionToken, check_owner, token_for
from bot.domain.clusters import Cluster, named
from bot.domain.errors import PersonCanFix
from bot.domain.people import Link, Person
from bot.domain.secret import Secret
from bot.ports import AuditEntry, AuditLog
from bot.ports.access_keys import AccessKeys, Platform


@dataclass(frozen=True, kw_only=True, slots=True)
class SignIn:
    """Get a token by an access key: one that was just given, or the one that a link lives on."""

    clusters: Sequence[Cluster]
    platform: Platform
    keys: AccessKeys
    audit: AuditLog

    async def with_key(self, person: Person, cluster: Cluster, key: AccessKey, *, now: datetime) -> Secret:
        """Return the cluster's token.

        Raises what `regions` raises, or RegionClosed; a failed check is in the audit log.
        """
        regions = await self.regions(person, cluster, key, now=now)
        try:
            return token_for(cluster, regions, self.clusters)
        except PersonCanFix as error:
            await self._refused(person, cluster, error, now)
            raise

    async def regions(
        self, person: Person, cluster: Cluster, key: AccessKey, *, now: datetime
    ) -> tuple[RegionToken, ...]:
        """Return the regions that the platform of this cluster lists for a key.

        Raises SignInRefused, UsernameFrozen, ClusterSilent or ClusterMisconfigured; a failed check is in the
        audit log.
        """
        try:
            return await self.platform.sign_in(cluster, key, now=now)
        except PersonCanFix as error:
            await self._refused(person, cluster, error, now)
            raise

    async def again(self, link: Link, *, now: datetime) -> Secret | None:
        """Return a fresh token for a link whose own can no longer be renewed; None if it has no key.

        None too where the settings no longer allow keys: the link then lives on its token alone. Raises what
        `with_key` raises, TokenOfOtherUsername or TokenMalformed for a token that is not this link's, and
        SealBroken. ClusterSilent passes; after all others the owner has to link again. Nothing is stored.
        """
        cluster = named(link.cluster, self.clusters)
        if cluster is None or not cluster.allow_access_keys:
            return None
        key = await self.keys.of(link)
        if key is None:
            return None
        token = await self.with_key(link.person, cluster, key, now=now)
        try:
            check_owner(token, link.username)
        except PersonCanFix as error:
            await self._refused(link.person, cluster, error, now)
            raise
        return token

    async def _refused(self, person: Person, cluster: Cluster, error: PersonCanFix, now: datetime) -> None:
        await self.audit.record(
            AuditEntry(
                workspace=person.workspace,
                actor=person.user,
                action="sign_in_refused",
                subject=f"{person.user}/{cluster.name}",
                detail=type(error).__name__,
                at=now,
            )
        )
