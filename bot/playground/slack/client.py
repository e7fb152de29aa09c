"""What a person does in Slack, in process."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from bot.playground.slack import payloads
from bot.playground.slack.asking import Refused
from bot.playground.slack.delivery import Courier, Delivery
from bot.playground.slack.forms import STATES, Spot, entered, find_spot
from bot.playground.slack.mentions import resolved
from bot.playground.slack.model import Channel, Message, Person, ViewState
from bot.playground.slack.response_urls import respond
from bot.playground.slack.state import State
from bot.playground.slack.submitting import Form
from bot.playground.slack.waiting import Watch
from bot.playground.slack.workspace import Workspace

UNKNOWN = "{command} is not a valid command."
PATIENCE = 30.0


class Client:
    """Slack as one person has it open."""

    def __init__(self, state: State, courier: Courier, workspace: Workspace, person_id: str) -> None:
        self._state = state
        self._courier = courier
        self._workspace = workspace
        self._id = workspace.person(person_id).id
        self._watch = Watch(state, workspace, self._id)

    @property
    def person(self) -> Person:
        """Who this is."""
        return self._workspace.people[self._id]

    @property
    def dm(self) -> str:
        """The id of the conversation with the bot."""
        return self._workspace.dm(self._id).id

    @property
    def home(self) -> dict[str, Any] | None:
        """The published Home tab, as the view object."""
        home = self._workspace.windows.homes.get(self._id)
        return None if home is None else payloads.view_object(self._workspace, home)

    @property
    def views(self) -> list[ViewState]:
        """The open modals, the top one last."""
        return list(self._workspace.windows.stack(self._id))

    @property
    def notices(self) -> list[str]:
        """What Slack itself told this person, such as failed commands, oldest first."""
        return self._workspace.notices.setdefault(self._id, [])

    def messages(self, channel: str) -> list[Message]:
        """Return what this person sees in a channel, oldest first."""
        return self._workspace.board.visible(self._workspace.channel(channel), self._id)

    def mark(self) -> int:
        """Return a mark for `since` of wait_message: everything up to now is old."""
        return self._workspace.board.changes

    async def command(self, text: str, *, channel: str | None = None) -> Delivery:
        """Type a slash command, in the conversation with the bot unless a channel is given."""
        place = self._place(channel)
        command, _, words = text.strip().partition(" ")
        if not self._knows(command):
            self._workspace.notice(self._id, UNKNOWN.format(command=command))
            return Delivery(ok=False, error="unknown_command")
        payload = payloads.slash_command(
            self._state,
            self._workspace,
            self.person,
            place,
            command=command,
            text=self._resolved(words.strip()),
        )
        delivery = await self._courier.interact("slash_commands", payload, accepts_response=True)
        if delivery.ok and delivery.response:
            delivery = self._answered_at_once(delivery)
        if not delivery.ok:
            error = delivery.error if delivery.error == "operation_timeout" else "dispatch_failed"
            self._workspace.notice(self._id, f'{command} failed with the error "{error}"')
        return delivery

    async def click(
        self,
        action_id: str,
        *,
        message: Message | None = None,
        view: ViewState | dict[str, Any] | None = None,
        block_id: str | None = None,
        value: str | None = None,
        selected: Any = None,
    ) -> Delivery:
        """Use an element of a message, or of an open modal or the Home tab.

        `value` tells buttons with the same action_id apart; `selected` is what is chosen in a menu or typed.
        LookupError if there is no such element, or the message or view is gone.
        """
        self._check_active()
        if message is not None:
            current = self._workspace.board.find(message.channel, message.ts, person=self._id)
            if current is None:
                raise LookupError(f"the message {message.ts} is gone")
            spot = find_spot(current.blocks, action_id, block_id=block_id, value=value)
            payload = payloads.message_action(
                self._state, self._workspace, self.person, current, spot=spot, used=_used(spot, selected)
            )
            return await self._courier.interact("interactive", payload, accepts_response=False)
        if view is None:
            raise TypeError("click needs a message or a view")
        return await self._click_in_view(self._open_view(view), action_id, block_id, value, selected)

    async def submit(
        self, view: ViewState | dict[str, Any], values: dict[str, Any] | None = None
    ) -> Delivery:
        """Fill in a modal by action_id and submit it; the app's answer is applied to the screen.

        Faults that Slack's own form finds, such as an empty required field, are in `errors`; nothing is sent.
        """
        self._check_active()
        return await self._form(view).submit(values or {})

    def type_in(self, view: ViewState | dict[str, Any], values: dict[str, Any]) -> None:
        """Fill in fields of a modal by action_id, without submitting it."""
        self._form(view).type_in(values)

    def _form(self, view: ViewState | dict[str, Any]) -> Form:
        return Form(self._state, self._courier, self._workspace, self.person, self._open_view(view))

    async def close_view(self, view: ViewState | dict[str, Any], *, clear: bool = False) -> Delivery | None:
        """Close a modal, or with `clear` the whole stack; return the last delivery of view_closed, if any."""
        current = self._open_view(view)
        windows = self._workspace.windows
        everything = clear or bool(current.view["clear_on_close"])
        last_words = [
            payloads.view_closed(self._state, self._workspace, self.person, each, is_cleared=everything)
            for each in (reversed(windows.stack(self._id)) if everything else [current])
            if each.view["notify_on_close"]
        ]
        if everything:
            windows.clear(self._id)
        else:
            windows.close(current)
        delivery = None
        for payload in last_words:
            delivery = await self._courier.interact("interactive", payload, accepts_response=False)
        return delivery

    async def open_home(self, *, tab: str = "home") -> None:
        """Open a tab (`home` or `messages`) of the app; returns when the app has the event."""
        self._check_active()
        event = payloads.home_opened(self._workspace, self.person, tab=tab)
        await self._courier.announce_and_wait(self._workspace, event)

    async def say(self, text: str, *, channel: str | None = None, thread_ts: str | None = None) -> Message:
        """Write a message; returns when the app has the event, if it gets one."""
        place = self._place(channel)
        self._workspace.board.mark_read(place, self._id)
        message = self._workspace.board.post(
            place, user=self._id, text=self._resolved(text), thread_ts=thread_ts
        )
        kind = "message" if place.is_im else "app_mention"
        mentioned = f"<@{self._workspace.bot_user_id}" in message.text
        if place.is_im or (mentioned and place.has_bot):
            event = payloads.said(self._workspace, message, kind=kind)
            await self._courier.announce_and_wait(self._workspace, event)
        return message

    async def shortcut(self, callback_id: str) -> Delivery:
        """Use a global shortcut."""
        self._check_active()
        payload = payloads.shortcut(self._state, self._workspace, self.person, callback_id=callback_id)
        return await self._courier.interact("interactive", payload, accepts_response=False)

    async def message_shortcut(self, callback_id: str, *, message: Message) -> Delivery:
        """Use a shortcut on a message."""
        self._check_active()
        payload = payloads.message_shortcut(
            self._state, self._workspace, self.person, message, callback_id=callback_id
        )
        return await self._courier.interact("interactive", payload, accepts_response=False)

    async def wait_message(
        self,
        wanted: Callable[[Message], bool] = lambda _: True,
        *,
        channel: str | None = None,
        timeout: float = PATIENCE,  # noqa: ASYNC109 - tests read better so than with a context manager
        since: int = 0,
    ) -> Message:
        """Return the newest wanted message that no wait returned before, or wait for one to come.

        Each edit counts as a new message. `since` is a `mark()`. TimeoutError after `timeout` seconds.
        """
        return await self._watch.message(wanted, channel=channel, seconds=timeout, since=since)

    async def wait_view(
        self,
        wanted: Callable[[ViewState], bool] = lambda _: True,
        *,
        timeout: float = PATIENCE,  # noqa: ASYNC109 - as above
    ) -> ViewState:
        """Return the wanted modal or Home tab, open or to come; `view["callback_id"]` reads a field."""
        return await self._watch.view(wanted, seconds=timeout)

    async def _click_in_view(
        self, view: ViewState, action_id: str, block_id: str | None, value: str | None, selected: Any
    ) -> Delivery:
        spot = find_spot(view.blocks, action_id, block_id=block_id, value=value)
        used = _used(spot, selected)
        if "type" in used:
            typed = self._workspace.windows.typed.setdefault(view.id, {})
            typed.setdefault(spot.block_id, {})[spot.action_id] = used
        if spot.is_input and not spot.block.get("dispatch_action", False):
            return Delivery(ok=True)
        payload = payloads.view_action(self._state, self._workspace, self.person, view, spot=spot, used=used)
        return await self._courier.interact("interactive", payload, accepts_response=False)

    def _open_view(self, view: ViewState | dict[str, Any]) -> ViewState:
        view_id = view.id if isinstance(view, ViewState) else view["id"]
        current = self._workspace.windows.find(view_id)
        if current is None or current.user != self._id:
            raise LookupError(f"the view {view_id} is not open")
        return current

    def _place(self, channel: str | None) -> Channel:
        self._check_active()
        place = self._workspace.channel(channel or self.dm)
        if self._id not in place.members:
            raise LookupError(f"{self._id} is not in {place.id}")
        if place.is_archived:
            raise LookupError(f"{place.id} is archived")
        return place

    def _knows(self, command: str) -> bool:
        workspace = self._workspace
        at_home = self.person.team_id == workspace.id
        works = workspace.is_installed and "commands" in workspace.scopes
        return command == self._state.command and at_home and works

    def _resolved(self, text: str) -> str:
        return resolved(self._workspace, text) if self._state.should_escape else text

    def _answered_at_once(self, delivery: Delivery) -> Delivery:
        url = self._state.response_urls[delivery.payload["response_url"].rpartition("/")[2]]
        try:
            respond(self._workspace, url, delivery.response or {})
        except Refused as refused:
            return replace(delivery, ok=False, error=refused.error)
        return delivery

    def _check_active(self) -> None:
        if self.person.deleted:
            raise LookupError(f"{self._id} is deactivated")


def _used(spot: Spot, selected: Any) -> dict[str, Any]:
    kind = spot.element["type"]
    if kind in STATES:
        return entered(spot.element, selected)
    if kind == "overflow":
        options = {option["value"]: option for option in spot.element["options"]}
        return {"selected_option": options[selected]}
    return {}
