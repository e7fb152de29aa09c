"""Linking a region that an access key opens: look what there is, then take the choice."""

import uuid
from collections.abc import Callable
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.errors import SignInOver, WalltimeError
from bot.ports.regions import SignedIn
from bot.slack.desk import Body, Desk, person_of
from bot.slack.linking import Linking, Submission
from bot.usecases.link_by_access_key import AccessKeyProof
from bot.usecases.link_region import LinkRegion, RegionChoice
from bot.views.access_key import SECRET_KEY, access_key_errors
from bot.views.errors import sentence
from bot.views.format import escape
from bot.views.kit import LINK_REGION, View
from bot.views.language import speaking
from bot.views.link import notice_view
from bot.views.link_frame import CLUSTER
from bot.views.regions import region_errors, regions_form, signed_in_sentence, signing_in_view


class LinkingByRegion:
    """Shows what a key opens, and links what was chosen of it."""

    def __init__(self, desk: Desk, linking: Linking) -> None:
        self._desk = desk
        self._linking = linking

    def register(self, app: AsyncApp) -> None:
        """Tell Bolt."""
        app.view(LINK_REGION)(self.on_submit)

    async def look(
        self,
        proof: AccessKeyProof,
        late: Callable[[WalltimeError], tuple[View, str]],
        ack: AsyncAck,
        body: Body,
        client: AsyncWebClient,
    ) -> None:
        """Answer the form with keys by the choice of what they open."""
        desk, login = self._desk, proof.key.login

        def done(found: SignedIn) -> tuple[View, str]:
            form = regions_form(found.offers, login=login, sign_in_id=found.sign_in_id)
            return form, signed_in_sentence(found.offers, login=login)

        submission = Submission(
            asking=signing_in_view,
            field=SECRET_KEY,
            faults=lambda error: access_key_errors(error, proof.cluster),
            late=late,
            done=done,
        )
        if (regions := desk.link_region) is None:
            await _over(ack)
            return
        looking = regions.look(proof, sign_in_id=uuid.uuid4().hex, now=desk.clock())
        await self._linking.conclude(looking, submission, ack, body, client)

    async def on_submit(self, ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        """A region was chosen: link it, with what the sign-in opened."""
        with speaking(self._desk.tongues.last(person_of(body))):
            if (regions := self._desk.link_region) is None:
                await _over(ack)
            else:
                await self._submitted(regions, ack, body, client)

    async def _submitted(
        self, regions: LinkRegion, ack: AsyncAck, body: Body, client: AsyncWebClient
    ) -> None:
        person, view, now = person_of(body), body["view"], self._desk.clock()
        option = view["state"]["values"].get(CLUSTER, {}).get(CLUSTER, {}).get("selected_option") or {}
        sign_in_id = view.get("private_metadata") or ""
        try:
            choice = await regions.examine(person, sign_in_id, option.get("value") or "", now=now)
        except SignInOver:
            await _over(ack)
            return
        except WalltimeError as error:
            await ack(response_action="errors", errors=region_errors(error))
            return
        submission = self._linking.submission(
            choice.clusters[0],
            person,
            field=CLUSTER,
            faults=region_errors,
            late=lambda error: _again(error, choice),
        )
        linking = regions(choice, link_id=uuid.uuid4().hex, now=now)
        await self._linking.conclude(linking, submission, ack, body, client)


async def _over(ack: AsyncAck) -> None:
    await ack(response_action="update", view=notice_view(f":warning: {sentence(SignInOver())}"))


def _again(error: WalltimeError, choice: RegionChoice) -> tuple[View, str]:
    """Draw the choice once more: what the sign-in opened is still there."""
    signed_in, cluster = choice.signed_in, choice.clusters[0]
    trouble = sentence(error, cluster)
    form = regions_form(
        signed_in.offers,
        login=signed_in.key.login,
        sign_in_id=signed_in.sign_in_id,
        chosen=cluster.cluster_id,
        trouble=trouble,
    )
    return form, escape(trouble)
