"""Windows: where a form opens, and answers to clicks that came from no conversation."""

from collections.abc import Mapping
from typing import Any, Final

from slack_sdk.web.async_client import AsyncWebClient

from bot.views.answer import ANSWER, answer_view
from bot.views.kit import Message, View

_CLICK: Final = "block_actions"


async def open_form(client: AsyncWebClient, body: Mapping[str, Any], form: View) -> None:
    """Open a form; on top of the window that was clicked in, if it was one."""
    show = client.views_push if _view(body).get("type") == "modal" else client.views_open
    await show(trigger_id=str(body.get("trigger_id")), view=form)


class AnswerWindow:
    """The window that answers a click on Home, or the one of ours that was clicked in."""

    def __init__(self, client: AsyncWebClient, *, view_id: str | None, trigger: str | None) -> None:
        self._client = client
        self._view_id = view_id
        self._trigger = trigger

    async def show(self, message: Message) -> None:
        """Open the window, or draw into it once it is open; raises what Slack says."""
        view = answer_view(message)
        if self._view_id is not None:
            await self._client.views_update(view_id=self._view_id, view=view)
            return
        opened = await self._client.views_open(trigger_id=str(self._trigger), view=view)
        self._view_id = str(opened["view"]["id"])


def answer_window(client: AsyncWebClient, body: Mapping[str, Any]) -> AnswerWindow | None:
    """Return the window in which a click is answered; None for clicks elsewhere, commands and forms."""
    view = _view(body)
    if body.get("type") != _CLICK:
        return None
    if view.get("type") == "home":
        return AnswerWindow(client, view_id=None, trigger=body.get("trigger_id"))
    if view.get("callback_id") == ANSWER:
        return AnswerWindow(client, view_id=view["id"], trigger=None)
    return None


def _view(body: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = body.get("view") or {}
    return found
