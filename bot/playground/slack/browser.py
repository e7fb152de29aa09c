"""What the page in the browser asks for: JSON and a stream of events under /client/, and its own files."""

import asyncio
import json
import mimetypes
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web

from bot.playground.slack.client import Client
from bot.playground.slack.delivery import Delivery
from bot.playground.slack.model import Change, Channel, Message
from bot.playground.slack.payloads import view_object
from bot.playground.slack.state import State
from bot.playground.slack.workspace import Workspace

HEADERS = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data:",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
LOOPBACK = re.compile(r"(127\.0\.0\.1|localhost|\[::1\])(:\d+)?", re.IGNORECASE)
FILE_NAME = re.compile(r"[A-Za-z0-9_-]+\.(html|js|css|svg|png|ico)")
HEARTBEAT_SECONDS = 15.0
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Act = Callable[[str, str], Client]


@dataclass(kw_only=True, eq=False)
class Switch:
    """Something that the page lets people switch on and off."""

    name: str
    label: str
    on: bool
    handler: Callable[[bool], None]


@dataclass(kw_only=True)
class Extras:
    """What the page shows beside Slack: switches, things to paste, notes."""

    switches: dict[str, Switch] = field(default_factory=dict)
    clipboard: list[dict[str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


class Browser:
    """Serves the page to browsers on this machine only."""

    def __init__(self, state: State, act_as: Act, extras: Extras, page: Path) -> None:
        self._state = state
        self._act_as = act_as
        self._extras = extras
        self._page = page
        self._streams: set[asyncio.Queue[Change | None]] = set()

    def add_routes(self, router: web.UrlDispatcher) -> None:
        """Add everything the page asks for."""
        router.add_get("/", self._guarded(self._index))
        router.add_get("/assets/{name}", self._guarded(self._asset))
        router.add_get("/client/boot", self._guarded(self._boot))
        router.add_get("/client/view", self._guarded(self._view))
        router.add_get("/client/events", self._guarded(self._events))
        for name, act in self._acts().items():
            router.add_post(f"/client/{name}", self._guarded(self._acting(act)))

    def stop(self) -> None:
        """End every stream of events."""
        for stream in self._streams:
            stream.put_nowait(None)

    def _acts(self) -> dict[str, Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]]:
        return {
            "send": self._send,
            "click": self._click,
            "submit": self._submit,
            "close": self._close,
            "home": self._home,
            "shortcut": self._shortcut,
            "read": self._read,
            "switch": self._switch,
        }

    def _guarded(self, handler: Handler) -> Handler:
        # A page of another site that resolves its name to this machine must not get in.
        async def guarded(request: web.Request) -> web.StreamResponse:
            if not LOOPBACK.fullmatch(request.host):
                return _refused("this address is served to this machine only", status=403)
            try:
                return await handler(request)
            except (LookupError, TypeError, ValueError) as error:
                return _refused(str(error), status=400)

        return guarded

    def _acting(self, act: Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]) -> Handler:
        async def acting(request: web.Request) -> web.StreamResponse:
            # No other site can send this content type without asking first, and it is never allowed.
            if request.content_type != "application/json":
                return _refused("send application/json", status=415)
            body = await request.json()
            if not isinstance(body, dict):
                return _refused("send an object", status=400)
            return _answer(await act(body))

        return acting

    async def _index(self, _request: web.Request) -> web.StreamResponse:
        return self._file("index.html")

    async def _asset(self, request: web.Request) -> web.StreamResponse:
        return self._file(request.match_info["name"])

    def _file(self, name: str) -> web.StreamResponse:
        path = self._page / name
        if not FILE_NAME.fullmatch(name) or not path.is_file():
            return _refused("no such file", status=404)
        kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
        charset = "utf-8" if kind.startswith("text/") else None
        return web.Response(body=path.read_bytes(), content_type=kind, charset=charset, headers=HEADERS)

    async def _boot(self, _request: web.Request) -> web.StreamResponse:
        return _answer(
            {
                "workspaces": [self._workspace(each) for each in self._state.workspaces.values()],
                "switches": [
                    {"name": each.name, "label": each.label, "on": each.on}
                    for each in self._extras.switches.values()
                ],
                "clipboard": self._extras.clipboard,
                "notes": self._extras.notes,
            }
        )

    def _workspace(self, workspace: Workspace) -> dict[str, Any]:
        bot = workspace.people[workspace.bot_user_id]
        return {
            "id": workspace.id,
            "name": workspace.name,
            "bot": {"id": bot.id, "name": bot.real_name},
            "command": self._state.command,
            "people": [
                {"id": each.id, "name": each.name, "real_name": each.real_name, "title": each.title}
                for each in workspace.people.values()
                if not each.is_bot and not each.deleted
            ],
            "channels": [_channel(each) for each in workspace.channels.values() if not each.is_archived],
        }

    async def _view(self, request: web.Request) -> web.StreamResponse:
        workspace = self._state.workspace(request.query.get("team", ""))
        person = workspace.person(request.query.get("as", "")).id
        channel = workspace.channel(request.query.get("channel", ""))
        windows = workspace.windows
        home = windows.homes.get(person)
        return _answer(
            {
                "messages": [
                    {**each.to_dict(), "from": _sender(workspace, each)}
                    for each in workspace.board.visible(channel, person)
                ],
                "modals": [
                    {"id": each.id, "view": view_object(workspace, each)} for each in windows.stack(person)
                ],
                "home": None if home is None else view_object(workspace, home),
                "unread": {
                    each.id: workspace.board.unread(each, person)
                    for each in workspace.channels.values()
                    if person in each.members
                },
            }
        )

    async def _events(self, request: web.Request) -> web.StreamResponse:
        workspace = self._state.workspace(request.query.get("team", ""))
        person = workspace.person(request.query.get("as", "")).id
        stream: asyncio.Queue[Change | None] = asyncio.Queue()

        def listen(change: Change) -> None:
            if _concerns(change, workspace, person):
                stream.put_nowait(change)

        answer = web.StreamResponse(headers={**HEADERS, "Content-Type": "text/event-stream"})
        await answer.prepare(request)
        self._streams.add(stream)
        self._state.listeners.append(listen)
        try:
            await answer.write(b": hello\n\n")
            await self._pump(stream, answer)
        except ConnectionError:
            # The tab was closed; there is nobody to tell.
            return answer
        finally:
            self._state.listeners.remove(listen)
            self._streams.discard(stream)
        return answer

    async def _pump(self, stream: asyncio.Queue[Change | None], answer: web.StreamResponse) -> None:
        while True:
            try:
                async with asyncio.timeout(HEARTBEAT_SECONDS):
                    change = await stream.get()
            except TimeoutError:
                await answer.write(b": still here\n\n")
                continue
            if change is None:
                return
            await answer.write(_event(change))

    async def _send(self, body: dict[str, Any]) -> dict[str, Any]:
        client, text = self._client(body), str(body["text"])
        if text.startswith("/"):
            return _outcome(await client.command(text, channel=body["channel"]))
        await client.say(text, channel=body["channel"])
        return {"ok": True}

    async def _click(self, body: dict[str, Any]) -> dict[str, Any]:
        client = self._client(body)
        place: dict[str, Any]
        if body.get("home"):
            place = {"view": client.home}
        elif body.get("view_id"):
            place = {"view": {"id": body["view_id"]}}
            client.type_in(place["view"], dict(body.get("values") or {}))
        else:
            place = {"message": self._message(body)}
        delivery = await client.click(
            body["action_id"],
            block_id=body.get("block_id"),
            value=body.get("value"),
            selected=body.get("selected"),
            **place,
        )
        return _outcome(delivery)

    async def _submit(self, body: dict[str, Any]) -> dict[str, Any]:
        delivery = await self._client(body).submit({"id": body["view_id"]}, dict(body.get("values") or {}))
        if delivery.errors:
            return {"ok": True, "errors": delivery.errors}
        return {**_outcome(delivery), "errors": None}

    async def _close(self, body: dict[str, Any]) -> dict[str, Any]:
        delivery = await self._client(body).close_view({"id": body["view_id"]})
        return {"ok": True} if delivery is None else _outcome(delivery)

    async def _home(self, body: dict[str, Any]) -> dict[str, Any]:
        await self._client(body).open_home()
        return {"ok": True}

    async def _shortcut(self, body: dict[str, Any]) -> dict[str, Any]:
        return _outcome(await self._client(body).shortcut(body["callback_id"]))

    async def _read(self, body: dict[str, Any]) -> dict[str, Any]:
        workspace = self._state.workspace(body["team"])
        channel = workspace.channel(body["channel"])
        workspace.board.mark_read(channel, workspace.person(body["as"]).id)
        return {"ok": True}

    async def _switch(self, body: dict[str, Any]) -> dict[str, Any]:
        switch = self._extras.switches[body["name"]]
        switch.on = bool(body["on"])
        switch.handler(switch.on)
        self._state.tell(Change(what="switches"))
        return {"ok": True}

    def _client(self, body: dict[str, Any]) -> Client:
        return self._act_as(str(body["team"]), str(body["as"]))

    def _message(self, body: dict[str, Any]) -> Message:
        board = self._state.workspace(body["team"]).board
        message = board.find(body["channel"], str(body["message_ts"]), person=body["as"])
        if message is None:
            raise LookupError("the message is gone")
        return message


def _answer(body: dict[str, Any], *, status: int = 200) -> web.Response:
    return web.json_response(body, status=status, headers=HEADERS)


def _refused(error: str, *, status: int) -> web.Response:
    return _answer({"ok": False, "error": error}, status=status)


def _outcome(delivery: Delivery) -> dict[str, Any]:
    return {"ok": True} if delivery.ok else {"ok": False, "error": delivery.error}


def _channel(channel: Channel) -> dict[str, Any]:
    return {
        "id": channel.id,
        "name": channel.name,
        "is_private": channel.is_private,
        "members": sorted(channel.members),
        "is_dm_of": channel.im_with,
    }


def _sender(workspace: Workspace, message: Message) -> dict[str, Any]:
    person = workspace.people.get(message.user)
    name = message.user if person is None else person.real_name
    return {"name": name, "is_bot": message.bot_id is not None}


def _concerns(change: Change, workspace: Workspace, person: str) -> bool:
    if change.team not in {None, workspace.id} or change.person not in {None, person}:
        return False
    channel = workspace.channels.get(change.channel or "")
    return channel is None or channel.is_visible_to(person)


def _event(change: Change) -> bytes:
    if change.what == "notice":
        return f"event: notice\ndata: {json.dumps({'text': change.text})}\n\n".encode()
    data = {"what": change.what, "channel": change.channel}
    return f"event: changed\ndata: {json.dumps(data)}\n\n".encode()
