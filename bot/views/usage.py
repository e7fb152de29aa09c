"""`/walltime`: my core-hours."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from slackblocks import Block, Button, SectionBlock

from bot.domain.answers import LimitShare, LinkUsage, TeammateUsage
from bot.domain.clusters import Cluster
from bot.domain.errors import PersonCanFix, SealBroken, WalltimeError
from bot.domain.limits import FULL
from bot.domain.usage import Reading
from bot.views.errors import sentence
from bot.views.forecast import forecast_words
from bot.views.format import age, escape, hours, local_moment, moment
from bot.views.history import history_button
from bot.views.kit import MOST_LINKS, USAGE_REFRESH, Message, buttons, left_out, link_button, small_print
from bot.views.language import tr
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
    shown = tr("{name} shares with <#{channel}>", name=said_name(teammate.name), channel=channel)
    blocks = [block for answer in teammate.links[:MOST_LINKS] for block in _link_blocks(answer, now)]
    return Message(
        text=f"{shown}: " + "\n".join(_spoken(answer, now) for answer in teammate.links),
        blocks=(SectionBlock(f"{shown}:"), *blocks, *left_out(teammate.links)),
    )


def usage_blocks(answers: Sequence[LinkUsage], *, now: datetime, refresh: str | None = None) -> list[Block]:
    """Draw each link's numbers, then the button if `refresh` names the action that asks again."""
    blocks = [block for answer in answers[:MOST_LINKS] for block in _link_blocks(answer, now)]
    again = [buttons(Button(text="Refresh", action_id=refresh), history_button())] if refresh else []
    return [*blocks, *left_out(answers), *again]


def _link_blocks(answer: LinkUsage, now: datetime) -> list[Block]:
    name = f"*{escape(answer.link.username)}* on *{escape(answer.cluster.label)}*"
    blocks: list[Block] = []
    if answer.reading is None:
        blocks.append(SectionBlock(f"{name}\nNo reading yet."))
    else:
        blocks.append(SectionBlock(name, fields=[*usage_fields(answer, answer.reading)]))
        if answer.limits:
            lines = (f"• {share_words(one, answer.cluster)}" for one in answer.limits[:MOST_LIMITS])
            blocks.append(SectionBlock("\n".join(lines)))
        blocks.append(small_print(f"as of {local_moment(answer.reading.confirmed_at, answer.cluster)}"))
    if answer.problem is not None:
        again = link_button(answer.cluster.name, "Link again") if relink_helps(answer.problem) else None
        blocks.append(
            SectionBlock(f":warning: {escape(_problem(answer, answer.problem, now))}", accessory=again)
        )
    return blocks


def usage_fields(answer: LinkUsage, reading: Reading) -> list[str]:
    """Say the numbers of a link, each under its name."""
    fields = [f"*Used*\n{hours(reading.core_hours)} core-hours"]
    if answer.this_month is not None:
        since = answer.this_month.since
        mark = f"\nsince {local_moment(since, answer.cluster)}" if since else ""
        fields.append(f"*This month*\n{hours(answer.this_month.core_hours)} core-hours{mark}")
    if answer.pace_per_day is not None:
        fields.append(f"*Pace*\nabout {hours(answer.pace_per_day)} core-hours a day")
    return fields


def _spoken(answer: LinkUsage, now: datetime) -> str:
    """Say one link's usage in full, for screen readers and notifications."""
    name = escape(f"{answer.link.username} on {answer.cluster.label}")
    if answer.reading is None:
        said = [f"{name}: no reading yet."]
    else:
        as_of = moment(answer.reading.confirmed_at, answer.cluster)
        said = [f"{name}: {hours(answer.reading.core_hours)} core-hours used, as of {as_of}."]
        if answer.this_month is not None:
            since = answer.this_month.since
            mark = f" since {moment(since, answer.cluster)}" if since else ""
            said.append(f"This month{mark}: {hours(answer.this_month.core_hours)} core-hours.")
        if answer.pace_per_day is not None:
            said.append(f"Pace: about {hours(answer.pace_per_day)} core-hours a day.")
        said += [f"{share_words(one, answer.cluster)}." for one in answer.limits[:MOST_LIMITS]]
    if answer.problem is not None:
        said.append(escape(_problem(answer, answer.problem, now)))
    return " ".join(said)


def share_words(one: LimitShare, cluster: Cluster) -> str:
    """Say how full a limit is, and when it will be full; a channel's limit names its channel."""
    limit = one.limit
    where = f" (<#{limit.scope.channel}>)" if limit.scope.channel else ""
    used = f"{share(one.percent)} of {hours(limit.core_hours)} core-hours {period_words(limit)}{where}"
    if one.forecast is None or one.percent >= FULL:
        return used
    return f"{used}; {forecast_words(one.forecast, one.window, cluster)}"


def _problem(answer: LinkUsage, problem: WalltimeError, now: datetime) -> str:
    """Say why the number is not of this moment, and how old it is."""
    why = sentence(problem, answer.cluster)
    if answer.reading is None:
        return why
    return f"{why} Shown is the last reading, {age(now - answer.reading.confirmed_at)} old."


def relink_helps(problem: WalltimeError) -> bool:
    """Tell whether a new token would help."""
    return isinstance(problem, PersonCanFix | SealBroken)
