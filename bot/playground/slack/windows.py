"""Modals on people's screens, their Home tabs, and what is typed into them."""

import copy
from collections.abc import Callable
from typing import Any

from bot.playground.slack.ids import completed, slack_id, token
from bot.playground.slack.model import Change, Listener, ViewState

MOST_VIEWS = 3
OPTIONAL = {
    "callback_id": "",
    "private_metadata": "",
    "external_id": "",
    "close": None,
    "submit": None,
    "title": None,
    "clear_on_close": False,
    "notify_on_close": False,
    "submit_disabled": False,
}
Values = dict[str, dict[str, dict[str, Any]]]


class Windows:
    """The views of one workspace: a stack of modals and a Home tab for each person."""

    def __init__(
        self, *, team: str, app_id: str, bot_id: str, next_ts: Callable[[], str], tell: Listener
    ) -> None:
        self.stacks: dict[str, list[ViewState]] = {}
        self.homes: dict[str, ViewState] = {}
        self.typed: dict[str, Values] = {}
        self._open: dict[str, ViewState] = {}
        self._team = team
        self._app_id = app_id
        self._bot_id = bot_id
        self._next_ts = next_ts
        self._tell = tell

    def stack(self, user: str) -> list[ViewState]:
        """Return somebody's open modals, the top one last."""
        return self.stacks.get(user, [])

    def find(self, view_id: str) -> ViewState | None:
        """Return the newest version of a view that is still open, or of a Home tab."""
        return self._open.get(view_id)

    def find_external(self, external_id: str) -> ViewState | None:
        """Return the open view with this external_id."""
        return next((each for each in self._open.values() if each.view["external_id"] == external_id), None)

    def open(self, user: str, view: dict[str, Any]) -> ViewState:
        """Show a modal in place of whatever modals somebody has open."""
        self._drop(user, self.stack(user))
        return self._show(user, view, below=None)

    def push(self, user: str, view: dict[str, Any]) -> ViewState:
        """Show a modal on top of those somebody has open."""
        stack = self.stack(user)
        return self._show(user, view, below=stack[-1] if stack else None)

    def update(self, old: ViewState, view: dict[str, Any]) -> ViewState:
        """Replace a view's content; what is typed into inputs that stay the same stays."""
        fixed = {key: old.view[key] for key in ("id", "root_view_id", "previous_view_id")}
        newest = self._state(old.user, view, **fixed)
        if newest.is_home:
            self.homes[old.user] = newest
        else:
            stack = self.stacks[old.user]
            stack[stack.index(self._open[old.id])] = newest
        return self._remember(newest)

    def publish(self, user: str, view: dict[str, Any]) -> ViewState:
        """Set somebody's Home tab."""
        old = self.homes.get(user)
        if old is not None:
            return self.update(old, view)
        view_id = slack_id("V")
        home = self._state(user, view, id=view_id, root_view_id=view_id, previous_view_id=None)
        self.homes[user] = home
        return self._remember(home)

    def close(self, view: ViewState) -> list[ViewState]:
        """Take a modal off the stack, and those above it; return what went away, the top one first."""
        stack = self.stack(view.user)
        place = next((n for n, each in enumerate(stack) if each.id == view.id), len(stack))
        gone = stack[place:]
        self._drop(view.user, gone)
        return gone[::-1]

    def clear(self, user: str) -> list[ViewState]:
        """Close every modal of somebody; return what went away, the top one first."""
        gone = list(self.stack(user))
        self._drop(user, gone)
        return gone[::-1]

    def _show(self, user: str, view: dict[str, Any], *, below: ViewState | None) -> ViewState:
        view_id = slack_id("V")
        state = self._state(
            user,
            view,
            id=view_id,
            root_view_id=below.view["root_view_id"] if below else view_id,
            previous_view_id=below.id if below else None,
        )
        self.stacks.setdefault(user, []).append(state)
        return self._remember(state)

    def _state(self, user: str, view: dict[str, Any], **ids: str | None) -> ViewState:
        fresh = {key: copy.deepcopy(view.get(key, default)) for key, default in OPTIONAL.items()}
        full = {
            **fresh,
            **ids,
            "type": view["type"],
            "team_id": self._team,
            "app_id": self._app_id,
            "app_installed_team_id": self._team,
            "bot_id": self._bot_id,
            "blocks": completed(view["blocks"]),
            "hash": f"{self._next_ts()}.{token(8)}",
            "state": {"values": {}},
        }
        return ViewState(id=str(ids["id"]), hash=str(full["hash"]), team=self._team, user=user, view=full)

    def _remember(self, state: ViewState) -> ViewState:
        self._open[state.id] = state
        self._tell(
            Change(what="home" if state.is_home else "modal", team=self._team, person=state.user, view=state)
        )
        return state

    def _drop(self, user: str, gone: list[ViewState]) -> None:
        if not gone:
            return
        ids = {each.id for each in gone}
        self.stacks[user] = [each for each in self.stack(user) if each.id not in ids]
        for view_id in ids:
            self._open.pop(view_id, None)
            self.typed.pop(view_id, None)
        self._tell(Change(what="modal", person=user, team=self._team))
