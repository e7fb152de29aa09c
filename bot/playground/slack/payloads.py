"""The payloads that Slack sends to an app, field by field."""

from typing import Any

from bot.playground.slack.forms import Spot, state_values
from bot.playground.slack.ids import slack_id, token
from bot.playground.slack.model import Channel, Message, Person, ViewState
from bot.playground.slack.objects import message_object
from bot.playground.slack.organisation import Organisation
from bot.playground.slack.state import State
from bot.playground.slack.workspace import Workspace

# The verification token of old; every payload still carries it and no app should look at it.
OLD_TOKEN = "verificationTokenIsDead"
COPIED = (
    "text",
    "value",
    "style",
    "placeholder",
    "initial_option",
    "initial_date",
    "initial_time",
    "confirm",
)


def slash_command(
    state: State, workspace: Workspace, person: Person, channel: Channel, *, command: str, text: str
) -> dict[str, Any]:
    """Return the fields of a slash command, all strings."""
    names = {"channel_id": channel.id, "channel_name": _channel_name(channel)}
    response_url = state.new_response_url(
        team=workspace.id, channel=channel.id, user=person.id, command=f"{command} {text}".rstrip()
    )
    return {
        "token": OLD_TOKEN,
        "team_id": workspace.id,
        "team_domain": workspace.domain,
        **_enterprise_names(workspace),
        **names,
        "user_id": person.id,
        "user_name": person.name,
        "command": command,
        "text": text,
        "api_app_id": state.app_id,
        "is_enterprise_install": str(workspace.is_org_wide).lower(),
        "response_url": response_url,
        "trigger_id": state.new_trigger(team=workspace.id, user=person.id),
    }


def message_action(
    state: State, workspace: Workspace, person: Person, message: Message, *, spot: Spot, used: dict[str, Any]
) -> dict[str, Any]:
    """Return block_actions of a message; on an ephemeral one the message itself is left out."""
    channel = workspace.channel(message.channel)
    ephemeral = message.ephemeral_for is not None
    container: dict[str, Any] = {
        "type": "message",
        "message_ts": message.ts,
        "channel_id": channel.id,
        "is_ephemeral": ephemeral,
    }
    if message.thread_ts is not None:
        container["thread_ts"] = message.thread_ts
    typed = {spot.block_id: {spot.action_id: used}} if "type" in used else {}
    payload = {
        **_interaction(state, workspace, person, kind="block_actions"),
        "container": container,
        "channel": {"id": channel.id, "name": _channel_name(channel)},
        "state": {"values": state_values(message.blocks, typed)},
        "response_url": state.new_response_url(
            team=workspace.id,
            channel=channel.id,
            user=person.id,
            source=message,
            thread_ts=message.thread_ts,
        ),
        "actions": [_action(workspace, spot, used)],
    }
    if not ephemeral:
        payload["message"] = message_object(message, app_id=state.app_id, team=workspace.id)
    return payload


def view_action(
    state: State, workspace: Workspace, person: Person, view: ViewState, *, spot: Spot, used: dict[str, Any]
) -> dict[str, Any]:
    """Return block_actions of a modal or Home tab: no channel, no response_url."""
    return {
        **_in_view(state, workspace, person, kind="block_actions"),
        "container": {"type": "view", "view_id": view.id},
        "view": view_object(workspace, view),
        "actions": [_action(workspace, spot, used)],
    }


def view_submission(
    state: State,
    workspace: Workspace,
    person: Person,
    view: ViewState,
    response_urls: list[dict[str, Any]],
) -> dict[str, Any]:
    """Return what goes out when a form is submitted."""
    return {
        **_in_view(state, workspace, person, kind="view_submission"),
        "view": view_object(workspace, view),
        "response_urls": response_urls,
    }


def view_closed(
    state: State, workspace: Workspace, person: Person, view: ViewState, *, is_cleared: bool
) -> dict[str, Any]:
    """Return what goes out when a form with notify_on_close is closed."""
    payload = _in_view(state, workspace, person, kind="view_closed")
    del payload["trigger_id"]
    return {**payload, "view": view_object(workspace, view), "is_cleared": is_cleared}


def shortcut(state: State, workspace: Workspace, person: Person, *, callback_id: str) -> dict[str, Any]:
    """Return what a global shortcut sends."""
    return {
        **_interaction(state, workspace, person, kind="shortcut"),
        "callback_id": callback_id,
        "action_ts": workspace.board.next_ts(),
    }


def message_shortcut(
    state: State, workspace: Workspace, person: Person, message: Message, *, callback_id: str
) -> dict[str, Any]:
    """Return what a shortcut on a message sends."""
    channel = workspace.channel(message.channel)
    return {
        **_interaction(state, workspace, person, kind="message_action"),
        "callback_id": callback_id,
        "action_ts": workspace.board.next_ts(),
        "message_ts": message.ts,
        "message": message_object(message, app_id=state.app_id, team=workspace.id),
        "channel": {"id": channel.id, "name": _channel_name(channel)},
        "response_url": state.new_response_url(team=workspace.id, channel=channel.id, user=person.id),
    }


def event_callback(state: State, workspace: Workspace, event: dict[str, Any]) -> dict[str, Any]:
    """Return the envelope of one event, with an event_id of its own."""
    channel_id = event.get("channel") or event.get("new_channel_id")
    channel = workspace.channels.get(channel_id) if isinstance(channel_id, str) else None
    enterprise = None if workspace.enterprise is None else workspace.enterprise.id
    return {
        "token": OLD_TOKEN,
        "team_id": workspace.id,
        **({} if enterprise is None else {"enterprise_id": enterprise}),
        "context_team_id": workspace.id,
        "context_enterprise_id": enterprise,
        "api_app_id": state.app_id,
        "event": event,
        "type": "event_callback",
        "event_id": slack_id("Ev"),
        "event_time": int(float(event["event_ts"])),
        "authorizations": [
            {
                "enterprise_id": enterprise,
                "team_id": None if workspace.is_org_wide else workspace.id,
                "user_id": workspace.bot_user_id,
                "is_bot": True,
                "is_enterprise_install": workspace.is_org_wide,
            }
        ],
        "is_ext_shared_channel": channel is not None and channel.is_ext_shared,
        "event_context": f"4-{token(40)}",
    }


def organisation_callback(state: State, organisation: Organisation, event: dict[str, Any]) -> dict[str, Any]:
    """Return the envelope of an event that is about a whole organisation: it names no workspace."""
    return {
        "token": OLD_TOKEN,
        "enterprise_id": organisation.id,
        "api_app_id": state.app_id,
        "event": event,
        "type": "event_callback",
        "event_id": slack_id("Ev"),
        "event_time": int(float(event["event_ts"])),
        "authorizations": [
            {
                "enterprise_id": organisation.id,
                "team_id": None,
                "user_id": organisation.bot_user_id,
                "is_bot": True,
                "is_enterprise_install": True,
            }
        ],
        "is_ext_shared_channel": False,
    }


def said(workspace: Workspace, message: Message, *, kind: str) -> dict[str, Any]:
    """Return the event of a person's message: `message` in a direct conversation, else `app_mention`."""
    event: dict[str, Any] = {
        "type": kind,
        "user": message.user,
        "text": message.text,
        "ts": message.ts,
        "event_ts": message.ts,
        "team": workspace.people[message.user].team_id,
        "channel": message.channel,
    }
    if kind == "message":
        event["channel_type"] = "im"
    if message.bot_id is None:
        event["client_msg_id"] = token(36).lower()
    else:
        event["bot_id"] = message.bot_id
    if message.thread_ts is not None:
        event["thread_ts"] = message.thread_ts
    return event


def home_opened(workspace: Workspace, person: Person, *, tab: str) -> dict[str, Any]:
    """Return the event of somebody opening a tab of the app's Home."""
    event = {
        "type": "app_home_opened",
        "user": person.id,
        "channel": workspace.dm(person.id).id,
        "tab": tab,
        "event_ts": workspace.board.next_ts(),
    }
    home = workspace.windows.homes.get(person.id)
    return event if home is None or tab != "home" else {**event, "view": view_object(workspace, home)}


def view_object(workspace: Workspace, view: ViewState) -> dict[str, Any]:
    """Return a view with what is typed into it."""
    values = state_values(view.blocks, workspace.windows.typed.get(view.id, {}))
    return {**view.view, "state": {"values": values}}


def _interaction(state: State, workspace: Workspace, person: Person, *, kind: str) -> dict[str, Any]:
    return {
        "type": kind,
        "token": OLD_TOKEN,
        "api_app_id": state.app_id,
        "team": {"id": workspace.id, "domain": workspace.domain},
        "user": {
            "id": person.id,
            "username": person.name,
            "name": person.name,
            "team_id": person.team_id,
        },
        "enterprise": None
        if workspace.enterprise is None
        else {"id": workspace.enterprise.id, "name": workspace.enterprise.name},
        "is_enterprise_install": workspace.is_org_wide,
        "trigger_id": state.new_trigger(team=workspace.id, user=person.id),
    }


def _in_view(state: State, workspace: Workspace, person: Person, *, kind: str) -> dict[str, Any]:
    """Return what happens in a view: an app installed for an organisation is not told the workspace."""
    payload = _interaction(state, workspace, person, kind=kind)
    return {**payload, "team": None} if workspace.is_org_wide else payload


def _enterprise_names(workspace: Workspace) -> dict[str, str]:
    enterprise = workspace.enterprise
    if enterprise is None:
        return {}
    return {"enterprise_id": enterprise.id, "enterprise_name": enterprise.name}


def _action(workspace: Workspace, spot: Spot, used: dict[str, Any]) -> dict[str, Any]:
    element = spot.element
    return {
        **{key: element[key] for key in COPIED if key in element},
        **used,
        "type": element["type"],
        "block_id": spot.block_id,
        "action_id": spot.action_id,
        "action_ts": workspace.board.next_ts(),
    }


def _channel_name(channel: Channel) -> str:
    if channel.is_im:
        return "directmessage"
    if channel.is_mpim:
        return channel.name
    return "privategroup" if channel.is_private else channel.name
