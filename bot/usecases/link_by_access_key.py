"""`link` with an access key: sign in, take the cluster's token, and go on as with a pasted one."""

from dataclasses import dataclass, field
from datetime import datetime

from bot.domain.access_keys import AccessKey, check_access_key
from bot.domain.clusters import Cluster, named
from bot.domain.errors import UnknownCluster
from bot.domain.people import Link, Person
from bot.domain.secret import Secret
from bot.domain.usage import Reading
from bot.usecases.link_account import LinkAccount, LinkWish
from bot.usecases.sign_in import SignIn


@dataclass(frozen=True, kw_only=True, slots=True)
class AccessKeyWish:
    """What the form says; `login` is the person's name on the platform."""

    person: Person
    cluster: str
    login: str
    access_key: str = field(repr=False)
    secret_key: Secret


@dataclass(frozen=True, kw_only=True, slots=True)
class AccessKeyProof:
    """A wish that passed every check that needs no network."""

    person: Person
    cluster: Cluster
    key: AccessKey


@dataclass(frozen=True, kw_only=True, slots=True)
class LinkByAccessKey:
    """Link a person, and keep the key: the link lives on when its token can no longer be renewed."""

    sign_in: SignIn
    link_account: LinkAccount

    def examine(self, wish: AccessKeyWish) -> AccessKeyProof:
        """Check all that needs no network; raises UnknownCluster or a FieldWrong."""
        clusters = self.sign_in.clusters
        cluster = named(wish.cluster, clusters)
        if cluster is None:
            raise UnknownCluster(wish.cluster, known=tuple(c.name for c in clusters if c.allow_access_keys))
        key = check_access_key(
            cluster, login=wish.login, access_key=wish.access_key, secret_key=wish.secret_key
        )
        return AccessKeyProof(person=wish.person, cluster=cluster, key=key)

    async def __call__(self, proof: AccessKeyProof, *, link_id: str, now: datetime) -> tuple[Link, Reading]:
        """Sign in, prove the token by a live answer, then store both."""
        token = await self.sign_in.with_key(proof.person, proof.cluster, proof.key, now=now)
        wish = LinkWish(
            person=proof.person, cluster=proof.cluster.name, username="", token=token, access_key=proof.key
        )
        return await self.link_account(self.link_account.examine(wish, now=now), link_id=link_id, now=now)
