"""`link`: prove that a username is the person's by its token, then remember both."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.domain.access_keys import AccessKey
from bot.domain.clusters import Cluster, named
from bot.domain.errors import AccessDenied, UnknownCluster, UsernameUnknown, WalltimeError
from bot.domain.people import Link, Person
from bot.domain.secret import Secret
from bot.domain.tokens import read_claims, usernames_to_try
from bot.domain.usage import Reading
from bot.ports import AuditEntry, AuditLog, ClusterApi, Links


@dataclass(frozen=True, kw_only=True, slots=True)
class LinkWish:
    """What the form says; `access_key` is what the token was got by, if the person gave one."""

    person: Person
    cluster: str
    username: str
    token: Secret
    access_key: AccessKey | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class LinkProof:
    """A wish that passed every check that needs no network."""

    wish: LinkWish
    cluster: Cluster
    usernames: tuple[str, ...]
    token_expires_at: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class LinkAccount:
    """Link a person to a username on a cluster."""

    clusters: Sequence[Cluster]
    api: ClusterApi
    links: Links
    audit: AuditLog

    def examine(self, wish: LinkWish, *, now: datetime) -> LinkProof:
        """Check all that the token says of itself; raises UnknownCluster or a FieldWrong."""
        cluster = named(wish.cluster, self.clusters)
        if cluster is None:
            raise UnknownCluster(wish.cluster, known=tuple(c.name for c in self.clusters))
        return self.examine_on(cluster, wish, now=now)

    def examine_on(self, cluster: Cluster, wish: LinkWish, *, now: datetime) -> LinkProof:
        """The same for a cluster that need not be known yet; raises a FieldWrong."""
        claims = read_claims(wish.token)
        usernames = usernames_to_try(
            claims, username=wish.username, cluster=cluster, clusters=self.clusters, now=now
        )
        return LinkProof(wish=wish, cluster=cluster, usernames=usernames, token_expires_at=claims.expires_at)

    async def __call__(self, proof: LinkProof, *, link_id: str, now: datetime) -> tuple[Link, Reading]:
        """Ask the cluster live, then store; nothing is stored when the cluster does not answer well."""
        username, reading = await self.prove(proof, now=now)
        return await self.record(proof, username, reading, link_id=link_id), reading

    async def prove(self, proof: LinkProof, *, now: datetime) -> tuple[str, Reading]:
        """Return the first username that the cluster answers for with this token, and its answer."""
        try:
            return await self._first_known(proof)
        except WalltimeError as error:
            await self.audit.record(_entry(proof.wish, "link_refused", type(error).__name__, now))
            raise

    async def record(self, proof: LinkProof, username: str, reading: Reading, *, link_id: str) -> Link:
        """Store what was proved; `link_id` is a fresh random name for the series of readings."""
        link = Link(
            person=proof.wish.person,
            cluster=proof.wish.cluster,
            username=username,
            link_id=link_id,
            linked_at=reading.at,
            token_expires_at=proof.token_expires_at,
        )
        return await self.links.record(
            link, token=proof.wish.token, reading=reading, access_key=proof.wish.access_key
        )

    async def _first_known(self, proof: LinkProof) -> tuple[str, Reading]:
        *others, last = proof.usernames
        for username in others:
            try:
                return username, await self.api.core_hours(proof.cluster, username, proof.wish.token)
            except (UsernameUnknown, AccessDenied):
                continue
        return last, await self.api.core_hours(proof.cluster, last, proof.wish.token)


def _entry(wish: LinkWish, action: str, detail: str, now: datetime) -> AuditEntry:
    return AuditEntry(
        workspace=wish.person.workspace,
        actor=wish.person.user,
        action=action,
        subject=f"{wish.person.user}/{wish.cluster}",
        detail=detail,
        at=now,
    )
