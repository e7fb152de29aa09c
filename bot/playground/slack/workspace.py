"""One workspace: who is in it, which channels there are, and what happens to them."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from bot.playground.slack.board import Board
from bot.playground.slack.model import Change, Channel, Enterprise, Listener, Message, Person
from bot.playground.slack.objects import user_object
from bot.playground.slack.windows import Windows

# Every scope that a bot may be given but `chat:write.public`, with which no channel would ever refuse a post.
ALL_SCOPES = frozenset(
    {
        "app_mentions:read",
        "channels:history",
        "channels:read",
        "chat:write",
        "commands",
        "files:write",
        "groups:history",
        "groups:read",
        "im:history",
        "im:read",
        "im:write",
        "mpim:read",
        "team:read",
        "users:read",
        "users:read.email",
    }
)
Emit = Callable[["Workspace", dict[str, Any]], object]


class Workspace:
    """A workspace with the app installed; its methods are what members and admins do to it.

    Methods that change something tell the app by an event, as Slack does, when the twin is running.
    """

    def __init__(
        self,
        *,
        team_id: str,
        name: str,
        bot_user_id: str,
        scopes: frozenset[str] | None,
        app_id: str,
        bot_name: str,
        clock: Callable[[], datetime],
        emit: Emit,
        settled: Callable[[], Awaitable[None]],
        tell: Listener,
    ) -> None:
        self.id = team_id
        self.name = name
        self.domain = "".join(c for c in name.lower() if c.isalnum()) or team_id.lower()
        self.bot_user_id = bot_user_id
        self.bot_id = f"B{bot_user_id[1:]}"
        self.scopes = ALL_SCOPES if scopes is None else scopes
        self.unknown_blocks: set[str] = set()  # kinds that this Slack, an older one, does not take
        self.tell = tell
        self.people: dict[str, Person] = {}
        self.outside_teams: dict[str, str] = {}
        self.notices: dict[str, list[str]] = {}
        self.board = Board(team=team_id, clock=clock, tell=tell)
        self.windows = Windows(
            team=team_id, app_id=app_id, bot_id=self.bot_id, next_ts=self.board.next_ts, tell=tell
        )
        self.enterprise: Enterprise | None = None
        self.is_installed = True
        self.is_org_wide = False  # the app is here by an installation of the whole organisation
        self.home_enabled = True
        self.messages_tab_enabled = True
        self._clock = clock
        self._emit = emit
        self._settled = settled
        self._dms: dict[str, str] = {}
        self.people[bot_user_id] = Person(
            id=bot_user_id, name=bot_name, real_name=bot_name.capitalize(), team_id=team_id, is_bot=True
        )

    @property
    def channels(self) -> dict[str, Channel]:
        """Every channel by id, direct conversations included."""
        return self.board.channels

    def add_person(self, person_id: str, name: str, *, team_id: str | None = None, **more: Any) -> Person:
        """Add somebody, and their conversation with the bot; `team_id` is given for another organisation."""
        more.setdefault("real_name", name.capitalize())
        person = Person(id=person_id, name=name, team_id=team_id or self.id, **more)
        self.people[person_id] = person
        if team_id not in {None, self.id}:
            self.outside_teams.setdefault(str(team_id), f"Organisation {team_id}")
        dm = self._add(
            Channel(
                id=f"D{person_id[1:]}",
                name="directmessage",
                created=self._seconds(),
                members={person_id, self.bot_user_id},
                is_private=True,
                im_with=person_id,
            )
        )
        self._dms[person_id] = dm.id
        return person

    def add_channel(
        self,
        channel_id: str,
        name: str,
        *,
        members: Iterable[str] = (),
        is_private: bool = False,
        has_bot: bool = True,
        is_archived: bool = False,
        is_ext_shared: bool = False,
        is_mpim: bool = False,
    ) -> Channel:
        """Add a channel or, with `is_mpim`, a group message; people of other organisations make it shared."""
        channel = Channel(
            id=channel_id,
            name=name,
            created=self._seconds(),
            members=set(members),
            is_private=is_private or is_mpim,
            is_mpim=is_mpim,
            has_bot=has_bot,
            is_archived=is_archived,
            is_ext_shared=is_ext_shared,
        )
        for member in channel.members & self.people.keys():
            self._note_outsider(channel, self.people[member])
        if has_bot:
            channel.members.add(self.bot_user_id)
        return self._add(channel)

    def add_outside_team(self, team_id: str, name: str) -> None:
        """Name another organisation, for team.info."""
        self.outside_teams[team_id] = name

    def person(self, person_id: str) -> Person:
        """Return somebody; LookupError for a stranger."""
        if person_id not in self.people:
            raise LookupError(f"{self.name} has nobody {person_id!r}")
        return self.people[person_id]

    def channel(self, channel_id: str) -> Channel:
        """Return a channel; LookupError if there is none."""
        if channel_id not in self.channels:
            raise LookupError(f"{self.name} has no channel {channel_id!r}")
        return self.channels[channel_id]

    def dm(self, person_id: str) -> Channel:
        """Return somebody's conversation with the bot; LookupError for a stranger."""
        return self.channels[self._dms[self.person(person_id).id]]

    def invite_bot(self, channel_id: str, *, by: str | None = None) -> None:
        """Add the bot to a channel."""
        self.channel(channel_id).has_bot = True
        self.join(channel_id, self.bot_user_id, by=by)

    def kick_bot(self, channel_id: str, *, by: str | None = None) -> None:
        """Take the bot out of a channel."""
        channel = self.channel(channel_id)
        self.leave(channel_id, self.bot_user_id)
        channel.has_bot = False
        channel.members.discard(self.bot_user_id)
        self.emit({"type": "channel_left", "channel": channel_id, "actor_id": by or self.bot_user_id})

    def join(self, channel_id: str, person_id: str, *, by: str | None = None) -> None:
        """Add somebody to a channel."""
        channel, person = self.channel(channel_id), self.person(person_id)
        channel.members.add(person_id)
        self._note_outsider(channel, person)
        if channel.has_bot:
            self.emit(
                self._membership("member_joined_channel", channel, person, **({"inviter": by} if by else {}))
            )

    def leave(self, channel_id: str, person_id: str) -> None:
        """Take somebody out of a channel."""
        channel, person = self.channel(channel_id), self.person(person_id)
        channel.members.discard(person_id)
        if channel.has_bot:
            self.emit(self._membership("member_left_channel", channel, person))

    def archive(self, channel_id: str, *, by: str = "USLACKBOT") -> None:
        """Archive a channel."""
        self.channel(channel_id).is_archived = True
        self._emit_about(channel_id, "archive", user=by)

    def unarchive(self, channel_id: str, *, by: str = "USLACKBOT") -> None:
        """Bring an archived channel back."""
        self.channel(channel_id).is_archived = False
        self._emit_about(channel_id, "unarchive", user=by)

    def rename(self, channel_id: str, name: str) -> None:
        """Give a channel another name."""
        channel = self.channel(channel_id)
        channel.name = name
        renamed = {"id": channel_id, "name": name, "created": channel.created}
        self.emit({"type": self._kind(channel) + "_rename", "channel": renamed})

    def make_private(self, channel_id: str) -> None:
        """Turn a public channel into a private one: id and members stay, and no event tells of it."""
        self.channel(channel_id).is_private = True

    def delete_channel(self, channel_id: str) -> None:
        """Delete a channel and what was said in it."""
        self._emit_about(channel_id, "deleted")
        del self.channels[channel_id]

    def share(self, channel_id: str, team_id: str) -> None:
        """Share a channel with another organisation."""
        channel = self.channel(channel_id)
        self.outside_teams.setdefault(team_id, f"Organisation {team_id}")
        channel.outside_teams.add(team_id)
        channel.is_ext_shared = True
        self.emit({"type": "channel_shared", "channel": channel_id, "connected_team_id": team_id})

    def unshare(self, channel_id: str, team_id: str) -> None:
        """End the sharing of a channel with another organisation."""
        channel = self.channel(channel_id)
        channel.outside_teams.discard(team_id)
        channel.members -= {each.id for each in self.people.values() if each.team_id == team_id}
        channel.is_ext_shared = bool(channel.outside_teams)
        self.emit(
            {
                "type": "channel_unshared",
                "channel": channel_id,
                "previously_connected_team_id": team_id,
                "is_ext_shared": channel.is_ext_shared,
            }
        )

    def change_channel_id(self, old_id: str, new_id: str) -> Channel:
        """Give a channel another id, as Slack does when it is shared."""
        channel = self.board.change_channel_id(old_id, new_id)
        self.emit({"type": "channel_id_changed", "old_channel_id": old_id, "new_channel_id": new_id})
        return channel

    def change_person(self, person_id: str, **changes: Any) -> Person:
        """Change fields of somebody's profile, such as `tz`, `is_admin` or `deleted`."""
        person = replace(self.person(person_id), **changes)
        self.people[person_id] = person
        shown = user_object(person, with_locale=person.team_id == self.id)
        self.emit({"type": "user_change", "user": shown, "cache_ts": self._seconds()})
        return person

    def deactivate(self, person_id: str) -> Person:
        """Deactivate somebody's account."""
        return self.change_person(person_id, deleted=True)

    async def uninstall(self) -> None:
        """Remove the app: its token dies, and it is told."""
        self.emit({"type": "tokens_revoked", "tokens": {"bot": [self.bot_user_id]}})
        self.emit({"type": "app_uninstalled"})
        self.is_installed = False
        await self._settled()

    def notice(self, person_id: str, text: str) -> None:
        """Show somebody a line from Slack itself, as when a command fails."""
        self.notices.setdefault(person_id, []).append(text)
        self.tell(Change(what="notice", team=self.id, person=person_id, text=text))

    def bot_post(self, channel: Channel, **fields: Any) -> Message:
        """Post as the bot."""
        return self.board.post(channel, user=self.bot_user_id, bot_id=self.bot_id, **fields)

    def emit(self, event: dict[str, Any]) -> None:
        """Tell the app of an event."""
        self._emit(self, {**event, "event_ts": event.get("event_ts") or self.board.next_ts()})

    def _add(self, channel: Channel) -> Channel:
        self.channels[channel.id] = channel
        return channel

    def _note_outsider(self, channel: Channel, person: Person) -> None:
        if person.team_id != self.id:
            channel.outside_teams.add(person.team_id)
            channel.is_ext_shared = True

    def _membership(self, kind: str, channel: Channel, person: Person, **more: str) -> dict[str, Any]:
        return {
            "type": kind,
            "user": person.id,
            "channel": channel.id,
            "channel_type": "G" if channel.is_private else "C",
            "team": person.team_id,
            **more,
        }

    def _emit_about(self, channel_id: str, what: str, **more: str) -> None:
        channel = self.channel(channel_id)
        self.emit({"type": f"{self._kind(channel)}_{what}", "channel": channel_id, **more})

    @staticmethod
    def _kind(channel: Channel) -> str:
        return "group" if channel.is_private else "channel"

    def _seconds(self) -> int:
        return int(self._clock().timestamp())
