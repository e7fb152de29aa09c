"""What Slack's composer makes of @names and #channels."""

import re

from bot.playground.slack.workspace import Workspace

_PERSON = re.compile(r"(?<![\w<])@([\w][\w.-]*)")
_CHANNEL = re.compile(r"(?<![\w<&])#([\w][\w-]*)")


def resolved(workspace: Workspace, text: str) -> str:
    """Return text with @name and #channel turned into ids where there are such people and channels."""
    people = {person.name: person.id for person in workspace.people.values() if "@" in text}
    channels = {each.name: each for each in workspace.channels.values() if "#" in text and not each.is_im}

    def person(found: re.Match[str]) -> str:
        known = people.get(found[1])
        return found[0] if known is None else f"<@{known}|{found[1]}>"

    def channel(found: re.Match[str]) -> str:
        known = channels.get(found[1])
        if known is None:
            return found[0]
        # The name of a private channel is not given away.
        return f"<#{known.id}|{'' if known.is_private else known.name}>"

    return _CHANNEL.sub(channel, _PERSON.sub(person, text))
