"""Who reads a channel, in words."""

from typing import Final

from bot.domain.standing import Audience
from bot.views.language import ntr, tr
from bot.views.names import said_name

_MOST_NAMED: Final = 10


def readers_words(audience: Audience) -> str:
    """Say all who can read: `its 12 members (this channel is private), 2 guests among them`."""
    words = _members(audience)
    outside = outsiders_words(audience)
    return tr("{words}; among them {outsiders}", words=words, outsiders=outside) if outside else words


def outsiders_words(audience: Audience) -> str:
    """Name who reads along from outside the workspace's own people; nothing if nobody does."""
    parts = []
    if audience.guests is None:
        parts.append(tr("perhaps guests (Slack does not say)"))
    elif audience.guests:
        parts.append(ntr("{count} guest", "{count} guests", audience.guests))
    if audience.is_shared_outside:
        parts.append(_organisations(audience))
    return tr(" and ").join(parts)


def grown_words(audience: Audience) -> str:
    """Say who can read the channel that perhaps could not before."""
    outside = outsiders_words(audience)
    if audience.is_private:
        return outside or _members(audience)
    everybody = tr("everybody in this workspace")
    return tr(" and ").join([everybody, outside]) if outside else everybody


def _members(audience: Audience) -> str:
    if audience.members is None:
        members = tr("its members")
    else:
        members = ntr("its {count} member", "its {count} members", audience.members)
    if audience.is_private:
        return tr("{members} (the channel is private)", members=members)
    return tr("everybody in this workspace, {members} first (the channel is public)", members=members)


def _organisations(audience: Audience) -> str:
    names = sorted(said_name(name) for name in audience.organisations.values())
    if not names:
        return tr("people of other organisations")
    named = tr(", ").join(names[:_MOST_NAMED])
    more = len(names) - _MOST_NAMED
    if more > 0:
        named = ntr("{named} and {count} more", "{named} and {count} more", more, named=named)
    return ntr(
        "people of another organisation ({named})",
        "people of {count} other organisations ({named})",
        len(names),
        named=named,
    )
