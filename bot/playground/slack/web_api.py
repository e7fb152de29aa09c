"""The Web API: POST /api/<method>."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from aiohttp import web

from bot.playground.slack import auth, chat, conversations, files, oauth, views
from bot.playground.slack.asking import Ask, Refused, TooFast, parse_args
from bot.playground.slack.faults import Fault
from bot.playground.slack.model import Call
from bot.playground.slack.socket_mode import SocketMode
from bot.playground.slack.state import State
from bot.playground.slack.wire import cut, ratelimited, struck
from bot.playground.slack.workspace import Workspace

METHODS: Mapping[str, Callable[[Ask], dict[str, Any]]] = {
    **auth.METHODS,
    **chat.METHODS,
    **conversations.METHODS,
    **files.METHODS,
    **views.METHODS,
}
BEARER = "Bearer "
ACCESS = "oauth.v2.access"  # the app shows its secret instead of a token
SECRETS = frozenset({"client_secret", "code", "refresh_token"})


class WebApi:
    """Answers the app's calls and records them, those that meet a fault too."""

    def __init__(self, state: State, sockets: SocketMode) -> None:
        self._state = state
        self._sockets = sockets

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Answer one call, or fail as a fault wants it."""
        method = request.match_info["method"]
        try:
            args = await parse_args(request)
        except Refused as refused:
            return web.json_response({"ok": False, "error": refused.error})
        token = _token(request, args)
        args.pop("token", None)
        workspace = self._meant(token, args)
        fault = self._state.faults.strike(
            method, team=workspace.id if workspace else None, channel=args.get("channel")
        )
        if method == ACCESS:
            token = request.headers.get("Authorization", "")
        if fault is None:
            return self._answer(method, token, args)
        if fault.kind in {"slow", "lose_answer"}:
            return await self._bend(fault, request, lambda: self._answer(method, token, args, fault.kind))
        error = fault.error if fault.kind == "error" else fault.kind
        self._record(method, workspace, args, {"ok": False, "error": error}, fault.kind)
        if fault.kind == "error":
            return web.json_response({"ok": False, "error": error})
        return await struck(request, fault)

    async def _bend(
        self, fault: Fault, request: web.Request, answer: Callable[[], web.Response]
    ) -> web.Response:
        if fault.kind == "slow":
            await asyncio.sleep(fault.delay_seconds)
            return answer()
        lost = answer()
        cut(request)
        return lost

    def _answer(
        self, method: str, token: str, args: dict[str, Any], fault: str | None = None
    ) -> web.Response:
        workspace = self._meant(token, args)
        wait = None
        try:
            answer = {"ok": True, **self._do(method, token, args)}
        except Refused as refused:
            answer = {"ok": False, "error": refused.error, **refused.more}
        except TooFast as refused:
            wait = refused.seconds
            answer = {"ok": False, "error": "ratelimited"}
        self._record(method, workspace, args, answer, fault)
        if wait is not None:
            return ratelimited(wait)
        scopes = {"x-oauth-scopes": ",".join(sorted(workspace.scopes))} if workspace else {}
        return web.json_response(answer, headers=scopes)

    def _meant(self, token: str, args: dict[str, Any]) -> Workspace | None:
        grant = self._state.grants.by_token.get(token)
        return None if grant is None else grant.workspace(args)

    def _record(
        self,
        method: str,
        workspace: Workspace | None,
        args: dict[str, Any],
        answer: dict[str, Any],
        fault: str | None,
    ) -> None:
        team = workspace.id if workspace else None
        self._state.calls.append(
            Call(
                method=method,
                team=team,
                args={name: value for name, value in args.items() if name not in SECRETS},
                at=self._state.now(),
                answer=answer,
                fault=fault,
            )
        )

    def _do(self, method: str, token: str, args: dict[str, Any]) -> dict[str, Any]:
        if method == "api.test":
            return {"args": args}
        if method == "apps.connections.open":
            return {"url": self._new_socket_url(token)}
        if method == ACCESS:
            return oauth.access(self._state, args, token)
        if method not in METHODS:
            raise Refused("unknown_method", req_method=method)
        grant, workspace = auth.authorised(self._state, token, method, args)
        wait = self._state.limits.refuse(method, team=workspace.id, channel=args.get("channel"))
        if wait is not None:
            raise TooFast(wait)
        return METHODS[method](Ask(state=self._state, grant=grant, workspace=workspace, args=args))

    def _new_socket_url(self, token: str) -> str:
        if token != self._state.app_token:
            raise Refused(
                "not_allowed_token_type"
                if token in self._state.grants.by_token
                else "invalid_auth"
                if token
                else "not_authed"
            )
        wait = self._state.limits.refuse("apps.connections.open", team="")
        if wait is not None:
            raise TooFast(wait)
        return self._sockets.new_url()


def _token(request: web.Request, args: dict[str, Any]) -> str:
    header = request.headers.get("Authorization", "")
    return header.removeprefix(BEARER) if header.startswith(BEARER) else str(args.get("token") or "")
