"""`limit`: the list, and what is said when a limit is set or removed."""

from collections.abc import Sequence
from typing import Final

from slackblocks import Block, Button, SectionBlock

from bot.domain.clusters import Cluster
from bot.domain.limit_answers import LimitRemoved, LimitSet, ListedLimit, Rehearsal, UseNow
from bot.domain.limits import Limit, PlaceKind, ScopeKind
from bot.domain.periods import Period, PeriodKind
from bot.domain.standing import Audience
from bot.views.audience import readers_words
from bot.views.format import day, escape, hours, moment
from bot.views.kit import Message, buttons, say, small_print
from bot.views.language import ntr, tr

LIMIT_OPEN: Final = "limit.open"
LIMIT_OFF: Final = "limit.off"
LIMIT_OFF_CONFIRM: Final = "limit.off.confirm"

# A message holds 50 blocks: two for each limit, and a few around them.
MOST_LISTED: Final = 20
MOST_USES: Final = 10


def limits_message(listed: Sequence[ListedLimit], *, command: str) -> Message:
    """Draw the numbered list, with buttons to add, change and remove."""
    add = Button(text=tr("Add a limit"), action_id=LIMIT_OPEN, style="primary")
    if not listed:
        text = tr(
            "No limits here yet. Set one: `{command} limit 2000 per month at 50,80,100`, or with the button.",
            command=command,
        )
        return say(text, buttons(add))
    blocks: list[Block] = []
    for one in listed[:MOST_LISTED]:
        change = Button(text=tr("Change"), action_id=LIMIT_OPEN, value=one.limit.limit_id)
        remove = Button(text=tr("Remove"), action_id=LIMIT_OFF, value=one.limit.limit_id, style="danger")
        blocks += [SectionBlock(f"*{one.number}.* {_line(one)}"), buttons(change, remove)]
    more = len(listed) - MOST_LISTED
    if more > 0:
        rest = ntr(
            "{count} more; remove one by its number: `{command} limit off {number}`",
            "{count} more; remove one by its number: `{command} limit off {number}`",
            more,
            command=command,
            number=MOST_LISTED + 1,
        )
        blocks.append(small_print(rest))
    blocks.append(buttons(add))
    lines = (f"{one.number}. {_line(one)}" for one in listed[:MOST_LISTED])
    return Message(text="\n".join((tr("Limits here:"), *lines)), blocks=tuple(blocks))


def limit_form_button_message() -> Message:
    """Offer the form where Slack lets nothing open by itself: after a message."""
    add = Button(text=tr("Add a limit"), action_id=LIMIT_OPEN, style="primary")
    return say(tr("Set a limit; the form opens with the button."), buttons(add))


def setting_limit_message() -> Message:
    """Say to who sets a channel's limit that it is being done."""
    return say(tr("One moment: I am setting this up for the channel. Everybody here will see it."))


def limit_off_question(listed: ListedLimit) -> Message:
    """Ask before removing."""
    text = tr(
        "Remove the limit of {limit}? Its alerts end, and nothing more is told about it.",
        limit=name_of(listed.limit, listed.label),
    )
    limit_id = listed.limit.limit_id
    confirm = Button(text=tr("Remove"), action_id=LIMIT_OFF_CONFIRM, value=limit_id, style="danger")
    return say(text, buttons(confirm))


def limit_removed_message(removed: LimitRemoved) -> Message:
    """Say to who removed it that it is done."""
    return say(tr("Removed: the limit of {limit}.", limit=name_of(removed.limit, removed.label)))


def limit_removed_sentence(removed: LimitRemoved) -> str:
    """Say where a limit told that it is gone."""
    limit = name_of(removed.limit, removed.label)
    return tr("<@{user}> removed the limit of {limit}.", user=removed.by, limit=limit)


def limit_set_message(answer: LimitSet) -> Message:
    """Answer who set it: what stands and what changed, the state of now, where it will tell."""
    parts = (
        _set_words(answer),
        *_now_words(answer),
        rehearsal_sentence(answer.rehearsal, answer.cluster),
        _tells_words(answer.limit, answer.audience),
    )
    return say(" ".join(parts))


def limit_set_sentence(answer: LimitSet) -> str:
    """Say in the channel who set what, and the state of now."""
    said = " ".join((_set_words(answer), *_now_words(answer)))
    return tr("<@{user}>: {said}", user=answer.limit.set_by.user, said=said)


def limit_told_sentence(answer: LimitSet) -> str:
    """Tell the person that a limit is for, in their DM."""
    limit = answer.limit
    values = {
        "user": limit.set_by.user,
        "channel": limit.scope.channel,
        "limit": amount(limit, answer.cluster.label),
        "percents": percents(limit),
    }
    if answer.replaced:
        told = tr(
            "<@{user}> changed a limit for you in <#{channel}>: {limit}, told there at {percents}.", **values
        )
    else:
        told = tr(
            "<@{user}> set a limit for you in <#{channel}>: {limit}, told there at {percents}.", **values
        )
    stop = tr("You joined that channel's team; to stop sharing, type “leave” there.")
    return " ".join((told, *_now_words(answer), stop))


def name_of(limit: Limit, label: str) -> str:
    """`2,000.00 core-hours per month on East, for <@U1>`."""
    return tr("{amount}, for {whose}", amount=amount(limit, label), whose=whose(limit))


def amount(limit: Limit, label: str) -> str:
    """`2,000.00 core-hours per month on East`."""
    return tr(
        "{hours} core-hours {period} on {cluster}",
        hours=hours(limit.core_hours),
        period=period_words(limit),
        cluster=escape(label),
    )


def period_words(limit: Limit) -> str:
    """`per month`, `from 2026-09-01 to 2026-12-31`, `in total`."""
    match limit.period.kind:
        case PeriodKind.DAY:
            return tr("per day")
        case PeriodKind.WEEK:
            return tr("per week")
        case PeriodKind.MONTH:
            return tr("per month")
        case PeriodKind.QUARTER:
            return tr("per quarter")
        case PeriodKind.YEAR:
            return tr("per year")
        case PeriodKind.RANGE:
            return range_words(limit.period)
        case PeriodKind.TOTAL:
            return tr("in total")


def range_words(period: Period) -> str:
    """`from 2026-09-01 to 2026-12-31`."""
    return tr("from {first} to {last}", first=period.first, last=period.last)


def whose(limit: Limit) -> str:
    """Whose use it counts."""
    match limit.scope.kind:
        case ScopeKind.TEAM:
            return tr("the team of <#{channel}> together", channel=limit.scope.channel)
        case ScopeKind.EACH:
            return tr("each in the team of <#{channel}>", channel=limit.scope.channel)
        case _:
            return f"<@{limit.scope.user}>"


def percents(limit: Limit) -> str:
    """`50, 80, 100 %`."""
    return tr("{number} %", number=tr(", ").join(str(each) for each in limit.thresholds))


def share(percent: float) -> str:
    """`61 %`, rounded down: what was not reached is not shown as reached."""
    return tr("{number} %", number=f"{int(percent + 1e-9):,}")


def used_words(core_hours: float, *, at_least: bool = False) -> str:
    """`1,234.00 core-hours used`; `at_least` when readings are missing."""
    if at_least:
        return tr("at least {hours} core-hours used", hours=hours(core_hours))
    return tr("{hours} core-hours used", hours=hours(core_hours))


def rehearsal_sentence(rehearsal: Rehearsal | None, cluster: Cluster) -> str:
    """Say what it would have told: "… it would have alerted 3 times, last on 14 Nov."."""
    if rehearsal is None:
        return tr("There are no readings yet to try it on.")
    since = day(rehearsal.since, cluster)
    if rehearsal.last_at is None:
        return tr("On the readings since {since} it would not have alerted.", since=since)
    return ntr(
        "On the readings since {since} it would have alerted once, on {last}.",
        "On the readings since {since} it would have alerted {count} times, last on {last}.",
        rehearsal.alerts,
        since=since,
        last=day(rehearsal.last_at, cluster),
    )


def _line(one: ListedLimit) -> str:
    return tr(
        "{limit}, told at {percents} in {place}; set by <@{user}>",
        limit=name_of(one.limit, one.label),
        percents=percents(one.limit),
        place=_place(one.limit),
        user=one.limit.set_by.user,
    )


def _place(limit: Limit) -> str:
    in_dm = limit.tells.kind is PlaceKind.DM
    return tr("a direct message") if in_dm else f"<#{limit.tells.slack_id}>"


def _set_words(answer: LimitSet) -> str:
    limit, replaced, label = answer.limit, answer.replaced, answer.cluster.label
    stands = {"limit": name_of(limit, label), "percents": percents(limit)}
    if replaced is None:
        return tr("Limit set: {limit}, told at {percents}.", **stands)
    changed = tr("Limit changed: {limit}, told at {percents}.", **stands)
    instead = tr(
        "It replaces {before}, told at {percents} ({changes}).",
        before=amount(replaced, label),
        percents=percents(replaced),
        changes=_changes(answer.changed),
    )
    return f"{changed} {instead}"


def _changes(fields: Sequence[str]) -> str:
    """Name what a replacement changed, of what the sentence shows."""
    words = {
        "core_hours": tr("the core-hours"),
        "period": tr("the period"),
        "thresholds": tr("the thresholds"),
    }
    names = [words[field] for field in fields if field in words]
    return tr("{fields} changed", fields=tr(" and ").join(names)) if names else tr("nothing changed")


def _now_words(answer: LimitSet) -> list[str]:
    """Say where each subject stands, the fullest first, and what counts as told already."""
    if not answer.now:
        return [tr("Nobody whom it counts has linked this cluster yet.")]
    words = [_use_words(use, answer) for use in answer.now[:MOST_USES]]
    more = len(answer.now) - MOST_USES
    if more > 0:
        words.append(ntr("And {count} more, each lower.", "And {count} more, each lower.", more))
    told = max(use.told for use in answer.now)
    if told and len(answer.now) == 1:
        words.append(_passed_words(told, answer.limit))
    elif told:
        words.append(tr("What is passed already counts as told; the next threshold speaks."))
    return words


def _passed_words(told: int, limit: Limit) -> str:
    coming = next((each for each in limit.thresholds if each > told), None)
    if coming is None:
        return tr("{told} % is passed already and counts as told; none is left to speak.", told=told)
    return tr(
        "{told} % is passed already and counts as told; the next one to speak is {coming} %.",
        told=told,
        coming=coming,
    )


def _use_words(use: UseNow, answer: LimitSet) -> str:
    stands = _use_sentence(use, answer.cluster)
    if use.username and len(answer.now) > 1:
        return tr("{name}: {stands}", name=escape(use.username), stands=stands)
    return tr("Now: {stands}", stands=stands)


def _use_sentence(use: UseNow, cluster: Cluster) -> str:
    if use.as_of is None:
        return tr("no reading yet.")
    used = used_words(use.core_hours, at_least=bool(use.missing))
    if use.since:
        used = tr("{used} since {when}", used=used, when=moment(use.since, cluster))
    as_of = moment(use.as_of, cluster)
    return tr("{used}, {share}, as of {when}.", used=used, share=share(use.percent), when=as_of)


def _tells_words(limit: Limit, audience: Audience | None) -> str:
    if limit.tells.kind is PlaceKind.DM:
        return tr("I will tell you in a direct message.")
    if audience is None:
        return tr("I will tell in {place}.", place=_place(limit))
    return tr(
        "I will tell in {place}; who can read it: {readers}.",
        place=_place(limit),
        readers=readers_words(audience),
    )
