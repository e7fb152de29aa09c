"""Channels and everything posted in them."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from bot.playground.slack.ids import completed
from bot.playground.slack.model import Change, Channel, Listener, Message

MICROSECONDS = 1_000_000


class Board:
    """The channels of one workspace, their messages, and the messages that only one person sees."""

    def __init__(self, *, team: str, clock: Callable[[], datetime], tell: Listener) -> None:
        self.channels: dict[str, Channel] = {}
        self._team = team
        self._clock = clock
        self._tell = tell
        self._last_ts = 0
        self._changes = 0
        self._whispers: dict[str, dict[str, dict[str, Message]]] = defaultdict(lambda: defaultdict(dict))
        self._whispered: dict[str, list[Message]] = defaultdict(list)
        self._read: dict[tuple[str, str], str] = {}

    @property
    def changes(self) -> int:
        """Number of the newest version of any message."""
        return self._changes

    def next_ts(self) -> str:
        """Return a timestamp later than every earlier one, even when the clock stands still."""
        self._last_ts = max(round(self._clock().timestamp() * MICROSECONDS), self._last_ts + 1)
        return f"{self._last_ts // MICROSECONDS}.{self._last_ts % MICROSECONDS:06d}"

    def post(
        self,
        channel: Channel,
        *,
        user: str,
        text: str,
        bot_id: str | None = None,
        blocks: list[dict[str, Any]] | None = None,
        ephemeral_for: str | None = None,
        **more: Any,
    ) -> Message:
        """Put a new message into a channel, or before one person's eyes."""
        message = Message(
            ts=self.next_ts(),
            channel=channel.id,
            user=user,
            text=text,
            change=self._next_change(),
            bot_id=bot_id,
            blocks=completed(blocks or []),
            ephemeral_for=ephemeral_for,
            **more,
        )
        if ephemeral_for is None:
            channel.messages[message.ts] = message
            if message.thread_ts is not None:
                channel.threads.setdefault(message.thread_ts, []).append(message.ts)
            if not message.in_thread_only:
                channel.top_level.append(message.ts)
        else:
            self._whispers[ephemeral_for][channel.id][message.ts] = message
        self._remember(channel, message)
        return message

    def edit(self, message: Message, **changes: Any) -> Message:
        """Replace the newest version of a message by one with these fields changed."""
        if "blocks" in changes:
            changes["blocks"] = completed(changes["blocks"])
        return self._put(message, edited=True, **changes)

    def remove(self, message: Message) -> Message:
        """Take a message away; it stays known as deleted."""
        return self._put(message, deleted=True)

    def find(self, channel: str, ts: str, *, person: str | None = None) -> Message | None:
        """Return the newest version of a message that is not deleted; `person` adds what only they see."""
        place = self.channels.get(channel)
        found = place.messages.get(ts) if place else None
        if found is None and person is not None:
            found = self._whispers[person][channel].get(ts)
        return None if found is None or found.deleted else found

    def visible(self, channel: Channel, person: str) -> list[Message]:
        """Return what somebody sees in a channel, threads included, oldest first."""
        if not channel.is_visible_to(person):
            return []
        public = [message for message in channel.messages.values() if not message.deleted]
        whispers = [each for each in self._whispers[person][channel.id].values() if not each.deleted]
        if not whispers:
            return public
        return sorted([*public, *whispers], key=lambda message: message.ts)

    def logs(self, person: str, channel: Channel | None) -> list[list[Message]]:
        """Return the logs of versions that somebody may see, each the oldest first."""
        places = self.channels.values() if channel is None else [channel]
        public = [place.versions for place in places if place.versions and place.is_visible_to(person)]
        whispered = self._whispered[person]
        if channel is not None:
            whispered = [message for message in whispered if message.channel == channel.id]
        return [*public, whispered]

    def change_channel_id(self, old_id: str, new_id: str) -> Channel:
        """Move a channel and everything in it to another id."""
        channel = self.channels.pop(old_id)
        self.channels[new_id] = channel
        channel.id = new_id
        channel.messages = _moved(channel.messages, new_id)
        channel.versions = [replace(each, channel=new_id) for each in channel.versions]
        for person, whispers in self._whispers.items():
            whispers[new_id] = _moved(whispers.pop(old_id, {}), new_id)
            self._whispered[person] = [
                replace(each, channel=new_id) if each.channel == old_id else each
                for each in self._whispered[person]
            ]
        return channel

    def mark_read(self, channel: Channel, person: str) -> None:
        """Remember that somebody has seen everything there is now."""
        self._read[person, channel.id] = self.next_ts()

    def unread(self, channel: Channel, person: str) -> int:
        """Count the messages of others that came since somebody read the channel."""
        seen = self._read.get((person, channel.id), "")
        count = 0
        for whisper in reversed(self._whispers[person][channel.id].values()):
            if whisper.ts <= seen:
                break
            count += not whisper.deleted
        for ts in reversed(channel.top_level):
            if ts <= seen:
                break
            message = channel.messages[ts]
            count += not message.deleted and message.user != person
        return count

    def _put(self, message: Message, **changes: Any) -> Message:
        channel = self.channels[message.channel]
        current = self.find(message.channel, message.ts, person=message.ephemeral_for) or message
        newest = replace(current, change=self._next_change(), **changes)
        if newest.ephemeral_for is None:
            channel.messages[newest.ts] = newest
        else:
            self._whispers[newest.ephemeral_for][newest.channel][newest.ts] = newest
        self._remember(channel, newest)
        return newest

    def _remember(self, channel: Channel, message: Message) -> None:
        log = channel.versions if message.ephemeral_for is None else self._whispered[message.ephemeral_for]
        log.append(message)
        self._tell(
            Change(
                what="messages",
                team=self._team,
                channel=channel.id,
                person=message.ephemeral_for,
                message=message,
            )
        )

    def _next_change(self) -> int:
        self._changes += 1
        return self._changes


def _moved(messages: dict[str, Message], channel: str) -> dict[str, Message]:
    return {ts: replace(each, channel=channel) for ts, each in messages.items()}
