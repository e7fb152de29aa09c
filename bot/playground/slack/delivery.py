"""How payloads reach the app: Socket Mode or signed HTTP, events with Slack's retries."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import Coroutine
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import aiohttp

from bot.playground.slack.organisation import Organisation
from bot.playground.slack.payloads import event_callback, organisation_callback
from bot.playground.slack.socket_mode import SocketMode
from bot.playground.slack.state import State
from bot.playground.slack.workspace import Workspace

ACK_SECONDS = 3.0
RETRY_DELAYS = (timedelta(0), timedelta(minutes=1), timedelta(minutes=5))
USER_AGENT = "Slackbot 1.0 (+https://api.slack.com/robots)"
FORM = "application/x-www-form-urlencoded"
OK = 200
REASONS = {"operation_timeout": "http_timeout", "dispatch_failed": "connection_failed"}


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """How one interaction went.

    `error` is what Slack would show (`operation_timeout`, `dispatch_failed`), `http 401` and the like for
    a bad answer over HTTP, or the reason why nothing was sent. `response` is what the app acknowledged with.
    """

    ok: bool
    error: str | None = None
    elapsed: timedelta = timedelta(0)
    response: dict[str, Any] | None = None
    trigger_id: str | None = None
    payload: dict[str, Any] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)

    @property
    def errors(self) -> dict[str, str]:
        """The faults shown beside a form's fields, by block_id."""
        if (self.response or {}).get("response_action") == "errors":
            return dict((self.response or {})["errors"])
        return self.refused


@dataclass(kw_only=True, eq=False)
class SentEvent:
    """One event and how its delivery goes: `attempts` so far, `ok` once the app took it."""

    event_id: str
    team: str
    type: str
    payload: dict[str, Any]
    attempts: int = 0
    ok: bool = False
    errors: list[str] = field(default_factory=list)
    tried: asyncio.Event = field(default_factory=asyncio.Event, repr=False)


@dataclass(frozen=True, kw_only=True)
class Sent:
    """What one try to deliver came to."""

    error: str | None = None
    body: dict[str, Any] = field(default_factory=dict)
    no_retry: bool = False


def signed(secret: str, body: str, *, timestamp: int) -> dict[str, str]:
    """Return the two headers by which an app knows that a request is Slack's."""
    base = f"v0:{timestamp}:{body}".encode()
    digest = hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": str(timestamp), "X-Slack-Signature": f"v0={digest}"}


class Courier:
    """Takes payloads to the app: to `request_url` when it is set, else over Socket Mode."""

    def __init__(self, state: State, sockets: SocketMode) -> None:
        self.request_url: str | None = None
        self.ack_seconds = ACK_SECONDS
        self.retry_delays: tuple[timedelta | float, ...] = RETRY_DELAYS
        self.events: list[SentEvent] = []
        self._state = state
        self._sockets = sockets
        self._session: aiohttp.ClientSession | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._under_way = 0
        self._quiet = asyncio.Event()
        self._quiet.set()

    async def start(self) -> None:
        """Get ready to deliver."""
        self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))

    async def stop(self) -> None:
        """Give up whatever is under way."""
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def settled(self) -> None:
        """Wait until no event is on its way; those waiting for a later retry do not count."""
        await self._quiet.wait()

    async def interact(self, kind: str, payload: dict[str, Any], *, accepts_response: bool) -> Delivery:
        """Deliver a command or interaction once and tell how it went."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        sent = await self._send(kind, payload, accepts_response=accepts_response)
        return Delivery(
            ok=sent.error is None,
            error=sent.error,
            elapsed=timedelta(seconds=loop.time() - began),
            response=sent.body if sent.error is None else None,
            trigger_id=payload.get("trigger_id"),
            payload=payload,
        )

    def announce(self, workspace: Workspace, event: dict[str, Any]) -> SentEvent | None:
        """Send an event in the background, if the app has subscribed to it and the twin runs."""
        if self._session is None or not self._state.wants(workspace, event):
            return None
        return self._start(workspace.id, event_callback(self._state, workspace, event))

    def announce_organisation(self, organisation: Organisation, event: dict[str, Any]) -> SentEvent | None:
        """Send an event that is about an organisation, as `announce` does."""
        if self._session is None or not organisation.is_installed:
            return None
        if event["type"] not in self._state.subscriptions:
            return None
        stamped = {**event, "event_ts": f"{self._state.now().timestamp():.6f}"}
        payload = organisation_callback(self._state, organisation, stamped)
        return self._start(organisation.id, payload)

    def _start(self, team: str, payload: dict[str, Any]) -> SentEvent:
        record = SentEvent(
            event_id=payload["event_id"], team=team, type=payload["event"]["type"], payload=payload
        )
        self.events.append(record)
        self._begin()
        self.spawn(self._keep_sending(record))
        return record

    async def announce_and_wait(self, workspace: Workspace, event: dict[str, Any]) -> None:
        """Send an event and return when the first try has ended."""
        record = self.announce(workspace, event)
        if record is not None:
            await record.tried.wait()

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run something in the background until it ends or the twin stops."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def verify_request_url(self) -> bool:
        """Ask the app to echo a challenge, as Slack does when the address is set; True if it does."""
        challenge = {
            "token": "verificationTokenIsDead",
            "type": "url_verification",
            "challenge": "3eZbrw1aBm2rZgRN",
        }
        sent = await self._post("events_api", challenge, retry=None)
        return sent.error is None and challenge["challenge"] in {
            sent.body.get("challenge"),
            sent.body.get("text"),
        }

    async def _keep_sending(self, record: SentEvent) -> None:
        retry: tuple[int, str] | None = None
        for number, delay in enumerate((None, *self.retry_delays)):
            if delay is not None:
                await asyncio.sleep(delay.total_seconds() if isinstance(delay, timedelta) else delay)
                self._begin()
            sent = await self._try(record, retry)
            if sent.error is None or sent.no_retry:
                return
            retry = (number + 1, REASONS.get(sent.error, "http_error"))

    async def _try(self, record: SentEvent, retry: tuple[int, str] | None) -> Sent:
        try:
            record.attempts += 1
            sent = await self._send("events_api", record.payload, accepts_response=False, retry=retry)
            record.ok = sent.error is None
            if sent.error is not None:
                record.errors.append(sent.error)
            return sent
        finally:
            record.tried.set()
            self._under_way -= 1
            if self._under_way == 0:
                self._quiet.set()

    def _begin(self) -> None:
        self._under_way += 1
        self._quiet.clear()

    async def _send(
        self,
        kind: str,
        payload: dict[str, Any],
        *,
        accepts_response: bool,
        retry: tuple[int, str] | None = None,
    ) -> Sent:
        if self.request_url is not None:
            return await self._post(kind, payload, retry=retry)
        answer = await self._sockets.send(
            kind, payload, accepts_response=accepts_response, seconds=self.ack_seconds, retry=retry
        )
        return Sent(error=answer) if isinstance(answer, str) else Sent(body=answer)

    async def _post(self, kind: str, payload: dict[str, Any], *, retry: tuple[int, str] | None) -> Sent:
        if self._session is None or self.request_url is None:
            return Sent(error="dispatch_failed")
        body = _body(kind, payload)
        headers = {
            **signed(self._state.signing_secret, body, timestamp=int(self._state.now().timestamp())),
            "Content-Type": "application/json" if kind == "events_api" else FORM,
            "User-Agent": USER_AGENT,
            "Accept": "application/json,*/*",
        }
        if retry is not None:
            headers |= {"X-Slack-Retry-Num": str(retry[0]), "X-Slack-Retry-Reason": retry[1]}
        try:
            async with asyncio.timeout(self.ack_seconds):
                return await self._read_answer(self._session, body, headers)
        except TimeoutError:
            return Sent(error="operation_timeout")
        except aiohttp.ClientError:
            return Sent(error="dispatch_failed")

    async def _read_answer(self, session: aiohttp.ClientSession, body: str, headers: dict[str, str]) -> Sent:
        async with session.post(
            str(self.request_url), data=body.encode(), headers=headers, allow_redirects=False
        ) as answer:
            text = await answer.text()
            if answer.status != OK:
                no_retry = answer.headers.get("X-Slack-No-Retry") == "1"
                return Sent(error=f"http {answer.status}", no_retry=no_retry)
            if not text:
                return Sent()
            if answer.content_type != "application/json":
                return Sent(body={"text": text})
            try:
                read = json.loads(text)
            except ValueError:
                return Sent(error="dispatch_failed")
            return Sent(body=read if isinstance(read, dict) else {"text": str(read)})


def _body(kind: str, payload: dict[str, Any]) -> str:
    if kind == "events_api":
        return json.dumps(payload)
    return urlencode(payload if kind == "slash_commands" else {"payload": json.dumps(payload)})
