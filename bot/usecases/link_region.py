"""`link` with an access key where the person does not name the cluster: sign in, look, let them choose."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.domain.access_keys import RegionToken
from bot.domain.clusters import Cluster, named
from bot.domain.errors import (
    ClusterMisconfigured,
    ClusterSilent,
    RegionMissing,
    SealBroken,
    SignInOver,
    WalltimeError,
)
from bot.domain.people import Link, Person
from bot.domain.regions import (
    CHOOSE_WITHIN,
    Offer,
    Region,
    Standing,
    configured,
    found_clusters,
)
from bot.domain.secret import Secret
from bot.domain.usage import Reading
from bot.ports import AuditEntry, AuditLog
from bot.ports.regions import FoundClusters, Regions, SignedIn, SignIns
from bot.usecases.link_account import LinkAccount, LinkWish
from bot.usecases.link_by_access_key import AccessKeyProof
from bot.usecases.sign_in import SignIn


@dataclass(frozen=True, kw_only=True, slots=True)
class RegionChoice:
    """A region that can be linked; `clusters` has one entry for each address to try."""

    signed_in: SignedIn
    token: Secret
    clusters: tuple[Cluster, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class LinkRegion:
    """Link a person to one of the regions that their access key opens, those of no settings among them."""

    clusters: Sequence[Cluster]
    sign_in: SignIn
    regions: Regions
    sign_ins: SignIns
    found: FoundClusters
    link_account: LinkAccount
    audit: AuditLog

    async def look(self, proof: AccessKeyProof, *, sign_in_id: str, now: datetime) -> SignedIn:
        """Sign in and find where the regions are; what was opened is kept, sealed, until one is chosen.

        Raises what `SignIn.regions` raises.
        """
        via = proof.cluster
        listed = await self.sign_in.regions(proof.person, via, proof.key, now=now)
        offers = await self._offers(via, listed)
        tokens = {region.cluster_id: region.token for region in listed if region.token is not None}
        signed_in = SignedIn(
            sign_in_id=sign_in_id,
            person=proof.person,
            via=via.name,
            key=proof.key,
            offers=offers,
            expires_at=now + CHOOSE_WITHIN,
            tokens={
                offer.cluster_id: tokens[offer.cluster_id]
                for offer in offers
                if offer.standing is Standing.OPEN
            },
        )
        if signed_in.tokens:
            await self.sign_ins.add(signed_in)
        return signed_in

    async def examine(
        self, person: Person, sign_in_id: str, cluster_id: str, *, now: datetime
    ) -> RegionChoice:
        """Return what was chosen; raises SignInOver or RegionMissing."""
        signed_in = await self._open(person, sign_in_id, now)
        via = named(signed_in.via, self.clusters)
        if via is None or not via.allow_access_keys:
            raise SignInOver
        offer = next((offer for offer in signed_in.offers if offer.cluster_id == cluster_id), None)
        token = signed_in.tokens.get(cluster_id)
        if offer is None or token is None:
            raise RegionMissing(cluster_id, others=())
        mine = configured(cluster_id, via, self.clusters)
        clusters = (mine,) if mine is not None else found_clusters(offer, via, self.clusters)
        return RegionChoice(signed_in=signed_in, token=token, clusters=clusters)

    async def __call__(self, choice: RegionChoice, *, link_id: str, now: datetime) -> tuple[Link, Reading]:
        """Prove the token at the first address that answers, then store all: cluster, link and key."""
        linked = await self._first_that_answers(choice, link_id, now)
        await self.sign_ins.end(choice.signed_in.person)
        return linked

    async def _first_that_answers(
        self, choice: RegionChoice, link_id: str, now: datetime
    ) -> tuple[Link, Reading]:
        *others, last = choice.clusters
        for cluster in others:
            try:
                return await self._link(cluster, choice, link_id, now)
            except (ClusterSilent, ClusterMisconfigured):
                continue
        return await self._link(last, choice, link_id, now)

    async def _link(
        self, cluster: Cluster, choice: RegionChoice, link_id: str, now: datetime
    ) -> tuple[Link, Reading]:
        signed_in, linking = choice.signed_in, self.link_account
        wish = LinkWish(
            person=signed_in.person,
            cluster=cluster.name,
            username="",
            token=choice.token,
            access_key=signed_in.key,
        )
        proof = linking.examine_on(cluster, wish, now=now)
        username, reading = await linking.prove(proof, now=now)
        if cluster.is_found:
            # Before the link: whoever polls it next, in whatever process, has to know it.
            await self.found.keep(cluster, now=now)
        return await linking.record(proof, username, reading, link_id=link_id), reading

    async def _offers(self, via: Cluster, listed: Sequence[RegionToken]) -> tuple[Offer, ...]:
        """Judge each region: those that can be linked first, those that count no core-hours left out."""
        known = {region.cluster_id: configured(region.cluster_id, via, self.clusters) for region in listed}
        asked = [region for region in listed if known[region.cluster_id] is None and region.token is not None]
        tokens = [region.token for region in asked if region.token is not None]
        told = await self.regions.of_tokens(via.platform_url, tokens)
        answers = {region.cluster_id: answer for region, answer in zip(asked, told, strict=True)}
        offers = [
            offer
            for region in listed
            if (offer := _offer(region, known[region.cluster_id], answers.get(region.cluster_id)))
        ]
        return tuple(sorted(offers, key=lambda offer: (offer.standing is not Standing.OPEN, offer.label)))

    async def _open(self, person: Person, sign_in_id: str, now: datetime) -> SignedIn:
        try:
            signed_in = await self.sign_ins.one(person, sign_in_id, now=now)
        except SealBroken:
            entry = AuditEntry(
                workspace=person.workspace,
                actor=person.user,
                action="seal_broken",
                subject=f"{person.user}/sign-in",
                detail="",
                at=now,
            )
            await self.audit.record(entry)
            await self.sign_ins.end(person)
            signed_in = None
        if signed_in is None:
            raise SignInOver
        return signed_in


def _offer(region: RegionToken, mine: Cluster | None, told: Region | WalltimeError | None) -> Offer | None:
    """Return how a region stands; None for one that has no address for core-hours at all."""
    label = mine.label if mine is not None else region.name or region.cluster_id
    offer = Offer(cluster_id=region.cluster_id, label=label, standing=Standing.OPEN)
    if region.token is None:
        return replace(offer, standing=Standing.STOPPED)
    if mine is not None:
        return offer
    if not isinstance(told, Region) or told.cluster_id != region.cluster_id:
        return replace(offer, standing=Standing.SILENT)
    if not told.has_urls:
        return None
    offer = replace(offer, label=told.name or label)
    return replace(offer, urls=told.urls) if told.urls else replace(offer, standing=Standing.ELSEWHERE)
