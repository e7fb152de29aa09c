"""Who is asking, and what they are linked to."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

# Stands for a person who was forgotten, where what they set up or did for others goes on. No id of Slack's.
LEFT: Final = "left"


@dataclass(frozen=True, kw_only=True, slots=True, order=True)
class Person:
    """A Slack user in a workspace. Slack's ids are opaque: nothing is read from their first letter."""

    workspace: str
    user: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Link:
    """A person's username on a cluster. The sealed token stays in the store.

    `link_id` names the series of readings: it survives a renewed token and changes with the username.
    """

    person: Person
    cluster: str
    username: str
    link_id: str
    linked_at: datetime
    token_expires_at: datetime | None
