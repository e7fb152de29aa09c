"""`status`: my links and what support asks for."""

from collections.abc import Iterator
from datetime import datetime

from slackblocks import Block, SectionBlock

from bot.domain.answers import ChannelStatus, LinkHealth, Status
from bot.views.format import age, escape, hours
from bot.views.kit import MOST_LINKS, Message, buttons, left_out, link_button, small_print
from bot.views.language import ntr, paragraph, tr
from bot.views.link_health import token_sentence
from bot.views.standup import next_words, schedule_words


def status_message(status: Status, *, now: datetime, version: str) -> Message:
    """Draw each link's health, one line each."""
    lines = [_line(health, now) for health in status.links] or [tr("You have not linked a cluster yet.")]
    support = tr(
        "For support: {person}, version {version}",
        person=f"{status.person.workspace}/{status.person.user}",
        version=version,
    )
    blocks: list[Block] = [SectionBlock(line) for line in lines[:MOST_LINKS]]
    blocks += left_out(status.links)
    if status.channel is not None:
        lines.append(_channel(status.channel))
        blocks.append(SectionBlock(lines[-1]))
    blocks.append(buttons(link_button()))
    blocks.append(small_print(support))
    return Message(text=paragraph([*lines, tr("{words}.", words=support)]), blocks=tuple(blocks))


def _channel(channel: ChannelStatus) -> str:
    """Say what this channel is told, and whose use counts for it."""
    if not channel.members:
        team = tr("nobody has joined its team")
    elif channel.is_member:
        team = tr("{count} joined its team, you among them", count=channel.members)
    else:
        team = tr("{count} joined its team", count=channel.members)
    limits = ntr("{count} limit", "{count} limits", channel.limits)
    said = [tr("<#{channel}>: {limits}; {team}.", channel=channel.channel, limits=limits, team=team)]
    if channel.standup is not None:
        said.append(
            tr(
                "Standup: {schedule}, next {moment}.",
                schedule=schedule_words(channel.standup.schedule),
                moment=next_words(channel.standup),
            )
        )
    return paragraph(said)


def _line(health: LinkHealth, now: datetime) -> str:
    if health.cluster is None:
        where = tr("{cluster} (no longer in the bot's settings)", cluster=health.link.cluster)
    else:
        where = health.cluster.label
    said = tr(
        "{username} on {cluster}: {token}",
        username=escape(health.link.username),
        cluster=escape(where),
        token=token_sentence(health, now),
    )
    if health.reading is None:
        read = tr("No reading yet.")
    else:
        read = tr(
            "Last reading {used} core-hours, {age} ago.",
            used=hours(health.reading.core_hours),
            age=age(now - health.reading.confirmed_at),
        )
    return paragraph([said, read, *_next_poll(health, now)])


def _next_poll(health: LinkHealth, now: datetime) -> Iterator[str]:
    """Say when the cluster is asked next, and since when it gave no data."""
    if health.cluster is None:
        yield tr("I do not ask this cluster any more.")
        return
    if health.failing_since:
        yield tr("No data for {age}.", age=age(now - health.failing_since))
    if health.next_poll_at is None:
        yield tr("I no longer ask.")
    elif health.next_poll_at <= now:
        yield tr("Next poll now.")
    else:
        yield tr("Next poll in {age}.", age=age(health.next_poll_at - now))
