"""Submitting a modal: the values, Slack's own checks, and what the app's answer does to the screen."""

from dataclasses import replace
from typing import Any

from bot.playground.slack import payloads
from bot.playground.slack.asking import Refused
from bot.playground.slack.delivery import Courier, Delivery
from bot.playground.slack.forms import entered, find_spot, refusal, spots, state_of
from bot.playground.slack.model import Person, ViewState
from bot.playground.slack.state import State
from bot.playground.slack.views import checked_view
from bot.playground.slack.windows import MOST_VIEWS
from bot.playground.slack.workspace import Workspace

TROUBLE = "We had some trouble connecting. Try again?"


class Form:
    """One modal that somebody is about to submit."""

    def __init__(
        self, state: State, courier: Courier, workspace: Workspace, person: Person, view: ViewState
    ) -> None:
        self._state = state
        self._courier = courier
        self._workspace = workspace
        self._person = person
        self._view = view

    async def submit(self, values: dict[str, Any]) -> Delivery:
        """Type in the values, submit, and apply the answer."""
        if self._view.view["submit"] is None:
            raise LookupError(f"the view {self._view.view['callback_id']!r} has no submit button")
        self.type_in(values)
        refused = self._refused()
        if refused:
            return Delivery(ok=False, error="form_refused", refused=refused)
        payload = payloads.view_submission(
            self._state, self._workspace, self._person, self._view, self._response_urls()
        )
        delivery = await self._courier.interact("interactive", payload, accepts_response=True)
        if delivery.ok:
            try:
                self._apply(delivery.response or {})
            except Refused as error:
                delivery = replace(delivery, ok=False, error=error.error)
        if not delivery.ok:
            self._workspace.notice(self._person.id, TROUBLE)
        return delivery

    def type_in(self, values: dict[str, Any]) -> None:
        """Put values into the fields, by action_id."""
        typed = self._workspace.windows.typed.setdefault(self._view.id, {})
        for action_id, value in values.items():
            spot = find_spot(self._view.blocks, action_id)
            typed.setdefault(spot.block_id, {})[action_id] = entered(spot.element, value)

    def _refused(self) -> dict[str, str]:
        typed = self._workspace.windows.typed.get(self._view.id, {})
        refused = {}
        for spot in spots(self._view.blocks):
            if not spot.is_input:
                continue
            state = typed.get(spot.block_id, {}).get(spot.action_id) or state_of(spot.element)
            error = refusal(spot, state)
            if error is not None:
                refused[spot.block_id] = error
        return refused

    def _response_urls(self) -> list[dict[str, Any]]:
        typed = self._workspace.windows.typed.get(self._view.id, {})
        urls = []
        for spot in spots(self._view.blocks):
            state = typed.get(spot.block_id, {}).get(spot.action_id) or {}
            channel = state.get("selected_conversation") or state.get("selected_channel")
            if not spot.element.get("response_url_enabled") or not channel:
                continue
            url = self._state.new_response_url(team=self._workspace.id, channel=channel, user=self._person.id)
            urls.append(
                {
                    "block_id": spot.block_id,
                    "action_id": spot.action_id,
                    "channel_id": channel,
                    "response_url": url,
                }
            )
        return urls

    def _apply(self, answer: dict[str, Any]) -> None:
        windows = self._workspace.windows
        current = windows.find(self._view.id)
        match answer.get("response_action"):
            case None:
                if current is not None:
                    windows.close(current)
            case "errors":
                self._check_errors(answer.get("errors"))
            case "clear":
                windows.clear(self._person.id)
            case "update" if current is not None:
                windows.update(current, checked_view(answer.get("view"), "modal", windows, replaces=current))
            case "push":
                if len(windows.stack(self._person.id)) >= MOST_VIEWS:
                    raise Refused("push_limit_reached")
                windows.push(self._person.id, checked_view(answer.get("view"), "modal", windows))
            case _:
                raise Refused("invalid_response_action")

    def _check_errors(self, errors: Any) -> None:
        inputs = {block["block_id"] for block in self._view.blocks if block["type"] == "input"}
        if not isinstance(errors, dict) or not errors or not errors.keys() <= inputs:
            raise Refused("invalid_errors")
