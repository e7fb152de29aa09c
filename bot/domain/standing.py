"""What Slack says of people and channels at the moment they act: who they are here, and who reads along."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """Who somebody is in a channel, now.

    A full member belongs to the channel and to this organisation, and is no guest. An admin is one of the
    workspace's, or of the bot's settings. A member is in the channel, guests included.
    """

    is_full_member: bool
    is_admin: bool
    is_member: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """The person that `limit @person` names; `name` is how people call them."""

    user: str
    name: str
    is_full_member: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Audience:
    """Who can read a channel: its `members`, in a public one everybody in the workspace too.

    Of `members` and `guests` (of this workspace) None is a number that Slack does not say. `organisations`
    are the outside ones, their names by id; a channel can be shared with one that Slack does not name.
    `users` are all who are in it, None where nobody looked.
    """

    is_private: bool
    is_shared_outside: bool
    members: int | None = None
    guests: int | None = 0
    organisations: Mapping[str, str] = field(default_factory=dict)
    users: frozenset[str] | None = field(default=None, compare=False)


OUTSIDER = Standing(is_full_member=False, is_admin=False)
