"""What a workspace is made of: people, channels, messages and views."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal


@dataclass(frozen=True, kw_only=True)
class Enterprise:
    """The organisation that a workspace belongs to."""

    id: str
    name: str


@dataclass(frozen=True, kw_only=True)
class Person:
    """Somebody with a Slack account; `team_id` is another one for people of another organisation."""

    id: str
    name: str
    real_name: str
    team_id: str
    title: str = ""
    email: str | None = None
    locale: str = "en-US"
    tz: str = "UTC"
    is_admin: bool = False
    is_owner: bool = False
    is_restricted: bool = False
    is_ultra_restricted: bool = False
    is_stranger: bool = False
    is_bot: bool = False
    deleted: bool = False


@dataclass(frozen=True, kw_only=True)
class Message:
    """One version of one message; an edit makes a new version with the same `ts`.

    `change` numbers all versions of all messages of a workspace in the order in which they came to be.
    """

    ts: str
    channel: str
    user: str
    text: str
    change: int
    blocks: list[dict[str, Any]] = field(default_factory=list)
    attachments: list[dict[str, Any]] = field(default_factory=list)
    files: list[dict[str, Any]] = field(default_factory=list)
    bot_id: str | None = None
    ephemeral_for: str | None = None
    edited: bool = False
    deleted: bool = False
    thread_ts: str | None = None
    broadcast: bool = False
    metadata: dict[str, Any] | None = None

    @property
    def in_thread_only(self) -> bool:
        """Whether it shows in its thread and not in the channel."""
        return self.thread_ts is not None and self.thread_ts != self.ts and not self.broadcast

    def to_dict(self) -> dict[str, Any]:
        """Return it as the page and the tests read it: every field, always present."""
        return {
            "ts": self.ts,
            "channel": self.channel,
            "user": self.user,
            "bot_id": self.bot_id,
            "text": self.text,
            "blocks": self.blocks,
            "attachments": self.attachments,
            "files": self.files,
            "ephemeral": self.ephemeral_for is not None,
            "ephemeral_for": self.ephemeral_for,
            "edited": self.edited,
            "deleted": self.deleted,
            "thread_ts": self.thread_ts,
            "broadcast": self.broadcast,
            "metadata": self.metadata,
        }


@dataclass(kw_only=True, eq=False)
class Channel:
    """A channel or a direct conversation, with every message posted to it.

    `refuses` is the error that posting answers with while it is set, such as `restricted_action`.
    """

    id: str
    name: str
    created: int
    members: set[str] = field(default_factory=set)
    is_private: bool = False
    has_bot: bool = True
    is_archived: bool = False
    is_ext_shared: bool = False
    is_mpim: bool = False
    im_with: str | None = None
    outside_teams: set[str] = field(default_factory=set)
    refuses: str | None = None
    messages: dict[str, Message] = field(default_factory=dict, repr=False)
    top_level: list[str] = field(default_factory=list, repr=False)
    threads: dict[str, list[str]] = field(default_factory=dict, repr=False)
    versions: list[Message] = field(default_factory=list, repr=False)

    @property
    def is_im(self) -> bool:
        """Whether this is the conversation of one person with the bot."""
        return self.im_with is not None

    def is_visible_to(self, person: str) -> bool:
        """Tell whether somebody can read it: members everywhere, everybody in public channels."""
        return person in self.members or not (self.is_private or self.is_im)


@dataclass(frozen=True, kw_only=True)
class ViewState:
    """One version of an open modal or of somebody's Home tab; `view` is the view object of Slack's API."""

    id: str
    hash: str
    team: str
    user: str
    view: dict[str, Any]

    def __getitem__(self, name: str) -> Any:
        return self.view[name]

    def get(self, name: str, default: Any = None) -> Any:
        """Return a field of the view object."""
        return self.view.get(name, default)

    @property
    def is_home(self) -> bool:
        """Whether it is a Home tab."""
        return bool(self.view["type"] == "home")

    @property
    def blocks(self) -> list[dict[str, Any]]:
        """Its blocks."""
        blocks: list[dict[str, Any]] = self.view["blocks"]
        return blocks


@dataclass(frozen=True, kw_only=True)
class Change:
    """Something that a person may see has changed; `person` limits it to one of them."""

    what: Literal["messages", "modal", "home", "switches", "notice"]
    team: str | None = None
    channel: str | None = None
    person: str | None = None
    message: Message | None = None
    view: ViewState | None = None
    text: str | None = None


@dataclass(frozen=True, kw_only=True)
class Call:
    """One call of the Web API as the twin saw it; the token is not among `args`.

    `fault` is the kind of the fault that struck it: of `lose_answer`, `answer` is what the app never got.
    """

    method: str
    team: str | None
    args: dict[str, Any]
    at: datetime
    answer: dict[str, Any]
    fault: str | None = None


@dataclass(frozen=True, kw_only=True)
class ResponseUse:
    """One use of a response_url: whose it was, what was sent, what was answered.

    `url_id` is the last part of the URL, the same for all answers to one command or click. `status` is 0 when
    a fault struck; `answer` names it then.
    """

    url_id: str
    team: str
    channel: str
    user: str
    body: dict[str, Any]
    at: datetime
    status: int
    answer: str


Listener = Callable[[Change], None]
