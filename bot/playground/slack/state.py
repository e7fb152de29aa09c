"""What all parts of the twin share: workspaces, tokens, triggers, records and who listens."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from bot.playground.slack.faults import Faults
from bot.playground.slack.grants import Grants
from bot.playground.slack.ids import token
from bot.playground.slack.limits import Limits
from bot.playground.slack.model import Call, Change, Listener, Message, ResponseUse
from bot.playground.slack.organisation import Organisation
from bot.playground.slack.workspace import Workspace

TRIGGER_LIVES = timedelta(seconds=3)
RESPONSE_URL_LIVES = timedelta(minutes=30)
RESPONSE_URL_USES = 5

# Without these scopes Slack sends no such event; other events need none.
EVENT_SCOPES: dict[str, tuple[str, ...]] = {
    "app_mention": ("app_mentions:read",),
    "channel_archive": ("channels:read",),
    "channel_deleted": ("channels:read",),
    "channel_id_changed": ("channels:read", "groups:read"),
    "channel_left": ("channels:read", "groups:read"),
    "channel_rename": ("channels:read",),
    "channel_shared": ("channels:read", "groups:read"),
    "channel_unarchive": ("channels:read",),
    "channel_unshared": ("channels:read", "groups:read"),
    "group_archive": ("groups:read",),
    "group_deleted": ("groups:read",),
    "group_rename": ("groups:read",),
    "group_unarchive": ("groups:read",),
    "member_joined_channel": ("channels:read", "groups:read"),
    "member_left_channel": ("channels:read", "groups:read"),
    "message.im": ("im:history",),
    "user_change": ("users:read",),
}
SUBSCRIPTIONS = frozenset(
    {
        "app_home_opened",
        "app_uninstalled",
        "team_access_granted",
        "team_access_revoked",
        "tokens_revoked",
        *EVENT_SCOPES,
    }
)


@dataclass(frozen=True, kw_only=True)
class Trigger:
    """The right to open one view, once, for one person."""

    team: str
    user: str
    ends: datetime
    used: bool = False


@dataclass(kw_only=True, eq=False)
class ResponseUrl:
    """The right to answer one command or click; `source` is the message that was clicked."""

    id: str
    team: str
    channel: str
    user: str
    ends: datetime
    source: Message | None = None
    thread_ts: str | None = None
    command: str | None = None
    uses: int = 0


@dataclass(frozen=True, kw_only=True)
class Upload:
    """A file on its way: announced, uploaded, not yet shared."""

    id: str
    team: str
    name: str
    length: int
    alt_txt: str = ""
    content: bytes | None = None


class State:
    """Everything the twin remembers."""

    def __init__(
        self,
        *,
        clock: Callable[[], datetime],
        app_token: str,
        signing_secret: str,
        app_id: str,
        client_id: str,
        client_secret: str,
        command: str,
        seconds: Callable[[], float],
    ) -> None:
        self.now = clock
        self.app_token = app_token
        self.signing_secret = signing_secret
        self.app_id = app_id
        self.client_id = client_id
        self.client_secret = client_secret
        self.redirect_urls: set[str] = set()
        self.withheld: set[str] = set()  # scopes that are asked for and not granted
        self.command = command
        self.url = ""
        self.should_escape = True
        self.subscriptions = set(SUBSCRIPTIONS)
        self.faults = Faults()
        self.limits = Limits(seconds)
        self.workspaces: dict[str, Workspace] = {}
        self.organisations: dict[str, Organisation] = {}
        self.grants = Grants(clock)
        self.calls: list[Call] = []
        self.responses: list[ResponseUse] = []
        self.response_urls: dict[str, ResponseUrl] = {}
        self.uploads: dict[str, Upload] = {}
        self.listeners: list[Listener] = []
        self.trigger_lives = TRIGGER_LIVES
        self._triggers: dict[str, Trigger] = {}
        self._triggers_made = 0

    @property
    def bot_name(self) -> str:
        """The bot's name, which is its command without the slash."""
        return self.command.lstrip("/")

    def workspace(self, team: str) -> Workspace:
        """Return a workspace; LookupError if there is none."""
        if team not in self.workspaces:
            raise LookupError(f"no workspace {team!r}")
        return self.workspaces[team]

    def tell(self, change: Change) -> None:
        """Tell everybody who listens."""
        for listener in tuple(self.listeners):
            listener(change)

    def new_trigger(self, *, team: str, user: str) -> str:
        """Return a fresh trigger_id."""
        self._triggers_made += 1
        trigger_id = f"{self._triggers_made}.{int(self.now().timestamp())}.{token(32).lower()}"
        self._triggers[trigger_id] = Trigger(team=team, user=user, ends=self.now() + self.trigger_lives)
        return trigger_id

    def trigger_error(self, trigger_id: str, *, team: str) -> str | None:
        """Return why a trigger_id opens nothing, if it does not."""
        trigger = self._triggers.get(trigger_id)
        if trigger is None or trigger.team != team:
            return "invalid_trigger_id"
        if trigger.used:
            return "exchanged_trigger_id"
        return "expired_trigger_id" if self.now() > trigger.ends else None

    def trigger_user(self, trigger_id: str) -> str:
        """Return whose a good trigger_id is."""
        return self._triggers[trigger_id].user

    def use_trigger(self, trigger_id: str) -> str:
        """Spend a good trigger_id and return whose it was."""
        trigger = self._triggers[trigger_id]
        self._triggers[trigger_id] = replace(trigger, used=True)
        return trigger.user

    def new_response_url(self, *, team: str, channel: str, user: str, **more: Any) -> str:
        """Return the address of a fresh response_url."""
        url = ResponseUrl(
            id=token(24), team=team, channel=channel, user=user, ends=self.now() + RESPONSE_URL_LIVES, **more
        )
        self.response_urls[url.id] = url
        return f"{self.url}/response/{url.id}"

    def wants(self, workspace: Workspace, event: dict[str, Any]) -> bool:
        """Tell whether the app is there, has subscribed to an event and has a scope for it."""
        if not workspace.is_installed:
            return False
        kind = event["type"]
        name = f"message.{event['channel_type']}" if kind == "message" else kind
        needed = EVENT_SCOPES.get(name, ())
        return name in self.subscriptions and (not needed or not workspace.scopes.isdisjoint(needed))
