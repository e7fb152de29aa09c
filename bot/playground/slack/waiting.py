"""Waiting for something to appear on a person's screen."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

from bot.playground.slack.model import Change, Message, ViewState
from bot.playground.slack.state import State
from bot.playground.slack.workspace import Workspace

T = TypeVar("T")
SHOWN_ON_FAILURE = 8


class Watch:
    """The eyes of one person; remembers which messages were already waited for."""

    def __init__(self, state: State, workspace: Workspace, person_id: str) -> None:
        self._state = state
        self._workspace = workspace
        self._id = person_id
        self._returned: dict[tuple[str, str], int] = {}

    async def message(
        self, wanted: Callable[[Message], bool], *, channel: str | None, seconds: float, since: int
    ) -> Message:
        """Return the newest version that is wanted and not yet returned, or wait for one."""

        def fits(message: Message) -> bool:
            return self._is_new(message, since) and channel in {None, message.channel} and wanted(message)

        def arrived(change: Change) -> Message | None:
            message = change.message
            if message is None or change.team != self._workspace.id or change.person not in {None, self._id}:
                return None
            visible = self._workspace.channels[message.channel].is_visible_to(self._id)
            return message if visible and not message.deleted and fits(message) else None

        found = self._existing(channel, fits)
        if found is None:
            found = await self._next(arrived, seconds, self._explain_messages)
        self._returned[found.channel, found.ts] = found.change
        return found

    async def view(self, wanted: Callable[[ViewState], bool], *, seconds: float) -> ViewState:
        """Return the open modal or Home tab that is wanted, the topmost first, or wait for one."""
        windows = self._workspace.windows
        home = windows.homes.get(self._id)
        now_open = [*reversed(windows.stack(self._id)), *([home] if home else [])]
        for view in now_open:
            if wanted(view):
                return view

        def arrived(change: Change) -> ViewState | None:
            view = change.view
            mine = view is not None and view.team == self._workspace.id and view.user == self._id
            return view if view is not None and mine and wanted(view) else None

        return await self._next(arrived, seconds, self._explain_views)

    def _is_new(self, message: Message, since: int) -> bool:
        return message.change > max(since, self._returned.get((message.channel, message.ts), 0))

    def _still_there(self, message: Message) -> bool:
        found = self._workspace.board.find(message.channel, message.ts, person=self._id)
        return found is not None

    def _existing(self, channel: str | None, fits: Callable[[Message], bool]) -> Message | None:
        place = None if channel is None else self._workspace.channel(channel)
        best: Message | None = None
        for log in self._workspace.board.logs(self._id, place):
            for message in reversed(log):
                if best is not None and message.change < best.change:
                    break
                if fits(message) and self._still_there(message):
                    best = message
                    break
        return best

    async def _next(
        self, arrived: Callable[[Change], T | None], seconds: float, explain: Callable[[], str]
    ) -> T:
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()

        def listen(change: Change) -> None:
            if future.done():
                return
            try:
                found = arrived(change)
            except Exception as error:  # noqa: BLE001 - the waiting test shall see its predicate fail
                future.set_exception(error)
                return
            if found is not None:
                future.set_result(found)

        self._state.listeners.append(listen)
        try:
            async with asyncio.timeout(seconds):
                return await future
        except TimeoutError:
            raise TimeoutError(f"nothing came within {seconds:g} s; {explain()}") from None
        finally:
            self._state.listeners.remove(listen)

    def _explain_messages(self) -> str:
        board = self._workspace.board
        seen = [
            message for channel in board.channels.values() for message in board.visible(channel, self._id)
        ]
        last = sorted(seen, key=lambda message: message.change)[-SHOWN_ON_FAILURE:]
        return f"{self._id} sees last: {[(each.channel, each.text) for each in last]}"

    def _explain_views(self) -> str:
        stack = self._workspace.windows.stack(self._id)
        shown = [view.view["callback_id"] for view in stack]
        return f"{self._id} has open: {shown}"
