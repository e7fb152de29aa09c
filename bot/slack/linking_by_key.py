"""Linking by an access key: the form, the ways between it and the form for a token, its submission."""

import uuid
from dataclasses import replace
from functools import partial
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.clusters import Cluster
from bot.domain.errors import WalltimeError
from bot.domain.secret import Secret
from bot.slack.desk import Body, Desk, person_of
from bot.slack.linking import Linking
from bot.slack.linking_by_region import LinkingByRegion
from bot.usecases.link_by_access_key import AccessKeyWish
from bot.views.access_key import (
    ACCESS_KEY,
    SECRET_KEY,
    access_key_errors,
    access_key_form,
    keys_again_sentence,
    platform_of,
)
from bot.views.format import escape
from bot.views.kit import LINK_BY_KEY, LINK_BY_TOKEN, View
from bot.views.language import speaking
from bot.views.link import link_form
from bot.views.link_frame import CLUSTER, USERNAME


class LinkingByKey:
    """Takes the form for an access key; how it ends is told as for a token."""

    def __init__(self, desk: Desk, linking: Linking, regions: LinkingByRegion) -> None:
        self._desk = desk
        self._linking = linking
        self._regions = regions

    def register(self, app: AsyncApp) -> None:
        """Tell Bolt."""
        app.action(LINK_BY_KEY)(self.on_by_key)
        app.action(LINK_BY_TOKEN)(self.on_by_token)
        app.view(LINK_BY_KEY)(self.on_submit)

    async def on_by_key(self, ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        """Use an access key instead: the other form, with what was chosen and named in this one."""
        await ack()
        self._desk.work(LINK_BY_KEY, self._desk.reply(body, client), self._by_key(body, client))

    async def on_by_token(self, ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        """Use a token instead: back."""
        await ack()
        self._desk.work(LINK_BY_TOKEN, self._desk.reply(body, client), self._by_token(body, client))

    async def on_submit(self, ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        """Check what needs no network at once; then sign in and ask the cluster."""
        with speaking(self._desk.tongues.last(person_of(body))):
            await self._submitted(ack, body, client)

    async def _by_key(self, body: Body, client: AsyncWebClient) -> None:
        await _show(self._form(chosen=_chosen(body), login=_typed(body, USERNAME)), body, client)

    async def _by_token(self, body: Body, client: AsyncWebClient) -> None:
        form = link_form(self._desk.clusters, chosen=_chosen(body), username=_typed(body, USERNAME))
        await _show(form, body, client)

    async def _submitted(self, ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        desk, wish = self._desk, _wish(body)
        via = platform_of(wish.cluster)
        try:
            proof = desk.link_by_access_key.examine(wish if via is None else replace(wish, cluster=via))
        except WalltimeError as error:
            await ack(response_action="errors", errors=access_key_errors(error, desk.cluster(wish.cluster)))
            return
        if via is not None:
            late = partial(self._form_again, wish=wish, cluster=proof.cluster)
            await self._regions.look(proof, late, ack, body, client)
            return
        submission = self._linking.submission(
            proof.cluster,
            wish.person,
            field=SECRET_KEY,
            faults=lambda error: access_key_errors(error, proof.cluster),
            late=partial(self._form_again, wish=wish, cluster=proof.cluster),
        )
        linking = desk.link_by_access_key(proof, link_id=uuid.uuid4().hex, now=desk.clock())
        await self._linking.conclude(linking, submission, ack, body, client)

    def _form(self, *, chosen: str | None, login: str, trouble: str | None = None) -> View:
        return access_key_form(
            self._desk.clusters,
            chosen=chosen,
            login=login,
            trouble=trouble,
            with_regions=self._desk.link_region is not None,
        )

    def _form_again(self, error: WalltimeError, *, wish: AccessKeyWish, cluster: Cluster) -> tuple[View, str]:
        trouble = keys_again_sentence(error, cluster)
        return self._form(chosen=wish.cluster, login=wish.login, trouble=trouble), escape(trouble)


async def _show(form: View, body: Body, client: AsyncWebClient) -> None:
    """Put the form in the place of the one that was clicked in, or open it."""
    view = body.get("view") or {}
    if view.get("type") == "modal":
        await client.views_update(view_id=view["id"], view=form)
    else:
        await client.views_open(trigger_id=body["trigger_id"], view=form)


def _wish(body: Body) -> AccessKeyWish:
    """Read the form. The secret key is a Secret from here on."""
    return AccessKeyWish(
        person=person_of(body),
        cluster=_chosen(body) or "",
        login=_typed(body, USERNAME),
        access_key=_typed(body, ACCESS_KEY),
        secret_key=Secret(_typed(body, SECRET_KEY)),
    )


def _chosen(body: Body) -> str | None:
    """Return the cluster chosen in the form, else the one that the button was drawn for."""
    option = _field(body, CLUSTER).get("selected_option") or {}
    actions = body.get("actions") or [{}]
    chosen: str | None = option.get("value") or actions[0].get("value")
    return chosen


def _typed(body: Body, name: str) -> str:
    return (_field(body, name).get("value") or "").strip()


def _field(body: Body, name: str) -> Body:
    """Return an input's state; one that is not there is an empty one."""
    values = ((body.get("view") or {}).get("state") or {}).get("values") or {}
    found: Body = values.get(name, {}).get(name, {})
    return found
