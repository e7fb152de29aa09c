"""`status`: my links and what support asks for."""

from datetime import datetime

from slackblocks import Block, SectionBlock

from bot.domain.answers import ChannelStatus, LinkHealth, Status
from bot.views.format import age, escape, hours
from bot.views.kit import MOST_LINKS, Message, buttons, left_out, link_button, small_print
from bot.views.language import tr
from bot.views.link_health import token_sentence
from bot.views.standup import next_words, schedule_words


def status_message(status: Status, *, now: datetime, version: str) -> Message:
    """Draw each link's health, one line each."""
    lines = [_line(health, now) for health in status.links] or ["You have not linked a cluster yet."]
    support = f"{status.person.workspace}/{status.person.user}, version {version}"
    blocks: list[Block] = [SectionBlock(line) for line in lines[:MOST_LINKS]]
    blocks += left_out(status.links)
    if status.channel is not None:
        lines.append(_channel(status.channel))
        blocks.append(SectionBlock(lines[-1]))
    blocks.append(buttons(link_button()))
    blocks.append(small_print(f"For support: {support}"))
    return Message(text=f"{' '.join(lines)} For support: {support}.", blocks=tuple(blocks))


def _channel(channel: ChannelStatus) -> str:
    """Say what this channel is told, and whose use counts for it."""
    limits = "1 limit" if channel.limits == 1 else f"{channel.limits} limits"
    team = "nobody has joined its team" if not channel.members else f"{channel.members} joined its team"
    you = ", you among them" if channel.is_member else ""
    standup = ""
    if channel.standup is not None:
        standup = " " + tr(
            "Standup: {schedule}, next {moment}.",
            schedule=schedule_words(channel.standup.schedule),
            moment=next_words(channel.standup),
        )
    return f"<#{channel.channel}>: {limits}; {team}{you}.{standup}"


def _line(health: LinkHealth, now: datetime) -> str:
    where = (
        health.cluster.label if health.cluster else f"{health.link.cluster} (no longer in the bot's settings)"
    )
    said = f"{escape(health.link.username)} on {escape(where)}: {token_sentence(health, now)}"
    if health.reading is None:
        return f"{said} No reading yet. {_next_poll(health, now)}"
    old = age(now - health.reading.confirmed_at)
    read = f"Last reading {hours(health.reading.core_hours)} core-hours, {old} ago."
    return f"{said} {read} {_next_poll(health, now)}"


def _next_poll(health: LinkHealth, now: datetime) -> str:
    """Say when the cluster is asked next, and since when it gave no data."""
    if health.cluster is None:
        return "I do not ask this cluster any more."
    silent = f"No data for {age(now - health.failing_since)}. " if health.failing_since else ""
    if health.next_poll_at is None:
        return f"{silent}I no longer ask."
    if health.next_poll_at <= now:
        return f"{silent}Next poll now."
    return f"{silent}Next poll in {age(health.next_poll_at - now)}."
