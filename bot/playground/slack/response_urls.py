"""response_url: five answers within half an hour to one command or click."""

import asyncio
import json
from typing import Any

from aiohttp import web

from bot.playground.slack.asking import Refused
from bot.playground.slack.chat import checked_content
from bot.playground.slack.check import LONGEST_TEXT
from bot.playground.slack.faults import Fault
from bot.playground.slack.model import Channel, Message, ResponseUse
from bot.playground.slack.state import RESPONSE_URL_USES, ResponseUrl, State
from bot.playground.slack.wire import cut, struck
from bot.playground.slack.workspace import Workspace


def respond(workspace: Workspace, url: ResponseUrl, body: dict[str, Any]) -> None:
    """Do what an answer asks for; raises Refused for a bad one."""
    channel = workspace.channels.get(url.channel)
    if channel is None:
        raise Refused("channel_not_found")
    if body.get("delete_original"):
        source = _source(workspace, url)
        if source is not None:
            workspace.board.remove(source)
        return
    content = checked_content(body, longest=LONGEST_TEXT, unknown_blocks=workspace.unknown_blocks)
    source = _source(workspace, url) if body.get("replace_original") else None
    if source is not None:
        workspace.board.edit(source, **content)
    elif body.get("response_type") == "in_channel":
        _show_command(workspace, channel, url)
        thread_ts = body.get("thread_ts") or url.thread_ts
        workspace.bot_post(channel, metadata=body.get("metadata"), thread_ts=thread_ts, **content)
    else:
        workspace.bot_post(channel, ephemeral_for=url.user, **content)


class ResponseUrls:
    """Serves the response_urls and records every use."""

    def __init__(self, state: State) -> None:
        self._state = state

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Take one answer, or fail as a fault wants it."""
        url = self._state.response_urls.get(request.match_info["id"])
        raw = await request.text()
        if url is None:
            return web.json_response({"ok": False, "error": "used_url"}, status=404)
        fault = self._state.faults.strike("response_url", team=url.team, channel=url.channel)
        if fault is None:
            return self._answer(url, raw)
        return await self._fail(fault, request, url, raw)

    async def _fail(
        self, fault: Fault, request: web.Request, url: ResponseUrl, raw: str
    ) -> web.StreamResponse:
        match fault.kind:
            case "slow":
                await asyncio.sleep(fault.delay_seconds)
                return self._answer(url, raw)
            case "lose_answer":
                lost = self._answer(url, raw)
                cut(request)
                return lost
            case "error":
                self._record(url, raw, 404, fault.error)
                return web.json_response({"ok": False, "error": fault.error}, status=404)
            case _:
                self._record(url, raw, 0, fault.kind)
                return await struck(request, fault)

    def _answer(self, url: ResponseUrl, raw: str) -> web.Response:
        status, answer = self._take(url, _parsed(raw))
        self._record(url, raw, status, answer)
        return web.Response(status=status, text=answer)

    def _record(self, url: ResponseUrl, raw: str, status: int, answer: str) -> None:
        use = ResponseUse(
            url_id=url.id,
            team=url.team,
            channel=url.channel,
            user=url.user,
            body=_parsed(raw) or {},
            at=self._state.now(),
            status=status,
            answer=answer,
        )
        self._state.responses.append(use)

    def _take(self, url: ResponseUrl, body: dict[str, Any] | None) -> tuple[int, str]:
        if self._state.now() > url.ends:
            return 404, json.dumps({"ok": False, "error": "expired_url"})
        if url.uses >= RESPONSE_URL_USES:
            return 404, json.dumps({"ok": False, "error": "used_url"})
        if body is None:
            return 400, "invalid_payload"
        workspace = self._state.workspaces[url.team]
        if not workspace.is_installed:
            return 404, json.dumps({"ok": False, "error": "no_active_hooks"})
        try:
            respond(workspace, url, body)
        except Refused as refused:
            return 400, refused.error
        url.uses += 1
        return 200, "ok"


def _parsed(raw: str) -> dict[str, Any] | None:
    """Return the body if it is a JSON object."""
    try:
        body = json.loads(raw)
    except ValueError:
        return None
    return body if isinstance(body, dict) else None


def _source(workspace: Workspace, url: ResponseUrl) -> Message | None:
    """Return the message that was clicked; a command has none, so its answers replace nothing."""
    if url.source is None:
        return None
    return workspace.board.find(url.channel, url.source.ts, person=url.user)


def _show_command(workspace: Workspace, channel: Channel, url: ResponseUrl) -> None:
    """Show the typed command to the channel, once, as Slack does before a public answer."""
    if url.command is not None:
        workspace.board.post(channel, user=url.user, text=url.command)
        url.command = None
