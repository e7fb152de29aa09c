"""One call of the Web API: its arguments, who asks, and how it is refused."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from bot.playground.slack.check import Refusal
from bot.playground.slack.grants import Grant
from bot.playground.slack.model import Channel, Message, Person
from bot.playground.slack.state import State
from bot.playground.slack.workspace import Workspace

TRUE = frozenset({"1", "true", "True"})


class Refused(Exception):
    """The call is answered with `ok: false` and this error."""

    def __init__(self, error: str, **more: Any) -> None:
        super().__init__(error)
        self.error = error
        self.more = more


class TooFast(Exception):
    """The call is answered with status 429."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"wait {seconds} s")
        self.seconds = seconds


@dataclass(frozen=True, kw_only=True)
class Ask:
    """One authorised call."""

    state: State
    grant: Grant
    workspace: Workspace
    args: dict[str, Any]

    def text(self, name: str) -> str:
        """Return an argument as text, empty if it is not there."""
        value = self.args.get(name)
        return "" if value is None else str(value)

    def flag(self, name: str) -> bool:
        """Return a yes-or-no argument; no if it is not there."""
        value = self.args.get(name)
        return value if isinstance(value, bool) else str(value) in TRUE

    def number(self, name: str, *, default: int, most: int) -> int:
        """Return a count between 1 and `most`."""
        value = self.text(name)
        if not value:
            return default
        if not value.isdigit() or int(value) < 1:
            raise Refused("invalid_limit")
        return min(int(value), most)

    def json(self, name: str, *, refused: str) -> Any:
        """Return an argument that is JSON, sent as such or as a string; None if it is not there."""
        value = self.args.get(name)
        if not isinstance(value, str):
            return value
        if not value:
            return None
        try:
            return json.loads(value)
        except ValueError:
            raise Refused(refused) from None

    def need(self, *scopes: str) -> None:
        """Refuse unless the bot has one of these scopes."""
        granted = self.workspace.scopes
        if granted.isdisjoint(scopes):
            raise Refused("missing_scope", needed=",".join(scopes), provided=",".join(sorted(granted)))

    def need_for(self, channel: Channel, what: str) -> None:
        """Refuse unless the bot has the scope (`read`, `history`) of this kind of channel."""
        kind = (
            "im"
            if channel.is_im
            else "mpim"
            if channel.is_mpim
            else "groups"
            if channel.is_private
            else "channels"
        )
        self.need(f"{kind}:{what}")

    def channel(self, name: str = "channel") -> Channel:
        """Return the channel asked for, as far as the bot can know of it."""
        channel = self.workspace.channels.get(self.text(name))
        if channel is None or (channel.is_private and self.workspace.bot_user_id not in channel.members):
            raise Refused("channel_not_found")
        return channel

    def person(self, name: str = "user") -> Person:
        """Return the person asked for."""
        person = self.workspace.people.get(self.text(name))
        if person is None:
            raise Refused("user_not_found")
        return person

    def own_message(self, channel: Channel, *, refused: str) -> Message:
        """Return the bot's own message that `ts` names."""
        message = self.workspace.board.find(channel.id, self.text("ts"))
        if message is None:
            raise Refused("message_not_found")
        if message.bot_id != self.workspace.bot_id:
            raise Refused(refused)
        return message


async def parse_args(request: web.Request) -> dict[str, Any]:
    """Return the arguments of a call from its query, its form or its JSON body."""
    args: dict[str, Any] = dict(request.query)
    if request.content_type == "application/json":
        try:
            body = json.loads(await request.text() or "{}")
        except ValueError:
            raise Refused("invalid_json") from None
        if not isinstance(body, dict):
            raise Refused("json_not_object")
        return {**args, **body}
    return {**args, **dict(await request.post())}


def with_messages(error: str, refusals: Iterable[Refusal]) -> Refused:
    """Return the refusal of a bad payload, naming each fault twice as Slack does."""
    errors = [f"{each.text} [json-pointer:{each.pointer}]" for each in refusals]
    messages = [f"[ERROR] {each}" for each in errors]
    return Refused(error, errors=errors, response_metadata={"messages": messages})
