"""`/walltime`: my core-hours."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from slackblocks import Block, Button, SectionBlock

from bot.domain.answers import LimitShare, LinkUsage, TeammateUsage
from bot.domain.clusters import Cluster
from bot.domain.errors import PersonCanFix, SealBroken, WalltimeError
from bot.domain.limits import FULL
from bot.domain.usage import Reading, Usage
from bot.views.errors import sentence
from bot.views.forecast import forecast_words
from bot.views.format import age, escape, hours, local_moment, moment
from bot.views.history import history_button
from bot.views.kit import MOST_LINKS, USAGE_REFRESH, Message, buttons, left_out, link_button, small_print
from bot.views.language import paragraph, tr
from bot.views.limits import period_words, share
from bot.views.names import said_name

MOST_LIMITS: Final = 5


def usage_message(answers: Sequence[LinkUsage], *, now: datetime) -> Message:
    """Draw a person's usage on each linked cluster."""
    return Message(
        text="\n".join(_spoken(answer, now) for answer in answers),
        blocks=tuple(usage_blocks(answers, now=now, refresh=USAGE_REFRESH)),
    )


def teammate_message(teammate: TeammateUsage, channel: str, *, now: datetime) -> Message:
    """Draw what somebody else shares with a channel."""
    shown = tr("{name} shares with <#{channel}>:", name=said_name(teammate.name), channel=channel)
    blocks = [block for answer in teammate.links[:MOST_LINKS] for block in _link_blocks(answer, now)]
    return Message(
        text=f"{shown} " + "\n".join(_spoken(answer, now) for answer in teammate.links),
        blocks=(SectionBlock(shown), *blocks, *left_out(teammate.links)),
    )


def usage_blocks(answers: Sequence[LinkUsage], *, now: datetime, refresh: str | None = None) -> list[Block]:
    """Draw each link's numbers, then the button if `refresh` names the action that asks again."""
    blocks = [block for answer in answers[:MOST_LINKS] for block in _link_blocks(answer, now)]
    again = [buttons(Button(text=tr("Refresh"), action_id=refresh), history_button())] if refresh else []
    return [*blocks, *left_out(answers), *again]


def _link_blocks(answer: LinkUsage, now: datetime) -> list[Block]:
    name = tr(
        "*{username}* on *{cluster}*",
        username=escape(answer.link.username),
        cluster=escape(answer.cluster.label),
    )
    blocks: list[Block] = []
    if answer.reading is None:
        none = tr("No reading yet.")
        blocks.append(SectionBlock(f"{name}\n{none}"))
    else:
        blocks.append(SectionBlock(name, fields=[*usage_fields(answer, answer.reading)]))
        if answer.limits:
            lines = (f"• {share_words(one, answer.cluster)}" for one in answer.limits[:MOST_LIMITS])
            blocks.append(SectionBlock("\n".join(lines)))
        blocks.append(
            small_print(
                tr("as of {moment}", moment=local_moment(answer.reading.confirmed_at, answer.cluster))
            )
        )
    if answer.problem is not None:
        again = link_button(answer.cluster.name, tr("Link again")) if relink_helps(answer.problem) else None
        blocks.append(
            SectionBlock(f":warning: {escape(_problem(answer, answer.problem, now))}", accessory=again)
        )
    return blocks


def usage_fields(answer: LinkUsage, reading: Reading) -> list[str]:
    """Say the numbers of a link, each under its name."""
    fields = [tr("*Used*\n{used} core-hours", used=hours(reading.core_hours))]
    if answer.this_month is not None:
        fields.append(_month_field(answer.this_month, answer.cluster))
    if answer.pace_per_day is not None:
        fields.append(tr("*Pace*\nabout {pace} core-hours a day", pace=hours(answer.pace_per_day)))
    return fields


def _month_field(month: Usage, cluster: Cluster) -> str:
    used = hours(month.core_hours)
    if month.since is None:
        return tr("*This month*\n{used} core-hours", used=used)
    since = local_moment(month.since, cluster)
    return tr("*This month*\n{used} core-hours\nsince {since}", used=used, since=since)


def _spoken(answer: LinkUsage, now: datetime) -> str:
    """Say one link's usage in full, for screen readers and notifications."""
    who = {"username": escape(answer.link.username), "cluster": escape(answer.cluster.label)}
    if answer.reading is None:
        said = [tr("{username} on {cluster}: no reading yet.", **who)]
    else:
        said = [
            tr(
                "{username} on {cluster}: {used} core-hours used, as of {moment}.",
                used=hours(answer.reading.core_hours),
                moment=moment(answer.reading.confirmed_at, answer.cluster),
                **who,
            )
        ]
        if answer.this_month is not None:
            said.append(_month_sentence(answer.this_month, answer.cluster))
        if answer.pace_per_day is not None:
            said.append(tr("Pace: about {pace} core-hours a day.", pace=hours(answer.pace_per_day)))
        said += [
            tr("{words}.", words=share_words(one, answer.cluster)) for one in answer.limits[:MOST_LIMITS]
        ]
    if answer.problem is not None:
        said.append(escape(_problem(answer, answer.problem, now)))
    return paragraph(said)


def _month_sentence(month: Usage, cluster: Cluster) -> str:
    used = hours(month.core_hours)
    if month.since is None:
        return tr("This month: {used} core-hours.", used=used)
    return tr("This month since {since}: {used} core-hours.", used=used, since=moment(month.since, cluster))


def share_words(one: LimitShare, cluster: Cluster) -> str:
    """Say how full a limit is, and when it will be full; a channel's limit names its channel."""
    limit = one.limit
    used = tr(
        "{share} of {limit} core-hours {period}",
        share=share(one.percent),
        limit=hours(limit.core_hours),
        period=period_words(limit),
    )
    if limit.scope.channel:
        used = tr("{used} (<#{channel}>)", used=used, channel=limit.scope.channel)
    if one.forecast is None or one.percent >= FULL:
        return used
    return tr("{used}; {forecast}", used=used, forecast=forecast_words(one.forecast, one.window, cluster))


def _problem(answer: LinkUsage, problem: WalltimeError, now: datetime) -> str:
    """Say why the number is not of this moment, and how old it is."""
    why = sentence(problem, answer.cluster)
    if answer.reading is None:
        return why
    old = age(now - answer.reading.confirmed_at)
    return paragraph([why, tr("Shown is the last reading, {age} old.", age=old)])


def relink_helps(problem: WalltimeError) -> bool:
    """Tell whether a new token would help."""
    return isinstance(problem, PersonCanFix | SealBroken)
